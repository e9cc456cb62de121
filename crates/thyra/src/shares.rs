//! How much of a bounded table each caller holds, so that nobody takes what all share.
//!
//! A table has places, or bytes. Callers are counted by subject, whichever client they use: one
//! person can register any number of clients. Callers without a token cannot be told apart, so
//! where nothing else tells them apart they only share the whole table.

mod account;
mod origin;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thyra_auth::SubjectId;

pub(crate) use self::account::Account;
pub(crate) use self::origin::origin;

/// One holder has at most this part of a table.
const PART: usize = 10;

/// Who holds how much of one table.
#[derive(Debug)]
pub(crate) struct Shares<K = SubjectId> {
    most: usize,
    most_of_holder: usize,
    held: usize,
    /// Nobody is here with zero.
    held_by: HashMap<Option<K>, usize>,
}

/// The same for a table that nobody locks. Clones share one table.
#[derive(Debug)]
pub(crate) struct Places<K: Holder = SubjectId>(Arc<Mutex<Shares<K>>>);

/// What somebody holds of a table. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Place<K: Holder = SubjectId> {
    places: Places<K>,
    holder: Option<K>,
    amount: usize,
}

/// What callers are told apart by.
pub(crate) trait Holder: Copy + Eq + Hash {}

impl<K: Copy + Eq + Hash> Holder for K {}

/// Why there is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// All is taken.
    Table,
    /// This caller has as much as one caller may have.
    Share {
        /// That much.
        most: usize,
    },
}

impl<K: Holder> Shares<K> {
    /// A table of `most`, of which one holder gets at most a tenth, and at least one.
    pub(crate) fn new(most: usize) -> Self {
        Self::with_share(most, most.div_ceil(PART))
    }

    /// A table of `most`, of which one holder gets at most `most_of_holder`.
    pub(crate) fn with_share(most: usize, most_of_holder: usize) -> Self {
        Self {
            most,
            most_of_holder,
            held: 0,
            held_by: HashMap::new(),
        }
    }

    /// Whether `holder` may have `amount` more; `None` is a caller whom nothing tells apart.
    ///
    /// # Errors
    ///
    /// [`Full`] when it may not. The share is looked at first.
    pub(crate) fn check(&self, holder: Option<K>, amount: usize) -> Result<(), Full> {
        let most = self.most_of_holder;
        if holder.is_some() && self.held_by(holder).saturating_add(amount) > most {
            return Err(Full::Share { most });
        }
        if self.held.saturating_add(amount) > self.most {
            return Err(Full::Table);
        }
        Ok(())
    }

    /// Takes `amount` for `holder`.
    ///
    /// # Errors
    ///
    /// [`Full`] when there is not that much.
    pub(crate) fn take(&mut self, holder: Option<K>, amount: usize) -> Result<(), Full> {
        self.check(holder, amount)?;
        self.add(holder, amount);
        Ok(())
    }

    /// Takes `amount` for `holder`, and leaves a `spare` part of the table free, if there is one to
    /// leave: `Some(4)` is a quarter. Who holds less than a share may exceed it once, so that one
    /// large thing fits.
    ///
    /// # Errors
    ///
    /// [`Full`] when there is not that much.
    pub(crate) fn lend(
        &mut self,
        holder: Option<K>,
        amount: usize,
        spare: Option<usize>,
    ) -> Result<(), Full> {
        let most = self.most_of_holder;
        if holder.is_some() && self.held_by(holder) >= most {
            return Err(Full::Share { most });
        }
        let spare = spare.map_or(0, |part| self.most / part.max(1));
        if self.held.saturating_add(amount) > self.most - spare {
            return Err(Full::Table);
        }
        self.add(holder, amount);
        Ok(())
    }

    /// Takes `amount` for `holder`, whether there is that much or not.
    fn add(&mut self, holder: Option<K>, amount: usize) {
        self.held = self.held.saturating_add(amount);
        *self.held_by.entry(holder).or_default() += amount;
    }

    /// Gives back `amount` of what `holder` has.
    pub(crate) fn give_back(&mut self, holder: Option<K>, amount: usize) {
        let Some(held) = self.held_by.get_mut(&holder) else {
            return;
        };
        let amount = amount.min(*held);
        *held -= amount;
        if *held == 0 {
            self.held_by.remove(&holder);
        }
        self.held -= amount;
    }

    /// How much `holder` has.
    pub(crate) fn held_by(&self, holder: Option<K>) -> usize {
        self.held_by.get(&holder).copied().unwrap_or_default()
    }
}

impl<K: Holder> Places<K> {
    /// A table of `most`, shared as [`Shares::new`] says.
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Shares::new(most))))
    }

    /// A table of `most`, shared as [`Shares::with_share`] says.
    pub(crate) fn with_share(most: usize, most_of_holder: usize) -> Self {
        Self(Arc::new(Mutex::new(Shares::with_share(
            most,
            most_of_holder,
        ))))
    }

    /// One place for `holder`; `None` is a caller whom nothing tells apart.
    ///
    /// # Errors
    ///
    /// [`Full`] when there is none.
    pub(crate) fn take(&self, holder: Option<K>) -> Result<Place<K>, Full> {
        let mut place = self.open(holder);
        place.grow(1)?;
        Ok(place)
    }

    /// Nothing yet for `holder`, to [`grow`](Place::grow).
    pub(crate) fn open(&self, holder: Option<K>) -> Place<K> {
        Place {
            places: self.clone(),
            holder,
            amount: 0,
        }
    }

    /// How much `holder` has.
    pub(crate) fn held_by(&self, holder: Option<K>) -> usize {
        self.lock().held_by(holder)
    }

    /// How much is taken.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.lock().held
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Shares<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Holder> Clone for Places<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Holder> Place<K> {
    /// Takes `amount` more.
    ///
    /// # Errors
    ///
    /// [`Full`] when there is not that much. What is held stays held.
    pub(crate) fn grow(&mut self, amount: usize) -> Result<(), Full> {
        self.places.lock().take(self.holder, amount)?;
        self.amount += amount;
        Ok(())
    }

    /// Takes `amount` more, as [`Shares::lend`] says.
    ///
    /// # Errors
    ///
    /// [`Full`] when there is not that much. What is held stays held.
    pub(crate) fn borrow_more(&mut self, amount: usize, spare: Option<usize>) -> Result<(), Full> {
        self.places.lock().lend(self.holder, amount, spare)?;
        self.amount += amount;
        Ok(())
    }

    /// Takes `amount` more, whether there is that much or not.
    pub(crate) fn overdraw(&mut self, amount: usize) {
        self.places.lock().add(self.holder, amount);
        self.amount += amount;
    }

    /// Nothing yet, for the same holder.
    pub(crate) fn another(&self) -> Self {
        self.places.open(self.holder)
    }

    /// How much is held here.
    pub(crate) fn amount(&self) -> usize {
        self.amount
    }

    /// Whether more than half of the whole table is taken.
    pub(crate) fn is_of_a_table_half_full(&self) -> bool {
        let shares = self.places.lock();
        shares.held > shares.most / 2
    }

    /// Gives `amount` back.
    pub(crate) fn shrink(&mut self, amount: usize) {
        let amount = amount.min(self.amount);
        self.amount -= amount;
        self.places.lock().give_back(self.holder, amount);
    }
}

impl<K: Holder> Drop for Place<K> {
    fn drop(&mut self) {
        if self.amount > 0 {
            self.shrink(self.amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use thyra_auth::Principal;

    use super::*;

    fn subject(name: &str, client: &str) -> SubjectId {
        let principal = Principal::builder("https://issuer.example", name);
        principal.client_id(client).build().id().subject()
    }

    #[test]
    fn a_subject_gets_a_tenth_whichever_clients_it_uses() {
        let places = Places::new(20);
        let first = places.take(Some(subject("ada", "1"))).unwrap();
        let _second = places.take(Some(subject("ada", "2"))).unwrap();
        let refused = places.take(Some(subject("ada", "3"))).unwrap_err();
        assert_eq!(refused, Full::Share { most: 2 });
        let _other = places.take(Some(subject("bob", "1"))).unwrap();
        drop(first);
        let _again = places.take(Some(subject("ada", "3"))).unwrap();
        assert_eq!(places.taken(), 3);
    }

    #[test]
    fn a_small_table_has_a_place_for_everybody_in_turn() {
        let places = Places::new(1);
        let place = places.take(Some(subject("ada", "1"))).unwrap();
        assert_eq!(
            places.take(Some(subject("bob", "1"))).unwrap_err(),
            Full::Table
        );
        drop(place);
        let _place = places.take(Some(subject("bob", "1"))).unwrap();
    }

    #[test]
    fn callers_without_a_token_share_the_whole_table() {
        let places = Places::<SubjectId>::new(3);
        let taken: Vec<_> = (0..3).map(|_| places.take(None).unwrap()).collect();
        assert_eq!(places.take(None).unwrap_err(), Full::Table);
        drop(taken);
        assert_eq!(places.lock().held_by.len(), 0);
        // What nobody holds cannot be given back.
        places.lock().give_back(None, 1);
        assert_eq!(places.taken(), 0);
    }

    #[test]
    fn one_large_thing_exceeds_a_share_and_never_the_table() {
        let bytes = Places::with_share(100, 25);
        let mut ada = bytes.open(Some("ada"));
        ada.borrow_more(20, Some(4)).unwrap();
        ada.borrow_more(20, Some(4)).unwrap();
        assert_eq!(ada.borrow_more(1, Some(4)), Err(Full::Share { most: 25 }));
        let mut bob = bytes.open(Some("bob"));
        assert_eq!(bob.borrow_more(36, Some(4)), Err(Full::Table));
        bob.borrow_more(36, None).unwrap();
        bob.overdraw(50);
        assert_eq!(bytes.taken(), 126);
        assert!(bob.is_of_a_table_half_full());
        assert_eq!(
            ada.another().borrow_more(1, None),
            Err(Full::Share { most: 25 })
        );
        let mut eve = bytes.open(Some("eve"));
        assert_eq!(eve.borrow_more(1, None), Err(Full::Table));
        drop((ada, bob));
        assert_eq!(bytes.taken(), 0);
    }

    #[test]
    fn bytes_are_taken_in_steps_and_given_back_in_steps() {
        let bytes = Places::new(100);
        let mut ada = bytes.open(Some("ada"));
        ada.grow(6).unwrap();
        assert_eq!(ada.grow(5), Err(Full::Share { most: 10 }));
        ada.grow(4).unwrap();
        ada.shrink(3);
        // No more is given back than is held.
        let mut bob = bytes.open(Some("bob"));
        bob.shrink(5);
        assert_eq!((bytes.held_by(Some("ada")), bytes.taken()), (7, 7));
        let mut unknown = bytes.open(None);
        unknown.grow(93).unwrap();
        assert_eq!(bob.grow(1), Err(Full::Table));
        drop((ada, unknown));
        assert_eq!(bytes.taken(), 0);
        assert_eq!(bytes.lock().held_by.len(), 0);
    }
}
