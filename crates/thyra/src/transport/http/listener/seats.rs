//! What each connection of a listener is doing, and which one makes room for another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a client may take to send the head of its request while others wait for a place. It is
/// longer than the way around the world and back.
const GRACE: Duration = Duration::from_secs(1);

/// The seats of a listener. Who sits there writes down what it is doing, without a lock.
#[derive(Debug)]
pub(super) struct Seats {
    /// What each seat's connection is doing, and since when; see [`State`].
    states: Box<[AtomicU64]>,
    began: Instant,
    /// Whether somebody waits until a seat can be made free.
    wanted: AtomicBool,
    vacancy: Notify,
}

/// One seat, as its connection knows it.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    index: usize,
}

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Nobody sits here.
    Free,
    /// It has sent nothing yet.
    Silent,
    /// It has sent something, but no whole head of a request.
    Head,
    /// A request is being answered.
    Busy,
    /// The answer is written but for what is still in the buffer.
    Answered,
    /// As `Answered`, and the connection ends with it.
    LastAnswered,
    /// The next request may come or not.
    Idle,
    /// It has its answer, and what it still sends is thrown away.
    Lingering,
    /// It has to make room for another.
    Leaving,
}

impl Doing {
    const ALL: [Self; 9] = [
        Self::Free,
        Self::Silent,
        Self::Head,
        Self::Busy,
        Self::Answered,
        Self::LastAnswered,
        Self::Idle,
        Self::Lingering,
        Self::Leaving,
    ];
}

/// What a connection is doing since when. The lower four bits are what, the others the milliseconds
/// since the seats were made.
#[derive(Clone, Copy)]
struct State {
    doing: Doing,
    since: u64,
}

impl State {
    fn from_bits(bits: u64) -> Self {
        let doing = Doing::ALL
            .into_iter()
            .find(|doing| *doing as u64 == bits & 0xf);
        Self {
            doing: doing.unwrap_or(Doing::Free),
            since: bits >> 4,
        }
    }

    fn bits(self) -> u64 {
        self.since << 4 | self.doing as u64
    }

    /// In which order connections make room; `None` if this one does not.
    ///
    /// One that has long been silent, or slow with its head, goes before one that had an answer.
    /// But one that has only just come goes last, or nobody could come in while many try.
    fn rank(self, now: u64) -> Option<(u8, u64)> {
        let late = u128::from(now.saturating_sub(self.since)) >= GRACE.as_millis();
        let rank = match self.doing {
            Doing::Silent | Doing::Head if late => 0,
            Doing::Lingering => 1,
            Doing::Idle => 2,
            Doing::Silent | Doing::Head => 3,
            Doing::Free | Doing::Busy | Doing::Answered | Doing::LastAnswered | Doing::Leaving => {
                return None;
            }
        };
        Some((rank, self.since))
    }
}

impl Seats {
    pub(super) fn new(count: usize) -> Self {
        Self {
            states: (0..count).map(|_| AtomicU64::default()).collect(),
            began: Instant::now(),
            wanted: AtomicBool::new(false),
            vacancy: Notify::new(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.states.len()
    }

    /// Seats a connection that has just come, at a free `index`.
    pub(super) fn take(self: &Arc<Self>, index: usize) -> Seat {
        let seat = Seat {
            seats: Arc::clone(self),
            index,
        };
        seat.turn(|_| Some(Doing::Silent));
        seat
    }

    /// The seat at `index` is free again.
    pub(super) fn leave(&self, index: usize) {
        self.turn(index, |_| Some(Doing::Free));
    }

    /// Chooses a connection that makes room, among the seats for which `who` is true. From here on
    /// it cannot begin a request.
    pub(super) fn give_way(&self, who: impl Fn(usize) -> bool) -> Option<usize> {
        loop {
            let now = self.now();
            let (_, bits, index) = (self.states.iter().enumerate())
                .filter_map(|(index, state)| {
                    let bits = state.load(Ordering::SeqCst);
                    let rank = State::from_bits(bits).rank(now)?;
                    who(index).then_some((rank, bits, index))
                })
                .min()?;
            let leaving = State {
                doing: Doing::Leaving,
                since: now,
            };
            let state = self.states.get(index)?;
            let left =
                state.compare_exchange(bits, leaving.bits(), Ordering::SeqCst, Ordering::SeqCst);
            if left.is_ok() {
                return Some(index);
            }
        }
    }

    /// Says whether [`Seats::vacancy`] is to be told of seats that can be made free.
    pub(super) fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::SeqCst);
    }

    /// Ready when a connection has become one that can make room.
    pub(super) async fn vacancy(&self) {
        self.vacancy.notified().await;
    }

    /// Lets a seat pass from what it does to what `next` says. Returns what it did before.
    fn turn(&self, index: usize, next: impl Fn(Doing) -> Option<Doing>) -> Doing {
        let Some(state) = self.states.get(index) else {
            return Doing::Leaving;
        };
        let mut bits = state.load(Ordering::SeqCst);
        loop {
            let State { doing, since } = State::from_bits(bits);
            let Some(next) = next(doing) else {
                return doing;
            };
            // A client that sends its head byte by byte is as late as one that sends nothing.
            let goes_on = doing == Doing::Silent && next == Doing::Head;
            let since = if goes_on { since } else { self.now() };
            let new = State { doing: next, since };
            match state.compare_exchange(bits, new.bits(), Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return doing,
                Err(changed) => bits = changed,
            }
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Seat {
    /// Bytes have come. False if the connection has to leave.
    pub(super) fn hears(&self) -> bool {
        let before = self.turn(|doing| match doing {
            Doing::Silent | Doing::Idle => Some(Doing::Head),
            _ => None,
        });
        before != Doing::Leaving
    }

    /// A request begins. False if the connection has to leave.
    pub(super) fn begins(&self) -> bool {
        let before = self.turn(|doing| (doing != Doing::Leaving).then_some(Doing::Busy));
        before != Doing::Leaving
    }

    /// The answer is written; `last` says that the connection ends with it.
    pub(super) fn answers(&self, last: bool) {
        let answered = if last {
            Doing::LastAnswered
        } else {
            Doing::Answered
        };
        self.turn(|doing| (doing == Doing::Busy).then_some(answered));
    }

    /// Everything that was written has gone out.
    pub(super) fn flushes(&self) {
        let before = self.turn(|doing| (doing == Doing::Answered).then_some(Doing::Idle));
        if before == Doing::Answered {
            self.can_give_way();
        }
    }

    /// Nothing more will be written. Returns what the connection was doing.
    pub(super) fn lingers(&self) -> Doing {
        let before = self.turn(|doing| (doing != Doing::Leaving).then_some(Doing::Lingering));
        self.can_give_way();
        before
    }

    fn can_give_way(&self) {
        if self.seats.wanted.load(Ordering::SeqCst) {
            self.seats.vacancy.notify_one();
        }
    }

    fn turn(&self, next: impl Fn(Doing) -> Option<Doing>) -> Doing {
        self.seats.turn(self.index, next)
    }
}

#[cfg(test)]
mod tests;
