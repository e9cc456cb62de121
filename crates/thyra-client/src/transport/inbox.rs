//! What a server says that answers no request.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use thyra_oauth::printable;
use thyra_protocol::{
    CancelledParams, ElicitParams, ElicitationCompleteParams, EmptyResult, Era, ErrorCode,
    ErrorObject, InputRequest, Message, Notification, Request, RequestId, Revision,
    method as methods, write_error, write_result,
};

use super::TransportError;
use crate::answers::{Answers, NotOffered, known};
use crate::changes::{Change, Listeners, Notice, Said};
use crate::hop::{Hop, SharedObserver};
use crate::log::Log;

/// Takes what a server of the handshake era says that answers no request: its questions, its log
/// messages, its notifications. A transport gets it once
/// ([`Transport::attach`](super::Transport::attach)); a clone is the same inbox.
#[derive(Clone)]
pub struct Inbox(Arc<Inner>);

struct Inner {
    answers: Answers,
    listeners: Listeners,
    log: Option<Log>,
    observer: SharedObserver,
    /// The revision that the client and its server agreed on last.
    revision: Mutex<Revision>,
}

/// A request of the server, and the future of what to send back.
pub struct Question {
    /// The id, under which the server may withdraw it.
    pub id: RequestId,
    /// The whole JSON-RPC message that answers it: one JSON object without line breaks. The
    /// transport sends it, unless the future was dropped before.
    pub answer: BoxFuture<'static, Vec<u8>>,
    /// Whether the server only asks whether the client is there.
    pub(crate) is_ping: bool,
}

/// What a message of the server asks of the transport.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// Nothing: the client has taken note.
    Nothing,
    /// To drive this to its answer, and send that.
    Question(Question),
    /// To drop the question with this id: the server no longer waits.
    Withdrawn(RequestId),
}

impl Inbox {
    pub(crate) fn new(answers: Answers, log: Option<Log>, observer: SharedObserver) -> Self {
        Self(Arc::new(Inner {
            answers,
            listeners: Listeners::default(),
            log,
            observer,
            revision: Mutex::new(Revision::LATEST),
        }))
    }

    /// The revision that the client and its server agreed on last.
    pub(crate) fn revision(&self) -> Revision {
        *self
            .0
            .revision
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The answers are written for `revision` from now on.
    pub(crate) fn agree(&self, revision: Revision) {
        let mut agreed = self
            .0
            .revision
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *agreed = revision;
        drop(agreed);
        self.0.listeners.set_lost(false);
    }

    /// Who hears of changes that the server tells everybody in the session.
    pub(crate) fn listeners(&self) -> &Listeners {
        &self.0.listeners
    }

    /// Says that the connection is lost on which the server of the handshake era tells what answers
    /// no request. The subscriptions of the client then begin anew.
    pub fn lost(&self) {
        self.0.listeners.set_lost(true);
    }

    /// Says that this connection was interrupted, so that messages may be missing. The
    /// subscriptions of the client hear of it.
    pub fn missed(&self) {
        self.0.listeners.tell(&Change::Missed);
    }

    /// Takes a message that answers no request of the client.
    ///
    /// A server of the sessionless era must not send requests, and gets no answer to one.
    ///
    /// # Errors
    ///
    /// [`TransportError::Message`] when `message` is not a JSON-RPC message.
    pub fn receive(&self, message: &[u8]) -> Result<Received, TransportError> {
        let message = Message::parse(message).map_err(|error| TransportError::Message {
            problem: printable(&error.to_string()),
        })?;
        Ok(match message {
            Message::Notification(notification) => self.notified(&notification),
            Message::Request(request) => self.asked(&request),
            Message::Response(_) => Received::Nothing,
        })
    }

    fn notified(&self, notification: &Notification<'_>) -> Received {
        if let Some(id) = CancelledParams::withdrawn_by(notification) {
            return Received::Withdrawn(id);
        }
        if notification.method == methods::MESSAGE
            && let Some(log) = &self.0.log
            && let Some(params) = notification.params
            && let Ok(message) = serde_json::from_str(params.get())
        {
            log.hear(message);
        }
        if let Some(Notice {
            subscription: None,
            said: Said::Changed(change),
        }) = Notice::read(notification)
        {
            self.0.listeners.tell(&change);
        }
        if notification.method == methods::ELICITATION_COMPLETE
            && let Some(params) = notification.params
            && let Ok(params) = serde_json::from_str::<ElicitationCompleteParams>(params.get())
        {
            self.0.answers.visits().end(&params.elicitation_id);
        }
        Received::Nothing
    }

    fn asked(&self, request: &Request<'_>) -> Received {
        let revision = self.revision();
        if revision.era() == Era::Sessionless {
            return Received::Nothing;
        }
        let id = request.id.clone();
        let is_ping = request.method == methods::PING;
        let question = if is_ping {
            Ok(None)
        } else {
            question(request).map(Some)
        };
        // The server may say that the user is done before anybody polls the answer.
        if let Ok(Some(InputRequest::Elicitation(ElicitParams::Url(page)))) = &question
            && let Some(id) = &page.elicitation_id
        {
            self.0.answers.visits().begin(id);
        }
        let inbox = Arc::clone(&self.0);
        let task = related_task(request, revision);
        let answered = id.clone();
        let answer = Box::pin(async move {
            let mut json = Vec::new();
            let result = match question {
                Ok(None) => to_raw_value(&EmptyResult::default().for_revision(revision))
                    .map_err(|error| ErrorObject::internal(error.to_string())),
                Ok(Some(question)) => inbox.answer(question, revision).await,
                Err(refused) => Err(refused),
            };
            let result = result.and_then(|result| match task {
                Some(task) => about_task(&result, task),
                None => Ok(result),
            });
            let written = result.and_then(|result| {
                write_result(&mut json, &answered, &result)
                    .map_err(|error| ErrorObject::internal(error.to_string()))
            });
            if let Err(error) = written {
                write_error(&mut json, Some(&answered), &error);
            }
            json
        });
        Received::Question(Question {
            id,
            answer,
            is_ping,
        })
    }
}

impl Question {
    /// The same question, which nobody is asked: it is answered with an error.
    pub(crate) fn refused(self, why: &'static str) -> Self {
        let id = self.id.clone();
        let answer = Box::pin(async move {
            let mut json = Vec::new();
            let error = ErrorObject::new(ErrorCode::INVALID_REQUEST, why);
            write_error(&mut json, Some(&id), &error);
            json
        });
        Self { answer, ..self }
    }
}

impl Inner {
    async fn answer(
        &self,
        question: InputRequest,
        revision: Revision,
    ) -> Result<Box<RawValue>, ErrorObject> {
        let offered = self.answers.offer(question);
        let offered = offered.map_err(|reason| match reason {
            NotOffered::Form(error) => ErrorObject::invalid_params(error.to_string()),
            NotOffered::Page(refused) => ErrorObject::invalid_params(refused.to_string()),
            NotOffered::Unanswerable(_) => ErrorObject::method_not_found(),
        })?;
        self.observer.hop(&Hop::Questioned {
            question: offered.method(),
        });
        match offered.answer(revision).await {
            Ok(answered) => Ok(answered.result),
            Err(error) => {
                tracing::warn!(error = %error, "a question of the server has no answer");
                Err(ErrorObject::internal("The client has no answer"))
            }
        }
    }
}

/// The key of `_meta` that names the task to which a message belongs (2025-11-25).
const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";

/// The task that asks, if it is one of 2025-11-25.
fn related_task(request: &Request<'_>, revision: Revision) -> Option<Value> {
    #[derive(Deserialize)]
    struct Params {
        #[serde(rename = "_meta")]
        meta: Map<String, Value>,
    }

    if !revision.has_core_tasks() {
        return None;
    }
    let mut params: Params = serde_json::from_str(request.params?.get()).ok()?;
    params.meta.remove(RELATED_TASK)
}

/// `result` as an answer to the task that has asked.
fn about_task(result: &RawValue, task: Value) -> Result<Box<RawValue>, ErrorObject> {
    let internal = |error: serde_json::Error| ErrorObject::internal(error.to_string());
    let mut result: Map<String, Value> = serde_json::from_str(result.get()).map_err(internal)?;
    let meta = result.entry("_meta").or_insert_with(|| Map::new().into());
    if let Value::Object(meta) = meta {
        meta.insert(RELATED_TASK.to_owned(), task);
    }
    to_raw_value(&result).map_err(internal)
}

/// The question in a request, if it is of a kind that MCP knows.
fn question(request: &Request<'_>) -> Result<InputRequest, ErrorObject> {
    let Some(method) = known(&request.method) else {
        return Err(ErrorObject::method_not_found());
    };
    InputRequest::parse(method, request.params)
        .map_err(|error| ErrorObject::invalid_params(error.to_string()))
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("answers", &self.0.answers)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
