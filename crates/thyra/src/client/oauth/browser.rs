//! Who takes a person to the login page.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::header::LOCATION;
use url::Url;

use super::super::outbound::{self, HttpError};
use super::super::printable::printable;

/// Shows the login page to whoever decides.
///
/// The URL is `https`, or `http` on this machine; it has been checked. Never hand it to a shell.
pub trait Browser: Send + Sync + fmt::Debug {
    /// Opens the page. It need not wait for the login: the answer comes to the client by the
    /// redirect at its end, not by this future.
    fn open<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>>;
}

/// Prints the URL on standard error, for a person to open.
#[derive(Clone, Copy, Debug, Default)]
pub struct PrintUrl;

impl Browser for PrintUrl {
    fn open<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(async move {
            eprintln!("To log in, open this page in your browser:\n\n  {url}\n");
            Ok(())
        })
    }
}

/// Goes through the login without a person, for authorization servers that ask nothing: in tests, in
/// demonstrations, and where consent is given already.
///
/// It follows redirects until it is back at the client. A page in between ends the attempt.
#[derive(Clone, Debug)]
pub struct FollowRedirects {
    http: reqwest::Client,
}

impl FollowRedirects {
    /// The most redirects that are followed.
    const MAX: usize = 10;
    /// How long each of them may take.
    const TIMEOUT: Duration = Duration::from_secs(30);

    /// A browser that keeps no cookies and shows no page.
    ///
    /// # Errors
    ///
    /// [`BrowserError`] when the machine's root certificates cannot be read.
    pub fn new() -> Result<Self, BrowserError> {
        let http = outbound::base().timeout(Self::TIMEOUT).build();
        let http = http.map_err(|source| HttpError::Setup { source })?;
        Ok(Self { http })
    }

    async fn follow(&self, start: &Url) -> Result<(), BrowserError> {
        let back = start.query_pairs().find(|(name, _)| name == "redirect_uri");
        let back = back
            .and_then(|(_, value)| Url::parse(&value).ok())
            .ok_or(BrowserError::NoWayBack)?;
        let mut url = start.clone();
        for _ in 0..=Self::MAX {
            let response = self.http.get(url.clone()).send().await;
            let response = response
                .map_err(|source| HttpError::failed(url.host_str().unwrap_or_default(), source))?;
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
}

impl Browser for FollowRedirects {
    fn open<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(self.follow(url))
    }
}

/// Why the login page was not shown, or did not lead back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrowserError {
    /// A page could not be reached.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The authorization URL has no `redirect_uri`.
    #[error("the authorization URL has no redirect_uri")]
    NoWayBack,
    /// Any other reason of a browser of your own.
    #[error("{0}")]
    Other(String),
    /// A page wants a person, or says what went wrong.
    #[error(
        "the login stopped at {place}, which answered with status {status}: a person must go on there, so use a real browser"
    )]
    Page {
        /// The page, without its query.
        place: String,
        /// The HTTP status.
        status: u16,
    },
    /// Redirects without an end.
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
