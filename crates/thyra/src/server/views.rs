//! Views of single callers: what a handler hid from one of them, or showed to one alone.
//!
//! In the handshake era a view is its session's. Where calls stand alone it is the signed-in caller's, or that of whoever runs the process.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use thyra_auth::PrincipalId;

use crate::catalog::Rules;

/// The most callers whose views are kept; of more, those that were not used for longest are forgotten.
const MOST_CALLERS: u64 = 10_000;

/// The most selectors of one view, and the most text in them, in bytes.
const MOST_RULES: usize = 64;
const MOST_BYTES: usize = 16 * 1024;

/// Whose view it is, where calls stand alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Onlooker {
    /// Whoever started this process.
    Local,
    Principal(PrincipalId),
}

/// Why a handler cannot change what its caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The call belongs to no session, and nobody is signed in.
    #[error("there is neither a session nor a signed-in caller whose view could be changed")]
    Nobody,
    /// The caller's view has as many selectors as it may have.
    #[error(
        "the view of one caller has at most {MOST_RULES} selectors and {MOST_BYTES} bytes; reset it first"
    )]
    TooMany,
}

/// The view of one session.
#[derive(Debug, Default)]
pub(crate) struct View(Mutex<Option<Arc<Rules>>>);

/// The views of callers whose calls stand alone; made when there is the first one.
#[derive(Debug, Default)]
pub(crate) struct Views(OnceLock<Cache<Onlooker, Arc<Rules>>>);

impl View {
    /// The rules, if there are any.
    pub(crate) fn rules(&self) -> Option<Arc<Rules>> {
        let rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rules.clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Rules)) -> Result<(), ViewError> {
        // What is there is replaced whole, so a panic leaves it as it was.
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *rules = changed(rules.as_deref(), change)?;
        Ok(())
    }
}

impl Views {
    /// The rules for `onlooker`, if there are any.
    pub(crate) fn rules(&self, onlooker: Onlooker) -> Option<Arc<Rules>> {
        self.0.get()?.get(&onlooker)
    }

    pub(crate) fn change(
        &self,
        onlooker: Onlooker,
        change: impl FnOnce(&mut Rules),
    ) -> Result<(), ViewError> {
        let views = self.0.get_or_init(|| {
            let views = Cache::builder().max_capacity(MOST_CALLERS);
            views.eviction_policy(EvictionPolicy::lru()).build()
        });
        let computed = views.entry(onlooker).and_try_compute_with(|entry| {
            let before = entry.map(moka::Entry::into_value);
            Ok(match changed(before.as_deref(), change)? {
                Some(rules) => Op::Put(rules),
                None => Op::Remove,
            })
        });
        computed.map(|_| ())
    }
}

/// The rules after a change; none when nothing is left of them.
fn changed(
    before: Option<&Rules>,
    change: impl FnOnce(&mut Rules),
) -> Result<Option<Arc<Rules>>, ViewError> {
    let mut rules = before.cloned().unwrap_or_default();
    change(&mut rules);
    if rules.len() > MOST_RULES || rules.bytes() > MOST_BYTES {
        return Err(ViewError::TooMany);
    }
    Ok((!rules.is_empty()).then(|| Arc::new(rules)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Selector;

    fn hide(name: String) -> impl FnOnce(&mut Rules) {
        move |rules| rules.set(Selector::tool(name), false)
    }

    #[test]
    fn a_view_is_bounded_and_stays_as_it_was_when_it_is_full() {
        let view = View::default();
        for number in 0..MOST_RULES {
            view.change(hide(number.to_string())).unwrap();
        }
        let full = view.rules();
        assert_eq!(
            view.change(hide("more".to_owned())),
            Err(ViewError::TooMany)
        );
        assert_eq!(view.rules(), full);
        // What was said before can be said again.
        view.change(hide("0".to_owned())).unwrap();
        view.change(|rules| *rules = Rules::default()).unwrap();
        assert_eq!(view.rules(), None);
        assert_eq!(
            view.change(hide("x".repeat(MOST_BYTES + 1))),
            Err(ViewError::TooMany)
        );
    }

    #[test]
    fn the_view_of_one_caller_is_no_other_ones() {
        let views = Views::default();
        let ada = thyra_auth::Principal::builder("https://issuer.example", "ada").build();
        let ada = Onlooker::Principal(ada.id());
        assert_eq!(views.rules(ada), None);
        views.change(ada, hide("wipe".to_owned())).unwrap();
        assert!(views.rules(ada).is_some());
        assert_eq!(views.rules(Onlooker::Local), None);
        views
            .change(ada, |rules| *rules = Rules::default())
            .unwrap();
        assert_eq!(views.rules(ada), None);
    }

    #[test]
    fn the_views_that_were_not_used_for_longest_are_forgotten() {
        let views = Views::default();
        let onlooker = |number: u64| {
            let issuer = "https://issuer.example";
            let principal = thyra_auth::Principal::builder(issuer, number.to_string());
            Onlooker::Principal(principal.build().id())
        };
        for number in 0..MOST_CALLERS + 100 {
            views
                .change(onlooker(number), hide("wipe".to_owned()))
                .unwrap();
        }
        let cache = views.0.get().unwrap();
        cache.run_pending_tasks();
        assert!(cache.entry_count() <= MOST_CALLERS);
        assert_eq!(views.rules(onlooker(0)), None);
        assert!(views.rules(onlooker(MOST_CALLERS + 99)).is_some());
    }
}
