//! How much of a bounded table each caller holds, so that nobody takes what all share.
//!
//! Callers are counted by subject, whichever client they use: one person can register any number
//! of clients. Callers without a token cannot be told apart, so they only share the whole table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thyra_auth::SubjectId;

/// One subject holds at most this part of a table.
const PART: usize = 10;

/// Who holds how many places of one table.
#[derive(Debug)]
pub(crate) struct Shares {
    most: usize,
    most_of_subject: usize,
    held: usize,
    /// Nobody is here with zero places.
    held_by: HashMap<Option<SubjectId>, usize>,
}

/// The same for a table that nobody locks. Clones share one table.
#[derive(Clone, Debug)]
pub(crate) struct Places(Arc<Mutex<Shares>>);

/// A place of somebody. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    subject: Option<SubjectId>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// All places are taken.
    Table,
    /// This caller has as many as one caller may have.
    Share {
        /// That many.
        most: usize,
    },
}

impl Shares {
    /// A table of `most` places, of which one subject gets at most a tenth, and at least one.
    pub(crate) fn new(most: usize) -> Self {
        Self::with_share(most, most.div_ceil(PART))
    }

    /// A table of `most` places, of which one subject gets at most `most_of_subject`.
    pub(crate) fn with_share(most: usize, most_of_subject: usize) -> Self {
        Self {
            most,
            most_of_subject,
            held: 0,
            held_by: HashMap::new(),
        }
    }

    /// Whether `subject` may have another place; `None` is a caller without a token.
    ///
    /// # Errors
    ///
    /// [`Full`] when it may not. The share is looked at first.
    pub(crate) fn check(&self, subject: Option<SubjectId>) -> Result<(), Full> {
        let most = self.most_of_subject;
        if subject.is_some() && self.held_by(subject) >= most {
            return Err(Full::Share { most });
        }
        if self.held >= self.most {
            return Err(Full::Table);
        }
        Ok(())
    }

    /// Takes a place for `subject`.
    ///
    /// # Errors
    ///
    /// [`Full`] when there is none.
    pub(crate) fn take(&mut self, subject: Option<SubjectId>) -> Result<(), Full> {
        self.check(subject)?;
        self.held += 1;
        *self.held_by.entry(subject).or_default() += 1;
        Ok(())
    }

    /// Gives a place of `subject` back.
    pub(crate) fn give_back(&mut self, subject: Option<SubjectId>) {
        let Some(held) = self.held_by.get_mut(&subject) else {
            return;
        };
        *held -= 1;
        if *held == 0 {
            self.held_by.remove(&subject);
        }
        self.held -= 1;
    }

    /// How many places `subject` has.
    pub(crate) fn held_by(&self, subject: Option<SubjectId>) -> usize {
        self.held_by.get(&subject).copied().unwrap_or_default()
    }
}

impl Places {
    /// A table of `most` places, shared as [`Shares::new`] says.
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Shares::new(most))))
    }

    /// A table of `most` places, shared as [`Shares::with_share`] says.
    pub(crate) fn with_share(most: usize, most_of_subject: usize) -> Self {
        Self(Arc::new(Mutex::new(Shares::with_share(
            most,
            most_of_subject,
        ))))
    }

    /// A place for `subject`; `None` is a caller without a token.
    ///
    /// # Errors
    ///
    /// [`Full`] when there is none.
    pub(crate) fn take(&self, subject: Option<SubjectId>) -> Result<Place, Full> {
        self.lock().take(subject)?;
        Ok(Place {
            places: self.clone(),
            subject,
        })
    }

    /// How many places are taken.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.lock().held
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Shares> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().give_back(self.subject);
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
        let places = Places::new(3);
        let taken: Vec<_> = (0..3).map(|_| places.take(None).unwrap()).collect();
        assert_eq!(places.take(None).unwrap_err(), Full::Table);
        drop(taken);
        assert_eq!(places.lock().held_by.len(), 0);
        // What nobody holds cannot be given back.
        places.lock().give_back(None);
        assert_eq!(places.taken(), 0);
    }
}
