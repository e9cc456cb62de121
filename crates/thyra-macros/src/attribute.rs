//! What stands in `#[tool(..)]`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, Lit, LitStr, Result, Token, bracketed};

use crate::{keys, name};

const KEYS: [&str; 8] = [
    "name",
    "title",
    "description",
    "scopes",
    "read_only",
    "destructive",
    "idempotent",
    "open_world",
];

/// The parsed `#[tool(..)]`.
#[derive(Default)]
pub(crate) struct Attribute {
    pub(crate) name: Option<String>,
    pub(crate) title: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) scopes: Vec<LitStr>,
    /// The hints that were given: the name of the builder's method, and the value.
    pub(crate) hints: Vec<(&'static str, bool)>,
}

impl Parse for Attribute {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attribute = Self::default();
        let mut seen = Vec::new();
        while !input.is_empty() {
            let (key, span) = keys::next(input, "tool", &KEYS, &mut seen)?;
            match key {
                "name" => attribute.name = Some(name::of_tool(&keys::text(input, key, span)?)?),
                "title" => attribute.title = Some(keys::text(input, key, span)?),
                "description" => attribute.description = Some(keys::text(input, key, span)?),
                "scopes" => attribute.scopes = scopes(input, span)?,
                hint => attribute.hints.push((hint, keys::flag(input, hint)?)),
            }
            keys::separator(input)?;
        }
        Ok(attribute)
    }
}

/// Reads `= ["a", "b"]`.
fn scopes(input: ParseStream<'_>, key: Span) -> Result<Vec<LitStr>> {
    const EXPECTED: &str = "`scopes` wants a list of strings: `scopes = [\"notes:read\"]`";
    if !input.peek(Token![=]) {
        return Err(Error::new(key, EXPECTED));
    }
    input.parse::<Token![=]>()?;
    if !input.peek(syn::token::Bracket) {
        return Err(input.error(EXPECTED));
    }
    let list;
    bracketed!(list in input);
    let mut scopes = Vec::new();
    for scope in Punctuated::<Expr, Token![,]>::parse_terminated(&list)? {
        let Expr::Lit(ExprLit {
            lit: Lit::Str(scope),
            ..
        }) = scope
        else {
            return Err(Error::new_spanned(scope, EXPECTED));
        };
        if !is_scope_token(&scope.value()) {
            return Err(Error::new(
                scope.span(),
                "a scope has no space, no quotation mark and no backslash in it; write several as `scopes = [\"a\", \"b\"]`",
            ));
        }
        scopes.push(scope);
    }
    Ok(scopes)
}

/// RFC 6749, section 3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
fn is_scope_token(scope: &str) -> bool {
    !scope.is_empty()
        && scope
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}
