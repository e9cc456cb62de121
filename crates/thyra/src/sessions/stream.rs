//! The event streams of one HTTP session. Messages wait for their reader, and are kept for a while
//! for a client that lost its connection.
//!
//! A stream is written by the task of one call, or by the task that announces changes. At most one
//! connection reads it at a time. A client that comes back with the id of the last event it saw
//! gets exactly what followed on that stream (MCP 2025-11-25, "Resumability and Redelivery").

mod budget;
mod kept;

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;

use self::budget::Account;
pub(crate) use self::budget::Budget;
use self::kept::Kept;

/// The stream that belongs to no call: a client opens it with GET.
const STANDALONE: u64 = 0;

/// The most ended streams that are kept for a client that may come back.
const MOST_ENDED: usize = 16;

/// All streams of one session. Clones share one set.
#[derive(Clone, Debug)]
pub(crate) struct Streams(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    account: Account,
    next: u64,
    streams: BTreeMap<u64, Kept>,
}

/// Identifies an event within its session: the stream, and the place on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventId {
    stream: u64,
    place: u64,
}

/// Writes one stream. Dropping it ends the stream.
#[derive(Debug)]
pub(crate) struct StreamWriter {
    streams: Streams,
    stream: u64,
}

/// Reads one stream, until another reader takes it over.
#[derive(Debug)]
pub(crate) struct StreamReader {
    streams: Streams,
    stream: u64,
    generation: u64,
}

/// The fate of a written message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// A reader has or will get the message, or nobody needs it.
    Kept,
    /// There is no reader, and no room to keep the message for one.
    Lost,
}

impl Streams {
    /// An empty set. `budget` bounds what is kept for readers that come back.
    pub(crate) fn new(budget: &Budget) -> Self {
        Self(Arc::new(Mutex::new(State {
            account: budget.open(),
            next: STANDALONE + 1,
            streams: BTreeMap::new(),
        })))
    }

    /// Opens a stream for one call. It is forgotten with its writer and reader, unless
    /// [`StreamReader::announce`] was called to tell the client of it.
    pub(crate) fn open(&self) -> (StreamWriter, StreamReader) {
        let mut state = self.lock();
        let stream = state.next;
        state.next += 1;
        state.streams.insert(stream, Kept::default());
        drop(state);
        (self.writer(stream), self.reader(stream, Kept::FIRST))
    }

    /// The stream that belongs to no call. The first reader also gets the writer. `None` when
    /// somebody reads it already.
    pub(crate) fn standalone(&self) -> Option<(Option<StreamWriter>, StreamReader)> {
        let mut state = self.lock();
        let (first, generation) = match state.streams.get_mut(&STANDALONE) {
            Some(kept) if kept.is_read() => return None,
            Some(kept) => (false, kept.take_over(None)),
            None => {
                state.streams.insert(STANDALONE, Kept::default());
                (true, Kept::FIRST)
            }
        };
        drop(state);
        let writer = first.then(|| self.writer(STANDALONE));
        Some((writer, self.reader(STANDALONE, generation)))
    }

    /// Continues to read after the event `last`. This ends the reader that the stream had until
    /// now. `None` when there is no such stream or no such event.
    pub(crate) fn resume(&self, last: EventId) -> Option<StreamReader> {
        let mut state = self.lock();
        let kept = state.streams.get_mut(&last.stream)?;
        if !kept.has_been_at(last.place) {
            return None;
        }
        let generation = kept.take_over(Some(last.place));
        drop(state);
        Some(self.reader(last.stream, generation))
    }

    /// Whether any connection reads a stream.
    pub(crate) fn are_read(&self) -> bool {
        self.lock().streams.values().any(Kept::is_read)
    }

    /// Ends all readers, and forgets all events.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        for kept in state.streams.values_mut() {
            kept.wake_all();
        }
        state.streams.clear();
    }

    /// How many streams there are, and how many bytes are kept for them.
    #[cfg(test)]
    pub(crate) fn size(&self) -> (usize, usize) {
        let state = self.lock();
        (state.streams.len(), state.bytes())
    }

    fn writer(&self, stream: u64) -> StreamWriter {
        StreamWriter {
            streams: self.clone(),
            stream,
        }
    }

    fn reader(&self, stream: u64, generation: u64) -> StreamReader {
        StreamReader {
            streams: self.clone(),
            stream,
            generation,
        }
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> Locked<'_> {
        Locked(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The locked state. Dropping it books the bytes that are kept now.
struct Locked<'a>(MutexGuard<'a, State>);

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.0
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let bytes = self.bytes();
        self.account.book(bytes);
    }
}

impl State {
    fn bytes(&self) -> usize {
        self.streams.values().map(Kept::bytes).sum()
    }

    /// Drops events, the least useful first, until `bytes` more fit. Returns whether they do.
    fn make_room(&mut self, bytes: usize) -> bool {
        let mut kept = self.bytes();
        let most = self.account.most();
        let fits = |kept: usize| kept.saturating_add(bytes) <= most;
        if fits(kept) {
            return true;
        }
        // First ended streams that were read to the end, then the read events of the others, then
        // the events that nobody reads.
        self.streams.retain(|_, stream| {
            let goes = !fits(kept) && stream.is_over() && stream.is_read_up();
            if goes {
                kept -= stream.bytes();
            }
            !goes
        });
        for drop_one in [Kept::drop_read, Kept::drop_unread] {
            for stream in self.streams.values_mut() {
                while !fits(kept) {
                    match drop_one(stream) {
                        Some(bytes) => kept -= bytes,
                        None => break,
                    }
                }
            }
        }
        fits(kept)
    }

    /// Limits how many streams are kept that are over and have no reader. The oldest that were read
    /// to the end go first.
    fn forget_old(&mut self) {
        let ended = |kept: &Kept| kept.is_over() && !kept.is_read();
        let mut surplus = self
            .streams
            .values()
            .filter(|kept| ended(kept))
            .count()
            .saturating_sub(MOST_ENDED);
        for even_unread in [false, true] {
            self.streams.retain(|_, kept| {
                let goes = surplus > 0 && ended(kept) && (even_unread || kept.is_read_up());
                if goes {
                    surplus -= 1;
                }
                !goes
            });
        }
    }
}

impl StreamWriter {
    /// Writes one message. Waits for a slower reader.
    pub(crate) async fn push(&mut self, message: Bytes) -> Written {
        let mut message = Some(message);
        poll_fn(|cx| self.poll_push(&mut message, cx)).await
    }

    /// Ends the current connection as soon as it has read all events so far. The stream goes on.
    pub(crate) fn cut(&mut self) {
        if let Some(kept) = self.streams.lock().streams.get_mut(&self.stream) {
            kept.cut();
        }
    }

    /// Forgets the stream, because its messages reached the client in another way.
    pub(crate) fn discard(self) {
        self.streams.lock().streams.remove(&self.stream);
    }

    fn poll_push(&self, message: &mut Option<Bytes>, cx: &mut Context<'_>) -> Poll<Written> {
        let mut state = self.streams.lock();
        let Some(length) = message.as_ref().map(Kept::weight) else {
            return Poll::Ready(Written::Kept);
        };
        match state.streams.get(&self.stream) {
            // Nobody knows the id of the stream, so nobody can come back to it.
            Some(kept) if !kept.is_wanted() => return Poll::Ready(Written::Kept),
            Some(_) => {}
            // The session is over.
            None => return Poll::Ready(Written::Kept),
        }
        let fits = state.make_room(length);
        let Some(kept) = state.streams.get_mut(&self.stream) else {
            return Poll::Ready(Written::Kept);
        };
        // A message that does not fit still goes to a reader who has read everything before it.
        if fits || (kept.is_read() && kept.is_read_up()) {
            if let Some(message) = message.take() {
                kept.push(message);
            }
            Poll::Ready(Written::Kept)
        } else if kept.is_read() {
            kept.wait_for_reader(cx);
            Poll::Pending
        } else {
            kept.skip();
            Poll::Ready(Written::Lost)
        }
    }
}

impl Drop for StreamWriter {
    fn drop(&mut self) {
        let mut state = self.streams.lock();
        let Some(kept) = state.streams.get_mut(&self.stream) else {
            return;
        };
        kept.end();
        if kept.is_wanted() {
            state.forget_old();
        } else {
            state.streams.remove(&self.stream);
        }
    }
}

impl StreamReader {
    /// Keeps the stream for a client that comes back, because the client is about to learn its id.
    /// Returns the place before the next event.
    pub(crate) fn announce(&self) -> EventId {
        let mut state = self.streams.lock();
        let place = state
            .streams
            .get_mut(&self.stream)
            .map_or(0, Kept::announce);
        EventId {
            stream: self.stream,
            place,
        }
    }

    /// The next event. `None` when the stream or its session is over, the stream was cut, or
    /// another connection has taken over.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(EventId, Bytes)>> {
        let mut state = self.streams.lock();
        let Some(kept) = state.streams.get_mut(&self.stream) else {
            return Poll::Ready(None);
        };
        if !kept.is_read_by(self.generation) {
            return Poll::Ready(None);
        }
        let event = kept.poll_next(cx);
        if event.is_ready() {
            // A message that was too large to be kept was there for this reader alone.
            state.make_room(0);
        }
        event.map(|event| {
            event.map(|(place, message)| {
                let stream = self.stream;
                (EventId { stream, place }, message)
            })
        })
    }
}

impl Drop for StreamReader {
    fn drop(&mut self) {
        let mut state = self.streams.lock();
        let Some(kept) = state.streams.get_mut(&self.stream) else {
            return;
        };
        if !kept.is_read_by(self.generation) {
            return;
        }
        kept.leave();
        if kept.is_over() && !kept.is_wanted() {
            state.streams.remove(&self.stream);
        } else {
            state.forget_old();
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.stream, self.place)
    }
}

impl FromStr for EventId {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        let (stream, place) = text.split_once('-').ok_or(UnknownEvent)?;
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            plain
                .then(|| digits.parse().ok())
                .flatten()
                .ok_or(UnknownEvent)
        };
        Ok(Self {
            stream: number(stream)?,
            place: number(place)?,
        })
    }
}

/// The text is not an event id of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownEvent;

#[cfg(test)]
mod tests;
