//! The changes that wait for a subscriber.

use std::collections::BTreeSet;
use std::fmt;

use thyra_protocol::SubscriptionFilter;
use tokio::sync::watch;

use super::{Change, Said};

/// The most changes that wait, and the longest URI of a resource, in bytes. What is more is
/// [`Change::Missed`].
const MOST: usize = 1000;
const LONGEST_URI: usize = 8 * 1024;

/// The changes that wait for one subscriber. Changes of the same thing are one, so the queue does
/// not grow while the subscriber is busy.
#[derive(Debug)]
pub(crate) struct Queue {
    wish: SubscriptionFilter,
    state: watch::Sender<State>,
    on_change: Option<OnChange>,
}

/// Hears of each change as it is told, before the subscriber does.
struct OnChange(Box<dyn Fn(&Change) + Send + Sync>);

impl fmt::Debug for OnChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnChange")
    }
}

#[derive(Debug, Default)]
struct State {
    /// What the server tells; `None` before the subscription was opened for the first time.
    accepted: Option<SubscriptionFilter>,
    phase: Phase,
    /// How many changes were told.
    told: u64,
    waiting: BTreeSet<Change>,
}

/// Whether the server tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Not now.
    #[default]
    Shut,
    /// It does.
    Open,
    /// It has said that it tells nothing of what is wished for.
    Refused,
}

impl Queue {
    /// A queue for somebody who wants to hear of `wish`.
    pub(crate) fn new(wish: SubscriptionFilter) -> Self {
        Self {
            wish,
            state: watch::Sender::default(),
            on_change: None,
        }
    }

    /// Lets `hear` know of each change as it is told.
    pub(crate) fn on_change(mut self, hear: impl Fn(&Change) + Send + Sync + 'static) -> Self {
        self.on_change = Some(OnChange(Box::new(hear)));
        self
    }

    /// What the subscriber wants to hear of.
    pub(crate) fn wish(&self) -> &SubscriptionFilter {
        &self.wish
    }

    /// What the server tells; `None` before the subscription was opened for the first time.
    pub(crate) fn accepted(&self) -> Option<SubscriptionFilter> {
        self.state.borrow().accepted.clone()
    }

    /// Takes what the server says.
    pub(crate) fn hear(&self, said: Said) {
        match said {
            Said::Accepted(Some(accepted)) if accepted.is_empty() => {
                self.state.send_modify(|state| state.phase = Phase::Refused);
            }
            Said::Accepted(accepted) => self.open(accepted.unwrap_or_else(|| self.wish.clone())),
            Said::Changed(change) => self.push(change),
        }
    }

    /// From now on, the server tells of `accepted`. What changed since it last did was missed.
    pub(crate) fn open(&self, accepted: SubscriptionFilter) {
        // What is kept from before may have changed unheard.
        self.told_now(&Change::Missed);
        self.state.send_modify(|state| {
            if state.accepted.is_some() && state.phase != Phase::Open {
                state.push(Change::Missed);
            }
            state.accepted = Some(accepted);
            state.phase = Phase::Open;
        });
    }

    /// The server no longer tells.
    pub(crate) fn shut(&self) {
        self.state.send_modify(|state| state.phase = Phase::Shut);
    }

    pub(crate) fn push(&self, change: Change) {
        self.told_now(&change);
        self.state.send_modify(|state| state.push(change));
    }

    fn told_now(&self, change: &Change) {
        if let Some(OnChange(hear)) = &self.on_change {
            hear(change);
        }
    }

    /// How many changes were told so far.
    pub(crate) fn told(&self) -> u64 {
        self.state.borrow().told
    }

    /// Waits until the subscription was opened for the first time.
    pub(crate) async fn begun(&self) {
        self.until(|state| state.accepted.is_some()).await;
    }

    /// Waits until the server tells.
    pub(crate) async fn opened(&self) {
        self.until(|state| state.phase == Phase::Open).await;
    }

    /// Waits until the server has said that it will tell nothing.
    pub(crate) async fn refused(&self) {
        self.until(|state| state.phase == Phase::Refused).await;
    }

    /// Waits for a change. Nothing is lost when the future is dropped.
    pub(crate) async fn next(&self) -> Change {
        loop {
            let mut next = None;
            self.state.send_if_modified(|state| {
                next = state.waiting.pop_first();
                next.is_some()
            });
            if let Some(next) = next {
                return next;
            }
            self.until(|state| !state.waiting.is_empty()).await;
        }
    }

    async fn until(&self, is_so: impl Fn(&State) -> bool) {
        // The sender is in `self`, so the channel does not close.
        let _ = self.state.subscribe().wait_for(is_so).await;
    }
}

impl State {
    fn push(&mut self, change: Change) {
        self.told = self.told.wrapping_add(1);
        let fits = match &change {
            Change::Resource(uri) => uri.len() <= LONGEST_URI && self.waiting.len() < MOST,
            _ => true,
        };
        if fits || self.waiting.contains(&change) {
            self.waiting.insert(change);
        } else {
            self.waiting
                .retain(|one| !matches!(one, Change::Resource(_)));
            self.waiting.insert(Change::Missed);
        }
    }
}
