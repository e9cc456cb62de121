//! What stands in `#[tool(..)]`, `#[resource(..)]` and `#[prompt(..)]`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::ParseStream;
use syn::{Error, Expr, ExprLit, Lit, LitInt, LitStr, Result, Token};

use crate::kind::Kind;
use crate::{keys, name, values};

/// The parsed attribute.
#[derive(Default)]
pub(crate) struct Attribute {
    /// The URI of a resource, which stands first and has no key.
    pub(crate) uri: Option<LitStr>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<LitStr>,
    /// Where `inline` stands, if it does: the function never blocks.
    pub(crate) inline: Option<Span>,
    /// Variables whose values may hold what the path security refuses.
    pub(crate) exempt: Vec<LitStr>,
    title: Option<LitStr>,
    version: Option<LitStr>,
    mime_type: Option<LitStr>,
    scopes: Vec<LitStr>,
    /// What decides who may use it.
    check: Option<Expr>,
    tags: Vec<LitStr>,
    icons: Vec<LitStr>,
    meta: Vec<(LitStr, TokenStream)>,
    timeout: Option<TokenStream>,
    task: Option<TokenStream>,
    /// The builder's call.
    output_schema: Option<TokenStream>,
    /// The hints that were given: the name of the builder's method, and the value.
    hints: Vec<(&'static str, bool)>,
    size: Option<LitInt>,
    audience: Vec<TokenStream>,
    priority: Option<TokenStream>,
    cache: Option<(TokenStream, Span)>,
    cache_scope: Option<(TokenStream, Span)>,
}

impl Attribute {
    /// Reads what stands in the attribute of a component of this kind.
    pub(crate) fn parse(kind: Kind, input: ParseStream<'_>) -> Result<Self> {
        let mut attribute = Self::default();
        if kind == Kind::Resource {
            attribute.uri = Some(uri(input)?);
        }
        let mut seen = Vec::new();
        while !input.is_empty() {
            let (key, span) = keys::next(input, kind.noun(), kind.keys(), &mut seen)?;
            attribute.read(kind, key, span, input)?;
            keys::separator(input)?;
        }
        if let (Some((_, span)), None) = (&attribute.cache_scope, &attribute.cache) {
            return Err(Error::new(
                *span,
                "`cache_scope` says who may keep an answer; add how long: `cache = \"60s\"`",
            ));
        }
        Ok(attribute)
    }

    fn read(
        &mut self,
        kind: Kind,
        key: &'static str,
        span: Span,
        input: ParseStream<'_>,
    ) -> Result<()> {
        match key {
            "name" => self.name = Some(name::given(kind, &keys::text(input, key, span)?)?),
            "title" => self.title = Some(keys::text(input, key, span)?),
            "description" => self.description = Some(keys::text(input, key, span)?),
            "version" => self.version = Some(filled(keys::text(input, key, span)?, key)?),
            "mime_type" => self.mime_type = Some(mime_type(keys::text(input, key, span)?)?),
            "scopes" => self.scopes = scopes(values::texts(input, key, span, "notes:read")?)?,
            "check" => {
                keys::equals(input, key, span, "Check::role(\"admin\")")?;
                self.check = Some(input.parse()?);
            }
            "tags" => {
                let tags = values::texts(input, key, span, "billing")?;
                self.tags = tags
                    .into_iter()
                    .map(|tag| filled(tag, "tags"))
                    .collect::<Result<_>>()?;
            }
            "icon" => self.icons = icons(values::one_or_more(input, key, span, ICON)?)?,
            "meta" => self.meta = values::meta(input, span)?,
            "timeout" => self.timeout = Some(values::duration(input, key, span)?),
            "inline" => self.inline = keys::flag(input, key)?.then_some(span),
            "task" => self.task = Some(task(input)?),
            "output_schema" => self.output_schema = Some(output_schema(input, span)?),
            "size" => self.size = Some(values::integer(input, key, span)?),
            "audience" => self.audience = audience(input, span)?,
            "priority" => self.priority = Some(priority(input, span)?),
            "cache" => self.cache = Some((values::duration(input, key, span)?, span)),
            "cache_scope" => self.cache_scope = Some((cache_scope(input, span)?, span)),
            "exempt" => self.exempt = values::texts(input, key, span, "path")?,
            hint => self.hints.push((hint, keys::flag(input, hint)?)),
        }
        Ok(())
    }

    /// What a resource cannot have because its URI has variables, or because it has none.
    pub(crate) fn misfit(&self, is_template: bool) -> Option<Error> {
        match (&self.size, self.exempt.first()) {
            (Some(size), _) if is_template => Some(Error::new(
                size.span(),
                "`size` is for a resource at one URI, and this URI has variables: leave it out",
            )),
            (_, Some(exempt)) if !is_template => Some(Error::new(
                exempt.span(),
                "`exempt` is for variables, and this URI has none: leave it out",
            )),
            _ => None,
        }
    }

    /// The builder's calls for what the attribute says.
    pub(crate) fn settings(&self) -> TokenStream {
        let title = self.title.as_ref().map(|title| quote! { .title(#title) });
        let version = self
            .version
            .as_ref()
            .map(|version| quote! { .version(#version) });
        let mime_type = self
            .mime_type
            .as_ref()
            .map(|kind| quote! { .mime_type(#kind) });
        let scopes = list(&self.scopes, "scopes");
        let check = self.check.as_ref().map(|check| quote! { .check(#check) });
        let tags = list(&self.tags, "tags");
        let icons = self
            .icons
            .iter()
            .map(|icon| quote! { .icon(::thyra::Icon::new(#icon)) });
        let meta = self
            .meta
            .iter()
            .map(|(key, value)| quote! { .meta(#key, #value) });
        let timeout = self.timeout.as_ref().map(|time| quote! { .timeout(#time) });
        let task = self.task.as_ref().map(|task| quote! { .task(#task) });
        let output_schema = &self.output_schema;
        let hints = self.hints.iter().map(|(hint, value)| {
            let hint = format_ident!("{hint}");
            quote! { .#hint(#value) }
        });
        let size = self.size.as_ref().map(|size| quote! { .size(#size) });
        let annotations = self.annotations();
        let cache = self.cache.as_ref().map(|(time, _)| {
            let private = quote! { ::thyra::__private::CacheScope::Private };
            let scope = self
                .cache_scope
                .as_ref()
                .map_or(private, |(scope, _)| scope.clone());
            quote! { .cache(#time, #scope) }
        });
        quote! {
            #title #version #mime_type #scopes #check #tags #(#icons)* #(#meta)* #timeout #task #output_schema #(#hints)* #size #annotations #cache
        }
    }

    fn annotations(&self) -> Option<TokenStream> {
        if self.audience.is_empty() && self.priority.is_none() {
            return None;
        }
        let audience = &self.audience;
        let priority = self
            .priority
            .as_ref()
            .map(|priority| quote! { __annotations.priority = ::thyra::__private::Priority::new(#priority).ok(); });
        Some(quote! {
            .annotations({
                let mut __annotations = ::thyra::__private::Annotations::default();
                __annotations.audience = ::std::vec![#(#audience),*];
                #priority
                __annotations
            })
        })
    }
}

const ICON: &str = "https://example.com/icon.png";

fn list(texts: &[LitStr], method: &str) -> Option<TokenStream> {
    let method = format_ident!("{method}");
    (!texts.is_empty()).then(|| quote! { .#method([#(#texts),*]) })
}

fn uri(input: ParseStream<'_>) -> Result<LitStr> {
    const EXPECTED: &str = "`#[resource]` begins with the URI: `#[resource(\"notes://{id}\")]`, where `{id}` is the argument `id`";
    let uri = input
        .parse::<LitStr>()
        .map_err(|error| Error::new(error.span(), EXPECTED))?;
    keys::separator(input)?;
    Ok(uri)
}

fn filled(text: LitStr, key: &str) -> Result<LitStr> {
    if text.value().trim().is_empty() {
        let message = format!("`{key}` is empty: leave it out");
        return Err(Error::new(text.span(), message));
    }
    Ok(text)
}

fn mime_type(text: LitStr) -> Result<LitStr> {
    let value = text.value();
    let parts = value.split_once('/');
    if parts.is_none_or(|(kind, rest)| kind.is_empty() || rest.is_empty()) {
        return Err(Error::new(
            text.span(),
            "a MIME type has two parts: `mime_type = \"text/markdown\"`",
        ));
    }
    Ok(text)
}

fn icons(icons: Vec<LitStr>) -> Result<Vec<LitStr>> {
    let is_uri = |icon: &LitStr| {
        let icon = icon.value();
        icon.starts_with("https://") || icon.starts_with("http://") || icon.starts_with("data:")
    };
    match icons.iter().find(|icon| !is_uri(icon)) {
        Some(icon) => Err(Error::new(
            icon.span(),
            format!("an icon is an `https:` or `data:` URI: `icon = \"{ICON}\"`"),
        )),
        None => Ok(icons),
    }
}

fn scopes(scopes: Vec<LitStr>) -> Result<Vec<LitStr>> {
    match scopes.iter().find(|scope| !is_scope_token(&scope.value())) {
        Some(scope) => Err(Error::new(
            scope.span(),
            "a scope has no space, no quotation mark and no backslash in it; write several as `scopes = [\"a\", \"b\"]`",
        )),
        None => Ok(scopes),
    }
}

/// RFC 6749, section 3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
fn is_scope_token(scope: &str) -> bool {
    !scope.is_empty()
        && scope
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

fn task(input: ParseStream<'_>) -> Result<TokenStream> {
    const EXPECTED: &str = "`task` lets clients run the tool as a task, `task = \"required\"` makes them; without the key they cannot";
    if !input.peek(Token![=]) {
        return Ok(quote! { ::thyra::__private::TaskMode::Optional });
    }
    input.parse::<Token![=]>()?;
    let mode = input
        .parse::<LitStr>()
        .map_err(|error| Error::new(error.span(), EXPECTED))?;
    match mode.value().as_str() {
        "optional" => Ok(quote! { ::thyra::__private::TaskMode::Optional }),
        "required" => Ok(quote! { ::thyra::__private::TaskMode::Required }),
        "forbidden" => Ok(quote! { ::thyra::__private::TaskMode::Forbidden }),
        _ => Err(Error::new(mode.span(), EXPECTED)),
    }
}

/// Reads `= none`, or `= ` and an expression.
fn output_schema(input: ParseStream<'_>, span: Span) -> Result<TokenStream> {
    keys::equals(input, "output_schema", span, "none")?;
    let schema = input.parse::<Expr>()?;
    match &schema {
        Expr::Path(path) if path.path.is_ident("none") => Ok(quote! { .no_output_schema() }),
        _ => Ok(quote! { .output_schema(#schema) }),
    }
}

fn audience(input: ParseStream<'_>, span: Span) -> Result<Vec<TokenStream>> {
    let roles = values::one_or_more(input, "audience", span, "user")?;
    roles
        .iter()
        .map(|role| match role.value().as_str() {
            "assistant" => Ok(quote! { ::thyra::__private::Role::Assistant }),
            "user" => Ok(quote! { ::thyra::__private::Role::User }),
            _ => Err(Error::new(
                role.span(),
                "an audience is `\"user\"`, `\"assistant\"`, or `[\"user\", \"assistant\"]`",
            )),
        })
        .collect()
}

fn priority(input: ParseStream<'_>, span: Span) -> Result<TokenStream> {
    const EXPECTED: &str =
        "`priority` is a number from 0 (optional) to 1 (required): `priority = 0.5`";
    keys::equals(input, "priority", span, "0.5")?;
    let value = input.parse::<Expr>()?;
    let number = match &value {
        Expr::Lit(ExprLit {
            lit: Lit::Float(number),
            ..
        }) => number.base10_parse::<f64>().ok(),
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse::<f64>().ok(),
        _ => None,
    };
    match number {
        Some(number) if (0.0..=1.0).contains(&number) => Ok(quote! { #number }),
        _ => Err(Error::new_spanned(value, EXPECTED)),
    }
}

fn cache_scope(input: ParseStream<'_>, span: Span) -> Result<TokenStream> {
    let scope = keys::text(input, "cache_scope", span)?;
    match scope.value().as_str() {
        "private" => Ok(quote! { ::thyra::__private::CacheScope::Private }),
        "public" => Ok(quote! { ::thyra::__private::CacheScope::Public }),
        _ => Err(Error::new(
            scope.span(),
            "`cache_scope` is `\"private\"` (only who asked may keep the answer) or `\"public\"` (anybody may)",
        )),
    }
}
