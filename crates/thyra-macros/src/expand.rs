//! The code that stands in for a function under `#[tool]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, FnArg, ItemFn, Lit, ReturnType, Type, parse_quote, parse2};

use crate::arguments::{self, Argument};
use crate::attribute::Attribute;
use crate::{checks, doc, name};

/// Expands `#[tool(attribute)] item`.
pub(crate) fn tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(function) = parse2::<ItemFn>(item.clone()) else {
        let error = "`#[tool]` goes on a function with a body: `async fn` or `fn`";
        return Error::new_spanned(item, error).into_compile_error();
    };
    let mut errors = checks::head(&function);
    let has_self = matches!(function.sig.inputs.first(), Some(FnArg::Receiver(_)));
    let leftover = leftover(&function);
    match Tool::parse(attribute, function, &mut errors) {
        Some(tool) if errors.is_empty() => tool.into_token_stream(),
        _ => {
            let errors = errors.into_iter().map(Error::into_compile_error);
            // Inside of `impl` no struct may stand.
            let leftover = (!has_self).then_some(leftover);
            quote! { #(#errors)* #leftover }
        }
    }
}

/// A function that is a tool.
struct Tool {
    arguments: Vec<Argument>,
    attribute: Attribute,
    description: Option<String>,
    function: ItemFn,
    name: String,
}

impl Tool {
    /// `None`, and at least one error, when something is wrong.
    fn parse(
        attribute: TokenStream,
        mut function: ItemFn,
        errors: &mut Vec<Error>,
    ) -> Option<Self> {
        let attribute = match parse2::<Attribute>(attribute) {
            Ok(attribute) => attribute,
            Err(error) => {
                errors.push(error);
                return None;
            }
        };
        let name = match &attribute.name {
            Some(name) => Ok(name.clone()),
            None => name::of_function(&function.sig.ident),
        };
        let arguments = arguments::take(&mut function, errors);
        let description = match &attribute.description {
            Some(description) => Some(description.value()),
            None => doc::text(&function.attrs),
        };
        match name {
            Ok(name) => Some(Self {
                arguments,
                attribute,
                description,
                function,
                name,
            }),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }

    /// The unit struct that takes the function's place.
    fn structure(&self) -> TokenStream {
        let visibility = &self.function.vis;
        let ident = &self.function.sig.ident;
        let cfgs = self.cfgs();
        let outer = self
            .function
            .attrs
            .iter()
            .filter(|attribute| is_outer(attribute));
        // A description in the attribute documents the function too, unless a comment does.
        let doc = match (doc::text(&self.function.attrs), &self.attribute.description) {
            (None, Some(description)) => Some(quote! { #[doc = #description] }),
            _ => None,
        };
        quote! {
            #(#cfgs)*
            #(#outer)*
            #doc
            #[allow(non_camel_case_types)]
            #[derive(Clone, Copy, Debug)]
            #visibility struct #ident;
        }
    }

    /// The user's own function, within the block that keeps it out of the module.
    fn inner(&self) -> TokenStream {
        let mut function = self.function.clone();
        function.vis = syn::Visibility::Inherited;
        function
            .attrs
            .retain(|attribute| !is_outer(attribute) && !attribute.path().is_ident("cfg"));
        // A tool owns its arguments, and is `async` where its author likes it to be.
        quote! {
            #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
            #function
        }
    }

    /// `add(1, 2)` goes through this.
    fn deref(&self) -> TokenStream {
        let ident = &self.function.sig.ident;
        let kinds: Vec<&Type> = self.kinds().collect();
        let slots = arguments::slots(kinds.len());
        let returned = self.returned();
        let (output, called) = if self.is_async() {
            (
                quote! { ::thyra::__private::BoxFuture<'static, #returned> },
                quote! { ::std::boxed::Box::pin(#ident(#(#slots),*)) },
            )
        } else {
            (quote! { #returned }, quote! { #ident(#(#slots),*) })
        };
        quote! {
            #[automatically_derived]
            impl ::core::ops::Deref for #ident {
                type Target = fn(#(#kinds),*) -> #output;

                fn deref(&self) -> &Self::Target {
                    fn __thyra_call(#(#slots: #kinds),*) -> #output {
                        #called
                    }
                    static CALL: fn(#(#kinds),*) -> #output = __thyra_call;
                    &CALL
                }
            }
        }
    }

    /// `Server::tool(add)` goes through this.
    fn conversion(&self) -> TokenStream {
        let ident = &self.function.sig.ident;
        let slots = arguments::slots(self.arguments.len());
        let kinds: Vec<&Type> = self.kinds().collect();
        let awaited = self.is_async().then(|| quote! { .await });
        let read = self.read();
        let parameters = self.arguments.iter().map(parameter);
        let returned = self.returned();
        let span = match &self.function.sig.output {
            ReturnType::Default => ident.span(),
            ReturnType::Type(_, returned) => returned.span(),
        };
        let returned = quote_spanned! {span=> ::thyra::__private::returned::<#returned, _>() };
        let settings = self.settings();
        let name = &self.name;
        quote! {
            #[automatically_derived]
            impl ::thyra::__private::IntoTool for #ident {
                fn into_tool(self) -> ::thyra::__private::Tool {
                    #read

                    fn __thyra_call<'a>(
                        call: ::thyra::__private::Call<'a>,
                        shape: ::thyra::__private::Shape,
                    ) -> ::thyra::__private::BoxFuture<'a, ::thyra::__private::CallResult> {
                        ::std::boxed::Box::pin(async move {
                            let (#(#slots,)*): (#(#kinds,)*) = __thyra_read(&call)?;
                            (#returned.reply)(#ident(#(#slots),*) #awaited, shape)
                        })
                    }

                    #[allow(unused_mut)]
                    let mut signature = ::thyra::__private::Signature::new();
                    #(#parameters)*
                    ::thyra::__private::assemble(#name, signature, (#returned.output)(), __thyra_call) #settings
                }
            }
        }
    }

    /// The function that reads all arguments of a call.
    fn read(&self) -> TokenStream {
        let slots = arguments::slots(self.arguments.len());
        let kinds = self.kinds();
        let names: Vec<&String> = self
            .arguments
            .iter()
            .filter_map(|argument| argument.name.as_ref())
            .collect();
        let count = names.len();
        let reader = Ident::new("reader", Span::mixed_site());
        let mut slot = 0usize;
        let values: Vec<TokenStream> = self
            .arguments
            .iter()
            .map(|argument| {
                let kind = &argument.kind;
                let param = param(argument);
                if argument.name.is_none() {
                    return quote! { #reader.inject(&#param) };
                }
                let this = slot;
                slot += 1;
                if let Some(default) = &argument.default {
                    let default = default_value(default, kind);
                    quote! { #reader.read_or(#this, &#param, || -> #kind { #default }) }
                } else {
                    quote! { #reader.read(#this, &#param) }
                }
            })
            .collect();
        quote! {
            fn __thyra_read(
                call: &::thyra::__private::Call<'_>,
            ) -> ::core::result::Result<(#(#kinds,)*), ::thyra::__private::CallError> {
                #[allow(unused_mut)]
                let mut #reader = ::thyra::__private::Reader::<'_, '_, #count>::new(call, &[#(#names),*]);
                match (#(#values,)* #reader.finish(),) {
                    (#(::core::option::Option::Some(#slots),)* ::core::result::Result::Ok(()),) => {
                        ::core::result::Result::Ok((#(#slots,)*))
                    }
                    (.., ::core::result::Result::Err(error),) => ::core::result::Result::Err(error),
                    #[allow(unreachable_patterns)]
                    _ => ::core::result::Result::Err(::thyra::__private::unread()),
                }
            }
        }
    }

    /// The builder's calls for what the attribute says.
    fn settings(&self) -> TokenStream {
        let title = self
            .attribute
            .title
            .as_ref()
            .map(|title| quote! { .title(#title) });
        let description = self
            .description
            .as_ref()
            .map(|text| quote! { .description(#text) });
        let scopes = &self.attribute.scopes;
        let scopes = (!scopes.is_empty()).then(|| quote! { .scopes([#(#scopes),*]) });
        let hints = self.attribute.hints.iter().map(|(hint, value)| {
            let hint = Ident::new(hint, Span::call_site());
            quote! { .#hint(#value) }
        });
        quote! { #title #description #scopes #(#hints)* }
    }

    fn kinds(&self) -> impl Iterator<Item = &Type> {
        self.arguments.iter().map(|argument| &argument.kind)
    }

    fn returned(&self) -> Type {
        match &self.function.sig.output {
            ReturnType::Default => parse_quote! { () },
            ReturnType::Type(_, returned) => (**returned).clone(),
        }
    }

    fn is_async(&self) -> bool {
        self.function.sig.asyncness.is_some()
    }

    fn cfgs(&self) -> Vec<&syn::Attribute> {
        let attributes = self.function.attrs.iter();
        attributes
            .filter(|attribute| attribute.path().is_ident("cfg"))
            .collect()
    }
}

impl ToTokens for Tool {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let structure = self.structure();
        let cfgs = self.cfgs();
        let inner = self.inner();
        let deref = self.deref();
        let conversion = self.conversion();
        tokens.extend(quote! {
            #structure

            #(#cfgs)*
            #[allow(deprecated)]
            const _: () = {
                #inner
                #deref
                #conversion
            };
        });
    }
}

/// What belongs to the value that users see, not to the function behind it.
fn is_outer(attribute: &syn::Attribute) -> bool {
    doc::is_doc(attribute) || attribute.path().is_ident("deprecated")
}

/// The parameter's type, said in the same words wherever it is needed: errors that are the same are shown once.
fn param(argument: &Argument) -> TokenStream {
    let kind = &argument.kind;
    match (&argument.name, &argument.default) {
        (None, _) => quote_spanned! {kind.span()=> ::thyra::__private::injected::<#kind>() },
        (Some(_), Some(_)) => {
            quote_spanned! {kind.span()=> ::thyra::__private::argument::<#kind>() }
        }
        (Some(_), None) => {
            quote_spanned! {kind.span()=> ::thyra::__private::parameter::<#kind, _>() }
        }
    }
}

/// Adds one argument to the signature.
fn parameter(argument: &Argument) -> TokenStream {
    let kind = &argument.kind;
    let name = argument.name.as_deref().unwrap_or_default();
    let description = optional(argument.description.as_ref());
    let default = argument.default.as_ref().map(|default| {
        let default = default_value(default, kind);
        quote! {{
            #[allow(unused_imports)]
            use ::thyra::__private::{ShownDefault as _, UnshownDefault as _};
            (&::thyra::__private::DefaultOf::<#kind>({ #default })).default_value()
        }}
    });
    let default = optional(default.as_ref());
    let param = param(argument);
    quote! {
        signature.parameter(
            &#param,
            ::thyra::__private::Argument {
                name: #name,
                description: #description,
                default: #default,
            },
        );
    }
}

/// An `Option` as the code of an `Option`.
fn optional(value: Option<&impl ToTokens>) -> TokenStream {
    let none = quote! { ::core::option::Option::None };
    value.map_or(
        none,
        |value| quote! { ::core::option::Option::Some(#value) },
    )
}

/// The default as a value of the argument's type. A string literal becomes whatever owned text the argument is.
fn default_value(default: &Expr, kind: &Type) -> TokenStream {
    match default {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => {
            quote_spanned! {text.span()=> <#kind as ::core::convert::From<&'static str>>::from(#text) }
        }
        default => default.to_token_stream(),
    }
}

/// What stands in for a function with errors, so that its uses do not add errors of their own.
fn leftover(function: &ItemFn) -> TokenStream {
    let visibility = &function.vis;
    let ident = &function.sig.ident;
    quote! {
        #[allow(non_camel_case_types, missing_docs)]
        #[derive(Clone, Copy, Debug)]
        #visibility struct #ident;

        impl ::thyra::__private::IntoTool for #ident {
            fn into_tool(self) -> ::thyra::__private::Tool {
                loop {}
            }
        }
    }
}
