//! The task of a session that runs a call which does not reply at once.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use thyra_protocol::{Era, ErrorObject, RequestId, Revision};
use tokio::sync::oneshot;

use crate::reply::Reply;
use crate::sessions::{HttpSession, StreamWriter, Written};
use crate::transport::exchange::{Event, Exchange};

/// How the answer to a call begins.
#[derive(Debug)]
pub(super) enum Head {
    /// It is just the reply.
    Reply(Reply),
    /// It is a stream.
    Stream,
}

/// A call that its session runs to the end, even if nobody listens.
#[derive(Debug)]
pub(super) struct Carried {
    exchange: Exchange,
    session: Arc<HttpSession>,
    writer: StreamWriter,
    /// Receives how the answer begins; `None` once it has begun.
    head: Option<oneshot::Sender<Head>>,
    id: RequestId,
}

enum Step {
    Says(Event),
    ClosesStream,
}

impl Carried {
    pub(super) fn new(
        exchange: Exchange,
        session: &Arc<HttpSession>,
        writer: StreamWriter,
        head: oneshot::Sender<Head>,
        id: RequestId,
    ) -> Self {
        Self {
            exchange,
            session: Arc::clone(session),
            writer,
            head: Some(head),
            id,
        }
    }

    /// Runs the call to its end, or until it has something to say to a client whose token was
    /// revoked. `first` is a message that it has sent already.
    pub(super) async fn run(mut self, first: Option<Bytes>) {
        // A client can resume a stream that is closed before its first message since then.
        let resumable = self.session.session().revision() >= Revision::V2025_11_25;
        let mut step = match first {
            Some(message) => Step::Says(Event::Notification(message)),
            None => self.step().await,
        };
        loop {
            match step {
                Step::Says(_) if self.session.is_revoked() => return,
                Step::Says(Event::Notification(message)) => self.say(message).await,
                Step::Says(Event::Reply(reply)) => return self.reply(reply).await,
                Step::ClosesStream if resumable => {
                    self.begin_stream();
                    self.writer.cut();
                }
                Step::ClosesStream => {}
            }
            step = self.step().await;
        }
    }

    async fn step(&mut self) -> Step {
        poll_fn(|cx| self.poll_step(cx)).await
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        // The call asked for this before its reply, so it happens first, even if the reply is ready
        // too.
        if self.exchange.poll_close(cx).is_ready() {
            return Poll::Ready(Step::ClosesStream);
        }
        self.exchange.poll_event(cx).map(Step::Says)
    }

    async fn say(&mut self, message: Bytes) {
        self.begin_stream();
        if self.writer.push(message).await == Written::Lost {
            tracing::debug!("an event is lost: nobody reads, and there is no room to keep it");
        }
    }

    async fn reply(mut self, reply: Reply) {
        let unsent = match self.head.take() {
            None => Head::Reply(reply),
            Some(head) => match head.send(Head::Reply(reply)) {
                Ok(()) => return self.writer.discard(),
                Err(unsent) => unsent,
            },
        };
        let Head::Reply(reply) = unsent else { return };
        if self.writer.push(reply.into_message()).await == Written::Lost {
            tracing::debug!("a reply is lost: nobody reads, and there is no room to keep it");
            let error = ErrorObject::internal("The reply was too large to be kept for you");
            let error = Reply::error(Some(&self.id), Era::Handshake, &error);
            self.writer.push(error.into_message()).await;
        }
    }

    fn begin_stream(&mut self) {
        if let Some(head) = self.head.take() {
            // This fails only if the client has gone, or if the answer has become a stream already.
            let _ = head.send(Head::Stream);
        }
    }
}
