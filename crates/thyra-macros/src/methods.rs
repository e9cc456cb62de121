//! `#[tools]`: the methods of a value as components that share it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Attribute, Error, FnArg, Ident, ImplItem, ImplItemFn, ItemImpl, Meta, Receiver, Result, parse2,
};

use crate::component::{Callee, Component, own_lints};
use crate::kind::Kind;
use crate::{checks, name};

/// Expands `#[tools] impl Type { .. }`.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(mut block) = parse2::<ItemImpl>(item.clone()) else {
        let error = "`#[tools]` goes on an `impl` block whose methods have `#[tool]`, `#[resource]` or `#[prompt]`; a function alone has `#[tool]`";
        return Error::new_spanned(item, error).into_compile_error();
    };
    let mut errors = Vec::new();
    if !attribute.is_empty() {
        let error =
            "`#[tools]` takes no keys: they go on the methods, as in `#[tool(name = \"...\")]`";
        errors.push(Error::new_spanned(attribute, error));
    }
    if let Some((_, interface, _)) = &block.trait_ {
        let error = "`#[tools]` goes on the type's own `impl`: write `impl Type` without a trait";
        errors.push(Error::new_spanned(interface, error));
    }
    let methods = take(&mut block, &mut errors);
    if methods.is_empty() && errors.is_empty() {
        let error = "none of these methods is a component: put `#[tool]`, `#[resource]` or `#[prompt]` on one";
        errors.push(Error::new_spanned(&block.self_ty, error));
    }
    if errors.is_empty() {
        let functions = methods.iter().map(Method::functions);
        let components = components(&block, methods.iter().map(Method::registration));
        let (generics, target) = (&block.generics, &block.self_ty);
        let (parameters, _, clause) = generics.split_for_impl();
        quote! {
            #block

            #[automatically_derived]
            #[allow(deprecated)]
            impl #parameters #target #clause {
                #(#functions)*
            }

            #components
        }
    } else {
        let errors = errors.into_iter().map(Error::into_compile_error);
        // So that `Server::tools` does not add an error of its own.
        let is_own = block.trait_.is_none();
        let components = is_own.then(|| components(&block, [].into_iter()));
        quote! { #(#errors)* #block #components }
    }
}

/// A method that is a component.
struct Method {
    component: Component,
    /// `#[cfg]` of the method holds for what belongs to it.
    cfgs: Vec<Attribute>,
    read: Ident,
    call: Ident,
}

impl Method {
    fn functions(&self) -> TokenStream {
        let cfgs = &self.cfgs;
        let functions = self
            .component
            .functions(&Callee::Method, &self.read, &self.call);
        // Two functions, and a `#[cfg]` for each.
        let functions: TokenStream = match parse2::<TwoFunctions>(functions.clone()) {
            Ok(TwoFunctions(read, call)) => quote! {
                #(#cfgs)* #[doc(hidden)] #read
                #(#cfgs)* #[doc(hidden)] #call
            },
            Err(_) => functions,
        };
        functions
    }

    fn registration(&self) -> TokenStream {
        let cfgs = &self.cfgs;
        let call = &self.call;
        let this = format_ident!("__this");
        let component = self
            .component
            .assembled(&quote! { Self::#call }, Some(&this));
        let variant = match self.component.kind {
            Kind::Prompt => "Prompt",
            Kind::Resource if self.component.is_template() => "Template",
            Kind::Resource => "Resource",
            Kind::Tool => "Tool",
        };
        let variant = format_ident!("{variant}");
        quote! {
            #(#cfgs)*
            __components.push(::thyra::__private::Component::#variant(#component));
        }
    }
}

struct TwoFunctions(ImplItemFn, ImplItemFn);

impl syn::parse::Parse for TwoFunctions {
    fn parse(input: syn::parse::ParseStream<'_>) -> Result<Self> {
        Ok(Self(input.parse()?, input.parse()?))
    }
}

/// The list of the components, which `Server::tools` takes.
fn components(block: &ItemImpl, components: impl Iterator<Item = TokenStream>) -> TokenStream {
    let (parameters, _, clause) = block.generics.split_for_impl();
    let target = &block.self_ty;
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #parameters ::thyra::__private::Tools for #target #clause {
            fn shared_components(
                self: ::std::sync::Arc<Self>,
            ) -> ::std::vec::Vec<::thyra::__private::Component> {
                #[allow(unused_variables)]
                let __this = self;
                #[allow(unused_mut)]
                let mut __components = ::std::vec::Vec::new();
                #(#components)*
                __components
            }
        }
    }
}

/// Finds the components, and takes off the methods what only they understand.
fn take(block: &mut ItemImpl, errors: &mut Vec<Error>) -> Vec<Method> {
    let mut methods = Vec::new();
    for item in &mut block.items {
        match item {
            ImplItem::Fn(method) => {
                let (own, kept): (Vec<Attribute>, Vec<Attribute>) =
                    std::mem::take(&mut method.attrs)
                        .into_iter()
                        .partition(|attribute| kind_of(attribute).is_some());
                method.attrs = kept;
                match own.as_slice() {
                    [] => {}
                    [attribute] => methods.extend(self::method(attribute, method, errors)),
                    [_, second, ..] => errors.push(Error::new_spanned(
                        second,
                        "a method is one component: keep one of these attributes",
                    )),
                }
            }
            ImplItem::Const(item) => errors.extend(misplaced(&mut item.attrs)),
            ImplItem::Type(item) => errors.extend(misplaced(&mut item.attrs)),
            ImplItem::Macro(item) => errors.extend(misplaced(&mut item.attrs)),
            _ => {}
        }
    }
    methods
}

fn method(
    attribute: &Attribute,
    method: &mut ImplItemFn,
    errors: &mut Vec<Error>,
) -> Option<Method> {
    let kind = kind_of(attribute)?;
    let before = errors.len();
    let tokens = match &attribute.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(pair) => {
            let noun = kind.noun();
            let error = format!("write the keys in parentheses: `#[{noun}(name = \"...\")]`");
            errors.push(Error::new_spanned(pair, error));
            return None;
        }
    };
    errors.extend(receiver(kind, &method.sig));
    errors.extend(checks::head(kind, &method.sig));
    let component = Component::parse(kind, tokens, &method.attrs, &mut method.sig, errors)?;
    if errors.len() > before {
        return None;
    }
    let cfgs = method.attrs.iter();
    let cfgs = cfgs.filter(|attribute| attribute.path().is_ident("cfg"));
    let cfgs = cfgs.cloned().collect();
    let ident = name::plain(&method.sig.ident);
    // And is a method where its author likes it to be.
    let own = own_lints();
    method.attrs.push(syn::parse_quote! { #own });
    method
        .attrs
        .push(syn::parse_quote! { #[allow(clippy::unused_self)] });
    Some(Method {
        component,
        cfgs,
        read: format_ident!("__thyra_read_{ident}"),
        call: format_ident!("__thyra_call_{ident}"),
    })
}

/// What is wrong with the `self` of a method, or with its being none.
fn receiver(kind: Kind, signature: &syn::Signature) -> Option<Error> {
    let noun = kind.noun();
    let Some(FnArg::Receiver(receiver)) = signature.inputs.first() else {
        return Some(Error::new_spanned(
            &signature.ident,
            format!(
                "a {noun} inside of `impl` takes `&self`: add it, or move the function out of the `impl`"
            ),
        ));
    };
    if is_shared(receiver) {
        return None;
    }
    let message = if receiver.mutability.is_some() && receiver.reference.is_some() {
        format!(
            "calls of a {noun} run at the same time, so none has the value for itself: take `&self`, and put what changes into a `Mutex` or an atomic"
        )
    } else {
        format!("the value outlives each call of a {noun}: take `&self`")
    };
    Some(Error::new_spanned(receiver, message))
}

/// Whether it is `&self`, without a lifetime of its own to be kept.
fn is_shared(receiver: &Receiver) -> bool {
    receiver.reference.is_some() && receiver.mutability.is_none() && receiver.colon_token.is_none()
}

fn misplaced(attributes: &mut Vec<Attribute>) -> Option<Error> {
    let index = attributes
        .iter()
        .position(|attribute| kind_of(attribute).is_some())?;
    let attribute = attributes.remove(index);
    Some(Error::new_spanned(
        attribute,
        "this attribute goes on a method",
    ))
}

/// What the attribute makes of a method, also by a longer path such as `#[thyra::tool]`.
fn kind_of(attribute: &Attribute) -> Option<Kind> {
    let path = attribute.path();
    let last = path.segments.last()?;
    let is_ours = path.segments.len() == 1
        || path
            .segments
            .first()
            .is_some_and(|first| first.ident == "thyra");
    let mut kinds = Kind::ALL.into_iter();
    kinds.find(|kind| is_ours && last.ident == kind.noun())
}
