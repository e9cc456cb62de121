//! One call in flight, and the messages it sends before its reply.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::app::App;
use crate::budget::Loan;
use crate::conversation::Turn;
use crate::dispatch::{self, Caller, Carrier};
use crate::outbox::Outbox;
use crate::reply::Reply;

/// A call and the messages it sends, driven by whoever owns it. Dropping it cancels the call.
pub(crate) struct Exchange {
    call: Option<BoxFuture<'static, Reply>>,
    reply: Option<Reply>,
    outbox: Outbox,
    /// The turn of a call whose client may have only so many at once. It is kept until the exchange
    /// is dropped, so that replies which nobody reads make room for no further calls.
    turn: Option<Turn>,
    /// What the message of the call takes of the bytes in flight, where these are counted.
    loan: Option<Loan>,
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
            turn: None,
            loan: None,
        }
    }

    /// The same, for a call that begins when it is its turn.
    pub(crate) fn in_turn(
        mut turn: Turn,
        app: Arc<App>,
        message: Bytes,
        mut carrier: impl Carrier + 'static,
        caller: Caller,
    ) -> Self {
        let outbox = Outbox::default();
        let emitter = outbox.emitter();
        let begun = turn.begun();
        let call = async move {
            begun.await;
            // Boxed here, because until then a call is much smaller.
            Box::pin(dispatch::answer(
                &app,
                &message,
                &mut carrier,
                caller,
                emitter,
            ))
            .await
        };
        Self {
            call: Some(Box::pin(call)),
            reply: None,
            outbox,
            turn: Some(turn),
            loan: None,
        }
    }

    /// The same, whose message takes `loan`. Its reply will be counted too.
    #[must_use]
    pub(crate) fn counted_in(self, loan: Loan) -> Self {
        Self {
            loan: Some(loan),
            ..self
        }
    }

    /// Drives the call to its next message. It must not be polled after the reply.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if let Some(call) = &mut self.call
            && let Poll::Ready(reply) = call.as_mut().poll(cx)
        {
            self.call = None;
            // The message is gone with the call.
            self.reply = Some(match self.loan.take() {
                Some(loan) => reply.counted_in(loan.another()),
                None => reply,
            });
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
            .field("turn", &self.turn)
            .finish_non_exhaustive()
    }
}
