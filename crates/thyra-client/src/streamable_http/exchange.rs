//! One request: a `POST`, answered by one JSON document or by a stream that ends with the answer.
//! On the way, a server up to 2025-11-25 may ask questions and break the stream off.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use thyra_oauth::{Challenge, Streamed, printable};
use thyra_protocol::{
    CancelledParams, ErrorCode, Message, RequestId, method as methods, write_notification,
};

use super::credentials::Shown;
use super::endpoint::{Head, media_type, refusal, uncompressed};
use super::session::Session;
use super::{Shared, has_sessions, sse};
use crate::background::Background;
use crate::transport::{
    CallClock, Heard, Outcome, Outgoing, OutgoingMessage, Questions, Received, Reports,
    TransportError, messages,
};

/// The most bytes of a refusal that are read.
const MAX_REFUSAL: usize = 64 * 1024;

/// The most questions about one request, since a person may have to read each.
const MAX_QUESTIONS: usize = 64;

/// How often in a row the client tries to resume a stream, if the server does not let it.
const MAX_RESUMPTIONS: usize = 5;

/// How long the client waits before it resumes a stream, if the server does not say.
const RESUME_AFTER: Duration = Duration::from_secs(1);

/// What one request brought.
#[derive(Debug)]
pub(super) enum Reply {
    /// 403 because the token lacks scopes.
    InsufficientScope(Challenge<'static>),
    Outcome(Outcome),
    /// 401.
    Unauthorized(Option<Challenge<'static>>),
}

impl Reply {
    /// The refusal of a request that lacks a token or scopes.
    pub(super) fn refused(response: &Streamed) -> Option<Self> {
        let challenge = || Challenge::from_headers(response.headers());
        match response.status() {
            StatusCode::UNAUTHORIZED => Some(Self::Unauthorized(challenge())),
            StatusCode::FORBIDDEN => challenge()
                .filter(Challenge::is_insufficient_scope)
                .map(Self::InsufficientScope),
            _ => None,
        }
    }
}

/// One request on its way.
pub(super) struct Exchange<'a> {
    shared: &'a Arc<Shared>,
    outgoing: &'a Outgoing<'a>,
    token: Shown<'a>,
    session: Option<Arc<Session>>,
    message: OutgoingMessage,
    clock: CallClock,
    questions: Questions<()>,
    questions_left: usize,
    cancel: CancelOnDrop<'a>,
}

impl<'a> Exchange<'a> {
    /// Prepares a request that shows `token`.
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        aside: &'a Background,
        outgoing: &'a Outgoing<'a>,
        token: Shown<'a>,
    ) -> Result<Self, TransportError> {
        let message = outgoing.message()?;
        shared.allowance.renew(1);
        let opens = outgoing.method == methods::INITIALIZE;
        let session = shared
            .session
            .current()
            .filter(|_| has_sessions(outgoing.revision) && !opens);
        Ok(Self {
            shared,
            outgoing,
            token,
            clock: CallClock::start(outgoing.time_limit),
            questions: Questions::new(),
            questions_left: MAX_QUESTIONS,
            cancel: CancelOnDrop {
                shared,
                aside,
                outgoing,
                session: session.clone(),
                id: message.id.clone(),
                // A lost connection is cancellation enough in the sessionless era, and `initialize`
                // must not be cancelled.
                is_armed: has_sessions(outgoing.revision) && !opens,
            },
            session,
            message,
        })
    }

    /// Sends the request, and waits for what it brings.
    pub(super) async fn run(mut self, reports: &mut Reports<'_>) -> Result<Reply, TransportError> {
        let reply = self.reply(reports).await;
        // Only a server that may still work on the request has to be told that nobody waits.
        let is_given_up = matches!(
            reply,
            Err(TransportError::Compressed { .. }
                | TransportError::EventTooLarge { .. }
                | TransportError::Message { .. }
                | TransportError::Questions { .. }
                | TransportError::Timeout(_))
        );
        self.cancel.is_armed &= is_given_up;
        reply
    }

    /// Sends the request until it brings something, or must not be sent again.
    async fn reply(&mut self, reports: &mut Reports<'_>) -> Result<Reply, TransportError> {
        let (shared, outgoing) = (self.shared, self.outgoing);
        let mut done = 0;
        loop {
            let error = match self.attempt(reports).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let left = self.clock.left();
            let Some(wait) = shared.wait_after(outgoing, &error, done, left) else {
                return Err(error);
            };
            // The server works on nothing while the client waits.
            let is_armed = std::mem::take(&mut self.cancel.is_armed);
            self.beside(tokio::time::sleep(wait)).await?;
            // An id must not be used twice.
            self.message = outgoing.message()?;
            self.cancel.id = self.message.id.clone();
            self.cancel.is_armed = is_armed;
            done += 1;
        }
    }

    /// Sends the request once.
    async fn attempt(&mut self, reports: &mut Reports<'_>) -> Result<Reply, TransportError> {
        let shared = self.shared;
        let json = std::mem::take(&mut self.message.json);
        let session = self.session.clone();
        let head = self.head(session.as_deref());
        let response = self.beside(shared.endpoint.post(&head, json)).await??;
        let opened = head.opens().then(|| Session::opened(response.headers()));
        let opened = opened.transpose()?;
        let reply = self.receive(response, reports).await?;
        if let (Some(opened), Reply::Outcome(Outcome::Result(_))) = (opened, &reply) {
            shared.session.replace(opened);
        }
        Ok(reply)
    }

    fn head<'h>(&self, session: Option<&'h Session>) -> Head<'h>
    where
        'a: 'h,
    {
        Head {
            method: self.outgoing.method,
            name: self.outgoing.name,
            arguments: self.outgoing.header_arguments,
            revision: self.outgoing.revision,
            session,
            token: self.token,
        }
    }

    async fn receive(
        &mut self,
        response: Streamed,
        reports: &mut Reports<'_>,
    ) -> Result<Reply, TransportError> {
        if let Some(refused) = Reply::refused(&response) {
            return Ok(refused);
        }
        let status = response.status();
        uncompressed(response.headers())?;
        let content_type = media_type(response.headers());
        match content_type.as_str() {
            "text/event-stream" if status.is_success() => self.stream(response, reports).await,
            "application/json" if status.is_success() => {
                let body = response.read(self.shared.endpoint.max_bytes);
                let body = self.beside(body).await??.body;
                let mut outcome = None;
                for message in messages(&body, self.outgoing.revision)? {
                    outcome = reports.receive(message, &self.message.id)?.or(outcome);
                }
                outcome
                    .map(Reply::Outcome)
                    .ok_or(TransportError::NotTheAnswer)
            }
            _ if status.is_success() => Err(TransportError::ContentType {
                found: printable(&content_type),
            }),
            "application/json" => self.refused(response, reports).await,
            _ => match self.lost(status, refusal(status, response.headers())) {
                TransportError::SessionLost => Err(self.session_lost()),
                refusal => Err(refusal),
            },
        }
    }

    /// Reads a refusal, which may be an answer all the same.
    async fn refused(
        &mut self,
        response: Streamed,
        reports: &mut Reports<'_>,
    ) -> Result<Reply, TransportError> {
        let status = response.status();
        let refusal = refusal(status, response.headers());
        let limit = MAX_REFUSAL.min(self.shared.endpoint.max_bytes);
        // What cannot be read is no answer, and its status says no all the same.
        let read = self.beside(response.read(limit)).await?;
        let body = read.map(|read| read.body).unwrap_or_default();
        let refusal = match self.lost(status, refusal) {
            // A server that has no such session says so in an error of its own, not in an answer.
            TransportError::SessionLost if !is_answer(&body, &self.message.id, status) => {
                return Err(self.session_lost());
            }
            other => other,
        };
        match reports.receive(&body, &self.message.id) {
            Ok(Some(outcome)) => Ok(Reply::Outcome(outcome)),
            Ok(None) | Err(_) => Err(refusal),
        }
    }

    /// What the status of a refusal means: in a session, perhaps that there is no such session. The
    /// specification wants 404 then, and older SDKs answer 400.
    fn lost(&self, status: StatusCode, refusal: TransportError) -> TransportError {
        match (status, &self.session) {
            (StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST, Some(_)) => {
                TransportError::SessionLost
            }
            _ => refusal,
        }
    }

    fn session_lost(&self) -> TransportError {
        self.shared.session.forget(self.session.as_deref());
        TransportError::SessionLost
    }

    async fn stream(
        &mut self,
        mut response: Streamed,
        reports: &mut Reports<'_>,
    ) -> Result<Reply, TransportError> {
        let mut decoder = sse::Decoder::new(self.shared.endpoint.max_bytes);
        loop {
            match self.read(&mut response, &mut decoder, reports).await {
                Ok(Some(outcome)) => return Ok(Reply::Outcome(outcome)),
                Ok(None) | Err(TransportError::Http(_)) if self.can_resume(&decoder) => {}
                Ok(None) => return Err(TransportError::StreamEnded),
                Err(error) => return Err(error),
            }
            response = self.resume(&mut decoder).await?;
        }
    }

    /// Reads a stream until the answer comes or the stream ends.
    async fn read(
        &mut self,
        response: &mut Streamed,
        decoder: &mut sse::Decoder,
        reports: &mut Reports<'_>,
    ) -> Result<Option<Outcome>, TransportError> {
        let max_bytes = self.shared.endpoint.max_bytes;
        while let Some(chunk) = self.beside(response.chunk()).await?? {
            let events = decoder
                .feed(&chunk)
                .map_err(|sse::TooLarge| TransportError::EventTooLarge { max_bytes })?;
            for event in events.iter().filter(|event| !event.is_empty()) {
                for message in messages(event, self.outgoing.revision)? {
                    match reports.hear(message, &self.message.id)? {
                        Heard::Answer(outcome) => return Ok(Some(outcome)),
                        Heard::Done => {}
                        Heard::NotAboutIt => self.take(message)?,
                    }
                }
            }
        }
        Ok(None)
    }

    /// Takes what answers no request.
    fn take(&mut self, message: &[u8]) -> Result<(), TransportError> {
        let Some(inbox) = self.shared.inbox.get() else {
            return Ok(());
        };
        match inbox.receive(message)? {
            Received::Nothing => {}
            Received::Withdrawn(id) => self.questions.withdraw(&id),
            Received::Question(question) => {
                if !question.is_ping {
                    self.questions_left =
                        self.questions_left
                            .checked_sub(1)
                            .ok_or(TransportError::Questions {
                                most: MAX_QUESTIONS,
                            })?;
                }
                let (session, revision) = (self.session.clone(), self.outgoing.revision);
                let answer = self.shared.answer(question.answer, session, revision);
                self.questions.add(question.id, question.is_ping, answer);
                if !self.questions.is_empty() {
                    self.clock.pause();
                }
            }
        }
        Ok(())
    }

    fn can_resume(&self, decoder: &sse::Decoder) -> bool {
        has_sessions(self.outgoing.revision) && decoder.last_id().is_some()
    }

    /// Opens the stream again, from the event after the last one that came.
    async fn resume(&mut self, decoder: &mut sse::Decoder) -> Result<Streamed, TransportError> {
        let shared = self.shared;
        let session = self.session.clone();
        let head = self.head(session.as_deref());
        decoder.restart();
        for _ in 0..MAX_RESUMPTIONS {
            let wait = decoder.retry().unwrap_or(RESUME_AFTER);
            self.beside(tokio::time::sleep(wait)).await?;
            let resumed = shared.endpoint.send(Method::GET, &head, decoder.last_id());
            let Ok(response) = self.beside(resumed).await? else {
                continue;
            };
            let is_stream = media_type(response.headers()) == "text/event-stream";
            match response.status() {
                status if status.is_success() && is_stream => {
                    uncompressed(response.headers())?;
                    return Ok(response);
                }
                // The server may be back in a moment.
                status if status.is_server_error() => {}
                _ => break,
            }
        }
        Err(TransportError::StreamEnded)
    }

    /// Does `work` within the time limit, and the server's questions beside it. The time that they
    /// take does not count.
    async fn beside<T>(&mut self, work: impl Future<Output = T>) -> Result<T, TransportError> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                // A server that says something all the time does not stop the clock.
                () = self.clock.expired() => {
                    return Err(TransportError::Timeout(self.outgoing.time_limit));
                }
                done = &mut work => return Ok(done),
                _ = self.questions.next() => if self.questions.is_empty() {
                    self.clock.go_on();
                },
            }
        }
    }
}

impl Shared {
    /// Sends `answer` to the server as soon as there is one.
    pub(super) fn answer(
        self: &Arc<Self>,
        answer: impl Future<Output = Vec<u8>> + Send + 'static,
        session: Option<Arc<Session>>,
        revision: thyra_protocol::Revision,
    ) -> impl Future<Output = ()> + Send + 'static {
        let shared = Arc::clone(self);
        async move {
            let json = answer.await;
            shared
                .try_post_aside("", revision, session.as_deref(), json)
                .await;
        }
    }
}

/// Whether the body of a refusal answers the request `id`. An error that names no request, or a 404
/// for another reason than the method, does not.
fn is_answer(body: &[u8], id: &RequestId, status: StatusCode) -> bool {
    let Ok(Message::Response(response)) = Message::parse(body) else {
        return false;
    };
    response.id.as_ref() == Some(id)
        && (status != StatusCode::NOT_FOUND
            || matches!(&response.outcome, Err(error) if error.code == ErrorCode::METHOD_NOT_FOUND))
}

/// Tells the server that nobody waits for its answer, if it is dropped before that came.
struct CancelOnDrop<'a> {
    shared: &'a Arc<Shared>,
    aside: &'a Background,
    outgoing: &'a Outgoing<'a>,
    session: Option<Arc<Session>>,
    id: RequestId,
    is_armed: bool,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        let mut json = Vec::new();
        let params = CancelledParams::new(self.id.clone());
        if !self.is_armed || write_notification(&mut json, methods::CANCELLED, &params).is_err() {
            return;
        }
        let shared = Arc::clone(self.shared);
        let (session, revision) = (self.session.take(), self.outgoing.revision);
        self.aside.spawn(async move {
            shared
                .try_post_aside(methods::CANCELLED, revision, session.as_deref(), json)
                .await;
        });
    }
}

#[cfg(test)]
mod tests;
