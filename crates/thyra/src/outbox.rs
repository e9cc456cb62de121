//! The channel for notifications from a handler to the transport. It is bounded, and opened only
//! for a handler that may send something.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// How many notifications may wait for the client to read them. When it is full, the handler waits.
const CAPACITY: usize = 64;

/// The transport's end: the messages that the handler of one request sends before its reply, each a
/// whole JSON-RPC message.
///
/// Dropping it tells the handler that nobody listens any more. Later messages are discarded.
#[derive(Default)]
pub struct Outbox {
    shared: Arc<Shared>,
    receiver: Option<Receiver<Bytes>>,
}

/// The handler's end of an [`Outbox`]. The first [`Context`](crate::Context) that may use it opens
/// the channel between the two.
#[derive(Clone)]
pub struct Emitter(Arc<Shared>);

#[derive(Default)]
struct Shared {
    channel: Mutex<Channel>,
    /// Whether the handler asked to close the stream before the reply.
    close: AtomicBool,
    closer: AtomicWaker,
}

#[derive(Default)]
enum Channel {
    #[default]
    Unopened,
    Open {
        sender: Sender<Bytes>,
        receiver: Option<Receiver<Bytes>>,
    },
    Closed,
}

impl Outbox {
    /// The next message. `Ready(None)` means that no handler has opened the outbox yet, or that it
    /// is done. A handler may still open it later, so always poll the handler first, and this after
    /// it.
    pub fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.receiver.is_none()
            && let Channel::Open { receiver, .. } = &mut *self.shared.lock()
        {
            self.receiver = receiver.take();
        }
        match &mut self.receiver {
            Some(receiver) => receiver.poll_recv(cx),
            None => Poll::Ready(None),
        }
    }

    /// Ready once each time the handler asks to close its stream.
    pub(crate) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.shared.closer.register(cx.waker());
        if self.shared.close.swap(false, Ordering::AcqRel) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// The handler's end, for a [`RequestScope`](crate::extend::RequestScope).
    pub fn emitter(&self) -> Emitter {
        Emitter(Arc::clone(&self.shared))
    }
}

impl Emitter {
    /// The sender of this request, created on the first call; `None` when nobody listens any more.
    pub(crate) fn open(&self) -> Option<Sender<Bytes>> {
        let mut channel = self.0.lock();
        match &*channel {
            Channel::Closed => None,
            Channel::Open { sender, .. } => Some(sender.clone()),
            Channel::Unopened => {
                let (sender, receiver) = mpsc::channel(CAPACITY);
                *channel = Channel::Open {
                    sender: sender.clone(),
                    receiver: Some(receiver),
                };
                Some(sender)
            }
        }
    }

    /// Asks the transport to close the stream of this call before its reply, if the client can come
    /// back for the rest.
    pub(crate) fn close_stream(&self) {
        self.0.close.store(true, Ordering::Release);
        self.0.closer.wake();
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        // This also drops a receiver that was never taken. Otherwise a handler would wait for room
        // for ever.
        *self.shared.lock() = Channel::Closed;
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbox({:?})", self.shared.lock())
    }
}

impl fmt::Debug for Emitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Emitter({:?})", self.0.lock())
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::Unopened => "unopened",
        })
    }
}

impl Shared {
    /// Nothing panics while the lock is held, so a poisoned lock still holds a whole value.
    fn lock(&self) -> MutexGuard<'_, Channel> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
