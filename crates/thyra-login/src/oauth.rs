//! How a program logs in.

use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{Clock, Fetcher, ScopeSet, SystemClock, UrlRefused, configured_url};
use url::Url;

use crate::assertion::AssertionSource;
use crate::browser::Browser;
use crate::client::Client;
use crate::device::DevicePrompt;
use crate::dpop::Dpop;
use crate::hop::GrantKind;
use crate::identity_provider::IdentityProvider;
use crate::store::{MemoryStore, TokenStore};
use crate::way::{Way, Word};

/// How a program logs in when a resource asks for it.
///
/// Everything else is found out: the resource names its authorization server, the program registers
/// itself there (RFC 7591), a person agrees in the browser, and the token is renewed while it can
/// be. Tokens are kept in memory, unless there is another [store](OAuth::store).
///
/// ```
/// use std::time::Duration;
///
/// use thyra_login::{OAuth, PrintUrl};
///
/// let oauth = OAuth::new(PrintUrl).login_time(Duration::from_mins(2));
/// ```
#[derive(Clone, Debug)]
pub struct OAuth {
    pub(crate) way: Way,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where none is set, whoever logs in has one.
    pub(crate) fetcher: Option<Fetcher>,
    pub(crate) login_time: Duration,
    pub(crate) store: Arc<dyn TokenStore>,
    pub(crate) account: Option<String>,
    pub(crate) scopes: Option<ScopeSet>,
    pub(crate) metadata_url: Option<String>,
    pub(crate) callback_port: Option<u16>,
    pub(crate) dpop: Dpop,
    pub(crate) is_hosted: bool,
}

impl OAuth {
    /// Logs in with `browser`, and waits five minutes for the person there.
    pub fn new(browser: impl Browser + 'static) -> Self {
        Self::with(Way::Person {
            browser: Arc::new(browser),
            client: None,
        })
    }

    /// Logs in a person who uses a browser elsewhere, such as on a telephone (RFC 8628), for
    /// programs on machines without one. `prompt` shows a code and a page to type it at;
    /// [`PrintUrl`] prints them. The person has five minutes, or less if the authorization server
    /// wants it.
    ///
    /// Authorization servers that do not offer this are an error.
    ///
    /// [`PrintUrl`]: crate::PrintUrl
    pub fn device(prompt: impl DevicePrompt + 'static) -> Self {
        Self::with(Way::Device {
            prompt: Arc::new(prompt),
            client: None,
        })
    }

    /// Logs in `user`, a name of your choice for one user of a web application, in two requests:
    /// [`Login::begin`] gives the page to send the browser to, and [`Login::finish`] takes what it
    /// brings back to `redirect_uri`, a URL of the application. Nothing is opened here, neither a
    /// browser nor a port. Users do not share their tokens, also in one [store](Self::store).
    ///
    /// The browser must be back within five minutes ([`OAuth::login_time`]).
    ///
    /// Give each resource that you do not trust a redirect URI of its own. A resource names its own
    /// authorization server, which can send the browser on to an honest one; if that does not name
    /// itself in its answer (RFC 9207), the code looks like the other's and is sent to it (RFC 9700
    /// section 4.4).
    ///
    /// # Errors
    ///
    /// [`UrlRefused`] when codes must not be sent to `redirect_uri`: it must be `https`, or `http`
    /// on this machine, without user name, password and fragment.
    ///
    /// [`Login::begin`]: crate::Login::begin
    /// [`Login::finish`]: crate::Login::finish
    pub fn web(user: impl Into<String>, redirect_uri: &str) -> Result<Self, UrlRefused> {
        let way = Way::Web {
            redirect_uri: configured_url(redirect_uri)?,
            client: None,
        };
        Ok(Self::with(way).account(user))
    }

    /// Asks for tokens as `client`, without a person (OAuth 2.1 section 4.2).
    pub fn client_credentials(client: Client) -> Self {
        Self::with(Way::Machine {
            client,
            word: Word::Client,
        })
    }

    /// Asks for tokens with an assertion that the authorization server trusts (RFC 7523 section
    /// 2.1), such as the identity of a workload.
    pub fn jwt_bearer(client: Client, assertions: impl AssertionSource + 'static) -> Self {
        Self::with(Way::Machine {
            client,
            word: Word::Assertion(Arc::new(assertions)),
        })
    }

    /// Asks for tokens for the person who is signed in at the identity provider of a company
    /// (enterprise-managed authorization): it gives an assertion, which the authorization server of
    /// the resource accepts. `client` is the program there, not at the identity provider.
    pub fn enterprise(client: Client, provider: IdentityProvider) -> Self {
        Self::with(Way::Machine {
            client,
            word: Word::Enterprise(Arc::new(provider)),
        })
    }

    /// Exchanges tokens of the type `kind`, such as
    /// `urn:ietf:params:oauth:token-type:access_token`, for tokens for the resource (RFC 8693).
    pub fn token_exchange(
        client: Client,
        tokens: impl AssertionSource + 'static,
        kind: impl Into<String>,
    ) -> Self {
        Self::with(Way::Machine {
            client,
            word: Word::Token(Arc::new(tokens), kind.into()),
        })
    }

    fn with(way: Way) -> Self {
        Self {
            way,
            clock: Arc::new(SystemClock),
            fetcher: None,
            login_time: Duration::from_mins(5),
            store: Arc::new(MemoryStore::new()),
            account: None,
            scopes: None,
            metadata_url: None,
            callback_port: None,
            dpop: Dpop::default(),
            is_hosted: false,
        }
    }

    /// The client that the program is set up with.
    pub(crate) fn given_client(&self) -> Option<&Client> {
        match &self.way {
            Way::Device { client, .. } | Way::Person { client, .. } | Way::Web { client, .. } => {
                client.as_ref()
            }
            Way::Machine { client, .. } => Some(client),
        }
    }

    /// What the first tokens are asked for with.
    pub fn grant(&self) -> GrantKind {
        match &self.way {
            Way::Device { .. } => GrantKind::DeviceCode,
            Way::Machine { word, .. } => match word {
                Word::Assertion(_) | Word::Enterprise(_) => GrantKind::JwtBearer,
                Word::Client => GrantKind::ClientCredentials,
                Word::Token(..) => GrantKind::TokenExchange,
            },
            Way::Person { .. } | Way::Web { .. } => GrantKind::AuthorizationCode,
        }
    }

    /// Whether the identity provider of a company decides ([`OAuth::enterprise`]).
    pub fn is_enterprise(&self) -> bool {
        matches!(self.word(), Some(Word::Enterprise(_)))
    }

    /// Where browsers come back to the web application.
    pub(crate) fn redirect_uri(&self) -> Option<&Url> {
        match &self.way {
            Way::Web { redirect_uri, .. } => Some(redirect_uri),
            Way::Device { .. } | Way::Machine { .. } | Way::Person { .. } => None,
        }
    }

    /// What gets tokens without a person.
    pub(crate) fn word(&self) -> Option<&Word> {
        match &self.way {
            Way::Device { .. } | Way::Person { .. } | Way::Web { .. } => None,
            Way::Machine { word, .. } => Some(word),
        }
    }

    /// Uses `client`, which the authorization server knows already, in place of one that registers
    /// itself.
    #[must_use]
    pub fn client(mut self, client: Client) -> Self {
        match &mut self.way {
            Way::Device { client: held, .. }
            | Way::Person { client: held, .. }
            | Way::Web { client: held, .. } => {
                *held = Some(client);
            }
            Way::Machine { client: held, .. } => *held = client,
        }
        self
    }

    /// Sets where the program's client metadata document is: an `https` URL with a path. It is the
    /// program's identifier at every authorization server that reads such documents; at others, the
    /// program registers itself.
    #[must_use]
    pub fn client_metadata_url(mut self, url: impl Into<String>) -> Self {
        self.metadata_url = Some(url.into());
        self
    }

    /// Sets the port of 127.0.0.1 that the browser comes back to, for clients whose redirect URI
    /// was registered with its port: `http://127.0.0.1:PORT/callback`. By default, it is any free
    /// port.
    #[must_use]
    pub fn callback_port(mut self, port: u16) -> Self {
        self.callback_port = Some(port);
        self
    }

    /// Sets the scopes to ask for at first, in place of those that the resource names. What a
    /// resource demands later comes on top.
    #[must_use]
    pub fn scopes(mut self, scopes: ScopeSet) -> Self {
        self.scopes = Some(scopes);
        self
    }

    /// Sets when tokens are bound to a key of the program (RFC 9449). By default, that is when the
    /// resource asks for it. Each login makes a key, and keeps it with its tokens.
    #[must_use]
    pub fn dpop(mut self, when: Dpop) -> Self {
        self.dpop = when;
        self
    }

    /// Sets where the time comes from.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// For a service that logs in at resources which its users name, and must not be led into its
    /// own network. The resource, its documents and its authorization server must then be `https`,
    /// at global unicast addresses, also where a name resolves to; by default, a resource may be on
    /// this machine or in a private network, since whoever runs the program chose it.
    ///
    /// It does not hold for what the service itself is set up with: an [`IdentityProvider`] and the
    /// [`Browser`].
    #[must_use]
    pub fn hosted(mut self) -> Self {
        self.is_hosted = true;
        self
    }

    /// Whether it is [`hosted`](Self::hosted).
    pub fn is_hosted(&self) -> bool {
        self.is_hosted
    }

    /// Sets what fetches documents and posts to endpoints.
    #[must_use]
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = Some(fetcher);
        self
    }

    /// Sets how long a person may take to log in.
    #[must_use]
    pub fn login_time(mut self, time: Duration) -> Self {
        self.login_time = time;
        self
    }

    /// Sets where tokens and registered clients are kept. Programs that use the same store share
    /// their logins.
    #[must_use]
    pub fn store(mut self, store: impl TokenStore + 'static) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// Sets a name of your choice for whose login it is. Logins with different names at the same
    /// resource do not share their tokens.
    #[must_use]
    pub fn account(mut self, name: impl Into<String>) -> Self {
        self.account = Some(name.into());
        self
    }
}
