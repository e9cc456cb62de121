//! Streamable HTTP (MCP `basic/transports/streamable-http`), with the token that the server wants,
//! and with the session that servers up to 2025-11-25 may open.

mod credentials;
mod endpoint;
mod exchange;
mod fixed_headers;
mod http_sse;
mod listener;
mod logins;
mod retries;
mod session;
mod sse;
mod value;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{Method, StatusCode};
use thyra_protocol::{Era, Revision, method as methods};
use tokio::sync::oneshot;

pub(crate) use self::credentials::Credentials;
pub(crate) use self::endpoint::Endpoint;
use self::endpoint::{Head, refusal};
use self::exchange::Exchange;
pub(crate) use self::fixed_headers::FixedHeaders;
use self::http_sse::HttpSse;
use self::logins::Logins;
pub(crate) use self::retries::Retries;
use self::session::{Session, SessionSlot};
pub use self::sse::events;
use crate::background::Background;
use crate::backoff::random;
use crate::hop::{Hop, SharedObserver};
use crate::transport::{
    Allowance, Identity, Inbox, Outcome, Outgoing, Reports, Transport, TransportError,
};

/// How long a message may take that the client sends on the side: an answer, a notification, or the
/// end of a session.
const ASIDE: Duration = Duration::from_secs(10);

/// How long the first request of a session waits for the session's stream. A server that opens it
/// later is used all the same.
const LISTEN: Duration = Duration::from_secs(2);

/// An MCP endpoint, and what the client shows there.
#[derive(Debug)]
pub(crate) struct StreamableHttp {
    shared: Arc<Shared>,
    /// Sends what nobody waits for.
    aside: Background,
    /// Reads the stream of the session.
    listening: Background,
    /// The way to a server that does not know Streamable HTTP.
    sse: HttpSse,
}

/// What also the client's background needs.
#[derive(Debug)]
struct Shared {
    endpoint: Endpoint,
    credentials: Credentials,
    observer: SharedObserver,
    retries: Retries,
    session: SessionSlot,
    inbox: OnceLock<Inbox>,
    /// For the questions on the stream of the session.
    allowance: Allowance,
}

impl Transport for StreamableHttp {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        let mut reports = reports;
        Box::pin(async move {
            if self.sse.is_chosen() {
                return self.sse.request(&outgoing, &mut reports).await;
            }
            let outcome = self.request(&outgoing, &mut reports).await;
            if outgoing.method == methods::INITIALIZE
                && let Err(TransportError::Status {
                    status: 400 | 404 | 405,
                    ..
                }) = outcome
                && let Some(opened) = self.sse.try_open(&outgoing, &mut reports).await
            {
                return Ok(opened);
            }
            outcome
        })
    }

    fn send<'a>(&'a self, outgoing: Outgoing<'a>) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            if self.sse.is_chosen() {
                return self.sse.send(&outgoing).await;
            }
            let json = outgoing.notification()?;
            let session = self.shared.session.current();
            let (method, revision) = (outgoing.method, outgoing.revision);
            let sent = self
                .shared
                .post_aside(method, revision, session.as_deref(), json);
            outgoing.in_time(sent).await?;
            if let (methods::INITIALIZED, Some(session)) = (method, session) {
                // It is told once.
                let _ = session.revision.set(revision);
                let shared = Arc::clone(&self.shared);
                let (opening, opened) = oneshot::channel();
                self.listening
                    .only(listener::listen(shared, session, revision, opening));
                // A question that comes before the stream is open would be lost.
                let _ = tokio::time::timeout(LISTEN, opened).await;
            }
            Ok(())
        })
    }

    fn attach(&self, inbox: Inbox) {
        // It is attached once.
        let _ = self.shared.inbox.set(inbox);
    }

    fn revision(&self) -> Option<Revision> {
        None
    }

    fn repeats_arguments(&self) -> bool {
        true
    }

    fn identity(&self) -> BoxFuture<'_, Option<Identity>> {
        Box::pin(async {
            let credentials = &self.shared.credentials;
            // What fails here fails in the request too, which says so.
            let tokens = credentials.tokens().await.ok()?;
            Some(credentials.identity(tokens.as_ref()))
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.listening.stop();
            self.sse.close();
            let Some(session) = self.shared.session.take() else {
                return;
            };
            // The server forgets the session in any case, only later.
            if let Err(error) = self.shared.end(&session).await {
                tracing::debug!(%error, "the server was not told that the session ends");
            }
        })
    }
}

impl StreamableHttp {
    /// The way to `endpoint`, which is one of the old HTTP+SSE transport if `is_old`. Otherwise the
    /// client finds out.
    pub(crate) fn new(
        endpoint: Endpoint,
        credentials: Credentials,
        observer: SharedObserver,
        retries: Retries,
        is_old: bool,
    ) -> Self {
        let shared = Arc::new(Shared {
            endpoint,
            credentials,
            observer,
            retries,
            session: SessionSlot::default(),
            inbox: OnceLock::new(),
            allowance: Allowance::new(),
        });
        Self {
            sse: HttpSse::new(Arc::clone(&shared), is_old),
            shared,
            aside: Background::default(),
            listening: Background::default(),
        }
    }

    /// Sends a request as often as it takes to have the token that it needs, within bounds.
    async fn request(
        &self,
        outgoing: &Outgoing<'_>,
        reports: &mut Reports<'_>,
    ) -> Result<Outcome, TransportError> {
        let credentials = &self.shared.credentials;
        let mut logins = Logins::new(&self.shared, outgoing);
        loop {
            let tokens = credentials.tokens().await?;
            let token = credentials.token(tokens.as_ref());
            let exchange = Exchange::new(&self.shared, &self.aside, outgoing, token)?;
            let reply = exchange.run(reports).await?;
            if let Some(outcome) = logins.outcome(reply, tokens.as_ref()).await? {
                return Ok(outcome);
            }
        }
    }
}

impl Shared {
    /// How long to wait before a request is sent again that failed with `error`, after `done`
    /// repetitions, with the time that is `left` for it; `None` when it is not.
    fn wait_after(
        &self,
        outgoing: &Outgoing<'_>,
        error: &TransportError,
        done: u32,
        left: Duration,
    ) -> Option<Duration> {
        let method = outgoing.method;
        let wait = self.retries.wait(method, error, done, left, random())?;
        let status = match error {
            TransportError::Status { status, .. } => Some(*status),
            _ => None,
        };
        tracing::debug!(method, %error, ?wait, "a request is sent again");
        self.observer.hop(&Hop::Retried {
            method,
            name: outgoing.name,
            status,
            wait,
        });
        Some(wait)
    }

    /// Posts a message to which no answer comes: a notification, or an answer of the client. It
    /// shows the token that there is, and does not log in.
    async fn post_aside(
        &self,
        method: &str,
        revision: Revision,
        session: Option<&Session>,
        json: Vec<u8>,
    ) -> Result<(), TransportError> {
        let tokens = self.credentials.tokens().await?;
        let head = Head {
            method,
            name: None,
            arguments: &[],
            revision,
            session,
            token: self.credentials.token(tokens.as_ref()),
        };
        let response = self.endpoint.post(&head, json).await?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND if session.is_some() => {
                self.session.forget(session);
                Err(TransportError::SessionLost)
            }
            status => Err(refusal(status, response.headers())),
        }
    }

    /// Posts a message within [`ASIDE`]. Nobody waits for it, so a failure is only logged.
    async fn try_post_aside(
        &self,
        method: &str,
        revision: Revision,
        session: Option<&Session>,
        json: Vec<u8>,
    ) {
        let posted = self.post_aside(method, revision, session, json);
        match tokio::time::timeout(ASIDE, posted).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a message on the side was not taken"),
            Err(_) => tracing::debug!("a message on the side was not taken in time"),
        }
    }

    async fn end(&self, session: &Session) -> Result<(), TransportError> {
        let ended = async {
            let tokens = self.credentials.tokens().await?;
            let head = Head {
                method: "",
                name: None,
                arguments: &[],
                revision: *session
                    .revision
                    .get()
                    .unwrap_or(&Revision::LATEST_HANDSHAKE),
                session: Some(session),
                token: self.credentials.token(tokens.as_ref()),
            };
            self.endpoint.send(Method::DELETE, &head, None).await
        };
        match tokio::time::timeout(ASIDE, ended).await {
            Ok(ended) => ended.map(drop),
            Err(_) => Err(TransportError::Timeout(ASIDE)),
        }
    }
}

/// Whether messages of `revision` belong to a session.
fn has_sessions(revision: Revision) -> bool {
    revision.era() == Era::Handshake
}
