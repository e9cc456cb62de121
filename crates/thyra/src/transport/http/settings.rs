//! The HTTP settings of a server.

/// How a server is served over HTTP; [`Server::http`](crate::Server::http) takes it.
///
/// ```
/// use thyra::HttpSettings;
/// use thyra::prelude::*;
///
/// let http = HttpSettings::new().path("/tools").allowed_hosts(["mcp.example.com"]);
/// let server = Server::new("Notes").http(http);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a server takes it with `http`"]
pub struct HttpSettings {
    pub(crate) path: String,
    pub(crate) allowed_hosts: Option<Vec<String>>,
    pub(crate) allowed_origins: Option<Vec<String>>,
    pub(crate) sessions: bool,
}

impl HttpSettings {
    /// The defaults: the endpoint `/mcp`, and hosts and origins that suit the bound address.
    pub fn new() -> Self {
        Self {
            path: "/mcp".to_owned(),
            allowed_hosts: None,
            allowed_origins: None,
            sessions: true,
        }
    }

    /// The path of the endpoint. Default `/mcp`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The `Host` values that are served, with or without a port: `mcp.example.com`.
    ///
    /// A server bound to loopback also answers to loopback names, and to the host of its own
    /// resource URL.
    pub fn allowed_hosts<I, S>(mut self, hosts: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.allowed_hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// The web origins whose pages may call this server: `https://app.example.com`. They get CORS
    /// headers.
    ///
    /// A server bound to loopback also answers to loopback origins.
    pub fn allowed_origins<I, S>(mut self, origins: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.allowed_origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Whether `initialize` opens a session, up to revision 2025-11-25. Default `true`.
    ///
    /// Without sessions each request stands alone, so any replica can answer it, and there is no
    /// GET and no DELETE. What needs a session is not there for these clients: questions, changes
    /// that they are told about, resumption, [`Context::session_state`] without a signed-in caller.
    /// Clients of 2026-07-28 have no sessions anyway, and lose nothing.
    ///
    /// [`Context::session_state`]: crate::Context::session_state
    pub fn sessions(mut self, sessions: bool) -> Self {
        self.sessions = sessions;
        self
    }

    /// Whether the path of the endpoint is one that requests can have.
    pub(crate) fn has_absolute_path(&self) -> bool {
        self.path.starts_with('/')
            && self
                .path
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'{' | b'}'))
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self::new()
    }
}
