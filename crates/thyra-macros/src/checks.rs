//! What a function must not have to be a component, each with what to write instead.

use quote::ToTokens;
use syn::{Error, ReturnType, Signature, Type};

use crate::kind::Kind;

/// Everything that is wrong with the head of the function, but for its arguments.
pub(crate) fn head(kind: Kind, signature: &Signature) -> Vec<Error> {
    let noun = kind.noun();
    let mut errors = Vec::new();
    if let Some(keyword) = &signature.constness {
        errors.push(Error::new_spanned(
            keyword,
            format!("a {noun} is not a `const fn`: remove `const`"),
        ));
    }
    if let Some(keyword) = &signature.unsafety {
        errors.push(Error::new_spanned(
            keyword,
            format!("a {noun} is called with whatever a client sends, so it cannot be `unsafe`: remove `unsafe`"),
        ));
    }
    if let Some(abi) = &signature.abi {
        errors.push(Error::new_spanned(
            abi,
            format!("a {noun} is a plain Rust function: remove `extern`"),
        ));
    }
    if let Some(variadic) = &signature.variadic {
        errors.push(Error::new_spanned(
            variadic,
            format!("a {noun} has a fixed list of arguments: use a `Vec`"),
        ));
    }
    if !signature.generics.params.is_empty() {
        errors.push(Error::new_spanned(
            &signature.generics,
            format!("a {noun} cannot be generic, since its {} made from concrete types: write the types out", made(kind)),
        ));
    }
    if let Some(clause) = &signature.generics.where_clause {
        errors.push(Error::new_spanned(
            clause,
            format!("a {noun} cannot be generic: remove the `where` clause"),
        ));
    }
    if let ReturnType::Type(_, returned) = &signature.output {
        errors.extend(output(kind, returned));
    }
    errors
}

/// What is wrong with the type of an argument.
pub(crate) fn input(kind: Kind, argument: &Type) -> Option<Error> {
    let noun = kind.noun();
    match argument {
        Type::ImplTrait(_) => Some(Error::new_spanned(
            argument,
            format!(
                "a {noun}'s arguments have concrete types, since its {} made from them: write the type in place of `impl`",
                made(kind)
            ),
        )),
        Type::Reference(reference) => Some(Error::new_spanned(
            argument,
            instead_of_reference(noun, &reference.elem),
        )),
        _ => None,
    }
}

/// What is made from the types of a function.
fn made(kind: Kind) -> &'static str {
    match kind {
        Kind::Tool => "schema is",
        Kind::Prompt | Kind::Resource => "arguments are",
    }
}

fn output(kind: Kind, returned: &Type) -> Option<Error> {
    let noun = kind.noun();
    match returned {
        Type::ImplTrait(_) => {
            let why = match kind {
                Kind::Tool => ", since its schema is made from it",
                Kind::Prompt | Kind::Resource => "",
            };
            Some(Error::new_spanned(
                returned,
                format!(
                    "a {noun}'s output has a concrete type{why}: write the type in place of `impl`; a {noun} that awaits is an `async fn`"
                ),
            ))
        }
        Type::Reference(reference)
            if reference
                .lifetime
                .as_ref()
                .is_none_or(|lifetime| lifetime.ident != "static") =>
        {
            Some(Error::new_spanned(
                returned,
                format!(
                    "a {noun} returns what it owns: return `String` instead of `&str`, `T` instead of `&T`"
                ),
            ))
        }
        _ => None,
    }
}

fn instead_of_reference(noun: &str, referent: &Type) -> String {
    let owned = match referent {
        Type::Path(path) if path.path.is_ident("str") => "`String`".to_owned(),
        Type::Path(path) => format!("`{}`", spelled(path)),
        Type::Slice(slice) => format!("`Vec<{}>`", spelled(&slice.elem)),
        _ => "the type without `&`".to_owned(),
    };
    format!("a {noun} owns its arguments: use {owned} instead of a reference")
}

/// A type as people write it.
pub(crate) fn spelled(tokens: &impl ToTokens) -> String {
    tokens
        .to_token_stream()
        .to_string()
        .replace(' ', "")
        .replace(',', ", ")
}
