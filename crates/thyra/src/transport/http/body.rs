//! The body of an answer, and reading the body of a request.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::Full;

use super::resumable::ResumableStream;
use super::sse::EventStream;
use crate::shares::Place;

/// The body of an answer: one JSON document, or a stream of server-sent events.
///
/// Dropping a stream drops the call that feeds it, so a client that disconnects cancels its call.
/// In a session of the handshake era the call goes on, and the client may come back.
#[derive(Debug)]
pub struct Body {
    kind: Kind,
    /// The caller's share of what the server answers at once. It is given back with the body.
    _place: Option<Place>,
}

#[derive(Debug)]
enum Kind {
    Whole(Full<Bytes>),
    Events(Box<EventStream>),
    Resumable(Box<ResumableStream>),
}

impl Body {
    pub(crate) fn empty() -> Self {
        Kind::Whole(Full::default()).into()
    }

    pub(crate) fn events(stream: EventStream) -> Self {
        Kind::Events(Box::new(stream)).into()
    }

    pub(crate) fn resumable(stream: ResumableStream) -> Self {
        Kind::Resumable(Box::new(stream)).into()
    }

    /// The same body, which keeps `place` until it was sent or given up.
    pub(crate) fn holding(self, place: Option<Place>) -> Self {
        Self {
            _place: place,
            ..self
        }
    }
}

impl From<Kind> for Body {
    fn from(kind: Kind) -> Self {
        Self { kind, _place: None }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Kind::Whole(Full::new(bytes)).into()
    }
}

impl From<Full<Bytes>> for Body {
    fn from(whole: Full<Bytes>) -> Self {
        Kind::Whole(whole).into()
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let event = match &mut self.get_mut().kind {
            Kind::Whole(whole) => return Pin::new(whole).poll_frame(cx),
            Kind::Events(stream) => stream.poll_event(cx),
            Kind::Resumable(stream) => stream.poll_event(cx),
        };
        event.map(|event| event.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(whole) => whole.is_end_stream(),
            Kind::Events(stream) => stream.is_over(),
            Kind::Resumable(stream) => stream.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(whole) => whole.size_hint(),
            Kind::Events(_) | Kind::Resumable(_) => SizeHint::default(),
        }
    }
}

/// Why the body of a request could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyRefusal {
    Broken,
    Slow,
    TooLarge,
}

/// Reads a whole body, at most `limit` bytes of it, within `time`.
///
/// A body that arrives in one piece is not copied.
pub(crate) async fn read<B>(body: B, limit: usize, time: Duration) -> Result<Bytes, BodyRefusal>
where
    B: HttpBody,
{
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyRefusal::TooLarge);
    }
    let mut body = pin!(body);
    let mut whole = Bytes::new();
    let mut pieces = BytesMut::new();
    let reading = async {
        while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            let Ok(mut data) = frame.map_err(|_| BodyRefusal::Broken)?.into_data() else {
                continue;
            };
            let length = data.remaining();
            if length > limit - (whole.len() + pieces.len()) {
                return Err(BodyRefusal::TooLarge);
            }
            if whole.is_empty() && pieces.is_empty() {
                whole = data.copy_to_bytes(length);
            } else {
                if pieces.is_empty() {
                    pieces.extend_from_slice(&std::mem::take(&mut whole));
                }
                pieces.extend_from_slice(&data.copy_to_bytes(length));
            }
        }
        Ok(())
    };
    tokio::time::timeout(time, reading)
        .await
        .map_err(|_| BodyRefusal::Slow)??;
    Ok(if pieces.is_empty() {
        whole
    } else {
        pieces.freeze()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    struct Pieces(VecDeque<Bytes>);

    impl HttpBody for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.pop_front().map(|bytes| Ok(Frame::data(bytes))))
        }
    }

    fn pieces(parts: &[&'static str]) -> Pieces {
        Pieces(
            parts
                .iter()
                .map(|part| Bytes::from_static(part.as_bytes()))
                .collect(),
        )
    }

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn pieces_are_joined_up_to_the_limit_and_not_past_it() {
        let joined = read(pieces(&["ab", "", "cd", "e"]), 5, LONG).await;
        assert_eq!(joined.unwrap(), "abcde");
        let refused = read(pieces(&["ab", "cd", "ef"]), 5, LONG).await;
        assert_eq!(refused, Err(BodyRefusal::TooLarge));
        assert_eq!(read(pieces(&[]), 5, LONG).await.unwrap(), "");
    }

    #[tokio::test]
    async fn an_announced_size_over_the_limit_is_refused_unread() {
        let body = Body::from(Bytes::from_static(b"abcdef"));
        assert_eq!(read(body, 5, LONG).await, Err(BodyRefusal::TooLarge));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        struct Never;
        impl HttpBody for Never {
            type Data = Bytes;
            type Error = Infallible;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
                Poll::Pending
            }
        }
        assert_eq!(read(Never, 5, LONG).await, Err(BodyRefusal::Slow));
    }
}
