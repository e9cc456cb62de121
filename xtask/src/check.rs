//! `cargo xtask check`: checks that read the sources without building them.

use crate::steps::{Outcome, Steps};
use crate::{arrows, comments, docs, imports, repository, unused};

/// Runs the checks; they take a few seconds.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    let root = repository::root();
    steps.check("links of the documentation", || docs::check(root))?;
    steps.check("arrows between crates and rooms", || arrows::check(root))?;
    steps.check("unused dependencies", || unused::check(root))?;
    steps.check("width of comments", || {
        not_yet(WIDE_COMMENTS_NOT_YET, comments::check(root))
    })?;
    steps.check("one module for each `use`", || {
        not_yet(NESTED_IMPORTS_NOT_YET, imports::check(root))
    })
}

/// Whether wide comments are still to be wrapped. It must be `false` once they are.
const WIDE_COMMENTS_NOT_YET: bool = true;

/// Whether nested imports are still to be taken apart. It must be `false` once they are.
const NESTED_IMPORTS_NOT_YET: bool = true;

/// Excuses what is not in order yet, and complains when it is.
fn not_yet(is_excused: bool, found: Result<(), String>) -> Result<(), String> {
    match found {
        Err(problems) if is_excused => {
            println!("not in order yet ({} problems)", problems.lines().count());
            Ok(())
        }
        Ok(()) if is_excused => {
            Err("it is in order; say so in xtask/src/check.rs (..NOT_YET = false)".to_owned())
        }
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excuse_holds_only_while_it_is_needed() {
        let wrong = || Err("a line".to_owned());
        assert_eq!(not_yet(true, wrong()), Ok(()));
        assert_eq!(not_yet(false, wrong()), wrong());
        assert_eq!(not_yet(false, Ok(())), Ok(()));
        assert!(not_yet(true, Ok(())).is_err());
    }
}
