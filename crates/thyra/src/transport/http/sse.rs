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
    first: Option<Bytes>,
    exchange: Option<Exchange>,
    door: Arc<Door>,
    caller: Identity,
    keep_alive: Interval,
}

impl EventStream {
    /// A stream to `caller` of the messages of `exchange`. It begins with `first`, which the call
    /// has sent already.
    pub(crate) fn new(first: &[u8], exchange: Exchange, door: Arc<Door>, caller: Identity) -> Self {
        Self {
            first: Some(event(first)),
            exchange: Some(exchange),
            door,
            caller,
            keep_alive: keep_alive(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.first.is_none() && self.exchange.is_none()
    }

    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        let Some(exchange) = &mut self.exchange else {
            return Poll::Ready(None);
        };
        let said = match exchange.poll_event(cx) {
            Poll::Ready(Event::Notification(message)) => {
                self.keep_alive.reset();
                event(&message)
            }
            Poll::Ready(Event::Reply(reply)) => {
                self.exchange = None;
                event(reply.message())
            }
            Poll::Pending => {
                ready!(self.keep_alive.poll_tick(cx));
                COMMENT
            }
        };
        if self.door.has_revoked(&self.caller) {
            tracing::debug!("the token of a stream's reader was revoked");
            self.exchange = None;
            return Poll::Ready(None);
        }
        Poll::Ready(Some(said))
    }
}

/// Ticks whenever a silent stream must send a keep-alive comment.
pub(super) fn keep_alive() -> Interval {
    let mut ticks = interval_at(tokio::time::Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// One message as one event. A JSON message contains no line break, so one `data` line suffices.
fn event(message: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(message.len() + 8);
    bytes.extend_from_slice(b"data: ");
    bytes.extend_from_slice(message);
    bytes.extend_from_slice(b"\n\n");
    bytes.into()
}
