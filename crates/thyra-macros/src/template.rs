//! The URI of a resource, and which argument takes which of its variables.

use syn::{Error, GenericArgument, LitStr, PathArguments, Type};
use thyra_uri_template::{UriTemplate, Variable};

use crate::arguments::Argument;
use crate::checks::spelled;
use crate::nearest::nearest;

/// The URI under `#[resource]`.
pub(crate) struct Template {
    literal: LitStr,
    template: UriTemplate,
}

impl Template {
    /// Parses the URI.
    pub(crate) fn parse(literal: &LitStr) -> syn::Result<Self> {
        let text = literal.value();
        if text.trim().is_empty() {
            return Err(Error::new(
                literal.span(),
                "the URI is empty: write one such as `notes://{id}`, or `notes://all`",
            ));
        }
        let template = UriTemplate::parse(&text)
            .map_err(|error| Error::new(literal.span(), format!("`{text}`, {error}")))?;
        if template.scheme().is_none() {
            return Err(Error::new(literal.span(), no_scheme(&text)));
        }
        Ok(Self {
            literal: literal.clone(),
            template,
        })
    }

    pub(crate) fn literal(&self) -> &LitStr {
        &self.literal
    }

    /// Whether it stands for many resources.
    pub(crate) fn has_variables(&self) -> bool {
        self.template.has_variables()
    }

    /// Gives each variable its argument. An argument that is no variable loses its name: it can
    /// only be injected.
    pub(crate) fn bind(&self, arguments: &mut [Argument], errors: &mut Vec<Error>) {
        let mut free: Vec<String> = Vec::new();
        for argument in arguments.iter_mut() {
            let Some(name) = argument.name.clone() else {
                continue;
            };
            match self.variable(&name) {
                Some(variable) => errors.extend(must_be_optional(variable, &name, argument)),
                None => match self.stray(&name, argument) {
                    Some(error) => {
                        errors.push(error);
                        free.push(name);
                    }
                    None => argument.name = None,
                },
            }
        }
        for variable in self.template.variables() {
            let name = variable.name();
            let is_taken = |argument: &Argument| argument.name.as_deref() == Some(name);
            // An argument that is spelled almost like it has had its error.
            let is_meant = nearest(name, free.iter().map(String::as_str)).is_some();
            if !arguments.iter().any(is_taken) && !is_meant {
                errors.push(self.untaken(variable));
            }
        }
    }

    /// What is wrong with the variables that are exempt from the path security.
    pub(crate) fn check_exempt(&self, exempt: &[LitStr]) -> Option<Error> {
        let stray = exempt
            .iter()
            .find(|variable| self.variable(&variable.value()).is_none())?;
        let name = stray.value();
        Some(Error::new(stray.span(), self.not_a_variable(&name)))
    }

    fn variable(&self, name: &str) -> Option<&Variable> {
        self.template
            .variables()
            .find(|variable| variable.name() == name)
    }

    /// What is wrong with an argument that is no variable, if it is certain that nobody injects it.
    fn stray(&self, name: &str, argument: &Argument) -> Option<Error> {
        let has_setting = argument.default.is_some() || argument.complete.is_some();
        if !has_setting && !is_data(&argument.kind) {
            return None;
        }
        Some(Error::new_spanned(
            &argument.pattern,
            self.not_a_variable(name),
        ))
    }

    fn not_a_variable(&self, name: &str) -> String {
        let uri = self.literal.value();
        let known = || self.template.variables().map(Variable::name);
        if let Some(nearest) = nearest(name, known()) {
            return format!("`{name}` is not a variable of `{uri}`; did you mean `{nearest}`?");
        }
        if self.has_variables() {
            let known: Vec<&str> = known().collect();
            format!(
                "`{name}` is not a variable of `{uri}`, which has `{}`: add `{{{name}}}` to the URI",
                known.join("`, `")
            )
        } else {
            format!(
                "`{uri}` has no variables, so nothing gives `{name}` a value: add `{{{name}}}` to the URI"
            )
        }
    }

    fn untaken(&self, variable: &Variable) -> Error {
        let name = variable.name();
        let uri = self.literal.value();
        let argument = if syn::parse_str::<syn::Ident>(name).is_err() {
            format!("#[arg(name = \"{name}\")]` before an argument, of type `String")
        } else if variable.is_optional() {
            format!("{name}: Option<String>")
        } else {
            format!("{name}: String")
        };
        let message = format!(
            "no argument takes the variable `{name}` of `{uri}`: add `{argument}` to the function"
        );
        Error::new(self.literal.span(), message)
    }
}

/// A variable under `?`, `&` or `;` may be left out of a URI, so its argument has to live without
/// it.
fn must_be_optional(variable: &Variable, name: &str, argument: &Argument) -> Option<Error> {
    let may_be_absent = argument.default.is_some() || is_option(&argument.kind);
    if !variable.is_optional() || may_be_absent {
        return None;
    }
    let kind = spelled(&argument.kind);
    let message = format!(
        "a URI may leave `{name}` out: make it `{name}: Option<{kind}>`, or put `#[arg(default = ...)]` before it"
    );
    Some(Error::new_spanned(&argument.kind, message))
}

/// What a URI is for is said by its scheme, which no variable gives (RFC 3986, section 3.1).
fn no_scheme(uri: &str) -> String {
    if uri.contains(':') {
        format!("`{uri}` does not begin with a scheme: write `notes://..`, for example")
    } else {
        format!("`{uri}` is no URI, since it has no scheme: write `notes://{uri}`, for example")
    }
}

/// Whether a type is certainly one that clients send: the server injects no plain values.
fn is_data(kind: &Type) -> bool {
    match kind {
        Type::Array(_) | Type::Tuple(_) => true,
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else {
                return false;
            };
            match last.ident.to_string().as_str() {
                "bool" | "char" | "f32" | "f64" | "i8" | "i16" | "i32" | "i64" | "i128"
                | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "String" => true,
                "Option" | "Vec" => inner(&last.arguments).is_some_and(is_data),
                _ => false,
            }
        }
        _ => false,
    }
}

fn is_option(kind: &Type) -> bool {
    match kind {
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|segment| segment.ident == "Option")
        }
        _ => false,
    }
}

fn inner(arguments: &PathArguments) -> Option<&Type> {
    match arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(inner) => Some(inner),
                _ => None,
            })
        }
        _ => None,
    }
}
