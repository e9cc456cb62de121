//! How a program logs in.

use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{Clock, Fetcher, SystemClock};

use crate::browser::Browser;
use crate::store::{MemoryStore, TokenStore};

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
    pub(crate) browser: Arc<dyn Browser>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) fetcher: Fetcher,
    pub(crate) login_time: Duration,
    pub(crate) store: Arc<dyn TokenStore>,
    pub(crate) account: Option<String>,
}

impl OAuth {
    /// Logs in with `browser`, and waits five minutes for the person there.
    pub fn new(browser: impl Browser + 'static) -> Self {
        Self {
            browser: Arc::new(browser),
            clock: Arc::new(SystemClock),
            fetcher: Fetcher::new(),
            login_time: Duration::from_mins(5),
            store: Arc::new(MemoryStore::new()),
            account: None,
        }
    }

    /// Sets where the time comes from.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets what fetches documents and posts to endpoints.
    #[must_use]
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }

    /// Sets how long a person may take in the browser.
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
