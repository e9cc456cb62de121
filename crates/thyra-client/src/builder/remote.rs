//! How a client over HTTP is set up.

use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use serde_json::{Map, Value, json};
use thyra_login::{GrantKind, Login, OAuth};
use thyra_oauth::{
    Fetcher, FetcherBuilder, Secret, Trust, is_confidential, printable_url, public_url,
};
use url::Url;

use super::ClientBuilder;
use crate::client::Client;
use crate::error::ClientError;
use crate::streamable_http::{Credentials, Endpoint, FixedHeaders, Retries, StreamableHttp};

/// The extension of clients that get tokens for themselves; whoever uses it declares it (SEP-1046).
const CLIENT_CREDENTIALS: &str = "io.modelcontextprotocol/oauth-client-credentials";
/// That of clients whose users are signed in at the identity provider of a company (SEP-990).
const ENTERPRISE: &str = "io.modelcontextprotocol/enterprise-managed-authorization";

/// What only a [`ClientBuilder`] over HTTP has: a URL, and where the token comes from
/// ([`Client::builder`]).
pub struct RemoteServer {
    url: String,
    access: Access,
    headers: Vec<(String, Secret)>,
    outward: FetcherBuilder,
    fetcher: Option<Fetcher>,
    retries: Retries,
    /// Whether it is known to speak the old HTTP+SSE transport.
    is_old: bool,
    max_bytes: usize,
    is_hosted: bool,
}

/// Where the token comes from.
#[derive(Debug)]
enum Access {
    Bearer(Secret),
    /// A login of the user's own.
    Login(Arc<Login>),
    None,
    OAuth(Box<OAuth>),
}

impl ClientBuilder {
    pub(crate) fn remote(url: String) -> Self {
        Self::new(RemoteServer {
            url,
            access: Access::None,
            headers: Vec::new(),
            outward: Fetcher::builder(),
            fetcher: None,
            retries: Retries::default(),
            is_old: false,
            max_bytes: 16 * 1024 * 1024,
            is_hosted: false,
        })
    }

    pub(crate) fn old(mut self) -> Self {
        self.transport.is_old = true;
        self
    }

    /// Logs in when the server asks for a token.
    pub fn oauth(mut self, oauth: OAuth) -> Self {
        self.transport.log_in(oauth);
        self
    }

    /// Uses a login of your own at the same URL, as a web application does whose users log in
    /// ([`OAuth::web`]): a call that needs the user fails with [`LoginError::LoginRequired`], and
    /// you send the browser to the page of [`Login::begin`]. The login has its own fetcher, name
    /// and observer.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use thyra_client::login::Login;
    /// use thyra_client::{Client, OAuth};
    ///
    /// # fn build() -> Result<Client, Box<dyn std::error::Error>> {
    /// let url = "https://mcp.example.com/mcp";
    /// let oauth = OAuth::web("ada", "https://app.example.com/callback")?;
    /// let login = Arc::new(Login::new(url, oauth)?);
    /// let client = Client::builder(url).login(Arc::clone(&login)).build()?;
    /// # Ok(client)
    /// # }
    /// # build().unwrap();
    /// ```
    ///
    /// [`LoginError::LoginRequired`]: crate::LoginError::LoginRequired
    pub fn login(mut self, login: Arc<Login>) -> Self {
        self.transport.access = Access::Login(login);
        self
    }

    /// Sends this token with every request, instead of logging in.
    pub fn bearer(mut self, token: Secret) -> Self {
        self.transport.access = Access::Bearer(token);
        self
    }

    /// Sends a header of your own with every request to the server, such as an API key. A second
    /// one with the same name takes its place. It goes to the MCP endpoint alone, and to no
    /// authorization server. With `Authorization`, the client does not log in.
    ///
    /// The value counts as a secret: no formatter shows it, and it is sent with https only, except
    /// on this machine. The headers that the client sets itself cannot be set, such as `Host`,
    /// `Content-Type` and `Mcp-*`; [`ClientBuilder::build`] says so.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let header = (name.into(), Secret::new(value.into()));
        self.transport.headers.push(header);
        self
    }

    /// Trusts this certificate authority, too, beside those that the machine trusts: one or more
    /// certificates in PEM form. It counts for the login as well, and so do the next ones.
    pub fn certificate_authority(self, pem: impl Into<Vec<u8>>) -> Self {
        self.outward(|outward| outward.certificate_authority(pem))
    }

    /// Goes through the proxy at `url`, such as `http://user:password@proxy.example.com:3128`. This
    /// machine is reached without it. By default there is none, whatever the environment says.
    pub fn proxy(self, url: impl Into<String>) -> Self {
        self.outward(|outward| outward.proxy(url))
    }

    /// Reaches these hosts without the proxy, in the form of the variable `NO_PROXY`: names, which
    /// stand for their subdomains too, addresses and networks, with commas between them.
    pub fn no_proxy(self, hosts: impl Into<String>) -> Self {
        self.outward(|outward| outward.no_proxy(hosts))
    }

    /// Goes through the proxies that the environment names in `HTTP_PROXY`, `HTTPS_PROXY`,
    /// `ALL_PROXY` and `NO_PROXY`, if it names any.
    pub fn proxy_from_env(self) -> Self {
        self.outward(FetcherBuilder::proxy_from_env)
    }

    /// Sends all requests with `fetcher`, also those of the login unless that has a fetcher of its
    /// own. Several clients can share one with its connections. With [`Fetcher::over`] it is an
    /// HTTP client of your own. It takes the place of the proxy and the certificate authorities
    /// that are set here.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.transport.send_with(fetcher);
        self
    }

    fn outward(mut self, set: impl FnOnce(FetcherBuilder) -> FetcherBuilder) -> Self {
        self.transport.outward = set(self.transport.outward);
        self
    }

    /// For a service that calls servers which its users name, and must not be led into its own
    /// network. The server, and everything that a login there leads to, must then be `https` at
    /// global unicast addresses, also where a name resolves to ([`OAuth::hosted`]). Behind a proxy,
    /// that is the proxy's part.
    pub fn hosted(mut self) -> Self {
        self.transport.is_hosted = true;
        self
    }

    /// How often a request is sent again that the server has not carried out: it could not be
    /// reached, or answers with status 429 or 503. A request that changes nothing at the server,
    /// such as a list, is also sent again when the connection breaks off; the call of a tool is
    /// not. The waits in between grow from some 200 milliseconds to 2 seconds and count towards
    /// [`ClientBuilder::call_time`]. When the server says in `Retry-After` how long to wait, the
    /// client does so, up to 30 seconds; with a longer time, the request fails at once. Default 3;
    /// with 0, every failure is reported at once.
    pub fn retries(mut self, most: u32) -> Self {
        self.transport.retries = Retries::new(most);
        self
    }

    /// The largest message that the client reads, in bytes. Default 16 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.transport.max_bytes = bytes;
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`] when the URL cannot be an MCP endpoint, or would send tokens
    /// unencrypted; [`ClientError::Header`] when a header cannot be sent, and
    /// [`ClientError::Fetcher`] when the proxy or a certificate authority cannot be used.
    pub fn build(self) -> Result<Client, ClientError> {
        let Self {
            transport: server,
            mut settings,
        } = self;
        let headers = server.fixed_headers()?;
        let url = server.endpoint()?;
        let is_hosted = server.is_hosted();
        let trust = if is_hosted {
            Trust::Public
        } else if server.has_secrets() {
            Trust::Configured
        } else {
            Trust::WithoutSecrets
        };
        let fetcher = match server.fetcher {
            Some(fetcher) => fetcher,
            None => server.outward.build()?,
        };
        let credentials = match server.access {
            Access::Bearer(token) => Credentials::Bearer(token),
            Access::None if headers.has_authorization() => Credentials::Header,
            Access::None => Credentials::None,
            Access::Login(login) => {
                declare(login.oauth(), &mut settings.extensions);
                let refused = |problem| ClientError::Url {
                    url: printable_url(url.as_str()),
                    problem,
                };
                if login.url() != url.as_str() {
                    return Err(refused("the login that was given is one at another URL"));
                }
                if is_hosted && !login.oauth().is_hosted() {
                    return Err(refused(
                        "the client is hosted and the login that was given is not; add OAuth::hosted",
                    ));
                }
                Credentials::OAuth(login)
            }
            Access::OAuth(oauth) => {
                declare(&oauth, &mut settings.extensions);
                let info = &settings.info;
                let oauth = if is_hosted { oauth.hosted() } else { *oauth };
                let login = Login::new(url.as_str(), oauth)
                    .map_err(|refused| ClientError::Url {
                        url: printable_url(url.as_str()),
                        problem: refused.reason(),
                    })?
                    .fetcher(fetcher.clone())
                    .client_name(info.title.as_ref().unwrap_or(&info.name))
                    .observer(settings.observer.clone());
                Credentials::OAuth(Arc::new(login))
            }
        };
        let endpoint = Endpoint::new(fetcher, url, trust, headers, server.max_bytes);
        let transport = StreamableHttp::new(
            endpoint,
            credentials,
            settings.observer.clone(),
            server.retries,
            server.is_old,
        );
        Ok(Client::assemble(settings, transport))
    }
}

impl RemoteServer {
    pub(super) fn log_in(&mut self, oauth: OAuth) {
        self.access = Access::OAuth(Box::new(oauth));
    }

    pub(super) fn send_with(&mut self, fetcher: Fetcher) {
        self.fetcher = Some(fetcher);
    }

    /// Whether it is settled who calls.
    pub(super) fn says_who_calls(&self) -> bool {
        let mut names = self.headers.iter().map(|(name, _)| name);
        !matches!(self.access, Access::None)
            || names.any(|name| name.eq_ignore_ascii_case(AUTHORIZATION.as_str()))
    }

    /// Whether requests carry what others must not read.
    fn has_secrets(&self) -> bool {
        !matches!(self.access, Access::None) || !self.headers.is_empty()
    }

    /// Whether the URL is somebody else's choice.
    fn is_hosted(&self) -> bool {
        let by_login = match &self.access {
            Access::Login(login) => login.oauth().is_hosted(),
            Access::OAuth(oauth) => oauth.is_hosted(),
            Access::Bearer(_) | Access::None => false,
        };
        self.is_hosted || by_login
    }

    fn fixed_headers(&self) -> Result<FixedHeaders, ClientError> {
        let mut headers = FixedHeaders::default();
        for (name, value) in &self.headers {
            headers
                .set(name, value)
                .map_err(|problem| ClientError::Header {
                    name: name.clone(),
                    problem,
                })?;
        }
        if headers.has_authorization() && !matches!(self.access, Access::None) {
            return Err(ClientError::Header {
                name: AUTHORIZATION.to_string(),
                problem: "the client already has .bearer(...), .oauth(...) or .login(...), which sets it",
            });
        }
        Ok(headers)
    }

    /// The URL, when requests may go there.
    fn endpoint(&self) -> Result<Url, ClientError> {
        let refused = |problem| ClientError::Url {
            url: printable_url(&self.url),
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
        if self.is_hosted() {
            public_url(&self.url).map_err(|error| refused(error.reason()))?;
        }
        if self.has_secrets() && !is_confidential(&url) {
            return Err(refused(
                "tokens and headers are sent with https only, except on this machine",
            ));
        }
        Ok(url)
    }
}

/// Declares the extension that a login is one of, if any.
fn declare(oauth: &OAuth, extensions: &mut Map<String, Value>) {
    let extension = match oauth.grant() {
        GrantKind::ClientCredentials => CLIENT_CREDENTIALS,
        _ if oauth.is_enterprise() => ENTERPRISE,
        _ => return,
    };
    extensions.insert(extension.to_owned(), json!({}));
}

impl fmt::Debug for RemoteServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteServer")
            .field("url", &printable_url(&self.url))
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}
