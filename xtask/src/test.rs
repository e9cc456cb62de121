//! `cargo xtask test`: every test.

use crate::steps::{Outcome, Steps};
use crate::{interop, redis, repository};

/// Runs the Rust tests, then those with other people's clients and servers.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    match repository::shared() {
        Some(folder) => println!("Further test material: {}", folder.display()),
        None => println!(
            "Further test material: none, because there is no folder `../shared` and THYRA_SHARED names none; \
             tests run on what the repository holds"
        ),
    }
    redis::install(steps)?;
    steps.run(
        "rust tests",
        repository::cargo().args(["test", "--workspace"]),
    )?;
    interop::run(steps)
}
