//! A server: what it offers, who may use it, and the ways to serve it.

pub(crate) mod app;
pub(crate) mod dispatch;
mod error;
pub(crate) mod handshake;
pub(crate) mod incoming;
mod serve;

use std::sync::Arc;

use thyra_auth::AuthProvider;
use thyra_protocol::Icon;

pub use self::error::{Error, Result};
use crate::component::tool::{IntoTool, Tool};
use crate::context::StateMap;
use crate::limits::Limits;

/// An MCP server, on every protocol revision from 2024-11-05 to 2026-07-28.
///
/// ```no_run
/// use thyra::prelude::*;
///
/// /// Add two numbers.
/// #[tool]
/// async fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// #[tokio::main]
/// async fn main() -> thyra::Result<()> {
///     Server::new("Calculator").tool(add).run().await
/// }
/// ```
///
/// Over HTTP a server may be protected: [`Server::auth`] takes an [`AuthProvider`], such as
/// [`ScalekitProvider`](thyra_auth::ScalekitProvider). On stdio the caller is whoever started the process, so there is no token
/// and no scope is asked for.
#[derive(Debug)]
pub struct Server {
    name: String,
    version: String,
    title: Option<String>,
    instructions: Option<String>,
    website_url: Option<String>,
    icons: Vec<Icon>,
    path: String,
    tools: Vec<Tool>,
    state: StateMap,
    auth: Option<Arc<dyn AuthProvider>>,
    limits: Limits,
    hosts: Option<Vec<String>>,
    origins: Option<Vec<String>>,
}

impl Server {
    /// A server called `name`, with nothing to offer yet. Its version is `0.0.0` until [`Server::version`] says otherwise.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: "0.0.0".to_owned(),
            title: None,
            instructions: None,
            website_url: None,
            icons: Vec::new(),
            path: "/mcp".to_owned(),
            tools: Vec::new(),
            state: StateMap::default(),
            auth: None,
            limits: Limits::default(),
            hosts: None,
            origins: None,
        }
    }

    /// The version that clients see; `env!("CARGO_PKG_VERSION")` is a good one.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// A name for people, where [`Server::new`]'s is for programs.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// How a model should use this server as a whole.
    #[must_use]
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// Where people read about this server.
    #[must_use]
    pub fn website_url(mut self, url: impl Into<String>) -> Self {
        self.website_url = Some(url.into());
        self
    }

    /// An icon that clients may show; call it once for each size or theme.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icons.push(icon);
        self
    }

    /// Offers a tool: a function under `#[tool]`, or a [`Tool`].
    #[must_use]
    pub fn tool(mut self, tool: impl IntoTool) -> Self {
        self.tools.push(tool.into_tool());
        self
    }

    /// A value that tools receive as `State<T>`; one for each type, the last one wins.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.state.insert(value);
        self
    }

    /// Protects the HTTP endpoint: only callers whom `provider` accepts reach a tool.
    ///
    /// This one call installs the bearer check, the audience check, the scopes and the metadata routes together.
    #[must_use]
    pub fn auth(mut self, provider: impl AuthProvider + 'static) -> Self {
        self.auth = Some(Arc::new(provider));
        self
    }

    /// The path of the HTTP endpoint. Default `/mcp`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The bounds on what the server accepts.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The `Host` values that are served, with or without a port: `mcp.example.com`.
    ///
    /// A server bound to loopback answers to loopback names in any case, and to the host of its own resource URL.
    #[must_use]
    pub fn allowed_hosts<I, S>(mut self, hosts: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// The web origins whose pages may call this server: `https://app.example.com`. They are answered with CORS headers.
    ///
    /// A server bound to loopback answers to loopback origins in any case.
    #[must_use]
    pub fn allowed_origins<I, S>(mut self, origins: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }
}
