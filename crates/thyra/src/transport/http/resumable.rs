//! A stream of a session as server-sent events with ids. A client that loses its connection can
//! resume it.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use thyra_protocol::Revision;
use tokio::time::Interval;

use super::sse::{COMMENT, Pieces, keep_alive};
use crate::sessions::HttpSession;
use crate::sessions::StreamReader;

/// How long a client should wait before it resumes a closed stream, in milliseconds.
const RETRY: u64 = 1000;

/// One connection's view of a stream. It ends before the first message, or the first sign of life,
/// after the owner's newest token was revoked. Dropping it leaves the stream as it is.
#[derive(Debug)]
pub(crate) struct ResumableStream {
    /// The first event, which tells the client its position before any message.
    priming: Option<Bytes>,
    pieces: Pieces,
    reader: Option<StreamReader>,
    session: Arc<HttpSession>,
    ends_with_token: bool,
    keep_alive: Interval,
}

impl ResumableStream {
    pub(crate) fn new(reader: StreamReader, session: Arc<HttpSession>) -> Self {
        let place = reader.announce();
        // Clients of earlier revisions treat an event without data as a broken message.
        let primed = session.session().revision() >= Revision::V2025_11_25;
        Self {
            priming: primed.then(|| format!("id: {place}\nretry: {RETRY}\ndata: \n\n").into()),
            pieces: Pieces::default(),
            reader: Some(reader),
            session,
            ends_with_token: false,
            keep_alive: keep_alive(),
        }
    }

    /// Makes the stream end when the newest token of the session's owner does.
    pub(crate) fn while_token_lasts(mut self) -> Self {
        self.ends_with_token = true;
        self
    }

    pub(super) fn is_over(&self) -> bool {
        self.priming.is_none() && self.pieces.is_empty() && self.reader.is_none()
    }

    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(priming) = self.priming.take() {
            return Poll::Ready(Some(priming));
        }
        if let Some(piece) = self.pieces.next() {
            return Poll::Ready(Some(piece));
        }
        let Some(reader) = &mut self.reader else {
            return Poll::Ready(None);
        };
        if self.ends_with_token && self.session.has_expired() {
            self.reader = None;
            return Poll::Ready(None);
        }
        let said = match reader.poll_next(cx) {
            Poll::Ready(Some((id, message))) => {
                self.keep_alive.reset();
                self.pieces = Pieces::of(format!("id: {id}\n"), message);
                self.pieces.next()
            }
            Poll::Ready(None) => None,
            Poll::Pending => {
                ready!(self.keep_alive.poll_tick(cx));
                self.session.touch();
                Some(COMMENT)
            }
        };
        let said = said.filter(|_| !self.session.is_revoked());
        if said.is_none() {
            self.pieces = Pieces::default();
            self.reader = None;
        }
        Poll::Ready(said)
    }
}

impl Drop for ResumableStream {
    fn drop(&mut self) {
        self.session.touch();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use thyra_auth::{ManualClock, Principal};

    use super::*;
    use crate::Limits;
    use crate::app::testing::{self, Revocation};
    use crate::conversation::{Client, NewSession};
    use crate::sessions::SessionStore;
    use crate::transport::http::sse::KEEP_ALIVE;

    const NOW: Duration = Duration::from_secs(1_000_000);

    fn session(revision: Revision) -> (SessionStore, Arc<HttpSession>, ManualClock) {
        let clock = ManualClock::new(NOW);
        let store = SessionStore::new(&Limits::default(), Arc::new(clock.clone()));
        let new = NewSession::new(revision, Client::silent());
        let ada = Principal::builder("https://issuer.example", "ada")
            .expires_at(NOW + Duration::from_mins(1))
            .build();
        let session = store.open(new, Some(&Arc::new(ada))).unwrap();
        (store, session, clock)
    }

    async fn next(stream: &mut ResumableStream) -> Option<String> {
        let event = poll_fn(|cx| stream.poll_event(cx)).await?;
        Some(String::from_utf8(event.to_vec()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn events_have_ids_and_silence_is_filled() {
        for (revision, primed) in [
            (Revision::V2025_06_18, false),
            (Revision::V2025_11_25, true),
        ] {
            let (_store, session, _) = session(revision);
            let (mut writer, reader) = session.streams().open();
            let mut stream = ResumableStream::new(reader, Arc::clone(&session));
            if primed {
                let first = next(&mut stream).await.unwrap();
                assert_eq!(first, "id: 1-0\nretry: 1000\ndata: \n\n");
            }
            writer.push(Bytes::from_static(b"{}")).await;
            assert_eq!(next(&mut stream).await.unwrap(), "id: 1-1\ndata: {}\n\n");
            assert_eq!(next(&mut stream).await.unwrap(), ": keep-alive\n\n");
            drop(writer);
            assert_eq!(next(&mut stream).await, None);
            assert!(stream.is_over());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_lasts_ends_with_the_token_of_its_owner() {
        let (_store, session, clock) = session(Revision::V2025_06_18);
        let (writer, reader) = session.streams().standalone().unwrap();
        let mut stream = ResumableStream::new(reader, Arc::clone(&session)).while_token_lasts();
        assert_eq!(next(&mut stream).await.unwrap(), ": keep-alive\n\n");
        clock.advance(Duration::from_mins(1));
        writer.unwrap().push(Bytes::from_static(b"{}")).await;
        assert_eq!(next(&mut stream).await, None);
        assert!(stream.is_over());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_before_it_says_anything_under_a_revoked_token() {
        for silent in [true, false] {
            let revocation = Revocation::default();
            let clock = Arc::new(ManualClock::new(NOW));
            let store = SessionStore::new(&Limits::default(), clock)
                .protected_by(Some(&revocation.protection()));
            let new = NewSession::new(Revision::V2025_06_18, Client::silent());
            let session = store.open(new, Some(&testing::token("old", 10))).unwrap();
            let (mut writer, reader) = session.streams().open();
            let mut stream = ResumableStream::new(reader, Arc::clone(&session));
            writer.push(Bytes::from_static(b"{}")).await;
            assert_eq!(next(&mut stream).await.unwrap(), "id: 1-1\ndata: {}\n\n");
            assert_eq!(next(&mut stream).await.unwrap(), ": keep-alive\n\n");
            revocation.begin();
            if !silent {
                writer.push(Bytes::from_static(b"{}")).await;
            }
            // The paused time runs to the next sign of life.
            let begun = tokio::time::Instant::now();
            assert_eq!(next(&mut stream).await, None);
            assert!(stream.is_over());
            assert!(begun.elapsed() <= KEEP_ALIVE);
        }
    }
}
