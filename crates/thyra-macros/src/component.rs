//! A function that is a component: what it takes, what clients learn about it, and the code that
//! calls it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Lit, ReturnType, Signature, Type, parse_quote};

use crate::arguments::{self, Argument};
use crate::attribute::Attribute;
use crate::kind::Kind;
use crate::template::Template;
use crate::{doc, name};

/// A function that is a component.
pub(crate) struct Component {
    pub(crate) kind: Kind,
    /// The function's head, without what only the attribute understands.
    pub(crate) signature: Signature,
    pub(crate) attribute: Attribute,
    arguments: Vec<Argument>,
    description: Option<String>,
    name: String,
    template: Option<Template>,
}

/// How the generated code reaches the function.
pub(crate) enum Callee {
    /// A free function, in scope by its name.
    Function,
    /// A method of `Self`, whose value is shared.
    Method,
}

impl Component {
    /// `None`, and at least one error, when something is wrong. Takes its own attributes off the
    /// arguments in `signature`.
    pub(crate) fn parse(
        kind: Kind,
        attribute: TokenStream,
        attributes: &[syn::Attribute],
        signature: &mut Signature,
        errors: &mut Vec<Error>,
    ) -> Option<Self> {
        let parse = |input: syn::parse::ParseStream<'_>| Attribute::parse(kind, input);
        let attribute = match parse.parse2(attribute) {
            Ok(attribute) => attribute,
            Err(error) => {
                errors.push(error);
                // The attributes of arguments go all the same, or each would be an error of its
                // own.
                arguments::take(kind, signature, &mut Vec::new());
                return None;
            }
        };
        let mut arguments = arguments::take(kind, signature, errors);
        if let Some(inline) = attribute.inline
            && signature.asyncness.is_some()
        {
            errors.push(Error::new(
                inline,
                "`inline` is for functions that are not `async`: remove it",
            ));
        }
        let template = match attribute.uri.as_ref().map(Template::parse) {
            Some(Ok(template)) => {
                template.bind(&mut arguments, errors);
                errors.extend(template.check_exempt(&attribute.exempt));
                Some(template)
            }
            Some(Err(error)) => {
                errors.push(error);
                return None;
            }
            None => None,
        };
        let is_template = template.as_ref().is_some_and(Template::has_variables);
        errors.extend(attribute.misfit(is_template));
        let name = match &attribute.name {
            Some(name) => name.clone(),
            None => match name::of_function(kind, &signature.ident) {
                Ok(name) => name,
                Err(error) => {
                    errors.push(error);
                    return None;
                }
            },
        };
        let description = match &attribute.description {
            Some(description) => Some(description.value()),
            None => doc::text(attributes),
        };
        Some(Self {
            kind,
            signature: signature.clone(),
            attribute,
            arguments,
            description,
            name,
            template,
        })
    }

    /// The types of the arguments, in order.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &Type> {
        self.arguments.iter().map(|argument| &argument.kind)
    }

    pub(crate) fn returned(&self) -> Type {
        match &self.signature.output {
            ReturnType::Default => parse_quote! { () },
            ReturnType::Type(_, returned) => (**returned).clone(),
        }
    }

    pub(crate) fn is_async(&self) -> bool {
        self.signature.asyncness.is_some()
    }

    /// The functions that read the arguments of a call and that answer it, by these names.
    pub(crate) fn functions(&self, callee: &Callee, read: &Ident, call: &Ident) -> TokenStream {
        let reader = self.reader(read);
        let answer = self.answer(callee, read, call);
        quote! { #reader #answer }
    }

    /// An expression: the component, answered by `call`, which is a path. `this` is the shared
    /// value of a method.
    pub(crate) fn assembled(&self, call: &TokenStream, this: Option<&Ident>) -> TokenStream {
        let parameters = Ident::new("__parameters", Span::mixed_site());
        let added = self
            .arguments
            .iter()
            .map(|argument| parameter(&parameters, argument));
        let returned = self.returned_as();
        let description = self
            .description
            .as_ref()
            .map(|text| quote! { .description(#text) });
        let settings = self.attribute.settings();
        let completions = self.argument_settings();
        let security = self.security();
        let name = &self.name;
        let uri = self.template.as_ref().map(|template| {
            let literal = template.literal();
            quote! { #literal, }
        });
        let entry = self.entry(this.is_some());
        let this = this.map(|this| quote! { ::std::sync::Arc::clone(&#this), });
        quote! {{
            #[allow(unused_mut)]
            let mut #parameters = ::thyra::__private::Parameters::new();
            #(#added)*
            ::thyra::__private::#entry(#uri #name, #parameters, (#returned.output)(), #this #call)
                #description #settings #completions #security
        }}
    }

    fn entry(&self, is_method: bool) -> Ident {
        let has_variables = self.template.as_ref().is_some_and(Template::has_variables);
        let what = match self.kind {
            Kind::Tool => "tool",
            Kind::Prompt => "prompt",
            Kind::Resource if has_variables => "template",
            Kind::Resource => "resource",
        };
        let method = if is_method { "_method" } else { "" };
        format_ident!("assemble_{what}{method}")
    }

    /// Whether the component is a template of resources.
    pub(crate) fn is_template(&self) -> bool {
        self.template.as_ref().is_some_and(Template::has_variables)
    }

    /// How the returned value becomes a result: an expression that is said in the same words
    /// wherever it is needed.
    fn returned_as(&self) -> TokenStream {
        let returned = self.returned();
        let span = match &self.signature.output {
            ReturnType::Default => self.signature.ident.span(),
            ReturnType::Type(_, returned) => returned.span(),
        };
        let function = match self.kind {
            Kind::Tool => "returned",
            Kind::Resource => "read",
            Kind::Prompt => "prompted",
        };
        let function = Ident::new(function, Span::call_site());
        quote_spanned! {span=> ::thyra::__private::#function::<#returned, _>() }
    }

    /// What people see of the arguments beside their descriptions.
    fn argument_settings(&self) -> TokenStream {
        let completions = self.arguments.iter().filter_map(|argument| {
            let (name, complete) = (argument.name.as_ref()?, argument.complete.as_ref()?);
            let span = complete.span();
            Some(quote_spanned! {span=> .completion(#name, #complete) })
        });
        let titles = self.arguments.iter().filter_map(|argument| {
            let (name, title) = (argument.name.as_ref()?, argument.title.as_ref()?);
            Some(quote! { .argument_title(#name, #title) })
        });
        quote! { #(#completions)* #(#titles)* }
    }

    fn security(&self) -> Option<TokenStream> {
        let exempt = &self.attribute.exempt;
        (!exempt.is_empty()).then(|| {
            quote! { .path_security(::thyra::__private::PathSecurity::default()#(.exempt(#exempt))*) }
        })
    }

    fn answer(&self, callee: &Callee, read: &Ident, call: &Ident) -> TokenStream {
        let slots = arguments::slots(self.arguments.len());
        let kinds: Vec<&Type> = self.kinds().collect();
        let returned = self.returned_as();
        let ident = &self.signature.ident;
        let is_direct = self.is_async() || self.attribute.inline.is_some();
        let awaited = self.is_async().then(|| quote! { .await });
        let (this, path, target) = match callee {
            Callee::Function => (None, quote! { #read }, quote! { #ident(#(#slots),*) }),
            Callee::Method => (
                Some(quote! { __this: &'a ::std::sync::Arc<Self>, }),
                quote! { Self::#read },
                if is_direct {
                    quote! { Self::#ident(__this, #(#slots),*) }
                } else {
                    quote! { Self::#ident(&__this, #(#slots),*) }
                },
            ),
        };
        let value = if is_direct {
            quote! { #target #awaited }
        } else {
            let share = matches!(callee, Callee::Method)
                .then(|| quote! { let __this = ::std::sync::Arc::clone(__this); });
            // Points at the function when something in it is not `Send`.
            let span = ident.span();
            let work = Ident::new("__work", span.resolved_at(Span::mixed_site()));
            let blocking = quote_spanned! {span=> ::thyra::__private::blocking(#work).await };
            quote! {{
                #share
                let #work = move || #target;
                #blocking
            }}
        };
        let reply = match self.kind {
            Kind::Tool => quote! { ::thyra::__private::CallToolResult },
            Kind::Resource => quote! { ::thyra::__private::ReadResourceResult },
            Kind::Prompt => quote! { ::thyra::__private::GetPromptResult },
        };
        quote! {
            fn #call<'a>(
                #this
                __call: ::thyra::__private::Call<'a>,
            ) -> ::thyra::__private::BoxFuture<'a, ::core::result::Result<#reply, ::thyra::__private::CallError>> {
                ::std::boxed::Box::pin(async move {
                    let (#(#slots,)*): (#(#kinds,)*) = #path(&__call).await?;
                    (#returned.reply)(#value, &__call)
                })
            }
        }
    }

    /// The function that reads all arguments of a call.
    fn reader(&self, read: &Ident) -> TokenStream {
        let slots = arguments::slots(self.arguments.len());
        let kinds = self.kinds();
        let names: Vec<&String> = self
            .arguments
            .iter()
            .filter_map(|argument| argument.name.as_ref())
            .collect();
        let count = names.len();
        let reader = Ident::new("__reader", Span::mixed_site());
        let mut slot = 0usize;
        let values: Vec<TokenStream> = self
            .arguments
            .iter()
            .map(|argument| {
                let kind = &argument.kind;
                let param = param(argument);
                // Written like this, an error in the type has one place only, and the compiler
                // shows it once.
                let path = quote_spanned! {kind.span()=> ::thyra::__private::ArgumentReader };
                if argument.name.is_none() {
                    return quote_spanned! {kind.span()=> #path::inject(&mut #reader, #param).await };
                }
                let this = slot;
                slot += 1;
                if let Some(default) = &argument.default {
                    let default = default_value(default, kind);
                    let default = quote! { || -> #kind { #default } };
                    quote_spanned! {kind.span()=> #path::read_or(&mut #reader, #this, #param, #default).await }
                } else {
                    quote_spanned! {kind.span()=> #path::read(&mut #reader, #this, #param).await }
                }
            })
            .collect();
        quote! {
            #[allow(clippy::unused_async)]
            async fn #read(
                __call: &::thyra::__private::Call<'_>,
            ) -> ::core::result::Result<(#(#kinds,)*), ::thyra::__private::CallError> {
                #[allow(unused_mut)]
                let mut #reader = ::thyra::__private::ArgumentReader::<'_, '_, #count>::new(__call, &[#(#names),*]);
                match (#(#values,)* #reader.finish(),) {
                    (#(::core::option::Option::Some(#slots),)* ::core::result::Result::Ok(()),) => {
                        ::core::result::Result::Ok((#(#slots,)*))
                    }
                    (.., ::core::result::Result::Err(__error),) => ::core::result::Result::Err(__error),
                    #[allow(unreachable_patterns)]
                    _ => ::core::result::Result::Err(::thyra::__private::unread()),
                }
            }
        }
    }
}

/// The parameter's type, said in the same words wherever it is needed: errors that are the same are
/// shown once.
fn param(argument: &Argument) -> TokenStream {
    let kind = &argument.kind;
    match (&argument.name, &argument.default) {
        (None, _) if argument.is_named() => {
            quote_spanned! {kind.span()=> ::thyra::__private::not_in_the_uri::<#kind>() }
        }
        (None, _) => quote_spanned! {kind.span()=> ::thyra::__private::injected::<#kind>() },
        (Some(_), Some(_)) => {
            quote_spanned! {kind.span()=> ::thyra::__private::argument::<#kind>() }
        }
        (Some(_), None) => {
            quote_spanned! {kind.span()=> ::thyra::__private::parameter::<#kind, _>() }
        }
    }
}

/// Adds one argument to `parameters`, which is a variable.
fn parameter(parameters: &Ident, argument: &Argument) -> TokenStream {
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
    let header = optional(argument.header.as_ref());
    let param = param(argument);
    let argument = quote! {
        ::thyra::__private::Argument {
            name: #name,
            description: #description,
            default: #default,
            header: #header,
        }
    };
    quote_spanned! {kind.span()=> ::thyra::__private::Param::declare(#param, &mut #parameters, #argument); }
}

/// A component owns its arguments, is `async` and fallible where its author likes it to be, and its
/// documentation speaks to models.
pub(crate) fn own_lints() -> TokenStream {
    quote! {
        #[allow(
            clippy::implicit_hasher,
            clippy::missing_errors_doc,
            clippy::missing_panics_doc,
            clippy::must_use_candidate,
            clippy::needless_pass_by_value,
            clippy::unnecessary_wraps,
            clippy::unused_async
        )]
    }
}

/// An `Option` as the code of an `Option`.
pub(crate) fn optional(value: Option<&impl ToTokens>) -> TokenStream {
    let none = quote! { ::core::option::Option::None };
    value.map_or(
        none,
        |value| quote! { ::core::option::Option::Some(#value) },
    )
}

/// The default as a value of the argument's type. A string literal becomes whatever owned text the
/// argument is.
pub(crate) fn default_value(default: &Expr, kind: &Type) -> TokenStream {
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
