//! What takes a person to the login page.

mod system;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::LOCATION;
use thyra_oauth::{FetchError, Fetcher, Printable, Streamed, Trust, printable};
use url::Url;

pub use self::system::SystemBrowser;

/// Shows the login page to the person who decides.
///
/// The URL has been checked: it is `https`, or `http` on this machine. Never pass it to a shell.
pub trait Browser: Send + Sync + fmt::Debug {
    /// Opens the page. It need not wait for the login to end: the answer comes by the redirect, not
    /// by this future.
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), BrowserError>>;
}

/// Prints the URL on standard error, for a person to open.
#[derive(Clone, Copy, Debug, Default)]
pub struct PrintUrl;

impl Browser for PrintUrl {
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(async move {
            eprintln!(
                "To log in, open this page in your browser:\n\n  {}\n",
                Printable(url)
            );
            Ok(())
        })
    }
}

/// Logs in without a person, at authorization servers that ask nothing: in tests, in
/// demonstrations, and where consent has been given already.
///
/// It follows redirects until it is back at the program, and keeps no cookies. A page that wants a
/// person ends the attempt.
#[derive(Clone, Debug, Default)]
pub struct FollowRedirects {
    fetcher: Fetcher,
}

impl FollowRedirects {
    /// The most redirects that are followed.
    const MAX: usize = 10;
    /// How long each of them may take.
    const TIMEOUT: Duration = Duration::from_secs(30);

    /// A browser that shows no page.
    pub fn new() -> Self {
        Self::default()
    }

    async fn follow(&self, start: &str) -> Result<(), BrowserError> {
        let mut url = Url::parse(start).map_err(|_| BrowserError::NoWayBack)?;
        let back = url.query_pairs().find(|(name, _)| name == "redirect_uri");
        let back = back
            .and_then(|(_, value)| Url::parse(&value).ok())
            .ok_or(BrowserError::NoWayBack)?;
        for _ in 0..=Self::MAX {
            let response = self.get(&url).await?;
            if is_at(&url, &back) {
                return Ok(());
            }
            let status = response.status();
            let location = response
                .headers()
                .get(LOCATION)
                .and_then(|value| value.to_str().ok());
            url = match location.map(|location| url.join(location)) {
                Some(Ok(next))
                    if status.is_redirection() && matches!(next.scheme(), "http" | "https") =>
                {
                    next
                }
                _ => {
                    return Err(BrowserError::Page {
                        place: place(&url),
                        status: status.as_u16(),
                    });
                }
            };
        }
        Err(BrowserError::TooManyRedirects)
    }

    async fn get(&self, url: &Url) -> Result<Streamed, FetchError> {
        let get = self.fetcher.get_streamed(url, Trust::Configured);
        match tokio::time::timeout(Self::TIMEOUT, get).await {
            Ok(response) => response,
            Err(_) => Err(FetchError::Timeout {
                host: url.host_str().unwrap_or_default().to_owned(),
                timeout: Self::TIMEOUT,
            }),
        }
    }
}

impl Browser for FollowRedirects {
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(self.follow(url))
    }
}

/// Why the login page was not shown, or did not lead back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrowserError {
    /// A page could not be reached.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The authorization URL has no `redirect_uri` to come back to.
    #[error("the authorization URL has no redirect_uri")]
    NoWayBack,
    /// A reason of a browser that is not one of this crate.
    #[error("{0}")]
    Other(String),
    /// A page wants a person, or says what is wrong.
    #[error(
        "the login stopped at {place}, which answered with status {status}: a person must go on there, so use a real browser"
    )]
    Page {
        /// The page, without its query.
        place: String,
        /// The HTTP status.
        status: u16,
    },
    /// The redirects did not end.
    #[error("the login did not end after {} redirects", FollowRedirects::MAX)]
    TooManyRedirects,
}

fn is_at(url: &Url, back: &Url) -> bool {
    url.origin() == back.origin() && url.path() == back.path()
}

fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    printable(url.as_str())
}
