//! Checks that the crates can be published: each packs, and builds from its package.

use crate::repository;
use crate::steps::{Outcome, Steps};
use crate::workspace;

/// Packs the crates that are meant for others, and builds each of them alone.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    let members = steps.check("crates to publish", || {
        workspace::members(repository::root())
    })?;
    let mut cargo = repository::cargo();
    // The packages find each other on this machine; the registry does not have them yet.
    // Uncommitted changes are packed too, as every other step also uses them.
    cargo.args(["package", "--workspace", "--offline", "--allow-dirty"]);
    for member in members.iter().filter(|member| !member.is_published) {
        cargo.args(["--exclude", &member.name]);
    }
    steps.run("cargo package", &mut cargo)
}
