//! One conversation of the handshake era: what a client said about itself at `initialize`, and what
//! client and server have agreed on since.
//!
//! A stdio connection is a conversation, and so is an HTTP session.

mod ask_error;
mod asker;
mod capability;
mod in_flight;
mod pending;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::{
    ClientCapabilities, ErrorObject, Implementation, InputRequest, InputRequestParams,
    LoggingLevel, RequestMeta, Response, Revision,
};

pub use self::ask_error::AskError;
pub(crate) use self::asker::Asker;
pub use self::capability::ClientCapability;
pub(crate) use self::in_flight::{CallBounds, InFlight, Ticket, Turn};
use self::pending::Pending;
use crate::outbox::Emitter;
use crate::session_state::Lease;
use crate::trace::Trace;
use crate::views::View;

/// The most resources that one session may subscribe to.
const MOST_SUBSCRIPTIONS: usize = 256;

/// The most bytes that the URIs of one session's subscriptions may have together.
const LONGEST_SUBSCRIPTIONS: usize = 64 * 1024;

/// The largest capabilities that a session keeps, in bytes of JSON.
const LARGEST_CAPABILITIES: usize = 16 * 1024;

/// The largest description of the client that a session keeps whole, in bytes of JSON.
const LARGEST_INFO: usize = 4 * 1024;

/// How much is kept of the name and of the version in a larger one, in bytes.
const LONGEST_NAME: usize = 256;

/// The conversation that a valid `initialize` asks for, before anybody holds it.
#[derive(Debug)]
pub(crate) struct NewSession {
    revision: Revision,
    client: ClientCapabilities,
    client_info: Implementation,
    log_level: LoggingLevel,
}

impl NewSession {
    /// A conversation on `revision` with a client of these capabilities. Of a long `client_info`
    /// only the beginning of its name and its version is kept.
    ///
    /// # Errors
    ///
    /// When the capabilities are larger than a session may keep.
    pub(crate) fn new(
        revision: Revision,
        client: ClientCapabilities,
        client_info: Implementation,
    ) -> Result<Self, ErrorObject> {
        if bytes_of(&client) > LARGEST_CAPABILITIES {
            return Err(ErrorObject::invalid_params(format!(
                "The capabilities of a client have at most {LARGEST_CAPABILITIES} bytes"
            )));
        }
        let client_info = if bytes_of(&client_info) > LARGEST_INFO {
            essence(&client_info)
        } else {
            client_info
        };
        Ok(Self {
            revision,
            client,
            client_info,
            log_level: LoggingLevel::Info,
        })
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
    client: ClientCapabilities,
    client_info: Implementation,
    log_level: AtomicU8,
    subscriptions: Mutex<BTreeSet<Box<str>>>,
    pending: Pending,
    view: View,
    state: Lease,
}

impl Session {
    /// Begins the conversation that `new` asks for. Over HTTP it has an `id`; on stdio it is the
    /// connection.
    pub(crate) fn begin(new: NewSession, id: Option<Box<str>>) -> Self {
        Self {
            id,
            revision: new.revision,
            client: new.client,
            client_info: new.client_info,
            log_level: AtomicU8::new(new.log_level as u8),
            subscriptions: Mutex::default(),
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

    /// The capabilities that the client declared.
    pub(crate) fn client(&self) -> &ClientCapabilities {
        &self.client
    }

    /// Who the client says it is.
    pub(crate) fn client_info(&self) -> &Implementation {
        &self.client_info
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
    /// When the client would have too many subscriptions, or their URIs would be too long together.
    pub(crate) fn subscribe(&self, uri: &str) -> Result<(), ErrorObject> {
        let mut subscriptions = self.lock();
        if subscriptions.len() >= MOST_SUBSCRIPTIONS && !subscriptions.contains(uri) {
            return Err(ErrorObject::invalid_params(format!(
                "One session subscribes to at most {MOST_SUBSCRIPTIONS} resources; unsubscribe from one first"
            )));
        }
        let bytes: usize = subscriptions.iter().map(|known| known.len()).sum();
        if bytes + uri.len() > LONGEST_SUBSCRIPTIONS {
            return Err(ErrorObject::invalid_params(format!(
                "The URIs that one session subscribes to have at most {LONGEST_SUBSCRIPTIONS} bytes; unsubscribe from one first"
            )));
        }
        subscriptions.insert(uri.into());
        Ok(())
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
        self.lock().iter().map(ToString::to_string).collect()
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
    fn lock(&self) -> MutexGuard<'_, BTreeSet<Box<str>>> {
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

/// The size of a value, in bytes of JSON.
fn bytes_of(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |written| written.len())
}

/// The name and the version, of each the beginning.
fn essence(info: &Implementation) -> Implementation {
    let beginning = |text: &str| {
        let end = text.floor_char_boundary(LONGEST_NAME);
        text.get(..end).unwrap_or_default().to_owned()
    };
    Implementation::new(beginning(&info.name), beginning(&info.version))
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
