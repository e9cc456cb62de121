//! Names as clients see them.

use syn::ext::IdentExt;
use syn::{Error, Ident, LitStr, Result};

use crate::kind::Kind;

const LONGEST: usize = 128;

/// The name that a component was given.
pub(crate) fn given(kind: Kind, literal: &LitStr) -> Result<String> {
    let name = literal.value();
    match objection(kind, &name) {
        Some(objection) => Err(Error::new(literal.span(), objection)),
        None => Ok(name),
    }
}

/// The name that a component has by its function.
pub(crate) fn of_function(kind: Kind, function: &Ident) -> Result<String> {
    let name = plain(function);
    match objection(kind, &name) {
        Some(objection) => Err(Error::new(
            function.span(),
            format!(
                "{objection}; give it one with `#[{}(name = \"...\")]`",
                kind.noun()
            ),
        )),
        None => Ok(name),
    }
}

/// An identifier without its `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The rule of MCP 2025-11-25, server/tools, tool names; names of resources are free.
fn objection(kind: Kind, name: &str) -> Option<String> {
    let noun = kind.noun();
    let allowed =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    if name.is_empty() {
        Some(format!("the name of a {noun} is empty"))
    } else if kind != Kind::Resource && !name.chars().all(allowed) {
        Some(format!(
            "the name of a {noun} is made of ASCII letters, digits, `_`, `-` and `.`"
        ))
    } else if name.len() > LONGEST {
        Some(format!(
            "the name of a {noun} has at most {LONGEST} characters"
        ))
    } else {
        None
    }
}
