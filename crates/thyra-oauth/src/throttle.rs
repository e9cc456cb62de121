//! Keeps lines of the log few that somebody else can cause as often as they like.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many events of one kind are written whole in a window.
const WHOLE: u64 = 5;

/// How long a window lasts. It begins with the first event of its kind.
const WINDOW: Duration = Duration::from_mins(1);

/// How many kinds are told apart at once. Those beyond share one place.
const MOST_KINDS: usize = 64;

/// When nothing is left to say.
const NEVER: u64 = u64::MAX;

/// Decides which events are written to the log whole, and counts the others: of each kind, the
/// first five within a minute are written, and one line says how many more there were. So a flood
/// of one kind hides neither its beginning nor its size, nor another kind.
///
/// It writes nothing and has no task. A sum is returned by the first call after its minute, or at
/// the latest by [`rest`](Self::rest). `K` is what kinds are told apart by, such as the variants of
/// an error. Texts of callers are a bad choice: each would be a kind of its own, and 64 kinds are
/// told apart at once.
///
/// ```
/// use std::time::Duration;
/// use thyra_oauth::Throttle;
///
/// let throttle = Throttle::new();
/// let now = Duration::from_secs(100);
/// let whole = (0..1000).filter(|_| throttle.note("expired", now).is_whole).count();
/// assert_eq!(whole, 5);
/// let later = throttle.due(now + Duration::from_mins(1));
/// assert_eq!((later[0].kind, later[0].more), (Some("expired"), 995));
/// ```
#[derive(Debug)]
pub struct Throttle<K> {
    windows: Mutex<Vec<Window<K>>>,
    /// When the first window with a sum ends, in milliseconds.
    due: AtomicU64,
}

/// What to write for one event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it says what to write"]
pub struct Noted<K> {
    /// Whether the event is written whole.
    pub is_whole: bool,
    /// Sums of earlier events, to be written first.
    pub sums: Vec<Sum<K>>,
}

/// The events of one kind that were not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum<K> {
    /// The kind; `None` stands for several for which there was no room.
    pub kind: Option<K>,
    /// How many there were beside those that were written.
    pub more: u64,
}

#[derive(Debug)]
struct Window<K> {
    kind: Option<K>,
    ends: Duration,
    events: u64,
}

impl<K: Clone + PartialEq> Throttle<K> {
    /// One that has seen nothing.
    pub const fn new() -> Self {
        Self {
            windows: Mutex::new(Vec::new()),
            due: AtomicU64::new(NEVER),
        }
    }

    /// Notes an event of this kind at `now`, a time of a monotonic clock
    /// ([`Clock::monotonic`](crate::Clock::monotonic)).
    pub fn note(&self, kind: K, now: Duration) -> Noted<K> {
        let mut windows = self.lock();
        let sums = end(&mut windows, now);
        let is_full = windows.len() >= MOST_KINDS;
        let known = |kind: &Option<K>| windows.iter().position(|window| window.kind == *kind);
        let kind = Some(kind);
        let place = match known(&kind) {
            None if is_full => known(&None).ok_or(None),
            place => place.ok_or(kind),
        };
        let is_whole = match place {
            Ok(place) => windows.get_mut(place).is_some_and(|window| {
                window.events = window.events.saturating_add(1);
                window.events <= WHOLE
            }),
            Err(kind) => {
                windows.push(Window {
                    kind,
                    ends: now.saturating_add(WINDOW),
                    events: 1,
                });
                true
            }
        };
        self.plan(&windows);
        Noted { is_whole, sums }
    }

    /// The sums that are due at `now`. Call it where nothing else happens to be noted; it costs
    /// next to nothing while none is due.
    pub fn due(&self, now: Duration) -> Vec<Sum<K>> {
        if self.due.load(Ordering::Relaxed) > millis(now) {
            return Vec::new();
        }
        let mut windows = self.lock();
        let sums = end(&mut windows, now);
        self.plan(&windows);
        sums
    }

    /// All sums that were not returned yet, for the end of a program.
    pub fn rest(&self) -> Vec<Sum<K>> {
        let windows = mem::take(&mut *self.lock());
        self.due.store(NEVER, Ordering::Relaxed);
        windows.into_iter().filter_map(Window::sum).collect()
    }

    fn plan(&self, windows: &[Window<K>]) {
        let summed = windows.iter().filter(|window| window.events > WHOLE);
        let due = summed.map(|window| millis(window.ends)).min();
        self.due.store(due.unwrap_or(NEVER), Ordering::Relaxed);
    }

    /// Nothing that holds the lock can leave the windows half changed.
    fn lock(&self) -> MutexGuard<'_, Vec<Window<K>>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + PartialEq> Default for Throttle<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Window<K> {
    fn sum(self) -> Option<Sum<K>> {
        let more = self.events.saturating_sub(WHOLE);
        (more > 0).then_some(Sum {
            kind: self.kind,
            more,
        })
    }
}

/// Takes out the windows that are over.
fn end<K>(windows: &mut Vec<Window<K>>, now: Duration) -> Vec<Sum<K>> {
    let over = windows.extract_if(.., |window| now >= window.ends);
    over.filter_map(Window::sum).collect()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn whole(throttle: &Throttle<usize>, kind: usize, times: usize, now: Duration) -> usize {
        let noted = (0..times).map(|_| throttle.note(kind, now));
        noted.filter(|noted| noted.is_whole).count()
    }

    #[test]
    fn the_first_events_are_written_and_the_others_summed_up_for_each_kind() {
        let throttle = Throttle::new();
        assert_eq!(whole(&throttle, 1, 10_000, NOW), 5);
        // A flood of one kind does not hide another.
        assert_eq!(whole(&throttle, 2, 3, NOW), 3);
        assert!(throttle.due(NOW + Duration::from_secs(59)).is_empty());
        let sum = Sum {
            kind: Some(1),
            more: 9_995,
        };
        let noted = throttle.note(2, NOW + WINDOW);
        assert_eq!((noted.is_whole, noted.sums), (true, vec![sum]));
        // It is said once, and the next window begins anew.
        assert!(throttle.due(NOW + 10 * WINDOW).is_empty());
        assert_eq!(whole(&throttle, 1, 7, NOW + 10 * WINDOW), 5);
        assert_eq!(throttle.rest(), [Sum { more: 2, ..sum }]);
        assert!(throttle.rest().is_empty());
    }

    #[test]
    fn a_sum_is_due_although_nothing_more_happens() {
        let throttle = Throttle::new();
        whole(&throttle, 1, 6, NOW);
        assert!(throttle.due(NOW).is_empty());
        let [sum] = throttle.due(NOW + WINDOW)[..] else {
            panic!("one sum")
        };
        assert_eq!((sum.kind, sum.more), (Some(1), 1));
    }

    #[test]
    fn many_kinds_are_bounded_and_counted_all_the_same() {
        let throttle = Throttle::new();
        let lines: usize = (0..10_000).map(|kind| whole(&throttle, kind, 1, NOW)).sum();
        assert_eq!(lines, MOST_KINDS + 5);
        assert!(throttle.lock().len() <= MOST_KINDS + 1);
        let sums = throttle.due(NOW + WINDOW);
        let rest = 10_000 - u64::try_from(lines).unwrap();
        assert_eq!(
            sums,
            [Sum {
                kind: None,
                more: rest
            }]
        );
    }
}
