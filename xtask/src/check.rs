//! `cargo xtask check`: checks that read the sources without building them.

use crate::steps::{Outcome, Steps};
use crate::{arrows, comments, docs, imports, repository, unused};

/// Runs the checks; they take a few seconds.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    let root = repository::root();
    steps.check("links of the documentation", || docs::check(root))?;
    steps.check("arrows between crates and rooms", || arrows::check(root))?;
    steps.check("unused dependencies", || unused::check(root))?;
    steps.check("width of comments", || comments::check(root))?;
    steps.check("one module for each `use`", || imports::check(root))
}
