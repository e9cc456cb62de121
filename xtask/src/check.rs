//! `cargo xtask check`: what can be seen in the sources without building them.

use crate::steps::{Outcome, Steps};
use crate::{arrows, docs, repository};

/// Runs the checks; they take a second or two.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    let root = repository::root();
    steps.check("links of the documentation", || docs::check(root))?;
    steps.check("arrows between crates and rooms", || arrows::check(root))
}
