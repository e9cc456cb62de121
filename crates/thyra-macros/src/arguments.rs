//! The arguments of a function that is a component.

mod header;

use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Attribute, Error, Expr, FnArg, Ident, LitStr, Pat, PatType, Result, Signature, Type};

use crate::kind::Kind;
use crate::{checks, doc, keys, name};

/// One argument.
pub(crate) struct Argument {
    /// The name for clients; `None` when the argument can only be injected.
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) default: Option<Expr>,
    /// What completes its value while somebody types it.
    pub(crate) complete: Option<Expr>,
    /// The name that people see.
    pub(crate) title: Option<LitStr>,
    /// The HTTP header that repeats it: `Mcp-Param-{header}`.
    pub(crate) header: Option<LitStr>,
    pub(crate) kind: Type,
    /// What errors about it point at.
    pub(crate) pattern: Pat,
}

impl Argument {
    /// Whether the author gave it a name, be it one that clients use or not.
    pub(crate) fn is_named(&self) -> bool {
        matches!(self.pattern, Pat::Ident(_))
    }
}

/// More than a model can keep apart.
const MOST: usize = 32;

/// Reads the arguments, and takes out of the function what only the attribute understands: doc
/// comments and `#[arg(..)]`.
pub(crate) fn take(
    kind: Kind,
    signature: &mut Signature,
    errors: &mut Vec<Error>,
) -> Vec<Argument> {
    let noun = kind.noun();
    if signature.inputs.len() > MOST {
        errors.push(Error::new_spanned(
            &signature.inputs,
            format!("a {noun} has at most {MOST} arguments: put some of them into a struct"),
        ));
    }
    let mut arguments: Vec<Argument> = Vec::new();
    for input in &mut signature.inputs {
        // Whether there may be a `self` is for the caller to say.
        let FnArg::Typed(input) = input else { continue };
        match argument(kind, input) {
            Ok(argument) => {
                errors.extend(twin(&argument, &arguments));
                arguments.push(argument);
            }
            Err(error) => errors.push(error),
        }
    }
    arguments
}

/// What is wrong with an argument beside others.
fn twin(argument: &Argument, others: &[Argument]) -> Option<Error> {
    if let Some(name) = &argument.name
        && others.iter().any(|other| other.name.as_ref() == Some(name))
    {
        return Some(Error::new_spanned(
            &argument.pattern,
            format!("two arguments have the name `{name}`"),
        ));
    }
    let header = argument.header.as_ref()?;
    let same = |other: &LitStr| other.value().eq_ignore_ascii_case(&header.value());
    others
        .iter()
        .any(|other| other.header.as_ref().is_some_and(same))
        .then(|| {
            let message = format!(
                "two arguments have the header `{}`; upper and lower case are the same there",
                header.value()
            );
            Error::new(header.span(), message)
        })
}

fn argument(kind: Kind, input: &mut PatType) -> Result<Argument> {
    let (own, kept): (Vec<Attribute>, Vec<Attribute>) = std::mem::take(&mut input.attrs)
        .into_iter()
        .partition(|attribute| doc::is_doc(attribute) || attribute.path().is_ident("arg"));
    input.attrs = kept;
    if let Some(cfg) = input
        .attrs
        .iter()
        .find(|attribute| attribute.path().is_ident("cfg"))
    {
        let message = format!(
            "an argument of a {} cannot be conditional: put `#[cfg]` on the function",
            kind.noun()
        );
        return Err(Error::new_spanned(cfg, message));
    }
    let mut settings = Settings::default();
    for attribute in own.iter().filter(|attribute| !doc::is_doc(attribute)) {
        attribute.parse_args_with(|stream: ParseStream<'_>| settings.read(kind, stream))?;
    }
    if let Some(error) = checks::input(kind, &input.ty) {
        return Err(error);
    }
    let name = match (&settings.name, &*input.pat) {
        (Some(name), _) if name.value().is_empty() => {
            return Err(Error::new_spanned(name, "the name of an argument is empty"));
        }
        (Some(name), _) => Some(name.value()),
        (None, Pat::Ident(pattern)) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            Some(name::plain(&pattern.ident))
        }
        (None, _) => None,
    };
    if name.is_none() {
        settings.need_a_name()?;
    }
    if let Some(header) = &settings.header {
        header::check(header, &input.ty)?;
    }
    Ok(Argument {
        name,
        description: doc::text(&own),
        default: settings.default,
        complete: settings.complete,
        title: settings.title,
        header: settings.header,
        kind: (*input.ty).clone(),
        pattern: (*input.pat).clone(),
    })
}

/// What stands in `#[arg(..)]`, which may be there several times.
#[derive(Default)]
struct Settings {
    seen: Vec<&'static str>,
    name: Option<LitStr>,
    default: Option<Expr>,
    complete: Option<Expr>,
    title: Option<LitStr>,
    header: Option<LitStr>,
}

impl Settings {
    fn read(&mut self, kind: Kind, input: ParseStream<'_>) -> Result<()> {
        while !input.is_empty() {
            let (key, span) = keys::next(input, "arg", kind.argument_keys(), &mut self.seen)?;
            match key {
                "name" => self.name = Some(keys::text(input, key, span)?),
                "title" => self.title = Some(keys::text(input, key, span)?),
                "header" => self.header = Some(keys::text(input, key, span)?),
                "complete" => {
                    keys::equals(input, key, span, "cities")?;
                    self.complete = Some(input.parse()?);
                }
                _ => {
                    if !input.peek(syn::Token![=]) {
                        return Err(Error::new(
                            span,
                            "`default` wants a value: `default = 10`, or use `Option` for an argument that may be left out",
                        ));
                    }
                    input.parse::<syn::Token![=]>()?;
                    self.default = Some(input.parse()?);
                }
            }
            keys::separator(input)?;
        }
        Ok(())
    }

    /// Refuses what only an argument with a name can have.
    fn need_a_name(&self) -> Result<()> {
        let refuse = |what: &str, at: &dyn ToTokens| {
            let message = format!(
                "an argument with a {what} needs a name that clients can use: add `name = \"...\"`"
            );
            Err(Error::new_spanned(at.to_token_stream(), message))
        };
        match self {
            Self {
                default: Some(default),
                ..
            } => refuse("default", default),
            Self {
                complete: Some(complete),
                ..
            } => refuse("completion", complete),
            Self {
                header: Some(header),
                ..
            } => refuse("header", header),
            Self {
                title: Some(title), ..
            } => refuse("title", title),
            _ => Ok(()),
        }
    }
}

/// Names for the values of the arguments. Like all variables of the generated code they begin with
/// `__`: a `let` cannot shadow a constant or a unit struct, whatever its hygiene.
pub(crate) fn slots(count: usize) -> Vec<Ident> {
    (0..count)
        .map(|index| {
            Ident::new(
                &format!("__argument_{index}"),
                proc_macro2::Span::mixed_site(),
            )
        })
        .collect()
}
