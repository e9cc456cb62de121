//! What the code that the attributes write refers to. Not for people: it changes without notice.

use std::sync::Arc;

pub use futures_util::future::BoxFuture;
use serde::Serialize;
pub use thyra_protocol::{
    Annotations, CacheScope, CallToolResult, GetPromptResult, Priority, ReadResourceResult, Role,
};

pub use crate::component::completion::Completer;
pub use crate::component::described::{ComponentFn, Described, DescribedFuture};
pub use crate::component::prompt::{IntoPrompt, Prompt};
pub use crate::component::resource::{
    IntoResource, PathSecurity, Resource, ResourceComponent, ResourceTemplate,
};
pub use crate::component::tool::{IntoTool, TaskMode, Tool};
pub use crate::component::{Component, Tools};
pub use crate::elicit::{
    Bound, Choice, Elicit, ElicitChoice, ElicitError, ElicitField, FieldKind, Form, Format, Rules,
    elicit_field,
};
use crate::finite;
pub use crate::handler::{
    Argument, ArgumentReader, Call, CallError, CallerError, Custom, Decoded, Fallible, Injected,
    InjectedParameter, Never, OwnError, Param, Parameter, ParameterError, Parameters,
    PatternParameter, PrincipalReply, RawArgument, Structured, Telling, ToolError, argument,
    blocking, injected, not_in_the_uri, parameter, tool_error,
};
use crate::handler::{
    DefaultValue, Handler, IntoContents, IntoMessages, IntoReply, Output, Rejection,
};

/// A function under an attribute.
pub type Function<R> = for<'a> fn(Call<'a>) -> BoxFuture<'a, Result<R, CallError>>;

/// A method under an attribute. It gets the `Arc`, for those that run on another thread.
pub type Method<T, R> = for<'a> fn(&'a Arc<T>, Call<'a>) -> BoxFuture<'a, Result<R, CallError>>;

struct FunctionHandler<R>(Function<R>);

struct MethodHandler<T, R>(Arc<T>, Method<T, R>);

impl<R> Handler<R> for FunctionHandler<R> {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<R, CallError>> {
        (self.0)(call)
    }
}

impl<T: Send + Sync, R> Handler<R> for MethodHandler<T, R> {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<R, CallError>> {
        (self.1)(&self.0, call)
    }
}

pub fn assemble_tool(
    name: &str,
    parameters: Parameters,
    output: Output,
    call: Function<CallToolResult>,
) -> Tool {
    Tool::assemble(name.to_owned(), parameters, output, FunctionHandler(call))
}

pub fn assemble_tool_method<T: Send + Sync + 'static>(
    name: &str,
    parameters: Parameters,
    output: Output,
    this: Arc<T>,
    call: Method<T, CallToolResult>,
) -> Tool {
    let handler = MethodHandler(this, call);
    Tool::assemble(name.to_owned(), parameters, output, handler)
}

/// A resource at one URI, without variables in it.
pub fn assemble_resource(
    uri: &str,
    name: &str,
    parameters: Parameters,
    mime_type: Option<&'static str>,
    call: Function<ReadResourceResult>,
) -> Resource {
    let (uri, name) = (uri.to_owned(), name.to_owned());
    Resource::assemble(uri, name, parameters, mime_type, FunctionHandler(call))
}

pub fn assemble_resource_method<T: Send + Sync + 'static>(
    uri: &str,
    name: &str,
    parameters: Parameters,
    mime_type: Option<&'static str>,
    this: Arc<T>,
    call: Method<T, ReadResourceResult>,
) -> Resource {
    let (uri, name) = (uri.to_owned(), name.to_owned());
    Resource::assemble(uri, name, parameters, mime_type, MethodHandler(this, call))
}

/// A resource under a URI with variables in it.
pub fn assemble_template(
    uri_template: &str,
    name: &str,
    parameters: Parameters,
    mime_type: Option<&'static str>,
    call: Function<ReadResourceResult>,
) -> ResourceTemplate {
    let (template, name) = (uri_template.to_owned(), name.to_owned());
    ResourceTemplate::assemble(template, name, parameters, mime_type, FunctionHandler(call))
}

pub fn assemble_template_method<T: Send + Sync + 'static>(
    uri_template: &str,
    name: &str,
    parameters: Parameters,
    mime_type: Option<&'static str>,
    this: Arc<T>,
    call: Method<T, ReadResourceResult>,
) -> ResourceTemplate {
    let (template, name) = (uri_template.to_owned(), name.to_owned());
    ResourceTemplate::assemble(
        template,
        name,
        parameters,
        mime_type,
        MethodHandler(this, call),
    )
}

pub fn assemble_prompt(
    name: &str,
    parameters: Parameters,
    (): (),
    call: Function<GetPromptResult>,
) -> Prompt {
    Prompt::assemble(name.to_owned(), parameters, FunctionHandler(call))
}

pub fn assemble_prompt_method<T: Send + Sync + 'static>(
    name: &str,
    parameters: Parameters,
    (): (),
    this: Arc<T>,
    call: Method<T, GetPromptResult>,
) -> Prompt {
    Prompt::assemble(name.to_owned(), parameters, MethodHandler(this, call))
}

/// What becomes of the value that a function returns: what is known of it before any call, and the
/// result `R` of a call.
#[derive(Clone, Copy, Debug)]
pub struct Returned<T, R, Known> {
    pub output: fn() -> Known,
    pub reply: fn(T, &Call<'_>) -> Result<R, CallError>,
}

/// How a tool returns a `T`. `Marker` is inferred, here and nowhere else, so that a type which
/// cannot be returned is one error.
pub fn returned<T: IntoReply<Marker>, Marker>() -> Returned<T, CallToolResult, Output> {
    Returned {
        output: T::output,
        reply: |value, call| value.into_reply(call.shape()),
    }
}

/// How a resource returns a `T`, as [`returned`].
pub fn read<T: IntoContents<Marker>, Marker>()
-> Returned<T, ReadResourceResult, Option<&'static str>> {
    Returned {
        output: T::mime_type,
        reply: |value, _| value.into_contents(),
    }
}

/// How a prompt returns a `T`, as [`returned`].
pub fn prompted<T: IntoMessages<Marker>, Marker>() -> Returned<T, GetPromptResult, ()> {
    Returned {
        output: || (),
        reply: |value, _| value.into_messages(),
    }
}

/// A reader that lost a parameter always says why; this is what the compiler wants to hear of the
/// other case.
pub fn unread() -> CallError {
    CallError::Rejected(Rejection::Other(
        "the arguments could not be read".to_owned(),
    ))
}

/// The default of an argument, shown in the schema if its type can be written as JSON.
#[derive(Debug)]
pub struct DefaultOf<T>(pub T);

pub trait ShownDefault {
    fn default_value(&self) -> DefaultValue;
}

pub trait UnshownDefault {
    fn default_value(&self) -> DefaultValue;
}

impl<T: Serialize> ShownDefault for DefaultOf<T> {
    fn default_value(&self) -> DefaultValue {
        finite::to_json(&self.0, "default")
            .ok()
            .and_then(|json| serde_json::from_str(&json).ok())
            .map_or(DefaultValue::Unshown, DefaultValue::Shown)
    }
}

// Chosen by method lookup only where the other does not apply: it takes one more reference.
impl<T> UnshownDefault for &DefaultOf<T> {
    fn default_value(&self) -> DefaultValue {
        DefaultValue::Unshown
    }
}
