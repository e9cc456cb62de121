//! How a call reaches a function, and how what the function returns becomes a result.
//!
//! A handler reads its parameters from a [`Call`]: arguments that the client sent, decoded straight from the bytes, and values that
//! the server injects ([`FromCall`]). What it returns becomes a result by [`IntoReply`]. `#[tool]` and
//! [`Tool::new`](crate::Tool::new) write that down for a function, once, when the tool is made; a call computes nothing twice.

mod argument_error;
mod arguments;
mod decode;
mod error;
mod extract;
mod function;
mod parameter;
mod reply;
mod schema;
mod signature;
mod tool_error;

use std::fmt;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use thyra_protocol::CallToolResult;

pub use self::argument_error::{ArgumentError, ArgumentErrors};
pub use self::arguments::Reader;
pub use self::error::{CallError, Rejection};
pub use self::extract::{Args, Claims, FromCall, Headers, State};
pub(crate) use self::function::Function;
pub use self::function::HandlerFn;
pub use self::parameter::{
    Decoded, Incoming, Injected, Param, Parameter, PatternParameter, Refused, argument, injected,
    parameter,
};
pub use self::reply::{Caller, Custom, Fallible, IntoReply, Json, Output, Shape, Structured};
pub(crate) use self::signature::Signed;
pub use self::signature::{Argument, DefaultValue, Requirement, Signature};
pub use self::tool_error::ToolError;
use crate::context::RequestScope;

/// What answers the calls of one tool. `#[tool]` and [`Tool::new`](crate::Tool::new) make these out of functions; implement it for a
/// tool that is not a function, such as one that forwards to another server.
pub trait ToolHandler: Send + Sync {
    /// Answers one call. Dropping the future cancels it.
    ///
    /// # Errors
    ///
    /// [`CallError`] says what went wrong; the server turns it into a result with `isError` set.
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<CallToolResult, CallError>>;
}

/// One call of a tool (MCP `tools/call`), as extractors see it.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    arguments: Option<&'a RawValue>,
    name: &'a str,
    request: &'a RequestScope,
}

impl<'a> Call<'a> {
    /// A call of the tool `name` with `arguments` as they came: a JSON object, or nothing.
    pub fn new(name: &'a str, arguments: Option<&'a RawValue>, request: &'a RequestScope) -> Self {
        Self {
            arguments,
            name,
            request,
        }
    }

    /// The tool's name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The arguments as they came. Nothing has looked at them yet.
    pub fn arguments(&self) -> Option<&'a RawValue> {
        self.arguments
    }

    /// The request that this call is.
    pub fn request(&self) -> &'a RequestScope {
        self.request
    }
}

impl fmt::Debug for Call<'_> {
    /// The arguments are the caller's own business and stay out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("name", &self.name)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
