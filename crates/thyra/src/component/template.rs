//! Resource templates: many things to read, under one pattern of URIs (MCP `server/resources`,
//! resource templates; RFC 6570).

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use thyra_protocol::ReadResourceResult;
pub use thyra_uri_template::PathSecurity;
use thyra_uri_template::{UriTemplate, Value as Found, Variable};

use super::completion::{Completer, Completers, IntoCompleter};
use super::readable::{Freshness, complete};
use super::{Facets, component_methods, readable_methods};
use crate::context::RequestScope;
use crate::handler::{
    Call, CallError, Callee, Function, Handler, HandlerFn, Input, Parameters, answer, described,
};

/// A resource template: a pattern of URIs, and what reads the resources that have one.
///
/// `#[resource("notes://{id}")]` makes one of a function, whose arguments are the variables.
/// Without the macro:
///
/// ```
/// use thyra::prelude::*;
/// use thyra::{schemars, serde};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// # #[serde(crate = "thyra::serde")]
/// # #[schemars(crate = "thyra::schemars")]
/// struct Which {
///     id: u64,
/// }
///
/// let note = ResourceTemplate::new("notes://{id}", "note", |Args(which): Args<Which>| async move {
///     format!("This is note {}.", which.id)
/// });
/// # assert!(note.problems().is_empty(), "{:?}", note.problems());
/// ```
#[derive(Clone)]
pub struct ResourceTemplate {
    completers: Completers,
    definition: thyra_protocol::ResourceTemplate,
    pub(super) facets: Facets,
    freshness: Freshness,
    handler: Arc<dyn Handler<ReadResourceResult>>,
    security: Security,
    /// None when the text is no template of absolute URIs, which is one of the problems.
    template: Option<Arc<UriTemplate>>,
}

/// What the values of a template's variables may hold.
#[derive(Clone)]
enum Security {
    /// What the server says.
    OfServer,
    /// What the template says; `None` is anything.
    Own(Option<PathSecurity>),
}

impl ResourceTemplate {
    /// The resources whose URIs fit `uri_template`, known to programs as `name`, read by `handler`:
    /// an async function whose parameters are all injected, the variables as
    /// [`Args<T>`](crate::Args).
    ///
    /// The template is one of RFC 6570, of any level, and [`UriTemplate::matches`] says what fits
    /// it; a server with another does not start. Nor does one whose variables and arguments do not
    /// fit together.
    pub fn new<Marker: 'static>(
        uri_template: impl Into<String>,
        name: impl Into<String>,
        handler: impl HandlerFn<ReadResourceResult, Marker>,
    ) -> Self {
        let (parameters, mime_type) = described(&handler);
        Self::assemble(
            uri_template.into(),
            name.into(),
            parameters,
            mime_type,
            Function::new(handler),
        )
    }

    /// The resources whose URIs fit `uri_template`, read by a handler that is not a function. Its
    /// arguments are the variables: an object of strings, and of lists of strings.
    pub fn from_handler(
        uri_template: impl Into<String>,
        name: impl Into<String>,
        handler: impl Handler<ReadResourceResult> + 'static,
    ) -> Self {
        let (template, facets) = (uri_template.into(), Facets::default());
        let mut this = Self::from_parts(template, name.into(), facets, Arc::new(handler));
        for variable in this
            .template
            .iter()
            .flat_map(|template| template.variables())
        {
            this.completers.know(variable.name());
        }
        this
    }

    pub(crate) fn assemble(
        uri_template: String,
        name: String,
        parameters: Parameters,
        mime_type: Option<&str>,
        handler: impl Handler<ReadResourceResult> + 'static,
    ) -> Self {
        let mut input = parameters.finish();
        let facets = Facets::new(&mut input);
        let mut this = Self::from_parts(uri_template, name, facets, Arc::new(handler));
        this.completers = Completers::new(&input);
        this.definition.mime_type = mime_type.map(str::to_owned);
        if let Some(template) = this.template.clone() {
            this.facets.problems.extend(misfits(&template, &input));
        }
        this
    }

    /// Completes the variable `argument`. Enums and `bool` are completed without saying so.
    #[must_use]
    pub fn completion<Marker>(
        mut self,
        argument: &str,
        completer: impl IntoCompleter<Marker>,
    ) -> Self {
        let (name, facets) = (&self.definition.name, &mut self.facets);
        self.completers.set(name, facets, argument, completer);
        self
    }

    /// The pattern of the URIs.
    pub fn uri_template(&self) -> &str {
        &self.definition.uri_template
    }

    /// Whether there is a variable of this name that can be completed.
    pub fn has_argument(&self, name: &str) -> bool {
        self.completers.has(name)
    }

    /// What completes the variable `name`, if anything does.
    pub fn completer(&self, name: &str) -> Option<Arc<dyn Completer>> {
        self.completers.get(name)
    }

    /// What the values of the variables may hold; `None` lets them be anything. Default: what the
    /// server says ([`Server::path_security`](crate::Server::path_security)).
    #[must_use]
    pub fn path_security(mut self, security: impl Into<Option<PathSecurity>>) -> Self {
        self.security = Security::Own(security.into());
        if let (Security::Own(Some(security)), Some(template)) = (&self.security, &self.template) {
            let unknown = security.exempted().filter(|name| {
                !template
                    .variables()
                    .any(|variable| variable.name() == *name)
            });
            self.facets.problems.extend(unknown.map(|name| {
                format!("its path security exempts `{name}`, and its URI has no such variable")
            }));
        }
        self
    }

    /// The arguments that `uri` gives, as a JSON object; `None` when it does not fit, or holds a
    /// value that the path security refuses: its own, or without one the default.
    pub fn matches(&self, uri: &str) -> Option<Box<RawValue>> {
        self.matches_within(uri, Some(&PathSecurity::default()))
    }

    /// The same on a server with this path security.
    pub(crate) fn matches_within(
        &self,
        uri: &str,
        of_server: Option<&PathSecurity>,
    ) -> Option<Box<RawValue>> {
        let matched = self.template.as_ref()?.matches(uri)?;
        let security = match &self.security {
            Security::OfServer => of_server,
            Security::Own(own) => own.as_ref(),
        };
        if let Some(security) = security
            && let Err(refused) = security.check(&matched)
        {
            tracing::debug!(template = self.uri_template(), %refused, "a URI is not safe");
            return None;
        }
        let arguments: Map<String, Value> = matched
            .iter()
            .map(|(name, found)| (name.to_owned(), argument(found)))
            .collect();
        to_raw_value(&arguments).ok()
    }

    /// Reads the resource at `uri` with the `arguments` that [`ResourceTemplate::matches`] found in
    /// it, for one request, whose scopes were checked. Dropping the future cancels it.
    ///
    /// # Errors
    ///
    /// [`CallError`] says what went wrong; [`CallError::into_error`] is what the client gets of it.
    pub fn read<'a>(
        &'a self,
        uri: &'a str,
        arguments: &'a RawValue,
        request: &'a RequestScope,
    ) -> impl Future<Output = Result<ReadResourceResult, CallError>> + Send + 'a {
        let call = Call::new(uri, Some(arguments), request).of(Callee::Resource);
        async move {
            let mut result = answer(&*self.handler, call, Ok).await?;
            complete(&mut result, uri, self.definition.mime_type.as_deref());
            self.freshness.apply(&mut result);
            Ok(result)
        }
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let variables = self
            .template
            .iter()
            .flat_map(|template| template.variables());
        variables.map(Variable::name)
    }

    fn from_parts(
        uri_template: String,
        name: String,
        mut facets: Facets,
        handler: Arc<dyn Handler<ReadResourceResult>>,
    ) -> Self {
        let template = parse(&uri_template)
            .map(Arc::new)
            .map_err(|problem| facets.problems.push(problem))
            .ok();
        Self {
            completers: Completers::default(),
            definition: thyra_protocol::ResourceTemplate::new(uri_template, name),
            facets,
            freshness: Freshness::default(),
            handler,
            security: Security::OfServer,
            template,
        }
    }
}

component_methods!(ResourceTemplate, "resource template");
readable_methods!(ResourceTemplate);

impl fmt::Debug for ResourceTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceTemplate")
            .field("uri_template", &self.uri_template())
            .field("name", &self.name())
            .field("scopes", &self.facets.scopes)
            .finish_non_exhaustive()
    }
}

/// A template of absolute URIs.
fn parse(text: &str) -> Result<UriTemplate, String> {
    let template = UriTemplate::parse(text)
        .map_err(|error| format!("its URI template `{text}` cannot be read, {error}"))?;
    if !template.has_variables() {
        return Err(
            "its URI template has no variable; what has one URI is a `Resource`".to_owned(),
        );
    }
    if template.scheme().is_none() {
        return Err(
            "its URI template does not begin with a scheme, as in `notes://{id}`".to_owned(),
        );
    }
    Ok(template)
}

/// The value of a variable as an argument.
fn argument(found: &Found) -> Value {
    match found {
        Found::Text(text) => text.as_str().into(),
        Found::List(texts) => texts.as_slice().into(),
        Found::Pairs(pairs) => pairs
            .iter()
            .map(|(name, text)| (name.clone(), Value::from(text.as_str())))
            .collect(),
    }
}

/// Where variables and arguments do not fit together.
fn misfits(template: &UriTemplate, input: &Input) -> Vec<String> {
    let mut problems = Vec::new();
    for variable in template.variables() {
        let name = variable.name();
        let taker = input
            .arguments
            .iter()
            .find(|argument| argument.name == name);
        match taker {
            None if !input.is_open => problems.push(format!(
                "its URI has the variable `{name}`, and no argument takes it"
            )),
            Some(argument) if argument.required && variable.is_optional() => problems.push(format!(
                "its variable `{name}` may be left out of the URI, so the argument `{name}` has to be an `Option`, or have a default"
            )),
            _ => {}
        }
    }
    for argument in &input.arguments {
        let is_given = template
            .variables()
            .any(|variable| variable.name() == argument.name);
        if argument.required && !is_given {
            problems.push(format!(
                "it takes the argument `{0}`, and its URI has no `{{{0}}}` to take it from",
                argument.name
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests;
