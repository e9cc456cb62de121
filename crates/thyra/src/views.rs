//! Views of single callers: what handlers hid from one caller, or showed to that caller alone.
//!
//! In the handshake era a view belongs to a session. Where calls stand alone it belongs to the
//! signed-in caller, or to whoever runs the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use thyra_auth::PrincipalId;
use tokio::sync::broadcast;

use crate::selector::{Kind, Rules};

/// The most callers whose views are kept. Beyond that, the least recently used are forgotten.
const MOST_CALLERS: u64 = 10_000;

/// How long an unused view is kept.
const IDLE_TIME: Duration = Duration::from_hours(24);

/// How many changes of one view may wait for a stream of its caller.
const WAITING_CHANGES: usize = 16;

/// So few channels without a listener do not matter.
const FEW_LISTENERS: usize = 16;

/// The most selectors of one view.
const MOST_RULES: usize = 64;

/// The most memory that the texts of one view's selectors may take, in bytes.
const MOST_RULE_BYTES: usize = 16 * 1024;

/// The owner of a view, where calls stand alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ViewOwner {
    /// Whoever started this process.
    Local,
    Principal(PrincipalId),
}

/// The view of one session.
#[derive(Debug, Default)]
pub(crate) struct View(Mutex<Option<Arc<Rules>>>);

/// The views of callers whose calls stand alone, and which of these callers listen.
#[derive(Debug, Default)]
pub(crate) struct Views {
    /// Created with the first view.
    rules: OnceLock<Cache<ViewOwner, Arc<Rules>>>,
    listeners: Mutex<Listeners>,
}

/// One channel for each owner, so that nobody hears of changes to somebody else's view.
#[derive(Debug, Default)]
struct Listeners {
    channels: HashMap<ViewOwner, broadcast::Sender<Kind>>,
    /// At so many channels, those that nobody listens to are dropped. It is twice what was left the
    /// last time, so that dropping them costs each listener little.
    prune_at: usize,
}

/// Where the view of one caller is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ViewPlace<'a> {
    Session(&'a View),
    Owner(&'a Views, ViewOwner),
}

/// Why a handler cannot change what its caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The call belongs to no session, and nobody is signed in.
    #[error(
        "there is neither a session nor a signed-in caller whose view could be changed; sign callers in with .auth(..), or let the client \
         begin with initialize"
    )]
    Nobody,
    /// The caller's view would have too many selectors, or they would be too long.
    #[error(
        "the view of one caller has at most {MOST_RULES} selectors and {MOST_RULE_BYTES} bytes; reset it first"
    )]
    TooMany,
}

impl<'a> ViewPlace<'a> {
    /// The view of the caller's `session`, or without a session that of `owner`. Without both there
    /// is none.
    pub(crate) fn of(
        session: Option<&'a View>,
        owner: Option<ViewOwner>,
        views: &'a Views,
    ) -> Option<Self> {
        match (session, owner) {
            (Some(view), _) => Some(Self::Session(view)),
            (None, Some(owner)) => Some(Self::Owner(views, owner)),
            (None, None) => None,
        }
    }

    /// The rules, if there are any.
    pub(crate) fn rules(self) -> Option<Arc<Rules>> {
        match self {
            Self::Session(view) => view.rules(),
            Self::Owner(views, owner) => views.rules.get()?.get(&owner),
        }
    }

    /// Changes the rules.
    ///
    /// # Errors
    ///
    /// When there would be too many. The rules stay as they are then.
    pub(crate) fn change(self, change: impl FnOnce(&mut Rules)) -> Result<(), ViewError> {
        match self {
            Self::Session(view) => view.change(change),
            Self::Owner(views, owner) => views.change(owner, change),
        }
    }
}

impl View {
    fn rules(&self) -> Option<Arc<Rules>> {
        let rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rules.clone()
    }

    fn change(&self, change: impl FnOnce(&mut Rules)) -> Result<(), ViewError> {
        // The rules are replaced as a whole, so a panic leaves them as they were.
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *rules = changed(rules.as_deref(), change)?;
        Ok(())
    }
}

impl Views {
    /// The changes that `owner` is told about from now on.
    pub(crate) fn listen(&self, owner: ViewOwner) -> broadcast::Receiver<Kind> {
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if listeners.channels.len() >= listeners.prune_at {
            let channels = &mut listeners.channels;
            channels.retain(|_, channel| channel.receiver_count() > 0);
            listeners.prune_at = 2 * listeners.channels.len() + FEW_LISTENERS;
        }
        let channel = listeners
            .channels
            .entry(owner)
            .or_insert_with(|| broadcast::Sender::new(WAITING_CHANGES));
        channel.subscribe()
    }

    /// Tells `owner` that its list of `kind` changed.
    pub(crate) fn tell(&self, owner: ViewOwner, kind: Kind) {
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = listeners.channels.get(&owner) {
            // An error means that nobody listens any more.
            let _ = channel.send(kind);
        }
    }

    fn change(&self, owner: ViewOwner, change: impl FnOnce(&mut Rules)) -> Result<(), ViewError> {
        let rules = self.rules.get_or_init(|| {
            Cache::builder()
                .max_capacity(MOST_CALLERS)
                .time_to_idle(IDLE_TIME)
                .eviction_policy(EvictionPolicy::lru())
                .build()
        });
        let computed = rules.entry(owner).and_try_compute_with(|entry| {
            let before = entry.map(moka::Entry::into_value);
            Ok(match changed(before.as_deref(), change)? {
                Some(rules) => Op::Put(rules),
                None => Op::Remove,
            })
        });
        computed.map(|_| ())
    }
}

/// The rules after a change; `None` when no rule is left.
fn changed(
    before: Option<&Rules>,
    change: impl FnOnce(&mut Rules),
) -> Result<Option<Arc<Rules>>, ViewError> {
    let mut rules = before.cloned().unwrap_or_default();
    change(&mut rules);
    if rules.len() > MOST_RULES || rules.bytes() > MOST_RULE_BYTES {
        return Err(ViewError::TooMany);
    }
    Ok((!rules.is_empty()).then(|| Arc::new(rules)))
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast::error::TryRecvError;

    use super::*;
    use crate::Selector;

    fn hide(name: String) -> impl FnOnce(&mut Rules) {
        move |rules| rules.set(Selector::tool(name), false, 1)
    }

    fn owner(number: u64) -> ViewOwner {
        let issuer = "https://issuer.example";
        let principal = thyra_auth::Principal::builder(issuer, number.to_string());
        ViewOwner::Principal(principal.build().id())
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
        // A rule that is already there can be set again.
        view.change(hide("0".to_owned())).unwrap();
        view.change(|rules| *rules = Rules::default()).unwrap();
        assert_eq!(view.rules(), None);
        assert_eq!(
            view.change(hide("x".repeat(MOST_RULE_BYTES + 1))),
            Err(ViewError::TooMany)
        );
        // Many short texts take memory too.
        let tags = (0..1000).fold(Selector::all(), |tags, tag| tags.or_tag(tag.to_string()));
        assert_eq!(
            view.change(|rules| rules.set(tags, false, 1)),
            Err(ViewError::TooMany)
        );
    }

    #[test]
    fn the_view_of_one_caller_is_no_other_ones() {
        let views = Views::default();
        let rules = |owner| ViewPlace::Owner(&views, owner).rules();
        let ada = owner(1);
        assert_eq!(rules(ada), None);
        views.change(ada, hide("wipe".to_owned())).unwrap();
        assert!(rules(ada).is_some());
        assert_eq!(rules(ViewOwner::Local), None);
        assert_eq!(rules(owner(2)), None);
        views
            .change(ada, |rules| *rules = Rules::default())
            .unwrap();
        assert_eq!(rules(ada), None);
    }

    #[test]
    fn the_views_that_were_not_used_for_longest_are_forgotten() {
        let views = Views::default();
        for number in 0..MOST_CALLERS + 100 {
            views
                .change(owner(number), hide("wipe".to_owned()))
                .unwrap();
        }
        let cache = views.rules.get().unwrap();
        cache.run_pending_tasks();
        assert!(cache.entry_count() <= MOST_CALLERS);
        let rules = |number| ViewPlace::Owner(&views, owner(number)).rules();
        assert_eq!(rules(0), None);
        assert!(rules(MOST_CALLERS + 99).is_some());
    }

    #[test]
    fn a_caller_who_changes_much_is_no_burden_to_another() {
        let views = Views::default();
        let mut ada = views.listen(owner(1));
        let mut bob = views.listen(owner(2));
        for _ in 0..1000 {
            views.tell(owner(1), Kind::Tool);
            // Nobody listens.
            views.tell(owner(3), Kind::Tool);
        }
        views.tell(owner(2), Kind::Prompt);
        assert!(matches!(ada.try_recv(), Err(TryRecvError::Lagged(_))));
        assert_eq!(bob.try_recv(), Ok(Kind::Prompt));
    }

    #[test]
    fn who_has_stopped_listening_is_forgotten_in_time() {
        let views = Views::default();
        let staying: Vec<_> = (0..100).map(|number| views.listen(owner(number))).collect();
        for number in 100..1000 {
            drop(views.listen(owner(number)));
            let kept = views.listeners.lock().unwrap().channels.len();
            assert!(kept <= 2 * staying.len() + FEW_LISTENERS, "{kept}");
        }
        // Nobody who listens is forgotten.
        for mut listener in staying {
            assert_eq!(listener.try_recv(), Err(TryRecvError::Empty));
        }
    }
}
