//! The stdio transport: one message per line, in and out (MCP 2026-07-28, "stdio").
//!
//! Calls run concurrently up to a limit, so that a slow call does not block the others. Further
//! calls wait for their turn, and messages that must not wait go past them. When there is no room
//! to wait either, nothing more is read until there is. Lines are written whole, one at a time.

mod input;
mod line;
mod output;

use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use thyra_protocol::{
    CancelledParams, Era, ErrorCode, ErrorObject, Message, Request, RequestId, RequestMeta,
    Revision, method, write_notification,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

pub(crate) use self::input::Input;
use self::line::{Line, next_line};
pub(crate) use self::output::Output;
use super::exchange::{Event, Exchange};
use crate::app::{App, Identity};
use crate::conversation::{CallBounds, InFlight, Session, Turn};
use crate::dispatch::{self, Caller, Carrier, Listener, MethodCall};
use crate::reply::Reply;

/// How many lines may wait for a client that reads slowly before calls wait too.
const WAITING_LINES: usize = 64;

/// How many messages that wait for no call are answered at once.
const BESIDE: CallBounds = CallBounds {
    running: 64,
    waiting: 1,
    waiting_bytes: 0,
};

/// How many streams of one connection may listen at once. They end only when the client ends them,
/// so they take no place from calls, and another one would wait in vain.
const LISTENING: CallBounds = CallBounds {
    running: 64,
    waiting: 1,
    waiting_bytes: 0,
};

/// Serves until `input` ends, then waits for the calls in flight.
///
/// # Errors
///
/// When reading or writing fails.
pub(crate) async fn serve<R, W>(app: Arc<App>, input: R, output: W) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (lines, waiting) = mpsc::channel(WAITING_LINES);
    let reading = read(app, BufReader::new(input), lines);
    // The writer ends when the reader and all calls have dropped their senders.
    tokio::try_join!(reading, write(output, waiting)).map(|_| ())
}

async fn write<W>(mut output: W, mut waiting: mpsc::Receiver<Bytes>) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    while let Some(line) = waiting.recv().await {
        output.write_all(&line).await?;
        output.write_all(b"\n").await?;
        output.flush().await?;
    }
    output.shutdown().await
}

async fn read<R>(
    app: Arc<App>,
    mut input: BufReader<R>,
    lines: mpsc::Sender<Bytes>,
) -> io::Result<()>
where
    R: AsyncRead + Unpin,
{
    let limit = app.limits.body_bytes;
    let calls = CallBounds {
        running: app.limits.stdio_calls,
        waiting: app.limits.waiting_calls,
        waiting_bytes: app.limits.waiting_bytes,
    };
    let mut connection = Connection {
        app,
        lines,
        session: None,
        in_flight: InFlight::new(calls),
        beside: InFlight::new(BESIDE),
        listening: InFlight::new(LISTENING),
        tasks: JoinSet::new(),
        following: None,
    };
    loop {
        match next_line(&mut input, limit).await? {
            Line::End => break,
            Line::Whole(line) if line.trim_ascii().is_empty() => {}
            Line::Whole(line) => connection.take(line).await,
            Line::TooLong => {
                let error = ErrorObject::new(
                    ErrorCode::INVALID_REQUEST,
                    format!("the message is longer than {limit} bytes"),
                );
                let refused = Reply::error(None, Era::Handshake, &error);
                connection.refuse(refused).await;
            }
        }
    }
    connection.end().await;
    Ok(())
}

/// The state of the connection to the client.
struct Connection {
    app: Arc<App>,
    lines: mpsc::Sender<Bytes>,
    /// The conversation, once `initialize` has begun one.
    session: Option<Arc<Session>>,
    in_flight: InFlight,
    /// What is answered while calls wait.
    beside: InFlight,
    /// The requests that listen for changes.
    listening: InFlight,
    tasks: JoinSet<()>,
    /// The task that tells the client of changes. Set once the client is initialized.
    following: Option<AbortHandle>,
}

impl Connection {
    /// Handles one message. Calls run in tasks of their own, so this waits only while there is no
    /// room for another one.
    async fn take(&mut self, line: Bytes) {
        while self.tasks.try_join_next().is_some() {}
        // This reads only the envelope, for what the connection itself must know. The call reads
        // the rest.
        match Message::parse(&line) {
            Ok(Message::Notification(notification)) => {
                if let Some(id) = CancelledParams::withdrawn_by(&notification) {
                    self.in_flight.cancel(&id);
                    self.listening.cancel(&id);
                } else if notification.method == method::INITIALIZED {
                    self.follow();
                }
            }
            Ok(Message::Response(response)) => {
                if let Some(session) = &self.session {
                    session.answered(response);
                }
            }
            Ok(Message::Request(request)) if request.method == method::INITIALIZE => {
                // This is answered at once, because later messages depend on what it settles.
                let caller = Caller::within(Identity::Local, None);
                let app = Arc::clone(&self.app);
                let mut call = Exchange::new(app, line.clone(), Lines, caller);
                if let Some(mut reply) = drive(&mut call, &self.lines).await {
                    let opened = reply.take_opened();
                    say(&self.lines, reply).await;
                    if let Some(new) = opened {
                        self.begin(Session::begin(*new));
                    }
                }
            }
            Ok(Message::Request(request)) => {
                let session = self.session.as_ref().filter(|_| !stands_alone(&request));
                let (session, line) = (session.cloned(), line.clone());
                match &*request.method {
                    method::SUBSCRIPTIONS_LISTEN => self.listen(request.id, line, session).await,
                    // A ping asks whether anybody is there. The others are to a task what a
                    // cancellation and an answer are to a call.
                    method::PING | method::TASKS_CANCEL | method::TASKS_UPDATE => {
                        self.answer_beside(line, session).await;
                    }
                    _ => self.call(request.id, line, session).await,
                }
            }
            Err(_) => self.answer_beside(line.clone(), None).await,
        }
    }

    /// Answers a call when it is its turn. Returns as soon as there is room for it to wait.
    async fn call(&mut self, id: RequestId, line: Bytes, session: Option<Arc<Session>>) {
        if let Some(turn) = self.in_flight.enter(Some(id), line.len()).await {
            self.answer(turn, line, session, None);
        }
    }

    /// Answers a message that waits for no call.
    async fn answer_beside(&mut self, line: Bytes, session: Option<Arc<Session>>) {
        if let Some(turn) = self.beside.enter(None, 0).await {
            self.answer(turn, line, session, None);
        }
    }

    /// Answers a request that listens for changes.
    async fn listen(&mut self, id: RequestId, line: Bytes, session: Option<Arc<Session>>) {
        if let Some(turn) = self.listening.try_enter(Some(id.clone())) {
            return self.answer(turn, line, session, Some(id));
        }
        let error = ErrorObject::invalid_params(format!(
            "At most {} streams listen on one connection; cancel one of them first",
            LISTENING.running
        ));
        let refused = Reply::error(Some(&id), Era::Sessionless, &error);
        self.refuse(refused).await;
    }

    /// Sends a reply that waits for no call.
    async fn refuse(&mut self, reply: Reply) {
        if let Some(turn) = self.beside.enter(None, 0).await {
            let lines = self.lines.clone();
            self.tasks.spawn(async move {
                let _turn = turn;
                say(&lines, reply).await;
            });
        }
    }

    /// Runs a call when it is its turn, and sends its messages and its reply. `subscription` is the
    /// id of a call that listens.
    fn answer(
        &mut self,
        turn: Turn,
        line: Bytes,
        session: Option<Arc<Session>>,
        subscription: Option<RequestId>,
    ) {
        let ticket = turn.ticket();
        let caller = Caller::within(Identity::Local, session);
        // It keeps its turn until its reply is sent.
        let mut call = Exchange::in_turn(turn, Arc::clone(&self.app), line, Lines, caller);
        let lines = self.lines.clone();
        let task = self.tasks.spawn(async move {
            let Some(reply) = drive(&mut call, &lines).await else {
                return;
            };
            let over = subscription.filter(|_| reply.is_result());
            say(&lines, reply).await;
            if let Some(id) = over {
                withdraw(&lines, id).await;
            }
        });
        ticket.runs_in(task);
    }

    /// Begins a new conversation. It replaces the earlier one if a client initializes again.
    fn begin(&mut self, session: Session) {
        self.part();
        self.session = Some(Arc::new(session));
    }

    /// Starts telling the client what changes.
    fn follow(&mut self) {
        let Some(session) = &self.session else { return };
        if self.following.is_some() {
            return;
        }
        let caller = Caller::within(Identity::Local, Some(Arc::clone(session)));
        let following = dispatch::follow(
            Arc::clone(&self.app),
            Listener::Caller(caller),
            self.lines.clone(),
        );
        self.following = Some(self.tasks.spawn(following));
    }

    /// Ends the conversation. Nobody answers the server's requests any more.
    fn part(&mut self) {
        if let Some(following) = self.following.take() {
            following.abort();
        }
        if let Some(session) = self.session.take() {
            session.hang_up();
        }
    }

    /// Ends the conversation, and waits for the calls in flight.
    async fn end(mut self) {
        self.part();
        // This ends the streams that do not end by themselves.
        self.app.closing.close();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Whether a request names a revision without sessions.
fn stands_alone(request: &Request<'_>) -> bool {
    RequestMeta::of_params(request.params)
        .ok()
        .and_then(|meta| meta.protocol_version?.parse::<Revision>().ok())
        .is_some_and(|revision| revision.era() == Era::Sessionless)
}

/// The carrier of stdio: a line carries nothing besides its message.
struct Lines;

impl Carrier for Lines {
    /// The revision that the request names, or else the one agreed on.
    ///
    /// A client that sends a request before `initialize` is served on the newest revision that has
    /// `initialize`. The server is strict about form, but liberal about order.
    fn revision(
        &self,
        call: &MethodCall<'_>,
        session: Option<&Session>,
    ) -> Result<Revision, ErrorObject> {
        if let Some(version) = &call.meta().protocol_version {
            return version
                .parse()
                .map_err(|_| ErrorObject::unsupported_version(version));
        }
        Ok(session.map_or(Revision::LATEST_HANDSHAKE, Session::revision))
    }
}

/// Runs one call, sends its messages, and returns its reply. `None` when the client no longer
/// reads.
async fn drive(exchange: &mut Exchange, lines: &mpsc::Sender<Bytes>) -> Option<Reply> {
    loop {
        match poll_fn(|cx| exchange.poll_event(cx)).await {
            Event::Notification(line) => lines.send(line).await.ok()?,
            Event::Reply(reply) => return Some(reply),
        }
    }
}

/// Tells the client that a subscription is over. On stdio, it has no stream of its own whose end
/// would show this (MCP 2026-07-28, "Cancellation").
async fn withdraw(lines: &mpsc::Sender<Bytes>, subscription: RequestId) {
    let mut line = Vec::with_capacity(96);
    let params = CancelledParams::new(subscription);
    if write_notification(&mut line, method::CANCELLED, &params).is_ok() {
        // An error means that the client closed its end.
        let _ = lines.send(line.into()).await;
    }
}

async fn say(lines: &mpsc::Sender<Bytes>, reply: Reply) {
    let message = reply.into_message();
    if !message.is_empty() && lines.send(message).await.is_err() {
        tracing::debug!("the client closed its end before the reply");
    }
}

#[cfg(test)]
mod tests;
