//! FastMCP for Rust: build Model Context Protocol servers and clients, protected by real identity
//! providers.
//!
//! A function under [`#[tool]`](macro@tool) is a tool. Its doc comments describe it to models, its
//! types are the schema that arguments are checked against, and it can still be called like any
//! function.
//!
//! ```no_run
//! use thyra::prelude::*;
//!
//! /// Add two numbers.
//! #[tool]
//! async fn add(a: i64, b: i64) -> i64 {
//!     a + b
//! }
//!
//! /// Write a note.
//! #[tool(scopes = ["notes:write"])]
//! async fn write_note(text: String, caller: Principal) -> String {
//!     format!("{} noted: {text}", caller.subject())
//! }
//!
//! #[tokio::main]
//! async fn main() -> thyra::Result<()> {
//!     Server::new("Notes")
//!         .tool(add)
//!         .tool(write_note)
//!         .auth(ScalekitProvider::from_env()?)
//!         .run() // stdio; with `--http 127.0.0.1:8000`, Streamable HTTP
//!         .await
//! }
//! ```
//!
//! | you want | begin at |
//! |---|---|
//! | to offer tools | [`Server`], [`Tool`], [`#[tool]`](macro@tool), [`#[tools]`](macro@tools) for methods |
//! | to offer things to read | [`Resource`], [`ResourceTemplate`], [`#[resource]`](macro@resource) |
//! | to offer prompts | [`Prompt`], [`#[prompt]`](macro@prompt), [`completion_values`] |
//! | to ask the user | [`Context::ask`], [`Elicit`], [`Question`] |
//! | to change a server while it runs | [`ServerHandle`], [`Selector`] |
//! | to test a server | [`Server::connect`] |
//! | to protect a server | [`auth`], [`Server::auth`] |
//! | to take something other than arguments from a call | [`FromCall`] and its implementors |
//! | to put the server into your own program | [`Server::into_service`], [`Server::into_router`] |
//! | to call a server | [`client`] |

// `#[tool]` writes `::thyra::..`, also within this crate.
extern crate self as thyra;

#[doc(hidden)]
pub mod __private;
mod app;
mod blocking;
mod budget;
mod catalog;
mod check;
mod closing;
mod component;
mod context;
mod conversation;
mod dispatch;
mod elicit;
pub mod extend;
mod extension;
mod finite;
#[cfg(doctest)]
mod guides;
mod handler;
mod lifespan;
mod limits;
mod middleware;
mod outbox;
pub mod prelude;
mod reply;
mod request_state;
mod sampling;
mod selector;
mod server;
mod session_state;
mod sessions;
mod shares;
mod state;
mod task;
mod throttled;
mod trace;
mod transport;
mod views;

pub use schemars;
pub use serde;
pub use serde_json;
/// Who may call: [`AuthProvider`](thyra_auth::AuthProvider) and the providers.
pub use thyra_auth as auth;
/// Calls servers: [`Client`](thyra_client::Client).
#[cfg(feature = "client")]
pub use thyra_client as client;
/// An authorization server of your own, for identity providers that register no clients.
#[cfg(feature = "issuer")]
pub use thyra_issuer as issuer;
pub use thyra_macros::{CallerError, Elicit, prompt, resource, tool, tools};
/// The messages of MCP. What clients get is here too: `Tool` is what a server offers, and
/// [`protocol::Tool`] is how a list describes it.
pub use thyra_protocol as protocol;
pub use thyra_protocol::{
    Annotations, AudioContent, BlobResourceContents, CacheScope, CallToolResult,
    ClientCapabilities, Content, CreateMessageParams, CreateMessageResult, EmbeddedResource,
    ErrorCode, ErrorObject, GetPromptResult, HeaderKind, HeaderParameter, Icon, IconTheme,
    ImageContent, Implementation, LoggingLevel, Priority, PromptArgument, PromptMessage,
    ReadResourceResult, RequestId, ResourceContents, ResourceLink, Revision, Role, Root,
    SamplingContent, SamplingMessage, TextContent, TextResourceContents, ToolAnnotations,
};

pub use crate::catalog::live::ServerHandle;
pub use crate::catalog::{Batch, CatalogError};
pub use crate::check::{Check, CheckedCall, CheckedCaller, Decision, Operation};
pub use crate::component::completion::{
    Completer, Completion, CompletionValues, IntoCompleter, IntoCompletion, completion_values,
};
pub use crate::component::prompt::{IntoPrompt, Prompt};
pub use crate::component::resource::{
    IntoResource, PathSecurity, Resource, ResourceComponent, ResourceTemplate,
};
pub use crate::component::tool::{IntoTool, TaskMode, Tool};
pub use crate::component::{Component, Tools};
pub use crate::context::{Context, MissingScopes, OwnServerError, SessionState};
pub use crate::conversation::{AskError, ClientCapability};
pub use crate::elicit::{Elicit, ElicitChoice, ElicitError, ElicitField, EnumOption, Question};
pub use crate::extension::{Extension, ExtensionError};
pub use crate::handler::{
    Args, Audio, Call, CallEnd, CallError, CallerError, Claims, Dependency, Depends, File,
    FromCall, Handler, Headers, Image, IntoContents, IntoMessages, IntoReply, Json, PeerAddr,
    PromptError, Rejection, RequestTarget, ResourceError, State, ToolError, WithContent,
};
pub use crate::lifespan::Lifespan;
pub use crate::limits::Limits;
pub use crate::middleware::{Middleware, RequestInfo, Response, ToolCallInfo};
pub use crate::request_state::{
    MemoryUsedStates, RequestState, RequestStateKeys, UsedState, UsedStateError, UsedStateStore,
};
pub use crate::sampling::Sampling;
pub use crate::selector::{ComponentInfo, Kind, Selector, Viewer};
#[cfg(feature = "axum")]
pub use crate::server::Routers;
#[cfg(feature = "client")]
pub use crate::server::in_process::{InProcess, InProcessError};
pub use crate::server::{Error, Result, Server};
pub use crate::session_state::{
    MemorySessionState, SessionStateError, SessionStateStore, StateOwner,
};
pub use crate::task::{
    MemoryTasks, RunningTask, Swap, TaskOwner, TaskRecord, TaskStage, TaskStore, TaskStoreError,
};
pub use crate::trace::Trace;
pub use crate::transport::http::{Body, HttpSettings, McpService};
pub use crate::views::ViewError;
