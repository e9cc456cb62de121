//! The connections of a listener: where each sits, whom it comes from, and how it is sent away.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::task::{AbortHandle, Id};

use super::seats::{Seat, Seats};
use crate::shares::origin;

/// The most connections that there can be, whatever the limit says. A system has no more
/// descriptors for one process.
const MOST: usize = 1 << 20;

/// The connections of a listener.
#[derive(Debug)]
pub(super) struct Guests {
    seats: Arc<Seats>,
    /// The most connections from one origin.
    from_one: usize,
    /// Who sits where. It grows up to the number of seats.
    seated: Vec<Option<Guest>>,
    free: Vec<usize>,
    seat_of: HashMap<Id, usize>,
    from: HashMap<IpAddr, usize>,
    /// How many were told to leave and are still here.
    leaving: usize,
}

#[derive(Debug)]
struct Guest {
    task: AbortHandle,
    origin: IpAddr,
    is_leaving: bool,
}

/// Whether somebody can come in.
#[derive(Debug)]
pub(super) enum Entry {
    /// There is a place.
    Free(Place),
    /// Somebody has been told to leave, or all are busy. Ask again when one has left, or
    /// [`Guests::vacancy`] is ready.
    Later,
    /// There are too many from the same origin, and all are busy.
    TooMany,
}

/// A place for one connection.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) seat: Seat,
    index: usize,
    origin: IpAddr,
}

impl Guests {
    /// At most `most` connections, of which at most `from_one` come from one origin.
    pub(super) fn new(most: usize, from_one: Option<usize>) -> Self {
        Self {
            seats: Arc::new(Seats::new(most.min(MOST))),
            from_one: from_one.unwrap_or(usize::MAX),
            seated: Vec::new(),
            free: Vec::new(),
            seat_of: HashMap::new(),
            from: HashMap::new(),
            leaving: 0,
        }
    }

    /// Asks for a place for a connection from `address`. Where there is none, one that is idle is
    /// told to leave.
    pub(super) fn admit(&mut self, address: IpAddr) -> Entry {
        let origin = origin(address);
        if self.from.get(&origin).is_some_and(|n| *n >= self.from_one) {
            let same = |guest: &Guest| guest.origin == origin;
            let leaving = |guest: &Guest| guest.is_leaving && same(guest);
            let one_leaves = self.seated.iter().flatten().any(leaving);
            return if one_leaves || self.send_away(same) {
                Entry::Later
            } else {
                Entry::TooMany
            };
        }
        let fresh = (self.seated.len() < self.seats.count()).then_some(self.seated.len());
        let Some(index) = self.free.pop().or(fresh) else {
            self.seats.want(true);
            if self.leaving == 0 {
                self.make_room();
            }
            return Entry::Later;
        };
        self.seats.want(false);
        if index == self.seated.len() {
            self.seated.push(None);
        }
        *self.from.entry(origin).or_default() += 1;
        Entry::Free(Place {
            seat: self.seats.take(index),
            index,
            origin,
        })
    }

    /// Notes which task serves the connection that got `place`.
    pub(super) fn seat(&mut self, place: &Place, task: AbortHandle) {
        self.seat_of.insert(task.id(), place.index);
        if let Some(seat) = self.seated.get_mut(place.index) {
            *seat = Some(Guest {
                task,
                origin: place.origin,
                is_leaving: false,
            });
        }
    }

    /// The connection that `task` served has ended.
    pub(super) fn leave(&mut self, task: Id) {
        let Some(index) = self.seat_of.remove(&task) else {
            return;
        };
        let Some(guest) = self.seated.get_mut(index).and_then(Option::take) else {
            return;
        };
        self.leaving -= usize::from(guest.is_leaving);
        if let Some(count) = self.from.get_mut(&guest.origin) {
            *count -= 1;
            if *count == 0 {
                self.from.remove(&guest.origin);
            }
        }
        self.seats.leave(index);
        self.free.push(index);
    }

    /// Tells one that is idle to leave, if there is one.
    pub(super) fn make_room(&mut self) -> bool {
        self.send_away(|_| true)
    }

    /// Ready when a connection has become one that can make room.
    pub(super) async fn vacancy(&self) {
        self.seats.vacancy().await;
    }

    fn send_away(&mut self, who: impl Fn(&Guest) -> bool) -> bool {
        let seated = &self.seated;
        let of_them = |index| matches!(seated.get(index), Some(Some(guest)) if who(guest));
        let Some(index) = self.seats.give_way(of_them) else {
            return false;
        };
        if let Some(Some(guest)) = self.seated.get_mut(index) {
            guest.task.abort();
            guest.is_leaving = true;
            self.leaving += 1;
        }
        true
    }
}
