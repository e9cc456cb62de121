//! `cargo xtask bench`: what a protected call costs, compared with a raw axum server that does the
//! same; and how long the program `thyra` takes from its start to its exit.

use crate::repository;
use crate::steps::{Outcome, Steps};

/// Builds the programs in release. Runs the servers side by side, then `thyra`.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    let mut servers = repository::cargo();
    servers.args(["build", "--release", "--package", "bench", "--bins"]);
    steps.run("the floor and the load", &mut servers)?;
    let mut examples = repository::cargo();
    examples.args(["build", "--release", "--package", "thyra"]);
    examples.args(["--example", "scalekit", "--example", "everything"]);
    steps.run("the examples", &mut examples)?;
    let mut thyra = repository::cargo();
    thyra.args(["build", "--release", "--package", "thyra-cli"]);
    steps.run("the program thyra", &mut thyra)?;

    let folder = steps.check("locate the programs", || {
        repository::programs()?
            .parent()
            .map(|target| target.join("release"))
            .ok_or_else(|| "the target folder has no parent".to_owned())
    })?;
    let program = |path: &str| folder.join(format!("{path}{}", std::env::consts::EXE_SUFFIX));
    steps.run(
        "side by side",
        std::process::Command::new(program("compare"))
            .arg(program("floor"))
            .arg(program("examples/scalekit")),
    )?;
    steps.run(
        "from start to exit",
        std::process::Command::new(program("start"))
            .arg(program("thyra"))
            .arg(program("examples/everything")),
    )
}
