//! One stream: its waiting and kept events, and its reader.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

/// What an event costs besides its text, in bytes.
const OVERHEAD: usize = 64;

/// One stream. Its events have consecutive places, starting at 1.
#[derive(Debug)]
pub(super) struct Kept {
    events: VecDeque<Bytes>,
    bytes: usize,
    /// The place of the first of `events`.
    first: u64,
    /// The place of the event that the reader takes next; never before `first`.
    next: u64,
    phase: Phase,
    /// Whether the client knows of the stream, so that it may come back.
    announced: bool,
    /// The place where the current connection ends, if that is before the end of the stream.
    cut: Option<u64>,
    /// Counts the readers.
    generation: u64,
    reading: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Written,
    Over,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            first: 1,
            next: 1,
            phase: Phase::Written,
            announced: false,
            cut: None,
            generation: Self::FIRST,
            reading: true,
            reader: None,
            writer: None,
        }
    }
}

impl Kept {
    /// The generation of a stream's first reader.
    pub(super) const FIRST: u64 = 0;

    /// What keeping `message` costs, in bytes.
    pub(super) fn weight(message: &Bytes) -> usize {
        message.len() + OVERHEAD
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_read(&self) -> bool {
        self.reading
    }

    pub(super) fn is_read_by(&self, generation: u64) -> bool {
        self.reading && self.generation == generation
    }

    /// Whether the reader has taken all events so far.
    pub(super) fn is_read_up(&self) -> bool {
        self.next == self.end_place()
    }

    pub(super) fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Whether anybody reads the stream or may come back to it.
    pub(super) fn is_wanted(&self) -> bool {
        self.reading || self.announced
    }

    /// Whether this is the place of an event so far, or the one before the first.
    pub(super) fn has_been_at(&self, place: u64) -> bool {
        place < self.end_place()
    }

    pub(super) fn push(&mut self, message: Bytes) {
        self.bytes += Self::weight(&message);
        self.events.push_back(message);
        wake(&mut self.reader);
    }

    /// Skips the place of a message that is not kept.
    pub(super) fn skip(&mut self) {
        let end = self.end_place() + 1;
        self.events.clear();
        self.bytes = 0;
        self.first = end;
        self.next = end;
    }

    pub(super) fn end(&mut self) {
        self.phase = Phase::Over;
        wake(&mut self.reader);
    }

    pub(super) fn cut(&mut self) {
        self.cut = self.reading.then(|| self.end_place());
        wake(&mut self.reader);
    }

    pub(super) fn wait_for_reader(&mut self, cx: &Context<'_>) {
        self.writer = Some(cx.waker().clone());
    }

    pub(super) fn announce(&mut self) -> u64 {
        self.announced = true;
        self.next - 1
    }

    pub(super) fn poll_next(&mut self, cx: &Context<'_>) -> Poll<Option<(u64, Bytes)>> {
        if self.cut.is_some_and(|place| self.next >= place) {
            return Poll::Ready(None);
        }
        let index = usize::try_from(self.next - self.first).unwrap_or(usize::MAX);
        if let Some(message) = self.events.get(index) {
            let event = (self.next, message.clone());
            self.next += 1;
            wake(&mut self.writer);
            return Poll::Ready(Some(event));
        }
        if self.is_over() {
            return Poll::Ready(None);
        }
        self.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ends the current reader, if any, and begins another: after the place `last`, or where the
    /// earlier one stopped. Returns the new generation.
    pub(super) fn take_over(&mut self, last: Option<u64>) -> u64 {
        if let Some(last) = last {
            // The client has these events.
            while self.first <= last && self.drop_first().is_some() {}
            self.next = self.first.max(last + 1);
        }
        self.announced = true;
        self.cut = None;
        self.generation += 1;
        self.reading = true;
        self.wake_all();
        self.generation
    }

    /// Notes that the reader is gone.
    pub(super) fn leave(&mut self) {
        self.reading = false;
        self.cut = None;
        self.reader = None;
        // There is nobody to wait for any more.
        wake(&mut self.writer);
    }

    pub(super) fn wake_all(&mut self) {
        wake(&mut self.reader);
        wake(&mut self.writer);
    }

    /// Drops the oldest event if it was read. Returns its weight.
    pub(super) fn drop_read(&mut self) -> Option<usize> {
        if self.first < self.next {
            self.drop_first()
        } else {
            None
        }
    }

    /// Drops the oldest event if nobody reads the stream. Keeps the last event of a stream that is
    /// over. Returns its weight.
    pub(super) fn drop_unread(&mut self) -> Option<usize> {
        let least = usize::from(self.is_over());
        if self.reading || self.events.len() <= least {
            None
        } else {
            self.drop_first()
        }
    }

    fn drop_first(&mut self) -> Option<usize> {
        let weight = Self::weight(&self.events.pop_front()?);
        self.bytes -= weight;
        self.first += 1;
        self.next = self.next.max(self.first);
        Some(weight)
    }

    /// The place that the next event will have.
    fn end_place(&self) -> u64 {
        self.first + self.events.len() as u64
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}
