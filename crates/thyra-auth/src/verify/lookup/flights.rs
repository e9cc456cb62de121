//! Questions under way, which callers with the same token share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use crate::verify::Verdict;
use crate::verify::cache::TokenHash;

/// A question under way. It ends when nobody waits for it any more.
pub(super) type Flight = Shared<BoxFuture<'static, Verdict>>;

/// The questions under way; a bounded number.
#[derive(Clone)]
pub(super) struct Flights {
    most: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Counts the flights, so that one that ends late does not give up the place of another.
    number: u64,
    flights: HashMap<TokenHash, (u64, WeakShared<BoxFuture<'static, Verdict>>)>,
}

/// The place of a flight, which it gives up when it is dropped.
pub(super) struct Seat {
    flights: Flights,
    token: TokenHash,
    number: u64,
}

impl Flights {
    pub(super) fn of(most: usize) -> Self {
        Self {
            most,
            state: Arc::default(),
        }
    }

    /// The flight for this token, or the one that `begin` makes; `None` when there is no room.
    /// `begin` must neither wait nor drop its seat.
    pub(super) fn join(
        &self,
        token: TokenHash,
        begin: impl FnOnce(Seat) -> BoxFuture<'static, Verdict>,
    ) -> Option<Flight> {
        let mut state = self.state();
        let known = state.flights.get(&token);
        if let Some(flight) = known.and_then(|(_, flight)| flight.upgrade()) {
            return Some(flight);
        }
        // One that ended has left a place, which the new one takes.
        if known.is_none() && state.flights.len() >= self.most {
            return None;
        }
        state.number += 1;
        let number = state.number;
        let seat = Seat {
            flights: self.clone(),
            token,
            number,
        };
        let flight = begin(seat).shared();
        if let Some(weak) = flight.downgrade() {
            state.flights.insert(token, (number, weak));
        }
        Some(flight)
    }

    /// Nothing that holds the lock can leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.flights.state();
        let is_own = |(number, _): &(u64, _)| *number == self.number;
        if state.flights.get(&self.token).is_some_and(is_own) {
            state.flights.remove(&self.token);
        }
    }
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights")
            .field("most", &self.most)
            .field("under_way", &self.state().flights.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::verify::TokenRejected;

    const VERDICT: Verdict = Verdict::Rejected(TokenRejected::UnknownToken);

    fn waiting(seat: Seat) -> (oneshot::Sender<()>, BoxFuture<'static, Verdict>) {
        let (send, receive) = oneshot::channel();
        let flight = async move {
            let _ = receive.await;
            drop(seat);
            VERDICT
        };
        (send, flight.boxed())
    }

    #[tokio::test]
    async fn one_token_has_one_flight_and_their_number_is_bounded() {
        let flights = Flights::of(2);
        let [a, b, c] = ["a", "b", "c"].map(TokenHash::of);
        let mut end = None;
        let first = flights.join(a, |seat| {
            let (send, flight) = waiting(seat);
            end = Some(send);
            flight
        });
        let first = first.unwrap();
        let second = flights
            .join(a, |_| unreachable!("it is under way"))
            .unwrap();
        let other = flights.join(b, |seat| waiting(seat).1).unwrap();
        assert!(flights.join(c, |_| unreachable!("no room")).is_none());
        assert!(second.clone().now_or_never().is_none());
        end.unwrap().send(()).unwrap();
        assert!(matches!(first.await, Verdict::Rejected(_)));
        assert!(second.now_or_never().is_some());
        assert_eq!(flights.state().flights.len(), 1);
        drop(other);
        assert!(flights.state().flights.is_empty());
    }

    #[tokio::test]
    async fn a_flight_ends_with_its_last_passenger_and_leaves_a_later_one_alone() {
        let flights = Flights::of(1);
        let token = TokenHash::of("a");
        let mut seats = Vec::new();
        // Its seat outlives it, as when it is dropped on another thread.
        let gone = flights.join(token, |seat| {
            seats.push(seat);
            async { VERDICT }.boxed()
        });
        drop(gone);
        let later = flights.join(token, |seat| waiting(seat).1).unwrap();
        drop(seats);
        assert_eq!(flights.state().flights.len(), 1);
        drop(later);
        assert!(flights.state().flights.is_empty());
    }
}
