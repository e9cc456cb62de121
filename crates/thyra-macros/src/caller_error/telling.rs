//! What stands in `#[caller(..)]`.

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::{Attribute, Error, Path, Result};

use crate::keys;

/// What a variant tells the caller.
#[derive(Clone, Copy)]
pub(super) enum Telling {
    Masked,
    NotFound,
    Shown,
    Transparent,
}

/// What stands on the type.
pub(super) enum Whole {
    /// What each variant tells that does not say it itself.
    Telling(Option<Telling>),
    /// The function that makes the `ToolError`.
    With(Path),
}

impl Telling {
    /// What stands on a variant, if anything does.
    pub(super) fn parse(attributes: &[Attribute]) -> Result<Option<Self>> {
        const KEYS: [&str; 4] = ["shown", "not_found", "masked", "transparent"];
        only(attributes, &KEYS, |key, _, _| Ok(Self::of(key)))
    }

    fn of(key: &str) -> Self {
        match key {
            "not_found" => Self::NotFound,
            "shown" => Self::Shown,
            "transparent" => Self::Transparent,
            _ => Self::Masked,
        }
    }
}

impl Whole {
    pub(super) fn parse(attributes: &[Attribute]) -> Result<Self> {
        const KEYS: [&str; 5] = ["shown", "not_found", "masked", "transparent", "with"];
        let whole = only(attributes, &KEYS, |key, span, input| {
            if key == "with" {
                keys::equals(input, key, span, "function")?;
                return Ok(Self::With(input.call(Path::parse_mod_style)?));
            }
            Ok(Self::Telling(Some(Telling::of(key))))
        })?;
        Ok(whole.unwrap_or(Self::Telling(None)))
    }
}

/// Reads the only key of all `#[caller(..)]`, if there is one.
fn only<T>(
    attributes: &[Attribute],
    known: &[&'static str],
    read: impl Fn(&'static str, Span, ParseStream<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let (mut only, mut seen) = (None, Vec::new());
    for attribute in attributes {
        if !attribute.path().is_ident("caller") {
            continue;
        }
        attribute.parse_args_with(|input: ParseStream<'_>| {
            if input.is_empty() {
                let all = known.join("`, `");
                let message = format!("`#[caller(..)]` says one of `{all}`");
                return Err(Error::new_spanned(attribute, message));
            }
            while !input.is_empty() {
                let (key, span) = keys::next(input, "caller", known, &mut seen)?;
                if let [first, _, ..] = *seen {
                    return Err(Error::new(
                        span,
                        format!("an error tells the caller one thing: `{first}` or `{key}`"),
                    ));
                }
                only = Some(read(key, span, input)?);
                keys::separator(input)?;
            }
            Ok(())
        })?;
    }
    Ok(only)
}
