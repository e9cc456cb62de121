//! The code that stands in for a free function under `#[tool]`, `#[resource]` or `#[prompt]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Error, FnArg, ItemFn, Type, parse2};

use crate::component::{Callee, Component};
use crate::kind::Kind;
use crate::{arguments, checks, doc};

/// Expands `#[kind(attribute)] item`.
pub(crate) fn expand(kind: Kind, attribute: TokenStream, item: TokenStream) -> TokenStream {
    let noun = kind.noun();
    let Ok(mut function) = parse2::<ItemFn>(item.clone()) else {
        let error = format!("`#[{noun}]` goes on a function with a body: `async fn` or `fn`");
        return Error::new_spanned(item, error).into_compile_error();
    };
    if let Some(FnArg::Receiver(receiver)) = function.sig.inputs.first() {
        let error = format!(
            "a {noun} with `self` is a method: put `#[tools]` on the `impl`; or make it a function outside of `impl` that takes what it needs as `State<T>`"
        );
        // Inside of `impl` no struct may stand.
        return Error::new_spanned(receiver, error).into_compile_error();
    }
    let mut errors = checks::head(kind, &function.sig);
    let leftover = leftover(kind, &function);
    let attributes = function.attrs.clone();
    let component = Component::parse(kind, attribute, &attributes, &mut function.sig, &mut errors);
    match component {
        Some(component) if errors.is_empty() => Expansion {
            component,
            function,
        }
        .into_token_stream(),
        _ => {
            let errors = errors.into_iter().map(Error::into_compile_error);
            quote! { #(#errors)* #leftover }
        }
    }
}

struct Expansion {
    component: Component,
    function: ItemFn,
}

impl Expansion {
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
        let description = &self.component.attribute.description;
        let doc = match (doc::text(&self.function.attrs), description) {
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
        // A component owns its arguments, and is `async` and fallible where its author likes it to
        // be.
        quote! {
            #[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps, clippy::unused_async)]
            #function
        }
    }

    /// `add(1, 2)` goes through this.
    fn deref(&self) -> TokenStream {
        let ident = &self.function.sig.ident;
        let kinds: Vec<&Type> = self.component.kinds().collect();
        let slots = arguments::slots(kinds.len());
        let returned = self.component.returned();
        let (output, called) = if self.component.is_async() {
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
        let (read, call) = (format_ident!("__thyra_read"), format_ident!("__thyra_call"));
        let functions = self.component.functions(&Callee::Function, &read, &call);
        let assembled = self.component.assembled(&quote! { #call }, None);
        let body = match self.component.kind {
            Kind::Resource if self.component.is_template() => {
                quote! { ::thyra::__private::ResourceComponent::Template(#assembled) }
            }
            Kind::Resource => quote! { ::thyra::__private::ResourceComponent::Fixed(#assembled) },
            Kind::Prompt | Kind::Tool => assembled,
        };
        convert(
            self.component.kind,
            &quote! { #ident },
            &quote! { #functions #body },
        )
    }

    fn cfgs(&self) -> Vec<&syn::Attribute> {
        let attributes = self.function.attrs.iter();
        attributes
            .filter(|attribute| attribute.path().is_ident("cfg"))
            .collect()
    }
}

impl ToTokens for Expansion {
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

/// What makes a value fit for `Server::tool`, `Server::resource` or `Server::prompt`.
fn convert(kind: Kind, ident: &TokenStream, body: &TokenStream) -> TokenStream {
    let (interface, method, made) = match kind {
        Kind::Prompt => ("IntoPrompt", "into_prompt", "Prompt"),
        Kind::Resource => ("IntoResource", "into_resource", "ResourceComponent"),
        Kind::Tool => ("IntoTool", "into_tool", "Tool"),
    };
    let (interface, method, made) = (
        format_ident!("{interface}"),
        format_ident!("{method}"),
        format_ident!("{made}"),
    );
    quote! {
        #[automatically_derived]
        impl ::thyra::__private::#interface for #ident {
            fn #method(self) -> ::thyra::__private::#made {
                #body
            }
        }
    }
}

/// What belongs to the value that users see, not to the function behind it.
fn is_outer(attribute: &syn::Attribute) -> bool {
    doc::is_doc(attribute) || attribute.path().is_ident("deprecated")
}

/// What stands in for a function with errors, so that its uses do not add errors of their own.
fn leftover(kind: Kind, function: &ItemFn) -> TokenStream {
    let visibility = &function.vis;
    let ident = &function.sig.ident;
    let conversion = convert(kind, &quote! { #ident }, &quote! { loop {} });
    quote! {
        #[allow(non_camel_case_types, missing_docs)]
        #[derive(Clone, Copy, Debug)]
        #visibility struct #ident;

        #conversion
    }
}
