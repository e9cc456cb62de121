//! Clients that a document describes (Client ID Metadata Documents): their identifier is its URL.
//!
//! Anybody can name any URL, so documents are fetched as what strangers chose: over `https`, from
//! public addresses only, without redirects, short and soon, a few at a time, and not again and
//! again.

mod fetched;
mod flights;
mod kept;
mod url;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use moka::sync::Cache;
use thiserror::Error;
use thyra_oauth::{Clock, FetchError, Fetcher, Trust};

use self::fetched::Document;
use self::flights::Flights;
use self::kept::Kept;
use self::url::DocumentUrl;
use super::Client;
use super::client_assertion::ClientAssertions;
use super::metadata::{MetadataRefused, Offered};

/// How many documents are kept.
const MAX_KEPT: u64 = 1000;
/// How many documents are fetched at a time.
const MAX_FLIGHTS: usize = 64;
/// How many of them from one host.
const MAX_FLIGHTS_OF_A_HOST: usize = 4;

/// Which documents may describe clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DocumentReach {
    /// None.
    None,
    /// Those at public addresses.
    #[default]
    Public,
    /// Those on this machine, too, and by `http`. For tests: whoever can name a client can then
    /// make this server ask whatever listens here.
    PublicAndLoopback,
}

/// The clients that documents describe.
pub(super) struct Documents {
    inner: Arc<Inner>,
    flights: Flights,
}

struct Inner {
    reach: DocumentReach,
    offered: Arc<Offered>,
    assertions: Arc<ClientAssertions>,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    kept: Cache<DocumentUrl, Kept>,
}

impl Documents {
    pub(super) fn new(
        reach: DocumentReach,
        offered: Arc<Offered>,
        assertions: Arc<ClientAssertions>,
        fetcher: Fetcher,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                reach,
                offered,
                assertions,
                fetcher,
                clock,
                kept: Cache::new(MAX_KEPT),
            }),
            flights: Flights::of(MAX_FLIGHTS, MAX_FLIGHTS_OF_A_HOST),
        }
    }

    pub(super) fn are_accepted(&self) -> bool {
        self.inner.reach != DocumentReach::None
    }

    /// The client that the document at `client_id` describes; `None` if that is no URL.
    pub(super) async fn find(&self, client_id: &str) -> Result<Option<Client>, DocumentError> {
        if !self.are_accepted() || !client_id.contains("://") {
            return Ok(None);
        }
        let url = DocumentUrl::parse(client_id, self.inner.reach)?;
        let known = self.inner.kept.get(&url);
        if let Some(answer) = known.and_then(|kept| kept.answer(self.inner.clock.monotonic())) {
            return answer.map(|document| Some(document.client.clone()));
        }
        let flight = self.flights.join(&url, || {
            let inner = Arc::clone(&self.inner);
            let url = url.clone();
            async move { inner.renew(url).await }.boxed()
        });
        let document = flight.ok_or(DocumentError::Busy)?.await?;
        Ok(Some(document.client.clone()))
    }
}

impl Inner {
    /// Fetches a document anew, and remembers what came of it.
    async fn renew(&self, url: DocumentUrl) -> Result<Arc<Document>, DocumentError> {
        let old = self.kept.get(&url);
        let outcome = self.fetch(&url, old.as_ref()).await;
        let now = self.clock.monotonic();
        let kept = Kept::of(outcome, old, now);
        self.kept.insert(url, kept.clone());
        // It was made now, so it has an answer.
        kept.answer(now).unwrap_or(Err(DocumentError::Busy))
    }

    async fn fetch(
        &self,
        url: &DocumentUrl,
        old: Option<&Kept>,
    ) -> Result<(Arc<Document>, Duration), DocumentError> {
        let (trust, limits) = (self.trust(url), fetched::LIMITS);
        let answer = self.fetcher.get(url.as_url(), limits, trust).await;
        let answer = answer.map_err(|source| DocumentError::Fetch {
            host: url.host().to_owned(),
            source: Arc::new(source),
        })?;
        let lifetime = kept::lifetime(&answer.headers);
        let document = self.read(url, &answer, old.and_then(Kept::document))?;
        Ok((Arc::new(document), lifetime))
    }

    /// Nothing vouches for the URL.
    fn trust(&self, url: &DocumentUrl) -> Trust {
        if url.is_loopback() && self.reach == DocumentReach::PublicAndLoopback {
            Trust::Configured
        } else {
            Trust::Public
        }
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents")
            .field("reach", &self.inner.reach)
            .field("kept", &self.inner.kept.entry_count())
            .finish_non_exhaustive()
    }
}

/// Why a document describes no client. The text is safe to show: it names the host of the document,
/// and says nothing of what is known about addresses.
#[derive(Clone, Debug, Error)]
pub(crate) enum DocumentError {
    #[error("too many client metadata documents are being fetched; try again")]
    Busy,
    #[error(
        "the client metadata document has another `client_id`; it must be its URL, to the byte"
    )]
    ClientId,
    #[error("the client metadata document at {host} cannot be fetched; try again")]
    Fetch {
        host: String,
        source: Arc<FetchError>,
    },
    #[error("the keys of the client cannot be used: {0}")]
    Keys(&'static str),
    #[error("the client metadata document does not come as `application/json`")]
    MediaType,
    #[error("the client metadata document cannot be used: {0}")]
    Metadata(Arc<MetadataRefused>),
    #[error("the client metadata document comes with the status {status} instead of 200")]
    Status { status: u16 },
    #[error(
        "the client is not known here, and its identifier is no URL of a metadata document: {0}"
    )]
    Url(&'static str),
}

impl DocumentError {
    /// Whether it may be different in a moment, with the same document.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Busy => true,
            Self::Fetch { source, .. } => !matches!(
                **source,
                FetchError::AddressRefused { .. }
                    | FetchError::TooLarge { .. }
                    | FetchError::Insecure { .. }
                    | FetchError::InvalidUrl
            ),
            Self::Status { status } => *status == 429 || *status >= 500,
            Self::ClientId | Self::Keys(_) | Self::MediaType | Self::Metadata(_) | Self::Url(_) => {
                false
            }
        }
    }
}

impl From<MetadataRefused> for DocumentError {
    fn from(refused: MetadataRefused) -> Self {
        Self::Metadata(Arc::new(refused))
    }
}

#[cfg(test)]
mod tests;
