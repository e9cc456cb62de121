//! An answer as server-sent events, which go out while the call runs.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use crate::app::{Door, Identity};
use crate::transport::exchange::{Event, Exchange};

/// How often a silent stream sends a keep-alive comment, so that proxies do not close it.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
pub(super) const COMMENT: Bytes = Bytes::from_static(b": keep-alive\n\n");

/// The messages of one call in order, with the reply last (MCP 2026-07-28, Streamable HTTP,
/// "Sending Messages to the Server").
///
/// The stream owns the call and drives it. Dropping the stream drops the call, and so does the
/// revocation of the caller's token: the stream asks before each message, and whenever it is silent
/// for long.
#[derive(Debug)]
pub(crate) struct EventStream {
    pieces: Pieces,
    exchange: Option<Exchange>,
    door: Arc<Door>,
    caller: Identity,
    keep_alive: Interval,
}

impl EventStream {
    /// A stream to `caller` of the messages of `exchange`. It begins with `first`, which the call
    /// has sent already.
    pub(crate) fn new(first: Bytes, exchange: Exchange, door: Arc<Door>, caller: Identity) -> Self {
        Self {
            pieces: Pieces::of(String::new(), first),
            exchange: Some(exchange),
            door,
            caller,
            keep_alive: keep_alive(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.pieces.is_empty() && self.exchange.is_none()
    }

    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(piece) = self.pieces.next() {
            return Poll::Ready(Some(piece));
        }
        let Some(exchange) = &mut self.exchange else {
            return Poll::Ready(None);
        };
        let said = match exchange.poll_event(cx) {
            Poll::Ready(Event::Notification(message)) => {
                self.keep_alive.reset();
                self.pieces = Pieces::of(String::new(), message);
                self.pieces.next()
            }
            Poll::Ready(Event::Reply(reply)) => {
                self.exchange = None;
                self.pieces = Pieces::of(String::new(), reply.into_message());
                self.pieces.next()
            }
            Poll::Pending => {
                ready!(self.keep_alive.poll_tick(cx));
                Some(COMMENT)
            }
        };
        if self.door.has_revoked(&self.caller) {
            tracing::debug!("the token of a stream's reader was revoked");
            self.exchange = None;
            self.pieces = Pieces::default();
            return Poll::Ready(None);
        }
        Poll::Ready(said)
    }
}

/// Ticks whenever a silent stream must send a keep-alive comment.
pub(super) fn keep_alive() -> Interval {
    let mut ticks = interval_at(tokio::time::Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// What is left to send of one event. A JSON message contains no line break, so one `data` line
/// suffices. A long message is not copied, so it counts as in flight until it is written.
#[derive(Debug, Default)]
pub(super) struct Pieces([Option<Bytes>; 3]);

/// From this size on a message is not copied, in bytes.
const LONG: usize = 16 * 1024;

impl Pieces {
    /// The event of one `message`, with other fields before it.
    pub(super) fn of(mut fields: String, message: Bytes) -> Self {
        const END: &[u8] = b"\n\n";
        fields.push_str("data: ");
        let mut event = fields.into_bytes();
        if message.len() >= LONG {
            return Self([
                Some(event.into()),
                Some(message),
                Some(Bytes::from_static(END)),
            ]);
        }
        event.reserve(message.len() + END.len());
        event.extend_from_slice(&message);
        event.extend_from_slice(END);
        Self([Some(event.into()), None, None])
    }

    pub(super) fn next(&mut self) -> Option<Bytes> {
        self.0.iter_mut().find_map(Option::take)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::ByteBudget;

    #[test]
    fn a_long_message_is_sent_in_pieces_and_counted_until_they_are_gone() {
        let budget = ByteBudget::new(1024 * 1024);
        for (length, pieces) in [(LONG - 1, 1), (LONG, 3)] {
            let mut loan = budget.open(None, None);
            loan.grow(length).unwrap();
            let text = "x".repeat(length);
            let message = loan.keep(text.clone().into_bytes());
            let mut event = Pieces::of("id: 1\n".to_owned(), message);
            let sent: Vec<_> = std::iter::from_fn(|| event.next()).collect();
            assert!(event.is_empty());
            assert_eq!(sent.len(), pieces);
            assert_eq!(sent.concat(), format!("id: 1\ndata: {text}\n\n").as_bytes());
            assert_eq!(budget.taken(), if pieces == 3 { length } else { 0 });
            drop(sent);
            assert_eq!(budget.taken(), 0);
        }
    }
}
