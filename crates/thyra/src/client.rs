//! A client of MCP servers, over Streamable HTTP of revision 2026-07-28, or within one process.
//!
//! ```no_run
//! use serde_json::json;
//! use thyra::client::{Client, OAuth, PrintUrl};
//!
//! # async fn example() -> Result<(), thyra::client::ClientError> {
//! let client = Client::builder("https://mcp.example.com/mcp").oauth(OAuth::new(PrintUrl)).build()?;
//! for tool in client.list_tools().await? {
//!     println!("{:?}", tool.name); // quoted: a server's text may hold what steers a terminal
//! }
//! let sum: i64 = client.call_tool_as("add", &json!({ "a": 2, "b": 3 })).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A server that wants a token gets one: see [`OAuth`]. A server that asks something gets the answer of
//! [`ClientBuilder::on_elicit`], [`ClientBuilder::on_sampling`] or [`ClientBuilder::roots`]. Every request has a bound in
//! time and in size, no redirect is followed, and dropping the future of a call cancels it at the server.

mod answers;
mod builder;
mod challenge;
mod completion;
mod credentials;
pub mod discovery;
mod error;
mod hop;
mod learned;
mod log;
mod oauth;
mod outbound;
mod pages;
mod printable;
mod prompts;
mod request;
mod resources;
mod rounds;
mod tools;
mod transport;
mod value;

use std::sync::atomic::AtomicI64;

use serde::Serialize;
use serde_json::value::RawValue;
pub use thyra_protocol::{
    CallToolResult, CompleteResult, CompletionReference, CreateMessageParams, CreateMessageResult,
    DiscoverResult, ElicitAction, ElicitFormParams, ElicitParams, ElicitResult, ElicitUrlParams,
    ErrorObject, GetPromptResult, Implementation, LoggingLevel, LoggingMessageParams,
    ProgressParams, Prompt, ReadResourceResult, Resource, ResourceTemplate, Root, Tool,
};
use thyra_protocol::{RequestMeta, method as methods};

pub use self::answers::IntoAnswer;
pub use self::builder::{ClientBuilder, InProcessServer, RemoteServer};
pub use self::challenge::{BearerChallenge, Challenge, ChallengeError};
pub use self::error::ClientError;
pub use self::hop::{GrantKind, Hop, Observer, Stage};
pub use self::learned::UrlRefused;
pub use self::oauth::{
    AuthorizationError, Browser, BrowserError, FollowRedirects, NoRandomness, OAuth, PrintUrl,
    RegistrationError, TokenError,
};
pub use self::outbound::HttpError;
pub use self::transport::TransportError;

use self::answers::Answers;
use self::credentials::Credentials;
use self::hop::SharedObserver;
use self::log::Log;
use self::transport::Transport;
use crate::server::Server;

/// A client of one MCP server. Its methods may be called at the same time.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    credentials: Credentials,
    observer: SharedObserver,
    introduction: Introduction,
    answers: Answers,
    log: Option<Log>,
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

    /// A client of a server within this process: no port, no socket, and the same messages. For tests, and for programs that are
    /// client and server at once; [`Server::connect`] is the short form.
    ///
    /// ```
    /// use thyra::auth::Principal;
    /// use thyra::client::{Client, ElicitResult};
    /// use thyra::prelude::*;
    ///
    /// /// Say who is there.
    /// #[tool]
    /// async fn greet(caller: Principal, ctx: Context) -> Result<String, ToolError> {
    ///     let greeting: String = ctx.ask("greeting", "How shall I greet?").await?;
    ///     Ok(format!("{greeting}, {}", caller.subject()))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::in_process(Server::new("Greeter").tool(greet))
    ///     .principal(Principal::builder("https://issuer.example", "ada").build())
    ///     .on_elicit(async |_question| ElicitResult::accept([("value", "Hello")]))
    ///     .build()?;
    /// let greeting: String = client.call_tool_as("greet", &()).await?;
    /// assert_eq!(greeting, "Hello, ada");
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_process(server: Server) -> ClientBuilder<InProcessServer> {
        ClientBuilder::in_process(server)
    }

    /// What the server is, and what it can do (MCP `server/discover`).
    ///
    /// # Errors
    ///
    /// [`ClientError`], which names the hop that failed.
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
