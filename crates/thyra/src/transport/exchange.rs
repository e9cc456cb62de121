//! One call in flight, and the messages it sends before its reply.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::app::App;
use crate::dispatch::{self, Caller, Carrier};
use crate::outbox::Outbox;
use crate::reply::Reply;

/// A call and the messages it sends, driven by whoever owns it. Dropping it cancels the call.
pub(crate) struct Exchange {
    call: Option<BoxFuture<'static, Reply>>,
    reply: Option<Reply>,
    outbox: Outbox,
}

/// A message of a call. Each call sends any number of notifications, then one reply.
#[derive(Debug)]
pub(crate) enum Event {
    Notification(Bytes),
    Reply(Reply),
}

impl Exchange {
    /// The call that `message` asks for. It owns everything it reads, so any task can drive it.
    pub(crate) fn new(
        app: Arc<App>,
        message: Bytes,
        mut carrier: impl Carrier + 'static,
        caller: Caller,
    ) -> Self {
        let outbox = Outbox::default();
        let emitter = outbox.emitter();
        let call =
            async move { dispatch::answer(&app, &message, &mut carrier, caller, emitter).await };
        Self {
            call: Some(Box::pin(call)),
            reply: None,
            outbox,
        }
    }

    /// Drives the call to its next message. It must not be polled after the reply.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if let Some(call) = &mut self.call
            && let Poll::Ready(reply) = call.as_mut().poll(cx)
        {
            self.call = None;
            self.reply = Some(reply);
        }
        // Messages that were sent before the reply go out before the reply.
        if let Poll::Ready(Some(message)) = self.outbox.poll_message(cx) {
            return Poll::Ready(Event::Notification(message));
        }
        match self.reply.take() {
            Some(reply) => Poll::Ready(Event::Reply(reply)),
            None => Poll::Pending,
        }
    }

    /// Ready when the call asks to close its stream before its reply.
    pub(crate) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.outbox.poll_close(cx)
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange")
            .field("running", &self.call.is_some())
            .finish_non_exhaustive()
    }
}
