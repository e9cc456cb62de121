//! The values of keys: lists, durations, metadata.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, ExprUnary, Ident, Lit, LitInt, LitStr, Result, Token, UnOp};
use syn::{bracketed, parenthesized};

use crate::keys;

/// Reads `= ["a", "b"]`.
pub(crate) fn texts(
    input: ParseStream<'_>,
    key: &str,
    span: Span,
    example: &str,
) -> Result<Vec<LitStr>> {
    let expected = format!("`{key}` wants a list of strings: `{key} = [\"{example}\"]`");
    if !input.peek(Token![=]) {
        return Err(Error::new(span, expected));
    }
    input.parse::<Token![=]>()?;
    if !input.peek(syn::token::Bracket) {
        return Err(input.error(expected));
    }
    let list;
    bracketed!(list in input);
    let mut texts = Vec::new();
    for text in Punctuated::<Expr, Token![,]>::parse_terminated(&list)? {
        match text {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => texts.push(text),
            other => return Err(Error::new_spanned(other, expected)),
        }
    }
    Ok(texts)
}

/// Reads `= "a"` or `= ["a", "b"]`.
pub(crate) fn one_or_more(
    input: ParseStream<'_>,
    key: &str,
    span: Span,
    example: &str,
) -> Result<Vec<LitStr>> {
    if input.peek(Token![=]) && input.peek2(LitStr) {
        return Ok(vec![keys::text(input, key, span)?]);
    }
    texts(input, key, span, example)
}

/// Reads `= 30`, which are seconds, `= "500ms"`, or `=` an expression that is a `Duration`; gives
/// the code of the duration.
pub(crate) fn duration(input: ParseStream<'_>, key: &str, span: Span) -> Result<TokenStream> {
    keys::equals(input, key, span, "\"30s\"")?;
    let value = input.parse::<Expr>()?;
    let milliseconds = match &value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(seconds),
            ..
        }) => seconds
            .base10_parse::<u64>()
            .ok()
            .and_then(|seconds| seconds.checked_mul(1000)),
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => milliseconds(&text.value()),
        Expr::Lit(_) => None,
        expression => return Ok(expression.to_token_stream()),
    };
    match milliseconds {
        Some(0) => Err(Error::new_spanned(
            value,
            format!("`{key}` is more than nothing: leave the key out if there is none"),
        )),
        Some(milliseconds) => Ok(quote! { ::core::time::Duration::from_millis(#milliseconds) }),
        None => Err(Error::new_spanned(
            value,
            format!(
                "`{key}` is a time: `{key} = 30` are seconds, `{key} = \"500ms\"` has a unit (ms, s, m, h), and `{key} = TIME` is a `Duration`"
            ),
        )),
    }
}

/// Reads `(author = "Ada", "example.com/stage" = 2)`; gives the keys and the code of the values.
pub(crate) fn meta(input: ParseStream<'_>, span: Span) -> Result<Vec<(LitStr, TokenStream)>> {
    const EXPECTED: &str =
        "`meta` wants pairs: `meta(author = \"Ada\", \"example.com/stage\" = 2)`";
    if !input.peek(syn::token::Paren) {
        return Err(Error::new(span, EXPECTED));
    }
    let list;
    parenthesized!(list in input);
    let mut pairs: Vec<(LitStr, TokenStream)> = Vec::new();
    while !list.is_empty() {
        let key = if list.peek(LitStr) {
            list.parse::<LitStr>()?
        } else {
            let key =
                Ident::parse_any(&list).map_err(|error| Error::new(error.span(), EXPECTED))?;
            LitStr::new(&key.unraw().to_string(), key.span())
        };
        if pairs.iter().any(|(known, _)| known.value() == key.value()) {
            let message = format!("`{}` is given twice", key.value());
            return Err(Error::new(key.span(), message));
        }
        if !list.peek(Token![=]) {
            return Err(Error::new(key.span(), EXPECTED));
        }
        list.parse::<Token![=]>()?;
        let value = list.parse::<Expr>()?;
        if !is_literal(&value) {
            return Err(Error::new_spanned(
                value,
                "a value of `meta` is a string, a number, `true` or `false`; more than that goes into the builder's own `.meta(key, value)`",
            ));
        }
        pairs.push((key, quote! { ::thyra::serde_json::Value::from(#value) }));
        keys::separator(&list)?;
    }
    Ok(pairs)
}

/// Reads `= 12`.
pub(crate) fn integer(input: ParseStream<'_>, key: &str, span: Span) -> Result<LitInt> {
    keys::equals(input, key, span, "1024")?;
    let expected = format!("`{key}` is a whole number: `{key} = 1024`");
    let value = input
        .parse::<LitInt>()
        .map_err(|error| Error::new(error.span(), &expected))?;
    match value.base10_parse::<u64>() {
        Ok(_) => Ok(value),
        Err(_) => Err(Error::new(value.span(), expected)),
    }
}

/// A string, a number or a `bool`, with a minus or without.
fn is_literal(value: &Expr) -> bool {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => matches!(
            lit,
            Lit::Str(_) | Lit::Int(_) | Lit::Float(_) | Lit::Bool(_)
        ),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => matches!(
            &**expr,
            Expr::Lit(ExprLit {
                lit: Lit::Int(_) | Lit::Float(_),
                ..
            })
        ),
        _ => false,
    }
}

fn milliseconds(text: &str) -> Option<u64> {
    let unit = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit);
    let factor = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}
