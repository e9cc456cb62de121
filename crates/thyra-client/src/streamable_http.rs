//! Streamable HTTP (MCP `basic/transports/streamable-http`), with the token that the server wants,
//! and with the session that servers up to 2025-11-25 may open.

mod credentials;
mod endpoint;
mod exchange;
mod fixed_headers;
mod listener;
mod session;
mod sse;
mod value;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{Method, StatusCode};
use thyra_login::{LoginError, Need, Obtained};
use thyra_oauth::{Challenge, ScopeSet};
use thyra_protocol::{Era, Revision, method as methods};
use tokio::sync::oneshot;

pub(crate) use self::credentials::Credentials;
pub(crate) use self::endpoint::Endpoint;
use self::endpoint::{Head, refusal};
use self::exchange::{Exchange, Reply};
pub(crate) use self::fixed_headers::FixedHeaders;
use self::session::{Session, SessionSlot};
pub use self::sse::events;
use crate::background::Background;
use crate::hop::{Hop, SharedObserver};
use crate::transport::{Allowance, Inbox, Outcome, Outgoing, Reports, Transport, TransportError};

/// How often one request may log in because the server wants a token, and because it wants scopes.
const MAX_LOGINS: u32 = 1;
const MAX_STEP_UPS: u32 = 2;

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
}

/// What also the client's background needs.
#[derive(Debug)]
struct Shared {
    endpoint: Endpoint,
    credentials: Credentials,
    observer: SharedObserver,
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
        Box::pin(self.request(outgoing, reports))
    }

    fn send<'a>(&'a self, outgoing: Outgoing<'a>) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
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

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.listening.stop();
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
    pub(crate) fn new(
        endpoint: Endpoint,
        credentials: Credentials,
        observer: SharedObserver,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                endpoint,
                credentials,
                observer,
                session: SessionSlot::default(),
                inbox: OnceLock::new(),
                allowance: Allowance::new(),
            }),
            aside: Background::default(),
            listening: Background::default(),
        }
    }

    /// Sends a request as often as it takes to have the token that it needs, within bounds.
    async fn request(
        &self,
        outgoing: Outgoing<'_>,
        mut reports: Reports<'_>,
    ) -> Result<Outcome, TransportError> {
        let credentials = &self.shared.credentials;
        let mut logins = 0;
        let mut step_ups = 0;
        loop {
            let tokens = credentials.tokens().await?;
            let token = credentials.token(tokens.as_ref());
            let exchange = Exchange::new(&self.shared, &self.aside, &outgoing, token)?;
            match exchange.run(&mut reports).await? {
                Reply::Outcome(outcome) => return Ok(outcome),
                Reply::Unauthorized(challenge) => {
                    self.challenged(&outgoing, 401, !token.is_nothing(), challenge.as_ref());
                    let login = match credentials.login() {
                        Ok(login) => login,
                        Err(advice) => return Ok(Outcome::Unauthorized { advice }),
                    };
                    if challenge.as_ref().is_some_and(Challenge::wants_dpop_nonce)
                        && tokens.as_ref().is_some_and(|tokens| tokens.is_bound())
                    {
                        // Another token would not help.
                        return Ok(Outcome::Unauthorized {
                            advice: "the server wants a nonce in the DPoP proof and does not accept the one that it gave; \
                                     ask its operator for help",
                        });
                    }
                    if logins == MAX_LOGINS {
                        return Ok(Outcome::Unauthorized {
                            advice: "the server does not accept the token that its authorization server has just issued; \
                                     compare their settings for audience and issuer",
                        });
                    }
                    logins += 1;
                    login
                        .obtain(Need::Token(challenge.as_ref()), tokens.as_ref())
                        .await?;
                }
                Reply::InsufficientScope(challenge) => {
                    self.challenged(&outgoing, 403, !token.is_nothing(), Some(&challenge));
                    let forbidden = Outcome::Forbidden {
                        needed: challenge.scope.clone(),
                    };
                    let Ok(login) = credentials.login() else {
                        return Ok(forbidden);
                    };
                    let granted = tokens.as_ref().and_then(|tokens| tokens.scopes());
                    let would_help = would_help(granted, challenge.scope.as_ref());
                    if step_ups == MAX_STEP_UPS || (step_ups > 0 && !would_help) {
                        return Ok(forbidden);
                    }
                    let need = Need::Scopes(&challenge);
                    let obtained = match login.obtain(need, tokens.as_ref()).await {
                        // Whoever refused them is not asked again for the next request.
                        Err(LoginError::ScopesAskedAlready { .. }) => return Ok(forbidden),
                        obtained => obtained?,
                    };
                    // A token that another request asked for may lack what this one needs.
                    step_ups += u32::from(obtained == Obtained::Anew);
                }
            }
        }
    }

    fn challenged(
        &self,
        outgoing: &Outgoing<'_>,
        status: u16,
        with_token: bool,
        challenge: Option<&Challenge<'_>>,
    ) {
        self.shared.observer.hop(&Hop::Challenged {
            method: outgoing.method,
            name: outgoing.name,
            status,
            with_token,
            challenge,
        });
    }
}

impl Shared {
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

/// Whether a token with the scopes that are needed would be another one.
fn would_help(granted: Option<&ScopeSet>, needed: Option<&ScopeSet>) -> bool {
    match (granted, needed) {
        (Some(granted), Some(needed)) => !needed.is_subset(granted),
        _ => true,
    }
}
