//! The arguments of a function under `#[tool]`.

use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Error, Expr, FnArg, Ident, ItemFn, LitStr, Pat, PatType, Result, Token, Type,
};

use crate::{checks, doc, keys, name};

/// One argument.
pub(crate) struct Argument {
    /// The name for clients; `None` when the argument is taken apart by a pattern, and so can only be injected.
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) default: Option<Expr>,
    pub(crate) kind: Type,
}

/// More than a model can keep apart.
const MOST: usize = 32;

/// Reads the arguments, and takes out of the function what only `#[tool]` understands: doc comments and `#[arg(..)]`.
pub(crate) fn take(function: &mut ItemFn, errors: &mut Vec<Error>) -> Vec<Argument> {
    let mut arguments = Vec::new();
    if function.sig.inputs.len() > MOST {
        errors.push(Error::new_spanned(
            &function.sig.inputs,
            format!("a tool has at most {MOST} arguments: put some of them into a struct"),
        ));
    }
    for input in &mut function.sig.inputs {
        match input {
            FnArg::Receiver(receiver) => errors.push(Error::new_spanned(
                &receiver,
                "a tool has no `self`: make it a function outside of `impl`, and take what it needs as `State<T>`",
            )),
            FnArg::Typed(input) => match argument(input) {
                Ok(argument) => arguments.push(argument),
                Err(error) => errors.push(error),
            },
        }
    }
    let mut names: Vec<&str> = Vec::new();
    for (argument, input) in arguments.iter().zip(&function.sig.inputs) {
        let Some(name) = &argument.name else { continue };
        if names.contains(&name.as_str()) {
            errors.push(Error::new_spanned(
                input,
                format!("two arguments have the name `{name}`"),
            ));
        }
        names.push(name);
    }
    arguments
}

fn argument(input: &mut PatType) -> Result<Argument> {
    let (own, kept): (Vec<Attribute>, Vec<Attribute>) = std::mem::take(&mut input.attrs)
        .into_iter()
        .partition(|attribute| doc::is_doc(attribute) || attribute.path().is_ident("arg"));
    input.attrs = kept;
    if let Some(cfg) = input
        .attrs
        .iter()
        .find(|attribute| attribute.path().is_ident("cfg"))
    {
        return Err(Error::new_spanned(
            cfg,
            "an argument of a tool cannot be conditional: put `#[cfg]` on the function",
        ));
    }
    let mut settings = Settings::default();
    for attribute in own.iter().filter(|attribute| !doc::is_doc(attribute)) {
        settings.merge(attribute.parse_args()?, attribute)?;
    }
    if let Some(error) = checks::input(&input.ty) {
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
    if let (None, Some(default)) = (&name, &settings.default) {
        return Err(Error::new_spanned(
            default,
            "an argument with a default needs a name that clients can use: add `name = \"...\"`",
        ));
    }
    Ok(Argument {
        name,
        description: doc::text(&own),
        default: settings.default,
        kind: (*input.ty).clone(),
    })
}

/// What stands in `#[arg(..)]`.
#[derive(Default)]
struct Settings {
    name: Option<LitStr>,
    default: Option<Expr>,
}

impl Settings {
    fn merge(&mut self, other: Self, attribute: &Attribute) -> Result<()> {
        if (self.name.is_some() && other.name.is_some())
            || (self.default.is_some() && other.default.is_some())
        {
            return Err(Error::new_spanned(attribute, "a key is given twice"));
        }
        self.name = self.name.take().or(other.name);
        self.default = self.default.take().or(other.default);
        Ok(())
    }
}

impl Parse for Settings {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut settings = Self::default();
        let mut seen = Vec::new();
        while !input.is_empty() {
            let (key, span) = keys::next(input, "arg", &["default", "name"], &mut seen)?;
            if key == "name" {
                settings.name = Some(keys::text(input, key, span)?);
            } else {
                if !input.peek(Token![=]) {
                    return Err(Error::new(
                        span,
                        "`default` wants a value: `default = 10`, or use `Option` for an argument that may be left out",
                    ));
                }
                input.parse::<Token![=]>()?;
                settings.default = Some(input.parse()?);
            }
            keys::separator(input)?;
        }
        Ok(settings)
    }
}

/// Names for the values of the arguments, which cannot meet the user's own names.
pub(crate) fn slots(count: usize) -> Vec<Ident> {
    (0..count)
        .map(|index| {
            Ident::new(
                &format!("argument_{index}"),
                proc_macro2::Span::mixed_site(),
            )
        })
        .collect()
}
