//! `#[derive(CallerError)]`: what each variant of an error tells the caller.

mod telling;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Error, Fields, GenericParam, Generics, Ident, Result,
    parse_quote, parse2,
};

use self::telling::{Telling, Whole};

/// Expands `#[derive(CallerError)]`.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    match parse2::<DeriveInput>(item).and_then(|item| derive(&item)) {
        Ok(code) => code,
        Err(error) => error.into_compile_error(),
    }
}

fn derive(item: &DeriveInput) -> Result<TokenStream> {
    if let Some(lifetime) = item.generics.lifetimes().next() {
        return Err(Error::new_spanned(
            lifetime,
            "the error outlives the function that fails, so it cannot borrow: let it own what it says",
        ));
    }
    let cases = cases(item)?;
    let body = match Whole::parse(&item.attrs)? {
        Whole::With(function) => {
            cases.iter().try_for_each(Case::says_nothing)?;
            quote! { #function(__thyra_error) }
        }
        Whole::Telling(telling) => {
            let arms = cases.iter().map(|case| case.arm(telling));
            matching(&item.ident, &arms.collect::<Result<Vec<_>>>()?)
        }
    };
    Ok(conversion(item, &body))
}

/// A struct, or a variant of an enum.
struct Case<'a> {
    attributes: &'a [Attribute],
    fields: &'a Fields,
    ident: &'a Ident,
    path: TokenStream,
}

fn cases(item: &DeriveInput) -> Result<Vec<Case<'_>>> {
    let ident = &item.ident;
    match &item.data {
        Data::Enum(choices) => Ok(choices
            .variants
            .iter()
            .map(|variant| {
                let name = &variant.ident;
                Case {
                    attributes: &variant.attrs,
                    fields: &variant.fields,
                    ident: name,
                    path: quote! { #ident::#name },
                }
            })
            .collect()),
        // What a struct says, its own attributes say.
        Data::Struct(structure) => Ok(vec![Case {
            attributes: &[],
            fields: &structure.fields,
            ident,
            path: ident.to_token_stream(),
        }]),
        Data::Union(union) => Err(Error::new_spanned(
            union.union_token,
            "a union is no error: use an enum or a struct",
        )),
    }
}

impl Case<'_> {
    /// Refuses an attribute of the variant's own.
    fn says_nothing(&self) -> Result<()> {
        match Telling::parse(self.attributes)? {
            Some(_) => Err(Error::new_spanned(
                self.ident,
                "the function after `with` decides for every variant: remove one of the two",
            )),
            None => Ok(()),
        }
    }

    /// The arm of the match. `whole` is what is said of the type.
    fn arm(&self, whole: Option<Telling>) -> Result<TokenStream> {
        let path = &self.path;
        let telling = Telling::parse(self.attributes)?.or(whole);
        Ok(match telling.unwrap_or(Telling::Masked) {
            Telling::Masked => quote! { #path { .. } => ::thyra::__private::Telling::Masked },
            Telling::NotFound => quote! { #path { .. } => ::thyra::__private::Telling::NotFound },
            Telling::Shown => quote! { #path { .. } => ::thyra::__private::Telling::Shown },
            Telling::Transparent => {
                let (member, span) = self.only_field()?;
                let told = quote_spanned! {span=>
                    ::thyra::__private::CallerError::into_tool_error(__thyra_inner)
                };
                quote! { #path { #member: __thyra_inner } => return #told }
            }
        })
    }

    /// How the only field is named in a pattern, and where its type stands.
    fn only_field(&self) -> Result<(TokenStream, Span)> {
        let mut fields = self.fields.iter();
        match (fields.next(), fields.next()) {
            (Some(field), None) => {
                let named = field.ident.as_ref().map(ToTokens::to_token_stream);
                let member = named.unwrap_or_else(|| quote! { 0 });
                Ok((member, field.ty.span()))
            }
            _ => Err(Error::new_spanned(
                self.ident,
                "`transparent` says what the one error within says: there must be one field",
            )),
        }
    }
}

/// What the error tells, case by case.
fn matching(ident: &Ident, arms: &[TokenStream]) -> TokenStream {
    let told = quote_spanned! {ident.span()=>
        ::thyra::__private::tool_error(__thyra_error, __thyra_telling)
    };
    quote! {
        let __thyra_telling: ::thyra::__private::Telling = match __thyra_error {
            #(#arms,)*
        };
        #told
    }
}

/// The conversion with this `body`, which has the `__thyra_error`. No local has a name that an item
/// of the author's may have: a unit struct of that name would take its place.
fn conversion(item: &DeriveInput, body: &TokenStream) -> TokenStream {
    let ident = &item.ident;
    let (_, arguments, _) = item.generics.split_for_impl();
    let mut converted = item.generics.clone();
    if !converted.params.is_empty() {
        let bound = parse_quote! { #ident #arguments: ::thyra::__private::OwnError };
        converted.make_where_clause().predicates.push(bound);
    }
    let (parameters, _, condition) = converted.split_for_impl();
    let never = never_unpin(&item.generics);
    let (never_parameters, _, never_condition) = never.split_for_impl();
    quote! {
        // Every error that is `Unpin` has a conversion already.
        #[automatically_derived]
        impl #never_parameters ::core::marker::Unpin for #ident #arguments #never_condition {}

        #[automatically_derived]
        impl #parameters ::core::convert::From<#ident #arguments> for ::thyra::__private::ToolError
        #condition
        {
            #[allow(deprecated, unreachable_code, unused_variables)]
            fn from(__thyra_error: #ident #arguments) -> Self {
                #body
            }
        }
    }
}

/// The parameters of an implementation that never holds. The lifetime is there because the compiler
/// refuses a condition without parameters that it knows to be false.
fn never_unpin(generics: &Generics) -> Generics {
    let mut never = generics.clone();
    let lifetime: GenericParam = parse_quote! { '__thyra_never };
    never.params.insert(0, lifetime);
    let condition = parse_quote! { Self: ::thyra::__private::Never<'__thyra_never> };
    never.make_where_clause().predicates.push(condition);
    never
}
