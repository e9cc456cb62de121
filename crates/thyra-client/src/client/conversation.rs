//! What a client and its server agree on before the first request, and again when the server has
//! forgotten it.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;
use thyra_oauth::printable;
use thyra_protocol::{
    EmptyParams, Era, InitializeParams, InitializeResult, ProgressToken, RequestMeta, Revision,
    ServerCapabilities, SetLevelParams, method as methods,
};
use tokio::sync::{OnceCell, watch};

use super::Client;
use super::negotiation::{Next, after_discover, after_failed_initialize, is_unknown};
use super::request::{Subject, failure, unusable};
use crate::error::ClientError;
use crate::hop::Hop;
use crate::transport::{Outcome, Reports, TransportError};

/// The conversation with the server. Its lock is held for a moment only: whoever comes first
/// negotiates, and the others wait at the cell.
#[derive(Debug)]
pub(crate) struct Conversation {
    /// The revision that the builder was told, or that the transport knows.
    pinned: Option<Revision>,
    current: Mutex<Arc<Opening>>,
    replaced: watch::Sender<()>,
}

/// One time that the conversation is opened.
#[derive(Debug)]
pub(super) struct Opening {
    begin: Begin,
    agreement: OnceCell<Agreement>,
}

/// Where the negotiation begins.
#[derive(Clone, Copy, Debug)]
enum Begin {
    Discover,
    Initialize(Revision),
    Speak(Revision),
}

/// What client and server agreed on.
#[derive(Clone, Debug)]
pub(super) struct Agreement {
    pub(super) revision: Revision,
    /// What the server said when a session was opened (up to 2025-11-25).
    pub(super) opened: Option<Box<InitializeResult>>,
    /// What it said that it has when it was asked for its revision (from 2026-07-28).
    discovered: Option<Box<ServerCapabilities>>,
}

impl Conversation {
    pub(crate) fn new(pinned: Option<Revision>) -> Self {
        let begin = match pinned.map(|revision| (revision, revision.era())) {
            None => Begin::Discover,
            Some((revision, Era::Handshake)) => Begin::Initialize(revision),
            Some((revision, Era::Sessionless)) => Begin::Speak(revision),
        };
        Self {
            pinned,
            current: Mutex::new(Arc::new(Opening::at(begin))),
            replaced: watch::Sender::default(),
        }
    }

    fn current(&self) -> Arc<Opening> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }

    /// Begins anew, unless another request has done so since `lost` was current.
    pub(super) fn reopen(&self, lost: &Arc<Opening>) {
        let begin = match (&lost.agreement.get(), self.pinned) {
            (_, Some(_)) | (None, _) => lost.begin,
            (Some(agreement), None) if agreement.revision.era() == Era::Handshake => {
                Begin::Initialize(agreement.revision)
            }
            (Some(_), None) => Begin::Discover,
        };
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, lost) {
            *current = Arc::new(Opening::at(begin));
            self.replaced.send_replace(());
        }
    }

    /// The revision that is spoken, once it is agreed on.
    pub(super) fn revision(&self) -> Option<Revision> {
        let agreement = self.current().agreement.get().cloned();
        agreement.map(|agreement| agreement.revision)
    }

    /// Notices when the conversation begins anew from now on.
    pub(super) fn replaced(&self) -> watch::Receiver<()> {
        self.replaced.subscribe()
    }

    pub(super) fn is_current(&self, opening: &Arc<Opening>) -> bool {
        Arc::ptr_eq(&self.current(), opening)
    }

    pub(super) fn is_pinned(&self) -> bool {
        self.pinned.is_some()
    }
}

impl Opening {
    fn at(begin: Begin) -> Self {
        Self {
            begin,
            agreement: OnceCell::new(),
        }
    }
}

impl Client {
    /// The revision that client and server speak. Without a request before, it is negotiated now.
    ///
    /// # Errors
    ///
    /// [`ClientError::Revision`] when there is none that both speak, and every other
    /// [`ClientError`].
    pub async fn revision(&self) -> Result<Revision, ClientError> {
        let opening = self.0.conversation.current();
        Ok(self.agreed(&opening).await?.revision)
    }

    /// Ends the session with the server, if there is one (MCP `basic/transports`, up to
    /// 2025-11-25), and all subscriptions. A later request opens a new session. Without this, the
    /// server keeps the session until it has been idle for too long.
    pub async fn close(&self) {
        let opening = self.0.conversation.current();
        let conversation = &self.0.conversation;
        // The subscriptions end first, or they would open what is closed here again.
        conversation.reopen(&opening);
        self.0.inbox.listeners().close();
        self.clear_cache();
        self.0.transport.close().await;
        // What was agreed on meanwhile went with the connection.
        conversation.reopen(&conversation.current());
    }

    /// What the server said that it has when the conversation was opened. `None` if it was not
    /// asked then.
    pub(crate) async fn capabilities(&self) -> Result<Option<ServerCapabilities>, ClientError> {
        let (_, agreement) = self.opened().await?;
        let opened = agreement.opened.map(|opened| opened.capabilities);
        Ok(opened.or(agreement.discovered.map(|has| *has)))
    }

    /// The conversation, opened.
    pub(super) async fn opened(&self) -> Result<(Arc<Opening>, Agreement), ClientError> {
        let opening = self.0.conversation.current();
        let agreement = self.agreed(&opening).await?.clone();
        Ok((opening, agreement))
    }

    async fn agreed<'a>(&self, opening: &'a Opening) -> Result<&'a Agreement, ClientError> {
        opening
            .agreement
            .get_or_try_init(|| self.negotiate(opening.begin))
            .await
    }

    async fn negotiate(&self, begin: Begin) -> Result<Agreement, ClientError> {
        let mut method = methods::DISCOVER;
        let mut discovered = None;
        let mut next = match begin {
            Begin::Speak(revision) => Next::Speak(revision),
            Begin::Initialize(revision) => Next::Initialize(revision),
            Begin::Discover => {
                let answer = self.ask_discover().await;
                discovered = capabilities(&answer);
                after_discover(answer)
            }
        };
        if let Next::Initialize(revision) = next {
            method = methods::INITIALIZE;
            let params = InitializeParams {
                protocol_version: revision.to_string(),
                capabilities: self.0.introduction.capabilities.clone(),
                client_info: self.0.introduction.info.clone(),
                meta: None,
            };
            next = match self.exchange_now(revision, method, &params).await {
                Ok(Outcome::Result(result)) => return self.open(revision, result.get()).await,
                failed if self.0.conversation.is_pinned() => Next::Fail(failed),
                failed => after_failed_initialize(failed),
            };
            // A newer program may have taken the place of the one that was there before.
            if let (Begin::Initialize(_), Next::Fail(failed)) = (begin, &next)
                && !self.0.conversation.is_pinned()
                && (is_unknown(failed) || matches!(failed, Ok(Outcome::Error(_))))
                && let Next::Speak(revision) = after_discover(self.ask_discover().await)
            {
                next = Next::Speak(revision);
            }
        }
        match next {
            Next::Speak(revision) => {
                if let Begin::Discover = begin {
                    let method = methods::DISCOVER;
                    self.0.observer.hop(&Hop::Answered { method, name: None });
                }
                self.0.inbox.agree(revision);
                Ok(Agreement {
                    revision,
                    opened: None,
                    discovered,
                })
            }
            Next::Initialize(_) => Err(unusable(method, "it leads nowhere")),
            Next::NoCommonRevision { offered } => Err(ClientError::Revision {
                wanted: self.0.conversation.pinned,
                offered,
            }),
            Next::Fail(failed) => Err(failure(method, failed)),
        }
    }

    async fn ask_discover(&self) -> Result<Outcome, TransportError> {
        #[derive(Serialize)]
        struct Params<'a> {
            #[serde(rename = "_meta")]
            meta: RequestMeta<'a>,
        }

        let revision = Revision::LATEST;
        let params = Params {
            meta: self.meta(revision, None),
        };
        self.exchange_now(revision, methods::DISCOVER, &params)
            .await
    }

    /// Goes on after the server has answered `initialize`.
    async fn open(&self, asked: Revision, result: &str) -> Result<Agreement, ClientError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            protocol_version: String,
        }

        let broken = |error: serde_json::Error| unusable(methods::INITIALIZE, &error.to_string());
        let Version {
            protocol_version: offered,
        } = serde_json::from_str(result).map_err(broken)?;
        let revision = offered.parse::<Revision>().ok();
        let Some(revision) = revision
            .filter(|revision| revision.era() == Era::Handshake)
            .filter(|revision| !self.0.conversation.is_pinned() || *revision == asked)
        else {
            return Err(ClientError::Revision {
                wanted: self.0.conversation.pinned,
                offered: printable(&offered),
            });
        };
        let opened: Box<InitializeResult> = serde_json::from_str(result).map_err(broken)?;
        self.0.observer.hop(&Hop::Answered {
            method: methods::INITIALIZE,
            name: None,
        });
        self.0.inbox.agree(revision);
        let initialized = methods::INITIALIZED;
        let sent = self.notify(revision, initialized).await;
        sent.map_err(|error| ClientError::from_transport(initialized, error))?;
        if let Some(log) = &self.0.log
            && opened.capabilities.logging.is_some()
        {
            let level = SetLevelParams { level: log.level() };
            let answer = self
                .exchange_now(revision, methods::SET_LEVEL, &level)
                .await;
            // A server that does not do as it says still answers everything else.
            if !matches!(answer, Ok(Outcome::Result(_))) {
                tracing::warn!("the server does not take the level of its log messages");
            }
        }
        Ok(Agreement {
            revision,
            opened: Some(opened),
            discovered: None,
        })
    }

    /// Sends a request in the conversation as it is: one of the negotiation itself, or one that
    /// must not begin another.
    pub(super) async fn exchange_now<P: Serialize>(
        &self,
        revision: Revision,
        method: &str,
        params: &P,
    ) -> Result<Outcome, TransportError> {
        let params = to_raw_value(params)?;
        let outgoing = self.outgoing(revision, self.opening(method), &params);
        let transport = &self.0.transport;
        let mut ignored = |_| {};
        transport
            .exchange(outgoing, Reports::new(&mut ignored))
            .await
    }

    /// A message with which the conversation is opened, or held open.
    fn opening<'s>(&self, method: &'s str) -> Subject<'s> {
        Subject {
            time_limit: Some(self.0.connect_time),
            ..Subject::of(method)
        }
    }

    /// Sends a notification without params.
    pub(super) async fn notify(
        &self,
        revision: Revision,
        method: &str,
    ) -> Result<(), TransportError> {
        let params = to_raw_value(&EmptyParams {})?;
        let outgoing = self.outgoing(revision, self.opening(method), &params);
        self.0.transport.send(outgoing).await
    }
}

/// What a server says in its answer to `server/discover` that it has.
fn capabilities(answer: &Result<Outcome, TransportError>) -> Option<Box<ServerCapabilities>> {
    #[derive(Deserialize)]
    struct Has {
        capabilities: Box<ServerCapabilities>,
    }

    match answer {
        Ok(Outcome::Result(result)) => {
            let has: Option<Has> = serde_json::from_str(result.get()).ok();
            has.map(|has| has.capabilities)
        }
        _ => None,
    }
}

impl Client {
    /// What a request says about itself: in the sessionless era everything, before that only where
    /// its progress goes.
    pub(super) fn meta(
        &self,
        revision: Revision,
        progress_token: Option<ProgressToken>,
    ) -> RequestMeta<'_> {
        let progress = RequestMeta {
            progress_token,
            ..RequestMeta::default()
        };
        match revision.era() {
            Era::Handshake => progress,
            Era::Sessionless => RequestMeta {
                protocol_version: Some(revision.as_str().into()),
                client_info: Some(&self.0.introduction.written_info),
                client_capabilities: Some(&self.0.introduction.written_capabilities),
                log_level: self.0.log.as_ref().map(|log| log.level().as_str().into()),
                ..progress
            },
        }
    }
}
