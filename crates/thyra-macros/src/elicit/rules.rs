//! What stands in `#[elicit(..)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprLit, ExprUnary, Lit, LitInt, LitStr, Result, Type, UnOp};

use super::filled;
use super::spelling::Spelling;
use crate::component::optional;
use crate::{keys, values};

/// On the struct or the enum.
#[derive(Default)]
pub(super) struct Container {
    rename_all: Option<Spelling>,
}

/// On a variant of an enum.
#[derive(Default)]
pub(super) struct Variant {
    pub(super) rename: Option<LitStr>,
    pub(super) title: Option<LitStr>,
}

/// On a field of a struct.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) rename: Option<LitStr>,
    pub(super) default: Option<Expr>,
    title: Option<LitStr>,
    description: Option<LitStr>,
    min: Option<Bound>,
    max: Option<Bound>,
    min_length: Option<LitInt>,
    max_length: Option<LitInt>,
    min_items: Option<LitInt>,
    max_items: Option<LitInt>,
    format: Option<(LitStr, TokenStream)>,
}

/// A bound of a number: what it says, and its code.
struct Bound {
    at: Expr,
    value: f64,
    code: TokenStream,
}

impl Container {
    pub(super) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut container = Self::default();
        each(attributes, &["rename_all"], |key, span, input| {
            container.rename_all = Some(Spelling::parse(&keys::text(input, key, span)?)?);
            Ok(())
        })?;
        Ok(container)
    }

    pub(super) fn spell(&self, ident: &str) -> String {
        match self.rename_all {
            Some(spelling) => spelling.spell(ident),
            None => ident.to_owned(),
        }
    }
}

impl Variant {
    pub(super) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut variant = Self::default();
        each(attributes, &["rename", "title"], |key, span, input| {
            let text = keys::text(input, key, span)?;
            match key {
                "rename" => variant.rename = Some(filled(text)?),
                _ => variant.title = Some(text),
            }
            Ok(())
        })?;
        Ok(variant)
    }
}

impl Rules {
    pub(super) fn parse(attributes: &[Attribute]) -> Result<Self> {
        const KEYS: [&str; 11] = [
            "rename",
            "title",
            "description",
            "default",
            "min",
            "max",
            "min_length",
            "max_length",
            "min_items",
            "max_items",
            "format",
        ];
        let mut rules = Self::default();
        each(attributes, &KEYS, |key, span, input| {
            match key {
                "rename" => rules.rename = Some(filled(keys::text(input, key, span)?)?),
                "title" => rules.title = Some(keys::text(input, key, span)?),
                "description" => rules.description = Some(keys::text(input, key, span)?),
                "default" => {
                    keys::equals(input, key, span, "10")?;
                    rules.default = Some(input.parse()?);
                }
                "min" => rules.min = Some(bound(input, key, span)?),
                "max" => rules.max = Some(bound(input, key, span)?),
                "min_length" => rules.min_length = Some(count(input, key, span)?),
                "max_length" => rules.max_length = Some(count(input, key, span)?),
                "min_items" => rules.min_items = Some(count(input, key, span)?),
                "max_items" => rules.max_items = Some(count(input, key, span)?),
                _ => rules.format = Some(format(keys::text(input, key, span)?)?),
            }
            Ok(())
        })?;
        rules.check_order()?;
        Ok(rules)
    }

    /// The code of the rules.
    pub(super) fn code(&self, name: &str, doc: Option<&str>) -> TokenStream {
        let title = optional(self.title.as_ref());
        let description = match &self.description {
            Some(description) => optional(Some(description)),
            None => optional(doc.as_ref()),
        };
        let min = optional(self.min.as_ref().map(|bound| &bound.code));
        let max = optional(self.max.as_ref().map(|bound| &bound.code));
        let min_length = optional(self.min_length.as_ref());
        let max_length = optional(self.max_length.as_ref());
        let min_items = optional(self.min_items.as_ref());
        let max_items = optional(self.max_items.as_ref());
        let format = optional(self.format.as_ref().map(|(_, code)| code));
        quote! {
            ::thyra::__private::Rules {
                name: #name,
                title: #title,
                description: #description,
                min: #min,
                max: #max,
                min_length: #min_length,
                max_length: #max_length,
                min_items: #min_items,
                max_items: #max_items,
                format: #format,
            }
        }
    }

    /// Refuses, when the code is compiled, rules that mean nothing for a field of this type: a
    /// macro does not know what a type is.
    pub(super) fn checks(&self, kind: &Type) -> Vec<TokenStream> {
        let range = self
            .min
            .as_ref()
            .or(self.max.as_ref())
            .map(|bound| bound.at.span());
        let length = [&self.min_length, &self.max_length];
        let length = length.into_iter().flatten().map(LitInt::span).next();
        let format = self.format.as_ref().map(|(literal, _)| literal.span());
        let items = [&self.min_items, &self.max_items];
        let items = items.into_iter().flatten().map(LitInt::span).next();
        let checks = [
            (
                range,
                "has_range",
                "`min` and `max` are for numbers; text has `min_length` and `max_length`",
            ),
            (
                length.or(format),
                "has_length",
                "`min_length`, `max_length` and `format` are for text; numbers have `min` and `max`",
            ),
            (
                items,
                "has_items",
                "`min_items` and `max_items` are for a `Vec` of an enum",
            ),
        ];
        let checks = checks.into_iter().filter_map(|(span, test, message)| {
            let span = span?;
            let test = syn::Ident::new(test, span);
            Some(quote_spanned! {span=>
                const _: () = ::core::assert!(
                    <#kind as ::thyra::__private::ElicitField>::KIND.#test(),
                    #message
                );
            })
        });
        checks.collect()
    }

    fn check_order(&self) -> Result<()> {
        if let (Some(min), Some(max)) = (&self.min, &self.max)
            && min.value > max.value
        {
            return Err(Error::new_spanned(&max.at, "`max` is less than `min`"));
        }
        let pairs = [
            ("length", &self.min_length, &self.max_length),
            ("items", &self.min_items, &self.max_items),
        ];
        for (what, min, max) in pairs {
            if let (Some(min), Some(max)) = (min, max)
                && min.base10_parse::<u32>()? > max.base10_parse::<u32>()?
            {
                return Err(Error::new(
                    max.span(),
                    format!("`max_{what}` is less than `min_{what}`"),
                ));
            }
        }
        Ok(())
    }
}

/// Reads all keys of all `#[elicit(..)]`.
fn each(
    attributes: &[Attribute],
    known: &[&'static str],
    mut read: impl FnMut(&'static str, proc_macro2::Span, ParseStream<'_>) -> Result<()>,
) -> Result<()> {
    let mut seen = Vec::new();
    for attribute in attributes {
        if !attribute.path().is_ident("elicit") {
            continue;
        }
        attribute.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                let (key, span) = keys::next(input, "elicit", known, &mut seen)?;
                read(key, span, input)?;
                keys::separator(input)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn bound(input: ParseStream<'_>, key: &str, span: proc_macro2::Span) -> Result<Bound> {
    keys::equals(input, key, span, "1")?;
    let at = input.parse::<Expr>()?;
    let (is_negative, literal) = match &at {
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => (true, &**expr),
        expr => (false, expr),
    };
    let sign = if is_negative { -1.0 } else { 1.0 };
    let parsed = match literal {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) if number.suffix().is_empty() => {
            let number = number.base10_digits();
            let text = if is_negative {
                format!("-{number}")
            } else {
                number.to_owned()
            };
            text.parse::<i64>().ok().and_then(|number| {
                let value = text.parse::<f64>().ok()?;
                Some((
                    value,
                    quote! { ::thyra::__private::Bound::Integer(#number) },
                ))
            })
        }
        Expr::Lit(ExprLit {
            lit: Lit::Float(number),
            ..
        }) if number.suffix().is_empty() => number.base10_parse::<f64>().ok().map(|number| {
            let number = sign * number;
            (number, quote! { ::thyra::__private::Bound::Float(#number) })
        }),
        _ => None,
    };
    match parsed {
        Some((value, code)) => Ok(Bound { at, value, code }),
        None => Err(Error::new_spanned(
            at.to_token_stream(),
            format!("`{key}` is a number: `{key} = 1` or `{key} = 0.5`"),
        )),
    }
}

fn count(input: ParseStream<'_>, key: &str, span: proc_macro2::Span) -> Result<LitInt> {
    let count = values::integer(input, key, span)?;
    match count.base10_parse::<u32>() {
        Ok(number) => Ok(LitInt::new(&number.to_string(), count.span())),
        Err(error) => Err(Error::new(
            count.span(),
            format!("`{key}` is too large: {error}"),
        )),
    }
}

fn format(literal: LitStr) -> Result<(LitStr, TokenStream)> {
    let code = match literal.value().as_str() {
        "date" => quote! { ::thyra::__private::Format::Date },
        "date-time" => quote! { ::thyra::__private::Format::DateTime },
        "email" => quote! { ::thyra::__private::Format::Email },
        "uri" => quote! { ::thyra::__private::Format::Uri },
        _ => {
            return Err(Error::new(
                literal.span(),
                "`format` is one of `\"email\"`, `\"uri\"`, `\"date\"`, `\"date-time\"`: MCP has no others",
            ));
        }
    };
    Ok((literal, code))
}
