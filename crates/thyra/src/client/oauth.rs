//! Logging in at the authorization server that an MCP server trusts
//! (MCP `basic/authorization`, OAuth 2.1).

mod authorize;
mod browser;
mod callback;
mod login;

mod register;
mod scopes;
mod token;

use std::sync::Arc;
use std::time::Duration;

use thyra_auth::{Clock, SystemClock};

pub use self::authorize::AuthorizationError;
pub use self::browser::{Browser, BrowserError, FollowRedirects, PrintUrl};
pub(crate) use self::login::{Login, Need, Obtained};
pub use self::register::RegistrationError;
pub use self::token::TokenError;
pub(crate) use self::token::Tokens;
pub use thyra_oauth::NoRandomness;

/// How a client logs in, when a server asks it to.
///
/// Everything else is found out: the server names its authorization server, the client registers itself
/// there (RFC 7591), a person agrees in the browser, and the token is renewed while it can be. Tokens
/// are kept in memory, for this client and its server only.
///
/// ```
/// use thyra::client::{Client, OAuth, PrintUrl};
///
/// # fn build() -> Result<Client, thyra::client::ClientError> {
/// Client::builder("https://mcp.example.com/mcp").oauth(OAuth::new(PrintUrl)).build()
/// # }
/// # build().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct OAuth {
    browser: Arc<dyn Browser>,
    clock: Arc<dyn Clock>,
    login_time: Duration,
}

impl OAuth {
    /// Logs in with `browser`, and waits five minutes for the person there.
    pub fn new(browser: impl Browser + 'static) -> Self {
        Self {
            browser: Arc::new(browser),
            clock: Arc::new(SystemClock),
            login_time: Duration::from_mins(5),
        }
    }

    /// Another source of time.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long a person may take in the browser.
    #[must_use]
    pub fn login_time(mut self, time: Duration) -> Self {
        self.login_time = time;
        self
    }
}
