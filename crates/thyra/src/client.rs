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

mod challenge;
pub mod discovery;
mod error;
mod hop;
mod learned;
mod oauth;
mod outbound;
mod printable;
mod transport;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use thyra_auth::Secret;
use thyra_protocol::{
    CallToolParams, CallToolResult, ClientCapabilities, DiscoverResult, Implementation,
    ListToolsParams, ListToolsResult, ProgressParams, ProgressToken, RequestMeta, ResultType,
    Revision, Tool, method as methods,
};
use url::Url;

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

use self::learned::is_confidential;
use self::oauth::{Login, Need, Tokens};
use self::outbound::Http;
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
    client_info: Box<RawValue>,
    capabilities: Box<RawValue>,
    next_progress_token: AtomicI64,
}

impl Client {
    /// A client of the MCP endpoint at `url`, such as `https://mcp.example.com/mcp`.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder {
            url: url.into(),
            info: Implementation::new("thyra", env!("CARGO_PKG_VERSION")),
            access: Access::None,
            observer: SharedObserver(Arc::new(|_: &Hop<'_>| {})),
            call_time: Duration::from_secs(300),
            max_bytes: 16 * 1024 * 1024,
        }
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
                self.observer.0.hop(&Hop::Challenged {
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
                    self.observer.0.hop(&Hop::Answered { method, name });
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
                    step_ups += 1;
                    login
                        .obtain(Need::Scopes(&challenge), tokens.as_ref())
                        .await?;
                }
            }
        }
    }

    fn meta(&self, progress_token: Option<ProgressToken>) -> RequestMeta<'_> {
        RequestMeta {
            protocol_version: Some(Cow::Borrowed(Revision::V2026_07_28.as_str())),
            client_info: Some(&self.client_info),
            client_capabilities: Some(&self.capabilities),
            progress_token,
            ..RequestMeta::default()
        }
    }
}

/// Sets up a [`Client`]; made by [`Client::builder`].
#[derive(Debug)]
#[must_use = "there is no client before `build`"]
pub struct ClientBuilder {
    url: String,
    info: Implementation,
    access: Access,
    observer: SharedObserver,
    call_time: Duration,
    max_bytes: usize,
}

impl ClientBuilder {
    /// Who the client says it is, to servers and on login pages. Default: thyra.
    pub fn info(mut self, info: Implementation) -> Self {
        self.info = info;
        self
    }

    /// Logs in when the server asks for it.
    pub fn oauth(mut self, oauth: OAuth) -> Self {
        self.access = Access::OAuth(oauth);
        self
    }

    /// Sends this token with every request, in place of a login.
    pub fn bearer(mut self, token: Secret) -> Self {
        self.access = Access::Bearer(token);
        self
    }

    /// Is told of every hop.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = SharedObserver(Arc::new(observer));
        self
    }

    /// How long one request may take; a login is not counted. Default 5 minutes.
    pub fn call_time(mut self, time: Duration) -> Self {
        self.call_time = time;
        self
    }

    /// The largest message that is read, in bytes. Default 16 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`] when the URL is not one of an MCP endpoint, or would show tokens to the
    /// network; [`ClientError::Setup`] when the machine's root certificates cannot be read.
    pub fn build(self) -> Result<Client, ClientError> {
        let refused = |problem| ClientError::Url {
            url: printable(&self.url),
            problem,
        };
        let url = Url::parse(&self.url).map_err(|_| refused("it is not an absolute URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("its scheme is neither https nor http"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(refused(
                "it must not hold a user name, a password or a fragment",
            ));
        }
        if !matches!(self.access, Access::None) && !is_confidential(&url) {
            return Err(refused(
                "tokens are sent with https only, except on this machine",
            ));
        }
        let credentials = match self.access {
            Access::Bearer(token) => Credentials::Bearer(token),
            Access::None => Credentials::None,
            Access::OAuth(oauth) => {
                let http = Http::new(&url).map_err(ClientError::Setup)?;
                let name = self.info.title.as_ref().unwrap_or(&self.info.name).clone();
                let observer = Arc::clone(&self.observer.0);
                Credentials::OAuth(Box::new(Login::new(
                    oauth,
                    http,
                    url.clone(),
                    name,
                    observer,
                )))
            }
        };
        let raw = |value: serde_json::Result<Box<RawValue>>| {
            value.map_err(|_| refused("the client's own description cannot be written as JSON"))
        };
        Ok(Client {
            client_info: raw(to_raw_value(&self.info.for_revision(Revision::V2026_07_28)))?,
            capabilities: raw(to_raw_value(
                &ClientCapabilities::default().for_revision(Revision::V2026_07_28),
            ))?,
            transport: Transport::new(url, self.max_bytes, self.call_time)
                .map_err(ClientError::Setup)?,
            credentials,
            observer: self.observer,
            next_progress_token: AtomicI64::new(1),
        })
    }
}

#[derive(Debug)]
enum Access {
    Bearer(Secret),
    None,
    OAuth(OAuth),
}

#[derive(Debug)]
enum Credentials {
    Bearer(Secret),
    None,
    OAuth(Box<Login>),
}

impl Credentials {
    async fn tokens(&self) -> Result<Option<Arc<Tokens>>, ClientError> {
        match self {
            Self::OAuth(login) => login.tokens().await,
            Self::Bearer(_) | Self::None => Ok(None),
        }
    }

    fn token<'a>(&'a self, tokens: Option<&'a Arc<Tokens>>) -> Option<&'a Secret> {
        match self {
            Self::Bearer(token) => Some(token),
            Self::None => None,
            Self::OAuth(_) => tokens.map(|tokens| &tokens.access),
        }
    }

    fn login(&self, method: &str) -> Result<&Login, ClientError> {
        match self {
            Self::Bearer(_) => Err(unauthorized(
                method,
                "give the client a token that is valid for this server",
            )),
            Self::None => Err(unauthorized(
                method,
                "the server wants a token; set the client up with .oauth(...)",
            )),
            Self::OAuth(login) => Ok(login),
        }
    }
}

#[derive(Clone)]
struct SharedObserver(Arc<dyn Observer>);

impl fmt::Debug for SharedObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
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

fn unauthorized(method: &str, advice: &'static str) -> ClientError {
    ClientError::Unauthorized {
        method: method.to_owned(),
        advice,
    }
}
