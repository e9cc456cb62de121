//! What the code that `#[tool]` writes refers to. Not for people: it changes without notice.

pub use futures_util::future::BoxFuture;
use serde::Serialize;
use thyra_protocol::CallToolResult;

pub use crate::component::tool::{IntoTool, Tool};
pub use crate::handler::{
    Argument, Call, CallError, Caller, Custom, Decoded, Fallible, Incoming, Injected, Param,
    Parameter, PatternParameter, Reader, Refused, Shape, Signature, Structured, argument, injected,
    parameter,
};
use crate::handler::{DefaultValue, IntoReply, Output, Rejection, ToolHandler};

pub type CallResult = Result<CallToolResult, CallError>;

/// A function under `#[tool]`, as its handler.
struct Written {
    call: for<'a> fn(Call<'a>, Shape) -> BoxFuture<'a, CallResult>,
    shape: Shape,
}

impl ToolHandler for Written {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, CallResult> {
        (self.call)(call, self.shape)
    }
}

pub fn assemble(
    name: &str,
    signature: Signature,
    output: Output,
    call: for<'a> fn(Call<'a>, Shape) -> BoxFuture<'a, CallResult>,
) -> Tool {
    let shape = output.shape;
    Tool::assemble(name.to_owned(), signature, output, Written { call, shape })
}

/// What a tool does with the value that its function returns.
#[derive(Clone, Copy, Debug)]
pub struct Returned<T> {
    pub output: fn() -> Output,
    pub reply: fn(T, Shape) -> CallResult,
}

/// How a `T` is returned. `Marker` is inferred, here and nowhere else, so that a type which cannot be returned is one error.
pub fn returned<T: IntoReply<Marker>, Marker>() -> Returned<T> {
    Returned {
        output: T::output,
        reply: T::into_reply,
    }
}

/// A reader that lost a parameter always says why; this is what the compiler wants to hear of the other case.
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
        serde_json::to_value(&self.0).map_or(DefaultValue::Unshown, DefaultValue::Shown)
    }
}

// Chosen by method lookup only where the other does not apply: it takes one more reference.
impl<T> UnshownDefault for &DefaultOf<T> {
    fn default_value(&self) -> DefaultValue {
        DefaultValue::Unshown
    }
}
