//! How a call reaches a function, and how what the function returns becomes a result.
//!
//! A handler reads its parameters from a [`Call`]: arguments that the client sent, decoded straight
//! from the bytes, and values that the server injects ([`FromCall`]). What it returns becomes a
//! result by [`IntoReply`] for tools, by [`IntoContents`] for resources and by [`IntoMessages`] for
//! prompts. The attributes `#[tool]`, `#[resource]` and `#[prompt]`, and the components' `new`,
//! work that out once, when the component is made.

mod argument_error;
mod arguments;
mod blocking;
mod contents;
mod decode;
mod dependency;
mod error;
mod extract;
mod fit;
mod function;
pub(crate) mod media;
mod messages;
mod parameter;
mod parameters;
mod raw;
mod reply;
mod running;
mod schema;
mod tool_error;

use std::fmt;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::value::RawValue;

pub use self::argument_error::{ArgumentError, ArgumentErrors};
pub use self::arguments::ArgumentReader;
pub use self::blocking::blocking;
pub(crate) use self::blocking::blocking_on;
pub use self::contents::IntoContents;
pub(crate) use self::contents::text as contents_of_text;
pub(crate) use self::dependency::Dependencies;
use self::dependency::Wanted;
pub use self::dependency::{CallEnd, Dependency, Depends};
pub use self::error::{CallError, Rejection};
pub use self::extract::{Args, Claims, FromCall, Headers, PeerAddr, RequestTarget, State};
pub(crate) use self::function::{Function, described};
pub use self::function::{HandlerFn, HandlerResult};
pub use self::media::{Audio, File, Image};
pub use self::messages::IntoMessages;
pub use self::parameter::{
    Decoded, Injected, InjectedParameter, Param, Parameter, ParameterError, PatternParameter,
    RawArgument, argument, injected, not_in_the_uri, parameter,
};
pub use self::parameters::{Argument, DefaultValue, Parameters, Requirement};
pub(crate) use self::parameters::{Input, InputArgument};
pub use self::reply::{
    Custom, Fallible, IntoReply, Json, Output, PrincipalReply, Shape, Structured, WithContent,
};
use self::running::Running;
pub(crate) use self::schema::{Forms, allows_null, wrapped};
pub use self::tool_error::{
    CallerError, Never, OwnError, PromptError, ResourceError, Telling, ToolError, tool_error,
};
use crate::context::RequestScope;

/// Answers the calls of one component: a tool with a
/// [`CallToolResult`](thyra_protocol::CallToolResult), a resource with a
/// [`ReadResourceResult`](thyra_protocol::ReadResourceResult), a prompt with a
/// [`GetPromptResult`](thyra_protocol::GetPromptResult).
///
/// The attributes and the components' `new` make handlers out of functions. Implement it for a
/// component that is not a function, such as one that forwards to another server.
pub trait Handler<R>: Send + Sync {
    /// Answers one call. Dropping the future cancels it.
    ///
    /// # Errors
    ///
    /// [`CallError`] says what went wrong. The server tells the client as much of it as it may
    /// know.
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<R, CallError>>;
}

/// One call (MCP `tools/call`, `resources/read`, `prompts/get`), as extractors see it.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    arguments: Option<&'a RawValue>,
    callee: Callee,
    dependencies: Option<&'a Dependencies>,
    known: Option<&'a [String]>,
    name: &'a str,
    request: &'a RequestScope,
    shape: Shape,
    /// The dependency that is being made for the call.
    wanting: Option<&'a Wanted>,
}

/// The kind of component that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    Prompt,
    Resource,
    Tool,
}

impl<'a> Call<'a> {
    /// A call of the tool `name` with `arguments` as they came: a JSON object, or nothing.
    pub fn new(name: &'a str, arguments: Option<&'a RawValue>, request: &'a RequestScope) -> Self {
        Self {
            arguments,
            callee: Callee::Tool,
            dependencies: None,
            known: None,
            name,
            request,
            shape: Shape::Unstructured,
            wanting: None,
        }
    }

    pub(crate) fn of(self, callee: Callee) -> Self {
        Self { callee, ..self }
    }

    /// The same call of a component that takes arguments by these names only.
    pub(crate) fn knowing(self, known: Option<&'a [String]>) -> Self {
        Self { known, ..self }
    }

    /// The same call, whose result has structured content of this shape.
    pub(crate) fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// The same call, whose dependencies are kept here.
    pub(crate) fn holding(self, dependencies: &'a Dependencies) -> Self {
        Self {
            dependencies: Some(dependencies),
            ..self
        }
    }

    /// The same call, as the dependency `wanting` sees it.
    fn for_dependency(self, dependencies: &'a Dependencies, wanting: &'a Wanted) -> Self {
        Self {
            wanting: Some(wanting),
            ..self.holding(dependencies)
        }
    }

    /// The name of the tool or prompt; of a resource, the URI that is read.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The arguments as they came; for a resource, the template's variables with what the URI has
    /// for them. Nothing has checked them yet.
    pub fn arguments(&self) -> Option<&'a RawValue> {
        self.arguments
    }

    /// The request that makes this call.
    pub fn request(&self) -> &'a RequestScope {
        self.request
    }

    pub(crate) fn known(&self) -> Option<&'a [String]> {
        self.known
    }

    fn dependencies(&self) -> Option<&'a Dependencies> {
        self.dependencies
    }

    fn wanting(&self) -> Option<Wanted> {
        self.wanting.copied()
    }

    pub(crate) fn callee(&self) -> Callee {
        self.callee
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }
}

/// Makes one call, whose result has to pass `check`, and releases its dependencies. A panic in the
/// handler is an error too.
pub(crate) async fn answer<R: HandlerResult>(
    handler: &dyn Handler<R>,
    call: Call<'_>,
    check: impl FnOnce(R) -> Result<R, CallError>,
) -> Result<R, CallError> {
    let dependencies = Dependencies::default();
    let call = call.holding(&dependencies);
    // The request ends with the panic, and what it shared with others is theirs to keep whole.
    let answer = AssertUnwindSafe(Running::new(handler, call));
    let answer = match answer.catch_unwind().await {
        Ok(answer) => answer.and_then(check),
        Err(panic) => Err(CallError::from_panic(&*panic)),
    };
    match dependencies.into_made() {
        None => answer,
        Some(made) => made.release(answer, R::is_failure).await,
    }
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::Tool => "tool",
        })
    }
}

impl fmt::Debug for Call<'_> {
    /// Without the arguments: they are the caller's own business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("name", &self.name)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
