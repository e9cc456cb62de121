//! `#[derive(Elicit)]`: a struct as a form, an enum as a choice.

mod rules;
mod spelling;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DataStruct, DeriveInput, Error, Fields, Ident, LitStr, Result, parse2};

use self::rules::{Container, Rules, Variant};
use crate::component::{default_value, optional};
use crate::{doc, name};

/// Expands `#[derive(Elicit)]`.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    match parse2::<DeriveInput>(item).and_then(|item| derive(&item)) {
        Ok(code) => code,
        Err(error) => error.into_compile_error(),
    }
}

fn derive(item: &DeriveInput) -> Result<TokenStream> {
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.generics,
            "a form cannot be generic, since its schema is made from concrete types: write the types out",
        ));
    }
    let container = Container::parse(&item.attrs)?;
    match &item.data {
        Data::Struct(structure) => form(&item.ident, &container, structure),
        Data::Enum(choices) => choice(&item.ident, &container, choices),
        Data::Union(union) => Err(Error::new_spanned(
            union.union_token,
            "a union is no form: use a struct of named fields or an enum of plain variants",
        )),
    }
}

/// A struct: each field is a field of the form.
fn form(ident: &Ident, container: &Container, structure: &DataStruct) -> Result<TokenStream> {
    let Fields::Named(fields) = &structure.fields else {
        return Err(Error::new_spanned(
            ident,
            "the fields of a form have names: write `struct Form { name: String }`",
        ));
    };
    if fields.named.is_empty() {
        return Err(Error::new_spanned(
            ident,
            "a form without fields asks for nothing; ask for a `bool` to have something confirmed",
        ));
    }
    let mut names: Vec<String> = Vec::new();
    let (mut additions, mut readings, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    for field in &fields.named {
        // Fields of a struct with named fields have names.
        let Some(ident) = &field.ident else { continue };
        let rules = Rules::parse(&field.attrs)?;
        let name = match &rules.rename {
            Some(name) => name.value(),
            None => container.spell(&name::plain(ident)),
        };
        if names.contains(&name) {
            return Err(Error::new_spanned(
                ident,
                format!("two fields have the name `{name}`"),
            ));
        }
        let kind = &field.ty;
        let span = kind.span();
        let part = quote_spanned! {span=> ::thyra::__private::elicit_field::<#kind>() };
        let code = rules.code(&name, doc::text(&field.attrs).as_deref());
        let default = rules
            .default
            .as_ref()
            .map(|default| default_value(default, kind));
        let shown = default
            .as_ref()
            .map(|default| quote! { &{ let __default: #kind = #default; __default } });
        let shown = optional(shown.as_ref());
        additions.push(quote! { (#part.add)(&mut __form, &#code, #shown); });
        let reading = if let Some(default) = &default {
            quote! { (#part.read_or)(__content, &#code, || -> #kind { #default })? }
        } else {
            quote! { (#part.read)(__content, &#code)? }
        };
        readings.push(quote! { #ident: #reading });
        checks.extend(rules.checks(kind));
        names.push(name);
    }
    Ok(quote! {
        #(#checks)*

        #[automatically_derived]
        impl ::thyra::__private::Elicit for #ident {
            fn elicit_schema() -> ::thyra::serde_json::Value {
                let mut __form = ::thyra::__private::Form::new();
                #(#additions)*
                __form.finish()
            }

            fn from_content(
                __content: &::thyra::serde_json::Map<::std::string::String, ::thyra::serde_json::Value>,
            ) -> ::core::result::Result<Self, ::thyra::__private::ElicitError> {
                ::core::result::Result::Ok(Self { #(#readings),* })
            }
        }
    })
}

/// An enum: the user chooses a variant, or several.
fn choice(ident: &Ident, container: &Container, choices: &DataEnum) -> Result<TokenStream> {
    if choices.variants.is_empty() {
        return Err(Error::new_spanned(
            ident,
            "an enum without variants leaves nothing to choose",
        ));
    }
    let mut values: Vec<String> = Vec::new();
    let (mut all, mut at, mut chosen) = (Vec::new(), Vec::new(), Vec::new());
    for (index, variant) in choices.variants.iter().enumerate() {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(
                &variant.fields,
                "a choice holds nothing more: make the variant a plain one, and ask for the rest in a question of its own",
            ));
        }
        let rules = Variant::parse(&variant.attrs)?;
        let value = match &rules.rename {
            Some(name) => name.value(),
            None => container.spell(&name::plain(&variant.ident)),
        };
        if values.contains(&value) {
            return Err(Error::new_spanned(
                &variant.ident,
                format!("two variants have the name `{value}`"),
            ));
        }
        let title = optional(rules.title.as_ref());
        let name = &variant.ident;
        let code = quote! { ::thyra::__private::Choice { value: #value, title: #title } };
        all.push(code.clone());
        at.push(quote! { #index => ::core::option::Option::Some(Self::#name) });
        chosen.push(quote! { Self::#name => #code });
        values.push(value);
    }
    Ok(quote! {
        #[automatically_derived]
        impl ::thyra::__private::ElicitChoice for #ident {
            const CHOICES: &'static [::thyra::__private::Choice] = &[#(#all),*];

            fn at(__index: usize) -> ::core::option::Option<Self> {
                match __index {
                    #(#at,)*
                    _ => ::core::option::Option::None,
                }
            }

            fn chosen(&self) -> ::thyra::__private::Choice {
                match self {
                    #(#chosen,)*
                }
            }
        }

        #[automatically_derived]
        impl ::thyra::__private::ElicitField for #ident {
            const KIND: ::thyra::__private::FieldKind = ::thyra::__private::FieldKind::Choice;

            fn keywords() -> ::thyra::serde_json::Map<::std::string::String, ::thyra::serde_json::Value> {
                ::thyra::__private::Choice::keywords(
                    <Self as ::thyra::__private::ElicitChoice>::CHOICES,
                )
            }

            fn to_answer(&self) -> ::thyra::serde_json::Value {
                let __chosen = ::thyra::__private::ElicitChoice::chosen(self);
                ::thyra::serde_json::Value::from(__chosen.value)
            }

            fn from_answer(
                __answer: ::core::option::Option<&::thyra::serde_json::Value>,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                ::thyra::__private::Choice::read(__answer)
            }
        }
    })
}

/// Refuses an empty name.
fn filled(name: LitStr) -> Result<LitStr> {
    if name.value().is_empty() {
        return Err(Error::new(name.span(), "the name is empty"));
    }
    Ok(name)
}
