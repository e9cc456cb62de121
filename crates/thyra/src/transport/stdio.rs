//! stdio: one message a line, in and out (MCP 2026-07-28, "stdio").
//!
//! Calls run side by side, a bounded number of them, so that a slow one holds up nobody. Lines go out whole, one at a time.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use thyra_protocol::{CancelledParams, Era, ErrorCode, ErrorObject, Message, RequestId, method};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};

use super::exchange::{Event, Exchange};
use crate::context::Outbox;
use crate::server::app::App;
use crate::server::dispatch::{self, Caller, Reply};
use crate::server::handshake::Handshake;

/// How many lines may wait for a client that reads slowly before calls wait too.
const WAITING_LINES: usize = 64;

/// Serves until `input` ends, then lets the calls in flight end.
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
    let places = Arc::new(Semaphore::new(app.limits.max_stdio_calls()));
    let handshake = Arc::new(Handshake::default());
    let running = Running::default();
    let mut calls = JoinSet::new();
    loop {
        let line = match next_line(&mut input, app.limits.body()).await? {
            Line::End => break,
            Line::Whole(line) if line.trim_ascii().is_empty() => continue,
            Line::Whole(line) => Bytes::from(line),
            Line::TooLong => {
                let error = ErrorObject::new(
                    ErrorCode::INVALID_REQUEST,
                    format!("the message is longer than {} bytes", app.limits.body()),
                );
                say(&lines, Reply::error(None, Era::Handshake, &error)).await;
                continue;
            }
        };
        while calls.try_join_next().is_some() {}
        // Only the envelope is looked at here, for the id to cancel by; the call reads the rest.
        let id = match Message::parse(&line) {
            Ok(Message::Notification(notification)) => {
                if notification.method == method::CANCELLED
                    && let Some(params) = notification.params
                    && let Ok(cancelled) = serde_json::from_str::<CancelledParams>(params.get())
                    && let Some(id) = cancelled.request_id
                {
                    running.cancel(&id);
                }
                continue;
            }
            // This server asks its client nothing, so there is nothing to be answered.
            Ok(Message::Response(_)) => continue,
            Ok(Message::Request(request)) => Some(request.id),
            Err(_) => None,
        };
        // Waiting for a place here would mean not to hear a cancellation.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            let error = ErrorObject::internal("Too many calls at once; wait for one to end");
            say(&lines, Reply::error(id.as_ref(), Era::Handshake, &error)).await;
            continue;
        };
        let call = drive(
            Arc::clone(&app),
            Arc::clone(&handshake),
            line,
            lines.clone(),
        );
        let finished = running.clone();
        let ending = id.clone();
        let handle = calls.spawn(async move {
            let _place = place;
            call.await;
            if let Some(id) = ending {
                finished.forget(&id);
            }
        });
        if let Some(id) = id {
            running.remember(id, handle);
        }
    }
    while calls.join_next().await.is_some() {}
    Ok(())
}

/// Runs one call and sends what it says, line by line.
async fn drive(
    app: Arc<App>,
    handshake: Arc<Handshake>,
    message: Bytes,
    lines: mpsc::Sender<Bytes>,
) {
    let outbox = Outbox::default();
    let emitter = outbox.emitter();
    let call = async move {
        dispatch::answer(&app, &message, &*handshake, Caller::local(), emitter).await
    };
    let mut exchange = Exchange::new(Box::pin(call), outbox);
    loop {
        match poll_fn(|cx| exchange.poll_event(cx)).await {
            Event::Notification(line) => {
                if lines.send(line).await.is_err() {
                    return;
                }
            }
            Event::Reply(reply) => return say(&lines, reply).await,
        }
    }
}

async fn say(lines: &mpsc::Sender<Bytes>, reply: Reply) {
    let message = reply.into_message();
    if !message.is_empty() && lines.send(message).await.is_err() {
        tracing::debug!("the client closed its end before the reply");
    }
}

/// The calls in flight by the id of their request. At most as many as may run at once.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<HashMap<RequestId, AbortHandle>>>);

impl Running {
    fn remember(&self, id: RequestId, handle: AbortHandle) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The call may have ended before it could be remembered.
        running.retain(|_, handle| !handle.is_finished());
        if !handle.is_finished() {
            running.insert(id, handle);
        }
    }

    fn forget(&self, id: &RequestId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }

    /// Drops the call. Its client wants no reply, so none is sent.
    fn cancel(&self, id: &RequestId) {
        let handle = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
        if let Some(handle) = handle {
            handle.abort();
        }
    }
}

enum Line {
    End,
    TooLong,
    Whole(Vec<u8>),
}

/// The next line without its end, at most `limit` bytes. Of a longer one the rest is read and thrown away.
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
