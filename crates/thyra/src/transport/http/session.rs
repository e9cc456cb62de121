//! What a session of the handshake era adds to Streamable HTTP (MCP 2025-11-25, "Session
//! Management", "Resumability and Redelivery").
//!
//! A call belongs to its session, not to its connection. A client that loses the connection does
//! not lose the call. It gets what it missed with a GET that names the last event it saw.

mod carried;
mod changes;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use ::http::header::{CONTENT_TYPE, RETRY_AFTER};
use ::http::request::Parts;
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use bytes::Bytes;
use thyra_protocol::{CancelledParams, Era, ErrorCode, ErrorObject, Message, RequestId, method};
use tokio::sync::oneshot;

use self::carried::{Carried, Head};
use super::headers::{self, Headers};
use super::resumable::ResumableStream;
use super::{Body, McpService, empty, events, explain, with_allow};
use crate::app::Identity;
use crate::budget::Loan;
use crate::conversation::{NewSession, Ticket};
use crate::dispatch::{self, Caller};
use crate::outbox::Outbox;
use crate::reply::Reply;
use crate::sessions::HttpSession;
use crate::sessions::NoSession;
use crate::sessions::{EventId, StreamReader};
use crate::transport::exchange::{Event, Exchange};

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The code that SDKs of the handshake era send and expect when there is no such session.
const SESSION_NOT_FOUND: ErrorCode = ErrorCode(-32001);

/// How long a call may be silent before its answer becomes a stream, which a client can resume if
/// it loses the connection.
const SILENCE: Duration = Duration::from_secs(5);

impl McpService {
    /// Finds the session that a request belongs to, and marks it as alive. `None` if the request
    /// names no session, or belongs to an era or a server without sessions.
    ///
    /// # Errors
    ///
    /// The answer, when the header is malformed or this caller has no such session.
    pub(super) fn session_of(
        &self,
        headers: &HeaderMap,
        who: &Identity,
    ) -> Result<Option<Arc<HttpSession>>, Box<Response<Body>>> {
        if !self.app.has_sessions || headers::are_sessionless(headers) {
            return Ok(None);
        }
        let id = match only(headers, &SESSION_ID) {
            Ok(None) => return Ok(None),
            Ok(Some(id)) => id,
            Err(error) => return Err(Box::new(refuse(StatusCode::BAD_REQUEST, &error))),
        };
        match self.sessions.find(id, who.principal()) {
            Some(session) => Ok(Some(session)),
            None => Err(Box::new(refuse(
                StatusCode::NOT_FOUND,
                &ErrorObject::new(
                    SESSION_NOT_FOUND,
                    "Session not found: it has ended, or it is not yours. Send initialize without Mcp-Session-Id",
                ),
            ))),
        }
    }

    /// Answers a GET or DELETE, which exist only in sessions.
    pub(super) fn beside_post(&self, parts: &Parts, who: &Identity) -> Response<Body> {
        if !matches!(parts.method, Method::GET | Method::DELETE) {
            return with_allow(empty(StatusCode::METHOD_NOT_ALLOWED));
        }
        let held = match self.session_of(&parts.headers, who) {
            Ok(Some(held)) => held,
            Ok(None) => return with_allow(empty(StatusCode::METHOD_NOT_ALLOWED)),
            Err(response) => return *response,
        };
        if let Err(error) = headers::agree(&parts.headers, held.session().revision()) {
            return refuse(StatusCode::BAD_REQUEST, &error);
        }
        if parts.method == Method::DELETE {
            self.sessions.close(&held);
            return empty(StatusCode::OK);
        }
        self.listen(&held, &parts.headers)
    }

    /// Opens a session for the client that `reply` greets.
    pub(super) fn begin_session(
        &self,
        new: NewSession,
        who: &Identity,
        reply: Reply,
    ) -> Response<Body> {
        match self.sessions.open(new, who.principal()) {
            Ok(session) => {
                let mut response = self.whole(reply);
                if let Ok(id) = HeaderValue::from_str(session.id()) {
                    response.headers_mut().insert(SESSION_ID, id);
                }
                response
            }
            Err(refusal) => {
                let (status, retry_after) = match refusal {
                    NoSession::Full { retry_after } | NoSession::NoMemory { retry_after } => {
                        (StatusCode::SERVICE_UNAVAILABLE, Some(retry_after))
                    }
                    NoSession::ShareFull { retry_after, .. }
                    | NoSession::NoMemoryForCaller { retry_after } => {
                        (StatusCode::TOO_MANY_REQUESTS, Some(retry_after))
                    }
                    NoSession::NoRandomness => (StatusCode::SERVICE_UNAVAILABLE, None),
                };
                let mut response = explain(status, &sentence(&refusal.to_string()));
                if let Some(after) = retry_after {
                    response
                        .headers_mut()
                        .insert(RETRY_AFTER, after.as_secs().into());
                }
                response
            }
        }
    }

    /// Answers one POST within a session.
    pub(super) async fn in_session(
        &self,
        held: Arc<HttpSession>,
        who: Identity,
        mut headers: Headers,
        message: Bytes,
        loan: Loan,
    ) -> Response<Body> {
        let caller = Caller::within(who, Some(Arc::clone(held.session())));
        match Message::parse(&message) {
            Ok(Message::Request(request)) if request.method == method::INITIALIZE => {
                let error = ErrorObject::new(
                    ErrorCode::INVALID_REQUEST,
                    "This session is initialized already; begin another without Mcp-Session-Id",
                );
                self.whole(Reply::error(Some(&request.id), Era::Handshake, &error))
            }
            Ok(Message::Request(request)) if request.method != method::PING => {
                let id = request.id;
                let bytes = message.len() + headers.bytes();
                let Some(turn) = held.in_flight().enter(Some(id.clone()), bytes).await else {
                    return never_begun(held);
                };
                let app = Arc::clone(&self.app);
                let ticket = turn.ticket();
                let exchange =
                    Exchange::in_turn(turn, app, message.clone(), headers, caller).counted_in(loan);
                self.call(&held, id, ticket, exchange).await
            }
            // A ping asks whether anybody is there, so it waits for no call.
            other => {
                let emitter = Outbox::default().emitter();
                let reply =
                    dispatch::answer(&self.app, &message, &mut headers, caller, emitter).await;
                if reply.status() == StatusCode::ACCEPTED {
                    match other {
                        Ok(Message::Response(response)) => held.session().answered(response),
                        Ok(Message::Notification(notification)) => {
                            if let Some(id) = CancelledParams::withdrawn_by(&notification) {
                                held.cancel(&id);
                            }
                        }
                        _ => {}
                    }
                }
                self.whole(reply)
            }
        }
    }

    /// Answers a call with its reply or with a stream of its messages. It begins when it is its
    /// turn.
    async fn call(
        &self,
        held: &Arc<HttpSession>,
        id: RequestId,
        ticket: Ticket,
        mut exchange: Exchange,
    ) -> Response<Body> {
        // Most calls reply at once, without a task or a stream.
        let first = poll_fn(|cx| match exchange.poll_event(cx) {
            Poll::Ready(event) => Poll::Ready(Some(event)),
            Poll::Pending => Poll::Ready(None),
        })
        .await;
        let first = match first {
            Some(Event::Reply(reply)) => return self.whole(reply),
            Some(Event::Notification(message)) => Some(message),
            None => None,
        };
        let (writer, reader) = held.streams().open();
        let (beginning, decided) = oneshot::channel();
        let session = Arc::clone(held);
        let carried = Carried::new(exchange, held, writer, beginning, id);
        let closed = self.app.closed();
        let task = tokio::spawn(async move {
            let mut running = pin!(carried.run(first));
            tokio::select! {
                () = &mut running => {}
                () = closed => {
                    // A user may take longer to answer than the server has.
                    session.session().hang_up();
                    running.await;
                }
            }
            session.touch();
        });
        // The session owns the task: when it ends, the call is dropped.
        ticket.runs_in(task.abort_handle());
        match head_of(decided).await {
            Head::Reply(reply) => self.whole(reply),
            Head::Stream => events(Body::resumable(ResumableStream::new(
                reader,
                Arc::clone(held),
            ))),
        }
    }

    /// Answers GET: with the stream of changes, or with the rest of a stream that the client lost.
    fn listen(&self, held: &Arc<HttpSession>, headers: &HeaderMap) -> Response<Body> {
        if !super::accepts_events(headers) {
            return explain(
                StatusCode::NOT_ACCEPTABLE,
                "Send accept: text/event-stream; the answer is a stream of events.",
            );
        }
        let reader = match only(headers, &LAST_EVENT_ID) {
            Err(error) => return refuse(StatusCode::BAD_REQUEST, &error),
            Ok(Some(last)) => {
                let last = last.parse::<EventId>().ok();
                last.and_then(|last| held.streams().resume(last)).ok_or((
                    StatusCode::BAD_REQUEST,
                    "This session keeps no stream with that Last-Event-ID; open one without it",
                ))
            }
            Ok(None) => self.follow(held).ok_or((
                StatusCode::CONFLICT,
                "Another connection reads this session's stream; close it, or resume it with Last-Event-ID",
            )),
        };
        let reader = match reader {
            Ok(reader) => reader,
            Err((status, why)) => {
                return refuse(status, &ErrorObject::new(ErrorCode::INVALID_REQUEST, why));
            }
        };
        events(Body::resumable(
            ResumableStream::new(reader, Arc::clone(held)).while_token_lasts(),
        ))
    }

    /// The stream of changes. Opening it for the first time starts the task that writes it.
    fn follow(&self, held: &Arc<HttpSession>) -> Option<StreamReader> {
        let (writer, reader) = held.streams().standalone()?;
        if let Some(writer) = writer
            && let Some(place) = held.background().try_enter(None)
        {
            let ticket = place.ticket();
            let telling = changes::tell(Arc::clone(&self.app), Arc::clone(held), writer);
            let task = tokio::spawn(async move {
                let _place = place;
                telling.await;
            });
            ticket.runs_in(task.abort_handle());
        }
        Some(reader)
    }
}

/// The answer to a call that was cancelled, or whose session ended, before there was room for it: a
/// stream that ends, as for any cancelled call.
fn never_begun(held: Arc<HttpSession>) -> Response<Body> {
    let (_, reader) = held.streams().open();
    events(Body::resumable(ResumableStream::new(reader, held)))
}

/// Decides how the answer to a call begins. A cancelled call has no reply, and its stream ends
/// without one.
async fn head_of(mut decided: oneshot::Receiver<Head>) -> Head {
    tokio::select! {
        head = &mut decided => head.unwrap_or(Head::Stream),
        () = tokio::time::sleep(SILENCE) => {
            // From here on the call sends everything on its stream. It may have replied in this
            // very moment.
            decided.close();
            decided.try_recv().unwrap_or(Head::Stream)
        }
    }
}

/// A refusal as a JSON-RPC error without a request id.
fn refuse(status: StatusCode, error: &ErrorObject) -> Response<Body> {
    let reply = Reply::error(None, Era::Handshake, error);
    let mut response = Response::new(Body::from(reply.into_message()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, super::JSON);
    response
}

/// The value of a header that may appear at most once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, ErrorObject> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(value)), None) => Ok(Some(value)),
        _ => Err(ErrorObject::new(
            ErrorCode::INVALID_REQUEST,
            format!("the header {name} must be there once, in plain ASCII"),
        )),
    }
}

/// Turns the text of an error into a sentence.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_silent_for_long_is_answered_with_a_stream() {
        let (beginning, decided) = oneshot::channel();
        assert!(matches!(head_of(decided).await, Head::Stream));
        // The call notices this, and sends its reply on the stream.
        let unsent = beginning.send(Head::Reply(Reply::accepted()));
        assert!(matches!(unsent, Err(Head::Reply(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reply_in_time_is_the_answer_and_a_call_without_one_is_a_stream_that_ends() {
        let (beginning, decided) = oneshot::channel();
        beginning.send(Head::Reply(Reply::accepted())).unwrap();
        assert!(matches!(head_of(decided).await, Head::Reply(_)));
        let (cancelled, decided) = oneshot::channel();
        drop(cancelled);
        assert!(matches!(head_of(decided).await, Head::Stream));
    }

    #[test]
    fn errors_become_sentences() {
        assert_eq!(sentence("too many; wait"), "Too many; wait.");
        assert_eq!(sentence(""), ".");
    }
}
