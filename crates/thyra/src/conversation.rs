//! One conversation of the handshake era: what a client said about itself at `initialize`, and what
//! client and server have agreed on since.
//!
//! A stdio connection is a conversation, and so is an HTTP session.

mod ask_error;
mod asker;
mod capability;
mod client;
mod in_flight;
mod pending;
mod subscriptions;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::{
    ErrorObject, InputRequest, InputRequestParams, LoggingLevel, RequestMeta, Response, Revision,
};

pub use self::ask_error::AskError;
pub(crate) use self::asker::Asker;
pub use self::capability::ClientCapability;
pub(crate) use self::client::{Abilities, Client, brief_info, check_size};
pub(crate) use self::in_flight::{CallBounds, InFlight, Ticket, Turn};
use self::pending::Pending;
use self::subscriptions::Subscriptions;
use crate::outbox::Emitter;
use crate::session_state::Lease;
use crate::shares::{Full, Place};
use crate::trace::Trace;
use crate::views::View;

/// The conversation that a valid `initialize` asks for, before anybody holds it.
#[derive(Debug)]
pub(crate) struct NewSession {
    revision: Revision,
    client: Client,
    log_level: LoggingLevel,
}

impl NewSession {
    /// A conversation on `revision` with `client`.
    pub(crate) fn new(revision: Revision, client: Client) -> Self {
        Self {
            revision,
            client,
            log_level: LoggingLevel::Info,
        }
    }

    /// The same, for a client that gets log messages of `level` until it sets another.
    #[must_use]
    pub(crate) fn logging_from(mut self, level: LoggingLevel) -> Self {
        self.log_level = level;
        self
    }
}

/// One conversation of the handshake era (MCP 2025-11-25, "Lifecycle").
#[derive(Debug)]
pub(crate) struct Session {
    id: Option<Box<str>>,
    revision: Revision,
    client: Client,
    log_level: AtomicU8,
    subscriptions: Mutex<Subscriptions>,
    pending: Pending,
    view: View,
    state: Lease,
}

impl Session {
    /// Begins the conversation that `new` asks for. It is the connection of stdio.
    pub(crate) fn begin(new: NewSession) -> Self {
        Self::of(new, None, None)
    }

    /// Begins one over HTTP. What it keeps counts in `memory`, from [`charge`](Self::charge) on.
    pub(crate) fn begin_with_id(new: NewSession, id: Box<str>, memory: Place) -> Self {
        Self::of(new, Some(id), Some(memory))
    }

    fn of(new: NewSession, id: Option<Box<str>>, memory: Option<Place>) -> Self {
        Self {
            id,
            revision: new.revision,
            client: new.client,
            log_level: AtomicU8::new(new.log_level as u8),
            subscriptions: Mutex::new(Subscriptions::within(memory)),
            pending: Pending::default(),
            view: View::default(),
            state: Lease::default(),
        }
    }

    /// The `Mcp-Session-Id`; none on stdio.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The revision that was agreed on.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// The client, as it described itself.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The lowest level of log messages that the client wants: what the server begins with, until
    /// it sets another.
    pub(crate) fn log_level(&self) -> Option<LoggingLevel> {
        let level = self.log_level.load(Ordering::Relaxed);
        LoggingLevel::ALL
            .into_iter()
            .find(|known| *known as u8 == level)
    }

    pub(crate) fn set_log_level(&self, level: LoggingLevel) {
        self.log_level.store(level as u8, Ordering::Relaxed);
    }

    /// Subscribes the client to changes of the resource `uri`.
    ///
    /// # Errors
    ///
    /// When the client would have too many subscriptions, their URIs would be too long together, or
    /// all sessions keep as much as they may.
    pub(crate) fn subscribe(&self, uri: &str) -> Result<(), ErrorObject> {
        self.lock().add(uri)
    }

    pub(crate) fn unsubscribe(&self, uri: &str) {
        self.lock().remove(uri);
    }

    pub(crate) fn is_subscribed(&self, uri: &str) -> bool {
        self.lock().contains(uri)
    }

    pub(crate) fn has_subscriptions(&self) -> bool {
        !self.lock().is_empty()
    }

    /// The URIs that the client subscribed to.
    pub(crate) fn subscriptions(&self) -> Vec<String> {
        self.lock().uris().map(str::to_owned).collect()
    }

    /// Counts what the client said about itself.
    ///
    /// # Errors
    ///
    /// [`Full`] when all sessions, or those of this caller, keep as much as they may.
    pub(crate) fn charge(&self) -> Result<(), Full> {
        self.lock().charge(self.client.bytes())
    }

    /// Gives back what the session counted, because it is over.
    pub(crate) fn discharge(&self) {
        self.lock().end();
    }

    /// What handlers hid from this client, or showed to it alone.
    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    /// What handlers remember for this session. It ends with the session.
    pub(crate) fn state(&self) -> &Lease {
        &self.state
    }

    /// Sends the client a request on the stream of the call in flight, and waits for its response.
    ///
    /// If the caller stops waiting, the request is withdrawn: the client gets a
    /// `notifications/cancelled` for it, if it still reads. `key` names the question in errors.
    ///
    /// # Errors
    ///
    /// [`AskError`] when nobody can be asked, when too many requests wait, or when the client
    /// answers with an error.
    pub(crate) async fn request<P: Serialize + ?Sized>(
        &self,
        emitter: &Emitter,
        key: &str,
        method: &str,
        params: &P,
    ) -> Result<Box<RawValue>, AskError> {
        self.pending.ask(emitter, key, method, params).await
    }

    /// Takes the client's response to a request of this conversation. A response that nobody waits
    /// for is ignored.
    pub(crate) fn answered(&self, response: Response<'_>) {
        self.pending.answer(response);
    }

    /// Stops asking the client: waiting requests fail, and so do all later ones.
    pub(crate) fn hang_up(&self) {
        self.pending.close();
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Subscriptions> {
        self.subscriptions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the client of a session on the stream of one call.
pub(crate) struct SessionAsker {
    session: Arc<Session>,
    emitter: Emitter,
    /// Where the call stands in a distributed trace. Its questions carry the same trace.
    trace: Option<Arc<Trace>>,
}

impl SessionAsker {
    pub(crate) fn new(session: Arc<Session>, emitter: Emitter, trace: Option<Arc<Trace>>) -> Self {
        Self {
            session,
            emitter,
            trace,
        }
    }
}

impl Asker for SessionAsker {
    fn ask<'a>(
        &'a self,
        key: &'a str,
        request: InputRequest,
    ) -> BoxFuture<'a, Result<Box<RawValue>, AskError>> {
        Box::pin(async move {
            let (session, method) = (&self.session, request.method());
            let params = request.params_for_revision(session.revision());
            match &self.trace {
                None => session.request(&self.emitter, key, method, &params).await,
                Some(trace) => {
                    let params = traced(&params, trace).map_err(|source| AskError::Malformed {
                        key: key.to_owned(),
                        source,
                    })?;
                    session.request(&self.emitter, key, method, &params).await
                }
            }
        })
    }
}

/// Adds the trace to `params`, in `_meta` (SEP-414). Params of questions use `_meta` for nothing
/// else.
fn traced(
    params: &InputRequestParams<'_>,
    trace: &Trace,
) -> Result<BTreeMap<String, Box<RawValue>>, serde_json::Error> {
    let mut members: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(to_raw_value(params)?.get())?;
    let meta = RequestMeta {
        traceparent: Some(trace.traceparent.as_str().into()),
        tracestate: trace.tracestate.as_deref().map(Into::into),
        baggage: trace.baggage.as_deref().map(Into::into),
        ..RequestMeta::default()
    };
    members.insert("_meta".to_owned(), to_raw_value(&meta)?);
    Ok(members)
}

#[cfg(test)]
mod tests;
