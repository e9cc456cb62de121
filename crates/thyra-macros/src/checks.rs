//! What a function must not have to be a tool, each with what to write instead.

use quote::ToTokens;
use syn::{Error, ItemFn, ReturnType, Type};

/// Everything that is wrong with the head of the function, but for its arguments.
pub(crate) fn head(function: &ItemFn) -> Vec<Error> {
    let signature = &function.sig;
    let mut errors = Vec::new();
    if let Some(keyword) = &signature.constness {
        errors.push(Error::new_spanned(
            keyword,
            "a tool is not a `const fn`: remove `const`",
        ));
    }
    if let Some(keyword) = &signature.unsafety {
        errors.push(Error::new_spanned(
                keyword,
            "a tool is called with whatever a client sends, so it cannot be `unsafe`: remove `unsafe`",
        ));
    }
    if let Some(abi) = &signature.abi {
        errors.push(Error::new_spanned(
            abi,
            "a tool is a plain Rust function: remove `extern`",
        ));
    }
    if let Some(variadic) = &signature.variadic {
        errors.push(Error::new_spanned(
            variadic,
            "a tool has a fixed list of arguments: use a `Vec`",
        ));
    }
    if !signature.generics.params.is_empty() {
        errors.push(Error::new_spanned(
                &signature.generics,
            "a tool cannot be generic, since its schema is made from concrete types: write the types out",
        ));
    }
    if let Some(clause) = &signature.generics.where_clause {
        errors.push(Error::new_spanned(
            clause,
            "a tool cannot be generic: remove the `where` clause",
        ));
    }
    if let ReturnType::Type(_, returned) = &signature.output {
        errors.extend(output(returned));
    }
    errors
}

/// What is wrong with the type of an argument.
pub(crate) fn input(argument: &Type) -> Option<Error> {
    match argument {
        Type::ImplTrait(_) => Some(Error::new_spanned(
            argument,
            "a tool's arguments have concrete types, since its schema is made from them: write the type in place of `impl`",
        )),
        Type::Reference(reference) => Some(Error::new_spanned(
            argument,
            instead_of_reference(&reference.elem),
        )),
        _ => None,
    }
}

fn output(returned: &Type) -> Option<Error> {
    match returned {
        Type::ImplTrait(_) => Some(Error::new_spanned(
            returned,
            "a tool's output has a concrete type, since its schema is made from it: write the type in place of `impl`; a tool that awaits is an `async fn`",
        )),
        Type::Reference(reference)
            if reference
                .lifetime
                .as_ref()
                .is_none_or(|lifetime| lifetime.ident != "static") =>
        {
            Some(Error::new_spanned(
                returned,
                "a tool returns what it owns: return `String` instead of `&str`, `T` instead of `&T`",
            ))
        }
        _ => None,
    }
}

fn instead_of_reference(referent: &Type) -> String {
    let owned = match referent {
        Type::Path(path) if path.path.is_ident("str") => "`String`".to_owned(),
        Type::Path(path) => format!("`{}`", spelled(path)),
        Type::Slice(slice) => format!("`Vec<{}>`", spelled(&slice.elem)),
        _ => "the type without `&`".to_owned(),
    };
    format!("a tool owns its arguments: use {owned} instead of a reference")
}

/// A type as people write it.
fn spelled(tokens: &impl ToTokens) -> String {
    tokens
        .to_token_stream()
        .to_string()
        .replace(' ', "")
        .replace(',', ", ")
}
