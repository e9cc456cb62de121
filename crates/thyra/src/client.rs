//! A client of MCP servers of revision 2026-07-28, over Streamable HTTP or another [`Transport`].
//!
//! ```no_run
//! use serde_json::json;
//! use thyra::client::{Client, OAuth, PrintUrl};
//!
//! # async fn example() -> Result<(), thyra::client::ClientError> {
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
//! [`ClientBuilder::on_elicit`], [`ClientBuilder::on_sampling`] or [`ClientBuilder::roots`] answers.
//! Every request is bounded in time and size, redirects are not followed, and dropping the future of
//! a call cancels it at the server.

mod answers;
mod builder;
mod completion;
mod credentials;
mod error;
mod hop;
mod log;
mod pages;
mod prompts;
mod request;
mod resources;
mod rounds;
mod streamable_http;
mod tools;
mod transport;
mod value;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
/// How a client logs in: `thyra_login`.
pub use thyra_login as login;
pub use thyra_login::discovery;
pub use thyra_login::{
    AuthorizationError, Browser, BrowserError, FollowRedirects, GrantKind, LoginError,
    NoRandomness, OAuth, PrintUrl, RegistrationError, TokenError, UrlRefused,
};
pub use thyra_oauth::Challenge;
pub use thyra_protocol::{
    CallToolResult, CompleteResult, CompletionReference, CreateMessageParams, CreateMessageResult,
    DiscoverResult, ElicitAction, ElicitFormParams, ElicitParams, ElicitResult, ElicitUrlParams,
    ErrorObject, GetPromptResult, Implementation, LoggingLevel, LoggingMessageParams,
    ProgressParams, Prompt, ReadResourceResult, Resource, ResourceTemplate, Root, Tool,
};
use thyra_protocol::{RequestMeta, method as methods};

pub use self::answers::IntoAnswer;
pub use self::builder::{ClientBuilder, RemoteServer};
pub use self::error::ClientError;
pub use self::hop::{Hop, Observer, Stage};
pub use self::transport::{Outcome, Outgoing, OutgoingMessage, Reports, Transport, TransportError};

use self::answers::Answers;
use self::hop::SharedObserver;
use self::log::Log;

/// A client of one MCP server.
///
/// Its methods may be called at the same time. A clone is the same client: it is cheap, and shares
/// the login.
#[derive(Clone, Debug)]
pub struct Client(Arc<Parts>);

/// What a client is made of.
#[derive(Debug)]
struct Parts {
    transport: Box<dyn Transport>,
    call_time: Duration,
    observer: SharedObserver,
    introduction: Introduction,
    answers: Answers,
    log: Option<Log>,
    next_id: AtomicI64,
    next_progress_token: AtomicI64,
}

/// What every request says about the client, written once.
#[derive(Debug)]
struct Introduction {
    info: Box<RawValue>,
    capabilities: Box<RawValue>,
}

impl Client {
    /// A client of the MCP endpoint at `url`, such as `https://mcp.example.com/mcp`.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::remote(url.into())
    }

    /// A client over a transport of your own.
    ///
    /// A server within the same process has one, `thyra::Server::in_process`.
    pub fn over<T: Transport>(transport: T) -> ClientBuilder<T> {
        ClientBuilder::new(transport)
    }

    /// Asks the server what it is and what it can do (MCP `server/discover`).
    ///
    /// # Errors
    ///
    /// [`ClientError`], which names the stage that failed.
    pub async fn discover(&self) -> Result<DiscoverResult, ClientError> {
        #[derive(Serialize)]
        struct Params<'a> {
            #[serde(rename = "_meta")]
            meta: RequestMeta<'a>,
        }

        let params = Params {
            meta: self.meta(None),
        };
        self.request(methods::DISCOVER, &params).await
    }
}
