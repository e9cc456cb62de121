//! `cargo xtask ci`: everything that a change must pass.

use std::process::Command;
use std::time::Duration;

use crate::steps::{Outcome, Steps};
use crate::{check, conformance, features, package, repository, test};

/// The demonstration ends by itself; it takes seconds.
const DEMO_LIMIT: Duration = Duration::from_mins(2);

/// The quick checks first, then every test, the conformance suite, and the demonstration that the
/// README promises.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    let cargo = repository::cargo;
    steps.run("Cargo.lock is current", cargo().args(["fetch", "--locked"]))?;
    steps.run("rustfmt", cargo().args(["fmt", "--all", "--check"]))?;
    check::run(steps)?;
    steps.run(
        "clippy",
        cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]),
    )?;
    features::run(steps)?;
    steps.run(
        "rustdoc",
        cargo()
            .args(["doc", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    )?;

    package::run(steps)?;
    test::run(steps)?;
    conformance::run(steps)?;

    let thyra = steps.check("locate the thyra program", || repository::program("thyra"))?;
    steps.run_within(
        DEMO_LIMIT,
        "demonstration",
        Command::new(thyra).args(["demo", "--once"]),
    )
}
