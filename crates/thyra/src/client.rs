//! A client of MCP servers, over Streamable HTTP of revision 2026-07-28.
//!
//! ```no_run
//! use serde_json::json;
//! use thyra::client::{Client, OAuth, PrintUrl};
//!
//! # async fn example() -> Result<(), thyra::client::ClientError> {
//! let client = Client::builder("https://mcp.example.com/mcp").oauth(OAuth::new(PrintUrl)).build()?;
//! for tool in client.list_tools().await? {
//!     println!("{}", tool.name);
//! }
//! let sum = client.call_tool("add", &json!({ "a": 2, "b": 3 })).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A server that wants a token gets one: see [`OAuth`]. Every request has a bound in time and in size,
//! no redirect is followed, and dropping the future of a call cancels it at the server.

mod builder;
mod challenge;
mod credentials;
pub mod discovery;
mod error;
mod hop;
mod learned;
mod oauth;
mod outbound;
mod printable;
mod transport;

use std::borrow::Cow;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::{
    CallToolParams, ListToolsParams, ListToolsResult, ProgressToken, RequestMeta, ResultType,
    Revision, method as methods,
};
pub use thyra_protocol::{
    CallToolResult, DiscoverResult, ErrorObject, Implementation, ProgressParams, Tool,
};

pub use self::builder::ClientBuilder;
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

use self::credentials::Credentials;
use self::error::unauthorized;
use self::hop::SharedObserver;
use self::oauth::{Need, Obtained};
use self::printable::printable;
use self::transport::{Incoming, OnProgress, Outgoing, Transport};

/// How often one operation may log in for want of a token, and for want of scopes.
const MAX_LOGINS: u32 = 1;
const MAX_STEP_UPS: u32 = 2;

/// The most pages of a list, and the most tools in all of them.
const MAX_PAGES: usize = 1000;
const MAX_TOOLS: usize = 100_000;

/// A client of one MCP server. Its methods may be called at the same time.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    credentials: Credentials,
    observer: SharedObserver,
    introduction: Introduction,
    next_progress_token: AtomicI64,
}

impl Client {
    /// A client of the MCP endpoint at `url`, such as `https://mcp.example.com/mcp`.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
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
        self.request(methods::DISCOVER, None, &params, &mut |_| {})
            .await
    }

    /// All tools of the server, page by page (MCP `tools/list`).
    ///
    /// # Errors
    ///
    /// [`ClientError`], also when the list does not end within 1000 pages or 100 000 tools.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, ClientError> {
        let mut tools = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let params = ListToolsParams {
                meta: self.meta(None),
                cursor: cursor.as_deref().map(Cow::Borrowed),
            };
            let page: ListToolsResult = self
                .request(methods::TOOLS_LIST, None, &params, &mut |_| {})
                .await?;
            tools.extend(page.tools);
            if tools.len() > MAX_TOOLS {
                break;
            }
            match page.next_cursor.filter(|cursor| !cursor.is_empty()) {
                Some(next) => cursor = Some(next),
                None => return Ok(tools),
            }
        }
        Err(unusable(methods::TOOLS_LIST, "the list does not end"))
    }

    /// Calls a tool (MCP `tools/call`). `arguments` must serialise as a JSON object.
    ///
    /// A tool that fails gives a result with `is_error` set, and no [`ClientError`].
    ///
    /// # Errors
    ///
    /// [`ClientError`], which names the hop that failed.
    pub async fn call_tool<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<CallToolResult, ClientError> {
        self.call(name, arguments, None, &mut |_| {}).await
    }

    /// Calls a tool and takes its progress reports as they come.
    ///
    /// # Errors
    ///
    /// As [`Client::call_tool`].
    pub async fn call_tool_with_progress<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
        mut on_progress: impl FnMut(&ProgressParams) + Send,
    ) -> Result<CallToolResult, ClientError> {
        let token = ProgressToken::Number(self.next_progress_token.fetch_add(1, Ordering::Relaxed));
        let mut only_ours = |progress: &ProgressParams| {
            if progress.progress_token == token {
                on_progress(progress);
            }
        };
        self.call(name, arguments, Some(token.clone()), &mut only_ours)
            .await
    }

    async fn call<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
        progress_token: Option<ProgressToken>,
        on_progress: OnProgress<'_>,
    ) -> Result<CallToolResult, ClientError> {
        let arguments = to_raw_value(arguments)
            .ok()
            .filter(|arguments| arguments.get().starts_with('{'))
            .ok_or_else(|| ClientError::Arguments {
                tool: name.to_owned(),
            })?;
        let params = CallToolParams {
            meta: self.meta(progress_token),
            name: Cow::Borrowed(name),
            arguments: Some(&arguments),
            input_responses: None,
            request_state: None,
        };
        self.request(methods::TOOLS_CALL, Some(name), &params, on_progress)
            .await
    }

    /// Sends a request as often as it takes to have the token that it needs, within bounds.
    async fn request<P: Serialize, R: DeserializeOwned>(
        &self,
        method: &str,
        name: Option<&str>,
        params: &P,
        on_progress: OnProgress<'_>,
    ) -> Result<R, ClientError> {
        let outgoing = Outgoing {
            method,
            name,
            params,
        };
        let mut logins = 0;
        let mut step_ups = 0;
        loop {
            let tokens = self.credentials.tokens().await?;
            let token = self.credentials.token(tokens.as_ref());
            let incoming = self
                .transport
                .exchange(&outgoing, token, &mut *on_progress)
                .await;
            let challenged = |status, challenge| {
                let with_token = token.is_some();
                self.observer.hop(&Hop::Challenged {
                    method,
                    name,
                    status,
                    with_token,
                    challenge,
                });
            };
            match incoming.map_err(|source| ClientError::Transport {
                method: method.to_owned(),
                source,
            })? {
                Incoming::Result(result) => {
                    let result = decode(method, &result)?;
                    self.observer.hop(&Hop::Answered { method, name });
                    return Ok(result);
                }
                Incoming::Error(error) => {
                    return Err(ClientError::Rpc {
                        method: method.to_owned(),
                        error: Box::new(error),
                    });
                }
                Incoming::Unauthorized(challenge) => {
                    challenged(401, challenge.as_ref());
                    let login = self.credentials.login(method)?;
                    if logins == MAX_LOGINS {
                        return Err(unauthorized(
                            method,
                            "the server does not accept the token that its authorization server has just issued; \
                             compare their settings for audience and issuer",
                        ));
                    }
                    logins += 1;
                    login
                        .obtain(Need::Token(challenge.as_ref()), tokens.as_ref())
                        .await?;
                }
                Incoming::InsufficientScope(challenge) => {
                    challenged(403, Some(&challenge));
                    let forbidden = || ClientError::Forbidden {
                        method: method.to_owned(),
                        needed: challenge.scope.clone(),
                    };
                    let Ok(login) = self.credentials.login(method) else {
                        return Err(forbidden());
                    };
                    let granted = tokens.as_ref().and_then(|tokens| tokens.scopes.as_ref());
                    let would_help = match (granted, &challenge.scope) {
                        (Some(granted), Some(needed)) => !needed.is_subset(granted),
                        _ => true,
                    };
                    if step_ups == MAX_STEP_UPS || (step_ups > 0 && !would_help) {
                        return Err(forbidden());
                    }
                    let obtained = login
                        .obtain(Need::Scopes(&challenge), tokens.as_ref())
                        .await?;
                    // A token that another request asked for may lack what this one needs.
                    step_ups += u32::from(obtained == Obtained::Anew);
                }
            }
        }
    }

    fn meta(&self, progress_token: Option<ProgressToken>) -> RequestMeta<'_> {
        RequestMeta {
            protocol_version: Some(Cow::Borrowed(Revision::V2026_07_28.as_str())),
            client_info: Some(&self.introduction.info),
            client_capabilities: Some(&self.introduction.capabilities),
            progress_token,
            ..RequestMeta::default()
        }
    }
}

/// What every request says about the client, written once.
#[derive(Debug)]
struct Introduction {
    info: Box<RawValue>,
    capabilities: Box<RawValue>,
}

/// The result as its own type, when it is whole.
fn decode<R: DeserializeOwned>(method: &str, result: &RawValue) -> Result<R, ClientError> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kind {
        #[serde(default)]
        result_type: ResultType,
    }

    let broken = |error: serde_json::Error| unusable(method, &error.to_string());
    let Kind { result_type } = serde_json::from_str(result.get()).map_err(broken)?;
    if result_type == ResultType::InputRequired {
        return Err(unusable(
            method,
            "the server asks for input, which this client cannot give yet",
        ));
    }
    serde_json::from_str(result.get()).map_err(broken)
}

fn unusable(method: &str, problem: &str) -> ClientError {
    ClientError::Result {
        method: method.to_owned(),
        problem: printable(problem),
    }
}
