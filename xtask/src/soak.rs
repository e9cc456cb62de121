//! `cargo xtask soak`: attacks a server, and measures what a second caller feels.

use crate::repository;
use crate::steps::{Outcome, Steps};

/// Builds the attacker in release, and runs it with the arguments after `soak`.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    let mut build = repository::cargo();
    build.args(["build", "--release", "--package", "soak"]);
    steps.run("the servers and the attacker", &mut build)?;
    let mut soak = repository::cargo();
    soak.args(["run", "--release", "--quiet", "--package", "soak", "--"]);
    soak.args(std::env::args().skip(2));
    steps.run("attacks", &mut soak)
}
