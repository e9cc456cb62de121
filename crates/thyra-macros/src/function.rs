//! The code around a free function under `#[tool]`, `#[resource]` or `#[prompt]`.
//!
//! The function stays what it is: a function, which can be called, and whose name a local variable
//! may take. A struct beside it is the component. The future of an `async` function knows that
//! struct, so the function's name is enough to find it, and the struct's own name is hidden. Of a
//! function that is not `async` nothing but its name could tell, so the struct has that name, as a
//! type: with braces, because a struct without any would be a value of that name too.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Error, FnArg, Ident, ItemFn, Pat, parse2};

use crate::component::{Callee, Component, own_lints};
use crate::kind::Kind;
use crate::{checks, doc, name};

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
    /// The function, as people call it.
    fn function(&self) -> TokenStream {
        if self.component.is_async() {
            return self.describing();
        }
        let own = own_lints();
        let doc = self.doc();
        let function = &self.function;
        quote! { #doc #own #function }
    }

    /// The `async` function within one whose future knows the component.
    fn describing(&self) -> TokenStream {
        let visibility = &self.function.vis;
        let ident = &self.function.sig.ident;
        let (outer, kept): (Vec<_>, Vec<_>) =
            self.function.attrs.iter().cloned().partition(is_outer);
        let allowed = kept.iter().filter(|attribute| is_allow(attribute));
        let inner = ItemFn {
            attrs: kept.clone(),
            vis: syn::Visibility::Inherited,
            ..self.function.clone()
        };
        let own = own_lints();
        let doc = self.doc();
        let names = self.parameter_names();
        let kinds = self.component.kinds();
        let returned = self.component.returned();
        let structure = self.structure_name();
        quote! {
            #(#outer)*
            #doc
            #(#allowed)*
            #own
            // What these say is said of the inner function.
            #[allow(non_snake_case, clippy::too_many_arguments)]
            #visibility fn #ident(#(#names: #kinds),*) -> impl ::core::future::Future<Output = #returned>
            + ::thyra::__private::Described<Component = #structure> {
                #own
                #inner
                ::thyra::__private::DescribedFuture::new(#ident(#(#names),*))
            }
        }
    }

    /// What the outer function calls its parameters: their own names, where they have any, as
    /// documentation and editors show them.
    fn parameter_names(&self) -> Vec<Ident> {
        let inputs = self.function.sig.inputs.iter().enumerate();
        inputs
            .map(|(index, input)| match input {
                FnArg::Typed(input) => match &*input.pat {
                    // One with the function's own name would stand before the inner function.
                    Pat::Ident(pattern) if pattern.ident != self.function.sig.ident => {
                        pattern.ident.clone()
                    }
                    _ => Ident::new(&format!("__argument_{index}"), Span::mixed_site()),
                },
                FnArg::Receiver(_) => Ident::new("__this", Span::mixed_site()),
            })
            .collect()
    }

    /// The struct that is the component.
    fn structure(&self) -> TokenStream {
        let visibility = &self.function.vis;
        let structure = self.structure_name();
        let cfgs = self.cfgs();
        let doc = if self.component.is_async() {
            quote! { #[doc(hidden)] }
        } else {
            let (noun, ident) = (self.component.kind.noun(), &self.function.sig.ident);
            let text = format!(
                "The {noun} that the function [`{ident}`](fn@{ident}) is: `{ident} {{}}` is what a server takes."
            );
            quote! { #[doc = #text] }
        };
        quote! {
            #(#cfgs)*
            #doc
            #[allow(non_camel_case_types)]
            #[derive(Clone, Copy, Debug, Default)]
            #visibility struct #structure {}
        }
    }

    fn structure_name(&self) -> Ident {
        let ident = &self.function.sig.ident;
        if self.component.is_async() {
            let noun = self.component.kind.noun();
            // Not a name that people write, and one for each kind, so that an error says which.
            format_ident!("__{noun}_{}", name::plain(ident), span = ident.span())
        } else {
            ident.clone()
        }
    }

    /// `Server::tool` goes through this.
    fn conversion(&self) -> TokenStream {
        let structure = self.structure_name();
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
            &quote! { #structure },
            &quote! { #functions #body },
        )
    }

    /// A description in the attribute documents the function too, unless a comment does.
    fn doc(&self) -> Option<TokenStream> {
        let description = &self.component.attribute.description;
        match (doc::text(&self.function.attrs), description) {
            (None, Some(description)) => Some(quote! { #[doc = #description] }),
            _ => None,
        }
    }

    fn cfgs(&self) -> Vec<&Attribute> {
        let attributes = self.function.attrs.iter();
        attributes.filter(|attribute| is_cfg(attribute)).collect()
    }
}

impl ToTokens for Expansion {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let function = self.function();
        let structure = self.structure();
        let cfgs = self.cfgs();
        let conversion = self.conversion();
        tokens.extend(quote! {
            #function

            #structure

            #(#cfgs)*
            #[allow(deprecated)]
            const _: () = {
                #conversion
            };
        });
    }
}

/// What makes a value fit for `Server::tool`, `Server::resource` or `Server::prompt`.
fn convert(kind: Kind, structure: &TokenStream, body: &TokenStream) -> TokenStream {
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
        impl ::thyra::__private::#interface for #structure {
            fn #method(self) -> ::thyra::__private::#made {
                #body
            }
        }
    }
}

/// What belongs to the function that people see, and not to the one within it.
fn is_outer(attribute: &Attribute) -> bool {
    doc::is_doc(attribute)
        || is_cfg(attribute)
        || ["deprecated", "must_use"]
            .iter()
            .any(|name| attribute.path().is_ident(name))
}

fn is_allow(attribute: &Attribute) -> bool {
    attribute.path().is_ident("allow")
}

fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
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
