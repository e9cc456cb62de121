//! The body of an answer, and reading the body of a request.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

use super::resumable::ResumableStream;
use super::sse::EventStream;
use crate::budget::Loan;
use crate::shares::{Full, Place};

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
    Whole(http_body_util::Full<Bytes>),
    Events(Box<EventStream>),
    Resumable(Box<ResumableStream>),
}

impl Body {
    pub(crate) fn empty() -> Self {
        Kind::Whole(http_body_util::Full::default()).into()
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
        Kind::Whole(http_body_util::Full::new(bytes)).into()
    }
}

impl From<http_body_util::Full<Bytes>> for Body {
    fn from(whole: http_body_util::Full<Bytes>) -> Self {
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
    /// There is no room for it now.
    Full(Full),
    Slow,
    TooLarge,
}

/// How long a body may bring little while bytes are short.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is little in that time, in bytes.
const LITTLE: usize = 32 * 1024;

/// Reads a whole body, at most `limit` bytes of it, within `time`. What it takes is counted in
/// `loan` as it arrives; what is announced costs nothing.
///
/// A body that arrives in one piece is not copied.
pub(crate) async fn read<B>(
    body: B,
    limit: usize,
    time: Duration,
    loan: &mut Loan,
) -> Result<Bytes, BodyRefusal>
where
    B: HttpBody,
{
    let hint = body.size_hint();
    if hint.lower() > limit as u64 {
        return Err(BodyRefusal::TooLarge);
    }
    let announced = hint.exact().and_then(|bytes| usize::try_from(bytes).ok());
    let mut body = pin!(body);
    let mut arrived = Arrived {
        first: Bytes::new(),
        all: Vec::new(),
        most: announced.map_or(limit, |bytes| bytes.min(limit)),
    };
    // A time without an end is one that never comes.
    let end = Instant::now().checked_add(time);
    let next_look = || {
        let soon = Instant::now() + PATIENCE;
        end.map_or(soon, |end| end.min(soon))
    };
    let mut seen = 0;
    let mut look = pin!(tokio::time::sleep_until(next_look()));
    loop {
        let frame = poll_fn(|cx| match body.as_mut().poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(Ok(frame)),
            Poll::Pending => look.as_mut().poll(cx).map(Err),
        });
        let frame = match frame.await {
            Ok(None) => return Ok(arrived.into_bytes()),
            Ok(Some(frame)) => frame.map_err(|_| BodyRefusal::Broken)?,
            Err(()) => {
                let is_late = end.is_some_and(|end| Instant::now() >= end);
                if is_late || (loan.is_short() && arrived.len() - seen < LITTLE) {
                    return Err(BodyRefusal::Slow);
                }
                seen = arrived.len();
                look.as_mut().reset(next_look());
                continue;
            }
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if data.remaining() > limit - arrived.len() {
            return Err(BodyRefusal::TooLarge);
        }
        arrived.add(data, loan)?;
    }
}

/// The part of a body that has arrived.
struct Arrived {
    /// All of it, while it is one piece.
    first: Bytes,
    /// All of it, once it is more.
    all: Vec<u8>,
    /// The size that it may reach.
    most: usize,
}

impl Arrived {
    fn len(&self) -> usize {
        self.first.len() + self.all.len()
    }

    /// Adds a piece. Memory is set aside in steps, and each step is counted before it is taken.
    fn add(&mut self, mut data: impl Buf, loan: &mut Loan) -> Result<(), BodyRefusal> {
        let length = data.remaining();
        if self.len() == 0 {
            loan.grow(length).map_err(BodyRefusal::Full)?;
            self.first = data.copy_to_bytes(length);
            return Ok(());
        }
        let held = self.first.len() + self.all.capacity();
        let needed = self.len() + length;
        if self.all.is_empty() || needed > self.all.capacity() {
            let room = needed
                .max(held.saturating_mul(2))
                .min(self.most.max(needed));
            loan.grow(room - held).map_err(BodyRefusal::Full)?;
            self.all.reserve_exact(room - self.all.len());
        }
        if !self.first.is_empty() {
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        while data.has_remaining() {
            let piece = data.chunk();
            self.all.extend_from_slice(piece);
            let length = piece.len();
            data.advance(length);
        }
        Ok(())
    }

    fn into_bytes(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::budget::ByteBudget;

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

    fn loan() -> Loan {
        ByteBudget::new(1024 * 1024).open(None, None)
    }

    #[tokio::test]
    async fn pieces_are_joined_up_to_the_limit_and_not_past_it() {
        let joined = read(pieces(&["ab", "", "cd", "e"]), 5, LONG, &mut loan()).await;
        assert_eq!(joined.unwrap(), "abcde");
        let refused = read(pieces(&["ab", "cd", "ef"]), 5, LONG, &mut loan()).await;
        assert_eq!(refused, Err(BodyRefusal::TooLarge));
        assert_eq!(read(pieces(&[]), 5, LONG, &mut loan()).await.unwrap(), "");
    }

    #[tokio::test]
    async fn an_announced_size_over_the_limit_is_refused_unread() {
        let body = Body::from(Bytes::from_static(b"abcdef"));
        let refused = read(body, 5, LONG, &mut loan()).await;
        assert_eq!(refused, Err(BodyRefusal::TooLarge));
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
        assert_eq!(
            read(Never, 5, LONG, &mut loan()).await,
            Err(BodyRefusal::Slow)
        );
    }
}
