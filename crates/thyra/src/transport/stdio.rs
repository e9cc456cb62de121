//! The stdio transport: one message per line, in and out (MCP 2026-07-28, "stdio").
//!
//! Calls run concurrently up to a limit, so that a slow call does not block the others. Lines are
//! written whole, one at a time.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use thyra_protocol::{
    CancelledParams, Era, ErrorCode, ErrorObject, Message, Request, RequestId, RequestMeta,
    Revision, method, write_notification,
};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::exchange::{Event, Exchange};
use crate::app::{App, Identity};
use crate::conversation::InFlight;
use crate::conversation::Session;
use crate::dispatch::{self, Caller, Carrier, MethodCall};
use crate::reply::Reply;

/// How many lines may wait for a client that reads slowly before calls wait too.
const WAITING_LINES: usize = 64;

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
    Ok(())
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
    let mut connection = Connection {
        in_flight: InFlight::new(app.limits.stdio_calls),
        app,
        lines,
        session: None,
        calls: JoinSet::new(),
        following: None,
    };
    loop {
        match next_line(&mut input, limit).await? {
            Line::End => break,
            Line::Whole(line) if line.trim_ascii().is_empty() => {}
            Line::Whole(line) => connection.take(line.into()).await,
            Line::TooLong => {
                let error = ErrorObject::new(
                    ErrorCode::INVALID_REQUEST,
                    format!("the message is longer than {limit} bytes"),
                );
                say(
                    &connection.lines,
                    Reply::error(None, Era::Handshake, &error),
                )
                .await;
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
    calls: JoinSet<()>,
    /// The task that tells the client of changes. Set once the client is initialized.
    following: Option<AbortHandle>,
}

impl Connection {
    /// Handles one message. Calls run in tasks of their own, so this does not wait for them.
    async fn take(&mut self, line: Bytes) {
        while self.calls.try_join_next().is_some() {}
        // This reads only the envelope, for what the connection itself must know. The call reads
        // the rest.
        match Message::parse(&line) {
            Ok(Message::Notification(notification)) => {
                if let Some(id) = CancelledParams::withdrawn_by(&notification) {
                    self.in_flight.cancel(&id);
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
                let call = self.answering(line.clone(), None);
                if let Some(mut reply) = drive(call, &self.lines).await {
                    let opened = reply.take_opened();
                    say(&self.lines, reply).await;
                    if let Some(new) = opened {
                        self.begin(Session::begin(*new, None));
                    }
                }
            }
            Ok(Message::Request(request)) => {
                let session = self.session.as_ref().filter(|_| !stands_alone(&request));
                let listens = request.method == method::SUBSCRIPTIONS_LISTEN;
                self.call(Some(request.id), listens, line.clone(), session.cloned())
                    .await;
            }
            Err(_) => self.call(None, false, line.clone(), None).await,
        }
    }

    async fn call(
        &mut self,
        id: Option<RequestId>,
        listens: bool,
        line: Bytes,
        session: Option<Arc<Session>>,
    ) {
        // While this waited for a place, it could not read a cancellation.
        let Some((place, ticket)) = self.in_flight.enter(id.clone()) else {
            let error = ErrorObject::internal("Too many calls at once; wait for one to end");
            let refused = Reply::error(id.as_ref(), Era::Handshake, &error);
            return say(&self.lines, refused).await;
        };
        let subscription = id.filter(|_| listens);
        let call = self.answering(line, session);
        let lines = self.lines.clone();
        let task = self.calls.spawn(async move {
            let _place = place;
            let Some(reply) = drive(call, &lines).await else {
                return;
            };
            let over = subscription.filter(|_| reply.is_result());
            say(&lines, reply).await;
            if let Some(id) = over {
                withdraw(&lines, id).await;
            }
        });
        self.in_flight.runs(ticket, task);
    }

    fn answering(&self, line: Bytes, session: Option<Arc<Session>>) -> Exchange {
        let caller = Caller::within(Identity::Local, session);
        Exchange::new(Arc::clone(&self.app), line, Lines, caller)
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
        let following = dispatch::follow(Arc::clone(&self.app), caller, self.lines.clone());
        self.following = Some(self.calls.spawn(following));
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
        while self.calls.join_next().await.is_some() {}
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
async fn drive(mut exchange: Exchange, lines: &mpsc::Sender<Bytes>) -> Option<Reply> {
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

enum Line {
    End,
    TooLong,
    Whole(Vec<u8>),
}

/// The next line without its line break, at most `limit` bytes. A longer line is read to its end
/// and discarded.
async fn next_line<R>(input: &mut BufReader<R>, limit: usize) -> io::Result<Line>
where
    R: AsyncRead + Unpin,
{
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() {
            return Ok(match (too_long, line.is_empty()) {
                (true, _) => Line::TooLong,
                (false, true) => Line::End,
                (false, false) => Line::Whole(line),
            });
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let piece = end.map_or(available, |end| available.get(..end).unwrap_or(available));
        if too_long || line.len() + piece.len() > limit {
            too_long = true;
            line = Vec::new();
        } else {
            line.extend_from_slice(piece);
        }
        let used = end.map_or(available.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(if too_long {
                Line::TooLong
            } else {
                Line::Whole(line)
            });
        }
    }
}

#[cfg(test)]
mod tests;
