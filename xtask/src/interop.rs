//! `cargo xtask interop`: the tests in `tests/interop`, with other people's clients and servers.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::steps::{Outcome, Steps};
use crate::{chromium, node, python, redis, repository};

/// The time limit of a test, in milliseconds.
const TEST_LIMIT: &str = "--test-timeout=120000";

/// The time limit of the Python tests, which take seconds in all.
const PYTHON_LIMIT: Duration = Duration::from_mins(10);

/// Builds the programs, and installs the packages and the browser. Runs the tests on the Node.js
/// among the packages, then the tests in Python.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    build(steps)?;
    let folder = folder();
    let node = node::install(steps, &folder)?;
    let chromium = chromium::install(steps)?;
    redis::install(steps)?;

    let (thyra, programs) = steps.check("locate the programs", || {
        Ok((repository::program("thyra")?, repository::programs()?))
    })?;
    let examples = programs.join("examples");

    let mut tests = Command::new(node);
    tests
        .current_dir(&folder)
        .env("THYRA_BIN", thyra)
        .env("THYRA_EXAMPLES", &examples)
        .env("CHROMIUM", chromium)
        // One file at a time: each starts its own servers, and the machine may have only two cores.
        .args([
            "--test",
            "--test-concurrency=1",
            "--test-reporter=spec",
            TEST_LIMIT,
            "*.test.mjs",
        ]);
    steps.run("interop tests", &mut tests)?;

    let environment = programs.parent().unwrap_or(&programs).join("python");
    in_python(steps, &folder.join("python"), &environment, &examples)
}

/// Builds all programs.
pub(crate) fn build(steps: &mut Steps) -> Outcome {
    // Builds the whole workspace, so that the features are those of `cargo test` and nothing is
    // built twice.
    let mut build = repository::cargo();
    build.args(["build", "--workspace", "--bins", "--examples"]);
    steps.run("programs for the interop tests", &mut build)
}

/// Where the tests are.
pub(crate) fn folder() -> PathBuf {
    repository::root().join("tests/interop")
}

/// The program of the official conformance suite, once the packages are installed.
pub(crate) fn conformance() -> PathBuf {
    folder().join("node_modules/@modelcontextprotocol/conformance/dist/index.js")
}

/// Runs the tests in Python.
fn in_python(steps: &mut Steps, folder: &Path, environment: &Path, examples: &Path) -> Outcome {
    let python = python::install(steps, folder, environment)?;
    let mut tests = Command::new(python);
    tests
        .current_dir(folder)
        .env("THYRA_EXAMPLES", examples)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-m", "unittest", "discover", "--verbose"]);
    steps.run_within(PYTHON_LIMIT, "interop tests in Python", &mut tests)
}
