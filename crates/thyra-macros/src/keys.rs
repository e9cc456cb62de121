//! The keys of an attribute, and what to say about one that is not known.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitBool, LitStr, Result, Token};

use crate::nearest::nearest;

/// Reads the next key of the attribute `#[attribute(..)]`: one of `known`, and one that was not
/// there before.
pub(crate) fn next(
    input: ParseStream<'_>,
    attribute: &str,
    known: &[&'static str],
    seen: &mut Vec<&'static str>,
) -> Result<(&'static str, Span)> {
    let key =
        Ident::parse_any(input).map_err(|error| not_a_key(input, &error, attribute, known))?;
    let name = key.to_string();
    let Some(known) = known.iter().find(|known| **known == name) else {
        return Err(Error::new(key.span(), unknown(&name, attribute, known)));
    };
    if seen.contains(known) {
        return Err(Error::new(key.span(), format!("`{name}` is given twice")));
    }
    seen.push(known);
    Ok((known, key.span()))
}

/// Reads the `= "text"` of `key`, which is at `span`.
pub(crate) fn text(input: ParseStream<'_>, key: &str, span: Span) -> Result<LitStr> {
    let expected = format!("`{key}` wants a string: `{key} = \"...\"`");
    if !input.peek(Token![=]) {
        return Err(Error::new(span, expected));
    }
    input.parse::<Token![=]>()?;
    input.parse::<LitStr>().map_err(|error| {
        let span = if input.is_empty() { span } else { error.span() };
        Error::new(span, expected)
    })
}

/// Reads the `=` of `key`, which is at `span`; `example` is what follows the key.
pub(crate) fn equals(input: ParseStream<'_>, key: &str, span: Span, example: &str) -> Result<()> {
    if !input.peek(Token![=]) {
        let message = format!("`{key}` wants a value: `{key} = {example}`");
        return Err(Error::new(span, message));
    }
    input.parse::<Token![=]>().map(drop)
}

/// Reads nothing, which means yes, or `= true` or `= false`.
pub(crate) fn flag(input: ParseStream<'_>, key: &str) -> Result<bool> {
    if !input.peek(Token![=]) {
        return Ok(true);
    }
    input.parse::<Token![=]>()?;
    let value = input.parse::<LitBool>().map_err(|error| {
        Error::new(
            error.span(),
            format!("`{key}` is `true` or `false`: write `{key}` or `{key} = false`"),
        )
    })?;
    Ok(value.value)
}

/// Reads the comma between keys, or the end.
pub(crate) fn separator(input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    input
        .parse::<Token![,]>()
        .map(drop)
        .map_err(|error| Error::new(error.span(), "expected a comma before the next key"))
}

/// Something stands where a key should.
fn not_a_key(
    input: ParseStream<'_>,
    error: &Error,
    attribute: &str,
    known: &[&'static str],
) -> Error {
    let all = known.join("`, `");
    let message = match input.fork().parse::<LitStr>() {
        Ok(text) if known.contains(&"name") => format!(
            "`#[{attribute}]` has keys here: write `name = {:?}`, or one of `{all}`",
            text.value()
        ),
        _ => format!("`#[{attribute}]` has keys here: `{all}`"),
    };
    Error::new(error.span(), message)
}

fn unknown(name: &str, attribute: &str, known: &[&'static str]) -> String {
    let all = known.join("`, `");
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!(
            "`#[{attribute}]` has no key `{name}`; did you mean `{nearest}`? It has `{all}`"
        ),
        None => format!("`#[{attribute}]` has no key `{name}`; it has `{all}`"),
    }
}
