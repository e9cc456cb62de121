//! Resources: things to read, each at a URI of its own (MCP `server/resources`).

mod file;
mod http;
mod text;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use thyra_protocol::ReadResourceResult;
use url::Url;

use super::described::ComponentFn;
use super::readable::{Freshness, complete};
pub use super::template::{PathSecurity, ResourceTemplate};
use super::{Facets, component_methods, readable_methods};
use crate::context::RequestScope;
use crate::handler::{
    Call, CallError, Callee, Function, Handler, HandlerFn, Parameters, answer, described,
};

/// A resource: what clients learn about it, who may read it, and what reads it.
///
/// `#[resource("uri")]` makes one of a function. Without the macro:
///
/// ```
/// use thyra::prelude::*;
///
/// let motd = Resource::new("notes://today", "today", || async { "Water the plants." })
///     .description("What is to be done today.");
/// # assert!(motd.problems().is_empty());
/// ```
#[derive(Clone)]
pub struct Resource {
    definition: thyra_protocol::Resource,
    facets: Facets,
    freshness: Freshness,
    handler: Arc<dyn Handler<ReadResourceResult>>,
}

/// Becomes a resource, for [`Server::resource`](crate::Server::resource): a [`Resource`], a
/// [`ResourceTemplate`], or what `#[resource("uri")]` makes of a function: `note` of an `async fn
/// note`, `note {}` of a `fn note`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource",
    label = "not a resource",
    note = "put `#[resource(\"uri\")]` on the function, or make a resource with `Resource::new(\"uri\", \"name\", function)`",
    note = "if it is there, and the function is not `async`, write braces after its name: `.resource(note {{}})`"
)]
pub trait IntoResource<Marker = ()> {
    /// The resource, or the template.
    fn into_resource(self) -> ResourceComponent;
}

/// A resource or a template of resources.
#[derive(Clone, Debug)]
pub enum ResourceComponent {
    /// A resource at one URI.
    Fixed(Resource),
    /// Many, under one pattern of URIs.
    Template(ResourceTemplate),
}

impl Resource {
    /// The resource at `uri`, known to programs as `name`, read by `handler`: an async function
    /// whose parameters are all injected.
    ///
    /// The URI must be absolute, or the server does not start.
    pub fn new<Marker: 'static>(
        uri: impl Into<String>,
        name: impl Into<String>,
        handler: impl HandlerFn<ReadResourceResult, Marker>,
    ) -> Self {
        let (parameters, mime_type) = described(&handler);
        Self::assemble(
            uri.into(),
            name.into(),
            parameters,
            mime_type,
            Function::new(handler),
        )
    }

    /// The resource at `uri`, read by a handler that is not a function.
    pub fn from_handler(
        uri: impl Into<String>,
        name: impl Into<String>,
        handler: impl Handler<ReadResourceResult> + 'static,
    ) -> Self {
        Self::assemble(uri.into(), name.into(), Parameters::new(), None, handler)
    }

    pub(crate) fn assemble(
        uri: String,
        name: String,
        parameters: Parameters,
        mime_type: Option<&str>,
        handler: impl Handler<ReadResourceResult> + 'static,
    ) -> Self {
        let mut input = parameters.finish();
        let mut facets = Facets::new(&mut input);
        facets.problems.extend(uri_problem(&uri));
        let arguments = input.arguments.iter();
        facets.problems.extend(arguments.map(|argument| {
            format!(
                "it takes the argument `{0}`, and its URI has no `{{{0}}}` to take it from",
                argument.name
            )
        }));
        let mut definition = thyra_protocol::Resource::new(uri, name);
        definition.mime_type = mime_type.map(str::to_owned);
        Self {
            definition,
            facets,
            freshness: Freshness::default(),
            handler: Arc::new(handler),
        }
    }

    /// Sets its size, in bytes before any encoding.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.definition.size = Some(bytes);
        self
    }

    /// The URI.
    pub fn uri(&self) -> &str {
        &self.definition.uri
    }

    /// Reads it for one request. The caller has checked the scopes. `uri` is how the client spelled
    /// it. Dropping the future cancels the read.
    ///
    /// # Errors
    ///
    /// [`CallError`] says what went wrong; [`CallError::into_error`] is what the client gets of it.
    pub fn read<'a>(
        &'a self,
        uri: &'a str,
        request: &'a RequestScope,
    ) -> impl Future<Output = Result<ReadResourceResult, CallError>> + Send + 'a {
        let call = Call::new(uri, None, request).of(Callee::Resource);
        async move {
            let mut result = answer(&*self.handler, call, Ok).await?;
            complete(&mut result, uri, self.definition.mime_type.as_deref());
            self.freshness.apply(&mut result);
            Ok(result)
        }
    }
}

component_methods!(Resource, "resource");
readable_methods!(Resource);

impl IntoResource for Resource {
    fn into_resource(self) -> ResourceComponent {
        ResourceComponent::Fixed(self)
    }
}

impl<F: ComponentFn<Marker>, Marker> IntoResource<fn(Marker)> for F
where
    F::Component: IntoResource,
{
    fn into_resource(self) -> ResourceComponent {
        F::Component::default().into_resource()
    }
}

impl IntoResource for ResourceTemplate {
    fn into_resource(self) -> ResourceComponent {
        ResourceComponent::Template(self)
    }
}

impl IntoResource for ResourceComponent {
    fn into_resource(self) -> ResourceComponent {
        self
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("uri", &self.uri())
            .field("name", &self.name())
            .field("scopes", &self.facets.scopes)
            .finish_non_exhaustive()
    }
}

/// The last part of a URI, as a name for programs; all of it when there is none.
fn name_of(uri: &str) -> String {
    let uri = uri.trim_end_matches(['/', ':']);
    let name = uri.rsplit(['/', ':']).next().unwrap_or(uri);
    name.to_owned()
}

fn uri_problem(uri: &str) -> Option<String> {
    if uri.contains(['{', '}']) {
        return Some(
            "its URI has `{` or `}` in it; a pattern of URIs is a `ResourceTemplate`".to_owned(),
        );
    }
    Url::parse(uri)
        .err()
        .map(|error| format!("its URI is no absolute one, as in `notes://today`: {error}"))
}

#[cfg(test)]
mod tests;
