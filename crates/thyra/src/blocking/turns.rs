//! Whose work runs next.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::CountedAs;

/// Work of many callers, of which only so much runs at once. Callers who wait take turns: the work
/// of one is not behind all that another brought before.
///
/// How much waits is not bounded here: each work belongs to a call, and those are bounded.
pub(super) struct Turns<W> {
    most: usize,
    most_of_one: usize,
    /// What has a place and no thread yet, at most as much as there are places.
    ready: VecDeque<(Ticket, W)>,
    /// How many places each caller has. Nobody is here with zero.
    held_by: HashMap<CountedAs, usize>,
    held: usize,
    /// What has no place yet, in the order in which it came. Nobody is here without any.
    waiting: HashMap<CountedAs, BTreeMap<u64, W>>,
    /// The callers who wait; the first of them is next.
    order: VecDeque<CountedAs>,
    last: u64,
}

/// Identifies a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    number: u64,
    whose: CountedAs,
}

impl<W> Turns<W> {
    /// `most` places, of which one caller gets at most `most_of_one`, if there may be others.
    pub(super) fn new(most: usize, most_of_one: usize) -> Self {
        Self {
            most,
            most_of_one,
            ready: VecDeque::new(),
            held_by: HashMap::new(),
            held: 0,
            waiting: HashMap::new(),
            order: VecDeque::new(),
            last: 0,
        }
    }

    /// Takes `work` in: it gets a place, or waits for one.
    pub(super) fn join(&mut self, whose: CountedAs, work: W) -> Ticket {
        self.last += 1;
        let number = self.last;
        if !self.waiting.contains_key(&whose) {
            self.order.push_back(whose);
        }
        self.waiting.entry(whose).or_default().insert(number, work);
        self.admit();
        Ticket { number, whose }
    }

    /// Takes `ticket`'s work back, unless a thread has it.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<W> {
        let Ticket { number, whose } = ticket;
        if let Some(waiting) = self.waiting.get_mut(&whose)
            && let Some(work) = waiting.remove(&number)
        {
            if waiting.is_empty() {
                self.waiting.remove(&whose);
                self.order.retain(|other| *other != whose);
            }
            return Some(work);
        }
        let place = self.ready.iter().position(|(other, _)| *other == ticket)?;
        let (_, work) = self.ready.remove(place)?;
        self.over(whose);
        Some(work)
    }

    /// The work that a thread is to do now, and whose place it holds until it is
    /// [`over`](Self::over).
    pub(super) fn next(&mut self) -> Option<(CountedAs, W)> {
        let (ticket, work) = self.ready.pop_front()?;
        Some((ticket.whose, work))
    }

    /// Whether there is work for a thread.
    pub(super) fn has_next(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Gives a place of `whose` to whoever is next.
    pub(super) fn over(&mut self, whose: CountedAs) {
        if let Some(held) = self.held_by.get_mut(&whose) {
            *held -= 1;
            if *held == 0 {
                self.held_by.remove(&whose);
            }
            self.held -= 1;
        }
        self.admit();
    }

    /// How many works have a place, those without a thread included.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Takes everything back that has no thread.
    pub(super) fn clear(&mut self) -> Vec<W> {
        let waiting = std::mem::take(&mut self.waiting).into_values().flatten();
        let mut works: Vec<W> = waiting.map(|(_, work)| work).collect();
        self.order.clear();
        while let Some((whose, work)) = self.next() {
            works.push(work);
            self.over(whose);
        }
        works
    }

    /// Gives places to those who wait, as long as there are some.
    fn admit(&mut self) {
        while self.held < self.most
            && let Some(turn) = self
                .order
                .iter()
                .position(|whose| self.has_room_for(*whose))
            && let Some(whose) = self.order.remove(turn)
        {
            let Some(waiting) = self.waiting.get_mut(&whose) else {
                continue;
            };
            let first = waiting.pop_first();
            if waiting.is_empty() {
                self.waiting.remove(&whose);
            } else {
                self.order.push_back(whose);
            }
            if let Some((number, work)) = first {
                self.held += 1;
                *self.held_by.entry(whose).or_default() += 1;
                self.ready.push_back((Ticket { number, whose }, work));
            }
        }
    }

    fn has_room_for(&self, whose: CountedAs) -> bool {
        let held = self.held_by.get(&whose).copied().unwrap_or_default();
        !whose.has_share() || held < self.most_of_one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: CountedAs = address(1);
    const BOB: CountedAs = address(2);
    const EVE: CountedAs = address(3);

    const fn address(last: u8) -> CountedAs {
        CountedAs::Address(std::net::IpAddr::V4(std::net::Ipv4Addr::new(
            192, 0, 2, last,
        )))
    }

    /// The works that threads take now.
    fn taken<W>(turns: &mut Turns<W>) -> Vec<W> {
        std::iter::from_fn(|| turns.next().map(|(_, work)| work)).collect()
    }

    #[test]
    fn the_seven_hundred_of_one_leave_places_for_another() {
        let mut turns = Turns::new(8, 2);
        for work in 0..700 {
            turns.join(ADA, work);
        }
        assert_eq!(taken(&mut turns), [0, 1]);
        turns.join(BOB, 1000);
        assert_eq!(taken(&mut turns), [1000]);
        assert_eq!(turns.held(), 3);
        turns.over(ADA);
        assert_eq!(taken(&mut turns), [2]);
    }

    #[test]
    fn callers_take_turns_when_all_places_are_taken() {
        let mut turns = Turns::new(2, 2);
        for work in 0..100 {
            turns.join(ADA, work);
        }
        assert_eq!(taken(&mut turns), [0, 1]);
        turns.join(BOB, 1000);
        turns.join(EVE, 2000);
        turns.join(BOB, 1001);
        let mut order = Vec::new();
        let mut holder = ADA;
        for _ in 0..5 {
            turns.over(holder);
            let (whose, work) = turns.next().unwrap();
            holder = whose;
            order.push(work);
        }
        assert_eq!(order, [2, 1000, 2000, 3, 1001]);
    }

    #[test]
    fn whoever_is_alone_may_use_all() {
        let mut turns = Turns::new(4, 1);
        for work in 0..5 {
            turns.join(CountedAs::Alone, work);
        }
        assert_eq!(taken(&mut turns), [0, 1, 2, 3]);
    }

    #[test]
    fn what_leaves_is_forgotten_and_its_place_is_the_next_ones() {
        let mut turns = Turns::new(1, 1);
        let first = turns.join(ADA, "first");
        let second = turns.join(ADA, "second");
        turns.join(BOB, "third");
        assert_eq!(turns.leave(second), Some("second"));
        assert_eq!(turns.leave(second), None);
        assert_eq!(turns.leave(first), Some("first"));
        assert_eq!(taken(&mut turns), ["third"]);
        assert!(!turns.has_next());
        turns.over(BOB);
        assert_eq!(turns.held(), 0);
        assert!(turns.waiting.is_empty() && turns.order.is_empty() && turns.held_by.is_empty());
    }

    #[test]
    fn a_work_that_a_thread_has_cannot_be_taken_back() {
        let mut turns = Turns::new(1, 1);
        let ticket = turns.join(ADA, ());
        assert!(turns.next().is_some());
        assert_eq!(turns.leave(ticket), None);
        assert_eq!(turns.held(), 1);
    }

    #[test]
    fn clearing_leaves_only_what_runs() {
        let mut turns = Turns::new(2, 2);
        for work in 0..4 {
            turns.join(ADA, work);
        }
        assert!(turns.next().is_some());
        assert_eq!(turns.clear().len(), 3);
        assert_eq!(turns.held(), 1);
    }
}
