//! Documents on their way, which all who ask for the same one wait for together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::DocumentError;
use super::fetched::Document;
use super::url::DocumentUrl;

type Outcome = Result<Arc<Document>, DocumentError>;

/// A document on its way. It turns back when nobody waits for it any more.
type Flight = Shared<BoxFuture<'static, Outcome>>;

/// The documents on their way; a bounded number, and of each host a few.
pub(super) struct Flights {
    most: usize,
    most_of_a_host: usize,
    under_way: Mutex<HashMap<DocumentUrl, WeakShared<BoxFuture<'static, Outcome>>>>,
}

impl Flights {
    pub(super) fn of(most: usize, most_of_a_host: usize) -> Self {
        Self {
            most,
            most_of_a_host,
            under_way: Mutex::default(),
        }
    }

    /// The flight for this document, or the one that `begin` makes; `None` when there is no room.
    pub(super) fn join(
        &self,
        url: &DocumentUrl,
        begin: impl FnOnce() -> BoxFuture<'static, Outcome>,
    ) -> Option<Flight> {
        // Nothing that holds the lock can leave the table half changed.
        let mut flights = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // One that has landed may still be held by somebody who has not looked.
        let is_under_way = |flight: &WeakShared<_>| {
            let flight: Option<Flight> = flight.upgrade();
            flight.filter(|flight| flight.peek().is_none())
        };
        if let Some(flight) = flights.get(url).and_then(is_under_way) {
            return Some(flight);
        }
        flights.retain(|_, flight| is_under_way(flight).is_some());
        let of_host = flights.keys().filter(|one| one.host() == url.host());
        if flights.len() >= self.most || of_host.count() >= self.most_of_a_host {
            return None;
        }
        let flight = begin().shared();
        flights.extend(flight.downgrade().map(|weak| (url.clone(), weak)));
        Some(flight)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        let flights = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        flights.values().all(|flight| flight.upgrade().is_none())
    }
}
