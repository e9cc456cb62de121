//! The HTTP+SSE transport of 2024-11-05, which Streamable HTTP has replaced: one stream brings all
//! that the server says, and its first event names where messages are posted.

mod call;
mod stream;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, StatusCode};
use thyra_oauth::Streamed;
use thyra_protocol::{ErrorObject, Revision, method as methods};

use self::call::call;
use self::stream::Stream;
use super::credentials::Shown;
use super::endpoint::{Head, media_type, refusal, uncompressed};
use super::exchange::Reply;
use super::logins::Logins;
use super::{ASIDE, Shared, has_sessions, sse};
use crate::background::Background;
use crate::transport::{CallClock, Outcome, Outgoing, Reports, TransportError};

/// The way to a server of the old transport.
#[derive(Debug)]
pub(super) struct HttpSse {
    shared: Arc<Shared>,
    /// Whether the server is one of the old transport, as far as it is known.
    is_chosen: AtomicBool,
    current: Mutex<Option<Arc<Stream>>>,
    /// Sends what nobody waits for.
    aside: Background,
}

impl HttpSse {
    pub(super) fn new(shared: Arc<Shared>, is_chosen: bool) -> Self {
        Self {
            shared,
            is_chosen: AtomicBool::new(is_chosen),
            current: Mutex::default(),
            aside: Background::default(),
        }
    }

    pub(super) fn is_chosen(&self) -> bool {
        self.is_chosen.load(Ordering::Relaxed)
    }

    /// Opens a stream with `initialize`, at a server that does not take messages as Streamable HTTP
    /// has them. If it takes them here, it is one of the old transport from now on.
    pub(super) async fn try_open(
        &self,
        outgoing: &Outgoing<'_>,
        reports: &mut Reports<'_>,
    ) -> Option<Outcome> {
        match self.request(outgoing, reports).await {
            Ok(outcome @ (Outcome::Result(_) | Outcome::Error(_))) => {
                self.is_chosen.store(true, Ordering::Relaxed);
                return Some(outcome);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "it is no server of the old HTTP+SSE transport either");
            }
        }
        // Nobody would read what a server says that has opened a stream all the same.
        self.close();
        None
    }

    /// Sends a request as often as it takes to have the token that it needs, within bounds.
    /// `initialize` opens a new stream.
    pub(super) async fn request(
        &self,
        outgoing: &Outgoing<'_>,
        reports: &mut Reports<'_>,
    ) -> Result<Outcome, TransportError> {
        // There is no need to ask: it is older than that.
        if outgoing.method == methods::DISCOVER {
            return Ok(Outcome::Error(ErrorObject::method_not_found()));
        }
        if !has_sessions(outgoing.revision) {
            return Err(TransportError::OldTransport);
        }
        let credentials = &self.shared.credentials;
        let mut logins = Logins::new(&self.shared, outgoing);
        loop {
            let tokens = credentials.tokens().await?;
            let token = credentials.token(tokens.as_ref());
            let reply = self.reply(outgoing, reports, token).await?;
            if let Some(outcome) = logins.outcome(reply, tokens.as_ref()).await? {
                return Ok(outcome);
            }
        }
    }

    /// Sends the request with `token` until it brings something, or must not be sent again.
    async fn reply(
        &self,
        outgoing: &Outgoing<'_>,
        reports: &mut Reports<'_>,
        token: Shown<'_>,
    ) -> Result<Reply, TransportError> {
        let mut clock = CallClock::start(outgoing.time_limit);
        let mut done = 0;
        loop {
            let error = match self.attempt(outgoing, reports, token, &mut clock).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let wait = self.shared.wait_after(outgoing, &error, done, clock.left());
            let Some(wait) = wait else {
                return Err(error);
            };
            tokio::time::sleep(wait).await;
            done += 1;
        }
    }

    /// Sends the request once.
    async fn attempt(
        &self,
        outgoing: &Outgoing<'_>,
        reports: &mut Reports<'_>,
        token: Shown<'_>,
        clock: &mut CallClock,
    ) -> Result<Reply, TransportError> {
        let stream = if outgoing.method == methods::INITIALIZE {
            self.replace(None);
            match outgoing.in_time(open(&self.shared, token)).await? {
                Opened::Stream(stream) => {
                    let stream = Arc::new(*stream);
                    self.replace(Some(Arc::clone(&stream)));
                    stream
                }
                Opened::Refused(reply) => return Ok(reply),
            }
        } else {
            self.live()?
        };
        call(&stream, &self.aside, outgoing, reports, token, clock).await
    }

    /// Sends a notification.
    pub(super) async fn send(&self, outgoing: &Outgoing<'_>) -> Result<(), TransportError> {
        let json = outgoing.notification()?;
        let stream = self.live()?;
        let posted = stream.post(outgoing.method, outgoing.revision, json);
        outgoing.in_time(posted).await
    }

    /// Lets the stream go, and with it the session.
    pub(super) fn close(&self) {
        self.replace(None);
    }

    /// The stream, if it is open. A request that finds none has not been sent.
    fn live(&self) -> Result<Arc<Stream>, TransportError> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current
            .as_ref()
            .filter(|stream| !stream.has_ended())
            .map(Arc::clone)
            .ok_or(TransportError::SessionLost)
    }

    fn replace(&self, stream: Option<Arc<Stream>>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        *current = stream;
    }
}

/// What became of a stream that was to be opened.
enum Opened {
    Stream(Box<Stream>),
    /// The server wants another token.
    Refused(Reply),
}

/// Opens the stream, and waits until it says where messages are posted.
async fn open(shared: &Arc<Shared>, token: Shown<'_>) -> Result<Opened, TransportError> {
    let head = Head {
        method: "",
        name: None,
        arguments: &[],
        revision: Revision::V2024_11_05,
        session: None,
        token,
    };
    let mut response = shared.endpoint.send(Method::GET, &head, None).await?;
    if let Some(reply) = Reply::refused(&response) {
        return Ok(Opened::Refused(reply));
    }
    if !response.status().is_success() {
        return Err(refusal(response.status(), response.headers()));
    }
    uncompressed(response.headers())?;
    let content_type = media_type(response.headers());
    if content_type != "text/event-stream" {
        return Err(TransportError::ContentType {
            found: thyra_oauth::printable(&content_type),
        });
    }
    let max_bytes = shared.endpoint.max_bytes;
    let mut decoder = sse::Decoder::new(max_bytes);
    loop {
        let chunk = response.chunk().await?.ok_or(NO_ENDPOINT)?;
        let events = decoder
            .feed_events(&chunk)
            .map_err(|sse::TooLarge| TransportError::EventTooLarge { max_bytes })?;
        let mut events = events.into_iter();
        let Some(named) = events.find(|event| event.kind == sse::Kind::Endpoint) else {
            continue;
        };
        let post = shared.endpoint.named(&named.data)?;
        let shared = Arc::clone(shared);
        let rest = events.collect();
        let stream = Stream::read(shared, post, response, decoder, rest);
        return Ok(Opened::Stream(Box::new(stream)));
    }
}

const NO_ENDPOINT: TransportError = TransportError::Endpoint {
    problem: "the stream ended before it named one",
};

/// What the answer to a post means; `None` when the message was taken, and its answer comes on the
/// stream.
fn judge(response: &Streamed) -> Result<Option<Reply>, TransportError> {
    match response.status() {
        status if status.is_success() => Ok(None),
        // It does not know the session any more.
        StatusCode::NOT_FOUND => Err(TransportError::SessionLost),
        status => Reply::refused(response)
            .map(Some)
            .ok_or_else(|| refusal(status, response.headers())),
    }
}
