//! A client of MCP servers of every revision from 2024-11-05 to 2026-07-28, over Streamable HTTP,
//! over the standard input and output of a program, or over another [`Transport`].
//!
//! ```no_run
//! use serde_json::json;
//! use thyra_client::{Client, OAuth, PrintUrl};
//!
//! # async fn example() -> Result<(), thyra_client::ClientError> {
//! let client = Client::builder("https://mcp.example.com/mcp").oauth(OAuth::new(PrintUrl)).build()?;
//! for tool in client.list_tools().await? {
//!     println!("{:?}", tool.name); // quoted: it may hold control characters
//! }
//! let sum: i64 = client.call_tool_as("add", &json!({ "a": 2, "b": 3 })).await?;
//! # Ok(())
//! # }
//! ```
//!
//! When the server wants a token, the client logs in ([`OAuth`]). When the server asks something,
//! [`ClientBuilder::on_elicit`], [`ClientBuilder::on_sampling`] or [`ClientBuilder::roots`]
//! answers. Every request is bounded in time and size, redirects are not followed, and dropping the
//! future of a call cancels it at the server.

mod answers;
mod background;
mod backoff;
mod builder;
mod cache;
mod changes;
mod client;
mod error;
mod form;
mod group;
mod hop;
mod log;
mod mcp_servers;
mod sampling;
mod skill;
mod stdio;
mod streamable_http;
mod transport;
mod visits;

/// For the fuzz targets. It changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::streamable_http::events;
}

/// How a client logs in.
pub use thyra_login as login;
#[cfg(feature = "keyring")]
#[doc(no_inline)]
pub use thyra_login::KeyringStore;
#[doc(inline)]
pub use thyra_login::discovery;
#[doc(no_inline)]
pub use thyra_login::{
    AuthorizationError, Browser, BrowserError, FileStore, FollowRedirects, GrantKind, LoginError,
    NoRandomness, OAuth, PrintUrl, RegistrationError, SystemBrowser, TokenError, UrlRefused,
};
#[doc(no_inline)]
pub use thyra_oauth::{
    Challenge, FetchError, Fetcher, FetcherBuilder, FetcherError, HttpBody, HttpClient,
    HttpRequest, Printable, ScopeSet, Secret,
};
/// The messages of MCP. The ones that the client's API takes and gives are re-exported here too,
/// except `Tool`, `Prompt`, `Resource` and `ResourceTemplate`: the crate `thyra` has components of
/// these names.
pub use thyra_protocol as protocol;
#[doc(no_inline)]
pub use thyra_protocol::{
    CallToolResult, CompleteResult, CompletionReference, CreateMessageParams, CreateMessageResult,
    DiscoverResult, ElicitAction, ElicitFormParams, ElicitParams, ElicitResult, ElicitUrlParams,
    ErrorObject, GetPromptResult, Implementation, LoggingLevel, LoggingMessageParams,
    ProgressParams, ReadResourceResult, Root, SubscriptionFilter, TaskStatus, TextFormat,
};

pub use crate::answers::IntoAnswer;
pub use crate::builder::{ClientBuilder, ConfiguredServer, RemoteServer};
pub use crate::cache::{CacheBounds, CacheMode};
pub use crate::changes::Change;
pub use crate::client::{Call, Client, Subscription, TaskReport, ToolTask};
pub use crate::error::ClientError;
pub use crate::form::{
    AnswerError, Choice, Field, FieldKind, Form, FormError, NumberRules, Pattern, Rule, TextRules,
};
pub use crate::group::{ClientGroup, Failure, GroupError, GroupSubscription, Owner};
pub use crate::hop::{Hop, Observer, Stage};
pub use crate::mcp_servers::{
    EntryError, EntryProblem, McpInput, McpServer, McpServers, McpServersError, McpServersReader,
};
pub use crate::sampling::Sampler;
#[cfg(any(feature = "anthropic", feature = "google", feature = "openai"))]
pub use crate::sampling::{ModelApi, ModelError};
pub use crate::skill::{Skill, SkillError, SkillFiles, SkillResource, SkillResources};
pub use crate::stdio::{ErrorOutput, ServerCommand};
pub use crate::transport::{
    HeaderArgument, Identity, Inbox, Outcome, Outgoing, OutgoingMessage, Question, Received,
    Reports, Transport, TransportError,
};
