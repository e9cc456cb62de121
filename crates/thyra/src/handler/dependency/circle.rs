//! Who waits for whom, and whether that is a circle.

use std::any::TypeId;
use std::fmt;

/// The type of a dependency that somebody wants.
#[derive(Clone, Copy)]
pub(in crate::handler) struct Wanted {
    type_id: TypeId,
    type_name: &'static str,
}

/// Which dependencies wait for which while they are made.
#[derive(Debug, Default)]
pub(super) struct Waits(Vec<(Wanted, Wanted)>);

impl Wanted {
    pub(in crate::handler) fn of<T: 'static>() -> Self {
        Self {
            type_id: TypeId::of::<T>(),
            type_name: std::any::type_name::<T>(),
        }
    }
}

impl PartialEq for Wanted {
    fn eq(&self, other: &Self) -> bool {
        self.type_id == other.type_id
    }
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name)
    }
}

impl Waits {
    /// Lets `who` wait for `whom`.
    ///
    /// # Errors
    ///
    /// The circle in words, when `whom` waits for `who` already, also by way of others.
    pub(super) fn begin(&mut self, who: Wanted, whom: Wanted) -> Result<(), String> {
        let mut way = vec![who, whom];
        if self.leads_back(&mut way) {
            return Err(in_words(&way));
        }
        self.0.push((who, whom));
        Ok(())
    }

    pub(super) fn end(&mut self, who: Wanted, whom: Wanted) {
        let wait = self.0.iter().position(|wait| *wait == (who, whom));
        if let Some(wait) = wait {
            self.0.swap_remove(wait);
        }
    }

    /// Whether `way` leads back to its beginning; then it is that whole way. What waits already is
    /// no circle, so the search ends.
    fn leads_back(&self, way: &mut Vec<Wanted>) -> bool {
        let (Some(first), Some(last)) = (way.first().copied(), way.last().copied()) else {
            return false;
        };
        if first == last {
            return true;
        }
        let nexts = self.0.iter().filter(|(who, _)| *who == last);
        for (_, next) in nexts {
            way.push(*next);
            if self.leads_back(way) {
                return true;
            }
            way.pop();
        }
        false
    }
}

/// `A wants B wants A`.
pub(in crate::handler) fn in_words(way: &[Wanted]) -> String {
    let names: Vec<&str> = way.iter().map(|wanted| wanted.type_name).collect();
    names.join(" wants ")
}
