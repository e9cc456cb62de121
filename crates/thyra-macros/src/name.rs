//! Names as clients see them.

use syn::ext::IdentExt;
use syn::{Error, Ident, LitStr, Result};

/// The name that a tool was given. The rule is the one of MCP 2025-11-25, server/tools, tool names.
pub(crate) fn of_tool(literal: &LitStr) -> Result<String> {
    let name = literal.value();
    match objection(&name) {
        Some(objection) => Err(Error::new(literal.span(), objection)),
        None => Ok(name),
    }
}

/// The name that a tool has by its function.
pub(crate) fn of_function(function: &Ident) -> Result<String> {
    let name = plain(function);
    match objection(&name) {
        Some(objection) => Err(Error::new(
            function.span(),
            format!("{objection}; give it one with `#[tool(name = \"...\")]`"),
        )),
        None => Ok(name),
    }
}

/// An identifier without its `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

fn objection(name: &str) -> Option<&'static str> {
    let allowed =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    if name.is_empty() {
        Some("the name of a tool is empty")
    } else if !name.chars().all(allowed) {
        Some("the name of a tool is made of ASCII letters, digits, `_`, `-` and `.`")
    } else if name.len() > 128 {
        Some("the name of a tool has at most 128 characters")
    } else {
        None
    }
}
