//! Checks that each `use` names one module.

use std::path::Path;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source;

/// Checks every `use` in every Rust file: its braces may hold names of one module only, not paths.
/// So a module that is no longer needed is one line less.
///
/// # Errors
///
/// The places, one per line.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let mut problems = Vec::new();
    for path in source::files(root)? {
        // These files test what the compiler refuses, so they need not parse.
        if path.components().any(|part| part.as_os_str() == "ui") {
            continue;
        }
        let lines = spanning(&source::parse(&path)?);
        problems.extend(lines.into_iter().map(|line| {
            let place = source::shown(&path, root);
            format!("{place}:{line}: this `use` names several modules; write one for each")
        }));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

/// The lines of the `use` items that name several modules.
fn spanning(file: &syn::File) -> Vec<usize> {
    let mut finder = Finder { lines: Vec::new() };
    finder.visit_file(file);
    finder.lines
}

struct Finder {
    lines: Vec<usize>,
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_use_group(&mut self, group: &'ast syn::UseGroup) {
        let is_path =
            |tree: &&syn::UseTree| matches!(tree, syn::UseTree::Path(_) | syn::UseTree::Group(_));
        if let Some(path) = group.items.iter().find(is_path) {
            self.lines.push(path.span().start().line);
        } else {
            visit::visit_use_group(self, group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(source: &str) -> Vec<usize> {
        spanning(&syn::parse_file(source).unwrap())
    }

    #[test]
    fn a_use_of_one_module_is_fine() {
        let source = "use std::fmt;\nuse std::io::{self, Read as _};\nuse a::*;\nuse {a, b};";
        assert!(lines(source).is_empty());
    }

    #[test]
    fn a_use_of_several_modules_is_a_problem() {
        assert_eq!(lines("use std::{\n    fmt,\n    io::Read,\n};"), [3]);
        assert_eq!(lines("fn f() { use a::{b::{c, d}}; }"), [1]);
    }
}
