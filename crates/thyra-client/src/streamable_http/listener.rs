//! The stream of a session on which a server says what belongs to no request (MCP
//! `basic/transports`, listening for messages, up to 2025-11-25).

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use thyra_oauth::Streamed;
use thyra_protocol::Revision;
use tokio::sync::oneshot;

use super::endpoint::{Head, media_type, uncompressed};
use super::session::Session;
use super::{Shared, sse};
use crate::transport::{Inbox, Noise, Questions, Received, TransportError, messages};

/// How often the stream is opened in a row without an event on it.
const MAX_ATTEMPTS: u32 = 8;

/// How long the client waits before it opens the stream again: at first, and at most. A server may
/// ask for another time, though not for none: it could end each stream after one event.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Reads the stream of `session`, and answers the questions on it, until the server has none (405)
/// or has forgotten the session. It drops `opening` as soon as it is known whether the server has
/// the stream.
pub(super) async fn listen(
    shared: Arc<Shared>,
    session: Arc<Session>,
    revision: Revision,
    opening: oneshot::Sender<()>,
) {
    let mut opening = Some(opening);
    let Some(inbox) = shared.inbox.get() else {
        return;
    };
    let mut decoder = sse::Decoder::new(shared.endpoint.max_bytes);
    let mut questions = Questions::new();
    let noise = Noise::default();
    let mut attempt = 0;
    let mut was_open = false;
    while attempt < MAX_ATTEMPTS {
        let opened = open(&shared, &session, revision, &decoder).await;
        opening.take();
        match opened {
            Ok(Stream::Open(response)) => {
                if std::mem::replace(&mut was_open, true) && decoder.last_id().is_none() {
                    // The server cannot know what it said in the meantime.
                    inbox.missed();
                }
                decoder.restart();
                let listener = Listener {
                    shared: &shared,
                    inbox,
                    session: &session,
                    revision,
                    noise: &noise,
                };
                match listener.read(response, &mut decoder, &mut questions).await {
                    Ok(0) => {}
                    Ok(_) => attempt = 0,
                    Err(error) => {
                        tracing::warn!(%error, "the stream of the session cannot be read");
                        inbox.lost();
                        return;
                    }
                }
            }
            Ok(Stream::None) => return,
            Ok(Stream::NoSession) => {
                shared.session.forget(Some(&session));
                inbox.lost();
                return;
            }
            Err(error) => tracing::debug!(%error, "the stream of the session did not open"),
        }
        let backoff = FIRST_WAIT.saturating_mul(1 << attempt);
        let wait = decoder.retry().unwrap_or(backoff);
        tokio::time::sleep(wait.clamp(SHORTEST_WAIT, LONGEST_WAIT)).await;
        attempt += 1;
    }
    tracing::warn!("the stream of the session was given up; the session goes on without");
    inbox.lost();
}

/// What became of the stream.
enum Stream {
    /// The server has none.
    None,
    /// The server has forgotten the session.
    NoSession,
    Open(Streamed),
}

/// Opens the stream, if there is one to be had.
async fn open(
    shared: &Shared,
    session: &Session,
    revision: Revision,
    decoder: &sse::Decoder,
) -> Result<Stream, TransportError> {
    let tokens = shared.credentials.tokens().await?;
    let head = Head {
        method: "",
        name: None,
        arguments: &[],
        revision,
        session: Some(session),
        token: shared.credentials.token(tokens.as_ref()),
    };
    let response = shared
        .endpoint
        .send(Method::GET, &head, decoder.last_id())
        .await?;
    let status = response.status();
    let is_stream = status.is_success() && media_type(response.headers()) == "text/event-stream";
    if is_stream {
        if let Err(error) = uncompressed(response.headers()) {
            tracing::warn!(%error, "the stream of the session is not read");
            return Ok(Stream::None);
        }
        Ok(Stream::Open(response))
    } else if status == StatusCode::NOT_FOUND {
        Ok(Stream::NoSession)
    } else if status.is_server_error() || status.as_u16() == 429 {
        Err(TransportError::Status {
            status: status.as_u16(),
            retry_after: None,
        })
    } else {
        Ok(Stream::None)
    }
}

struct Listener<'a> {
    shared: &'a Arc<Shared>,
    inbox: &'a Inbox,
    session: &'a Arc<Session>,
    revision: Revision,
    noise: &'a Noise,
}

impl Listener<'_> {
    /// Reads a stream to its end, and returns how many events it had.
    async fn read(
        &self,
        mut response: Streamed,
        decoder: &mut sse::Decoder,
        questions: &mut Questions<()>,
    ) -> Result<usize, TransportError> {
        let max_bytes = self.shared.endpoint.max_bytes;
        let mut count = 0;
        loop {
            let chunk = tokio::select! {
                chunk = response.chunk() => chunk,
                _ = questions.next() => continue,
            };
            let Ok(Some(chunk)) = chunk else {
                return Ok(count);
            };
            let events = decoder
                .feed(&chunk)
                .map_err(|sse::TooLarge| TransportError::EventTooLarge { max_bytes })?;
            count += events.len();
            for event in events.iter().filter(|event| !event.is_empty()) {
                self.take(event, questions);
            }
        }
    }

    fn take(&self, event: &[u8], questions: &mut Questions<()>) {
        match messages(event, self.revision) {
            Ok(messages) => {
                for message in messages {
                    self.take_one(message, questions);
                }
            }
            Err(error) => {
                if self.noise.is_told() {
                    tracing::warn!(%error, "an event of the session's stream is left out");
                }
            }
        }
    }

    fn take_one(&self, message: &[u8], questions: &mut Questions<()>) {
        match self.inbox.receive(message) {
            Ok(Received::Nothing) => {}
            Ok(Received::Withdrawn(id)) => questions.withdraw(&id),
            Ok(Received::Question(question)) => {
                let question = self.shared.allowance.spend(question);
                let session = Some(Arc::clone(self.session));
                let answer = self.shared.answer(question.answer, session, self.revision);
                questions.add(question.id, question.is_ping, answer);
            }
            Err(error) => {
                if self.noise.is_told() {
                    tracing::warn!(%error, "an event of the session's stream is left out");
                }
            }
        }
    }
}
