//! FastMCP for Rust: build Model Context Protocol servers and clients, protected by real identity providers.

// `#[tool]` writes `::thyra::..`, also within this crate.
extern crate self as thyra;

#[doc(hidden)]
pub mod __private;
mod catalog;
#[cfg(feature = "client")]
pub mod client;
mod component;
mod context;
mod handler;
mod limits;
pub mod prelude;
mod server;
mod transport;

pub use schemars;
pub use serde;
pub use serde_json;
/// Who may come in: [`AuthProvider`](thyra_auth::AuthProvider) and the providers.
pub use thyra_auth as auth;
pub use thyra_macros::tool;
pub use thyra_protocol::{CallToolResult, Content, Icon, RequestId, Revision, ToolAnnotations};

pub use crate::component::tool::{IntoTool, Tool};
pub use crate::context::{Amount, Context, Emitter, Outbox, RequestScope, StateMap};
pub use crate::handler::{
    Args, Argument, ArgumentError, ArgumentErrors, Call, CallError, Claims, DefaultValue, FromCall,
    HandlerFn, Headers, IntoReply, Json, Output, Rejection, Requirement, Shape, Signature, State,
    ToolError, ToolHandler,
};
pub use crate::limits::Limits;
pub use crate::server::{Error, Result, Server};
pub use crate::transport::http::{Body, McpService};
