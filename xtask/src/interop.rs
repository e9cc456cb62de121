//! `cargo xtask interop`: the tests in `tests/interop`, with other people's clients and servers.

use std::process::Command;

use crate::{
    node, repository,
    steps::{Outcome, Steps},
};

/// No test takes longer, in milliseconds.
const TEST_LIMIT: &str = "--test-timeout=120000";

/// Builds the programs, installs the packages, and runs the tests on the Node.js that the packages bring.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    // The whole workspace, so that the programs are built with the features that `cargo test` builds with: once.
    let mut build = repository::cargo();
    build.args(["build", "--workspace", "--bins", "--examples"]);
    steps.run("programs for the interop tests", &mut build)?;

    let folder = repository::root().join("tests/interop");
    let node = node::install(steps, &folder)?;

    let (thyra, examples) = steps.check("locate the programs", || {
        Ok((
            repository::program("thyra")?,
            repository::programs()?.join("examples"),
        ))
    })?;

    let mut tests = Command::new(node);
    tests
        .current_dir(&folder)
        .env("THYRA_BIN", thyra)
        .env("THYRA_EXAMPLES", examples)
        // One file at a time: each starts servers of its own, and a machine may have two cores.
        .args([
            "--test",
            "--test-concurrency=1",
            "--test-reporter=spec",
            TEST_LIMIT,
            "*.test.mjs",
        ]);
    steps.run("interop tests", &mut tests)
}
