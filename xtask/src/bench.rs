//! `cargo xtask bench`: what a protected call costs, compared with a raw axum server that does the
//! same.

use crate::repository;
use crate::steps::{Outcome, Steps};

/// Builds both servers in release, and runs them side by side.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    let mut servers = repository::cargo();
    servers.args(["build", "--release", "--package", "bench", "--bins"]);
    steps.run("the floor and the load", &mut servers)?;
    let mut example = repository::cargo();
    example.args([
        "build",
        "--release",
        "--package",
        "thyra",
        "--example",
        "scalekit",
    ]);
    steps.run("the scalekit example", &mut example)?;

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
    )
}
