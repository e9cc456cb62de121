//! The components of one kind.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rpds::HashTrieMapSync;
use serde_json::value::RawValue;
use thyra_protocol::{CacheScope, Revision};

use super::entry::Entry;
use super::list::{ListError, Offer, listing};
use super::page::Cursor;
use super::versions::{Version, Versions};
use super::{CatalogError, Settings};
use crate::check::Subject;
use crate::request_state::Standing;
use crate::selector::{Answer, Asked, Selector, Viewer, version};

/// The components of one kind. Lists show them in the order in which they were added. Of several
/// versions, they show the highest that the viewer may see.
pub(crate) struct Index<T> {
    /// A persistent map: the next index shares all of it that did not change.
    by_key: HashTrieMapSync<Arc<str>, Arc<Versions<T>>>,
    /// The place of the next component.
    next_place: u64,
    settings: Arc<Settings>,
    derived: Derived<T>,
}

/// Values computed from the components when they are first needed.
struct Derived<T> {
    /// All components, in the order of lists.
    in_order: OnceLock<Box<[Arc<Versions<T>>]>>,
    /// The first page of the list in the form of each revision, for viewers without a view of their
    /// own.
    first_pages: [OnceLock<Box<RawValue>>; Revision::ALL.len()],
    /// Whether any component has a check.
    has_checks: OnceLock<bool>,
}

impl<T: Entry> Index<T> {
    /// The same components, checked and served with `settings`.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when a server with these settings cannot offer one of them.
    pub(super) fn open(&self, settings: &Arc<Settings>) -> Result<Self, CatalogError> {
        for versions in self.in_order() {
            versions.check(settings)?;
        }
        Ok(Self {
            settings: Arc::clone(settings),
            ..self.successor()
        })
    }

    /// The index to change next. It shares everything with this one except the derived values.
    pub(super) fn successor(&self) -> Self {
        Self {
            by_key: self.by_key.clone(),
            next_place: self.next_place,
            settings: Arc::clone(&self.settings),
            derived: Derived::default(),
        }
    }

    /// Changes the versions under `key`. `change` also gets the place at the end of the list. A key
    /// that loses its last version is dropped.
    pub(super) fn change(&mut self, key: &Arc<str>, change: impl FnOnce(&mut Versions<T>, u64)) {
        let place = self.next_place;
        self.next_place += 1;
        self.derived = Derived::default();
        if let Some(versions) = self.by_key.get_mut(key) {
            let versions = Arc::make_mut(versions);
            change(versions, place);
            if versions.is_empty() {
                self.by_key.remove_mut(key);
            }
        } else {
            let mut versions = Versions::default();
            change(&mut versions, place);
            self.by_key.insert_mut(Arc::clone(key), Arc::new(versions));
        }
    }

    /// The keys under which `selector` matches a version.
    pub(super) fn matching(&self, selector: &Selector) -> Vec<Arc<str>> {
        let matches = |(key, versions): (&Arc<str>, &Arc<Versions<T>>)| {
            versions.any_matches(selector).then(|| Arc::clone(key))
        };
        match selector.only_name() {
            // No need to look at all the others.
            Some(name) => {
                let named = self.by_key.get_key_value(name);
                named.and_then(matches).into_iter().collect()
            }
            None => self.by_key.iter().filter_map(matches).collect(),
        }
    }

    /// The versions under `key`, visible or not.
    pub(super) fn versions(&self, key: &str) -> Option<&Versions<T>> {
        self.by_key.get(key).map(Arc::as_ref)
    }

    /// Whether there is anything under `key`, visible or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// The component under `key`: the highest version, or the one asked for.
    pub(crate) fn find(
        &self,
        key: &str,
        wanted: Option<&str>,
        viewer: &Viewer<'_>,
    ) -> Option<Arc<T>> {
        self.by_key
            .get(key)?
            .iter()
            .filter(|version| self.shows(version, viewer))
            .map(|version| &version.component)
            .find(|component| match wanted {
                None => true,
                Some(wanted) => component
                    .info()
                    .version
                    .is_some_and(|has| version::same(has, wanted)),
            })
            .cloned()
    }

    /// The versions under `key` whose checks have to be asked before this viewer finds one.
    pub(crate) fn subjects(&self, key: &str, viewer: &Viewer<'_>) -> Vec<Subject> {
        if !self.has_to_ask(viewer) {
            return Vec::new();
        }
        let versions = self.by_key.get(key).into_iter();
        self.subjects_among(versions.flat_map(|versions| versions.iter()))
    }

    /// The versions whose checks have to be asked before this viewer finds one under a key that
    /// `is_meant`, going by any of its versions.
    pub(super) fn subjects_where(
        &self,
        is_meant: impl Fn(&T) -> bool,
        viewer: &Viewer<'_>,
    ) -> Vec<Subject> {
        if !self.has_to_ask(viewer) {
            return Vec::new();
        }
        let meant = |versions: &&Arc<Versions<T>>| {
            versions.iter().any(|version| is_meant(&version.component))
        };
        let versions = self.by_key.values().filter(meant);
        self.subjects_among(versions.flat_map(|versions| versions.iter()))
    }

    /// The components whose checks have to be asked before this viewer sees the list.
    pub(crate) fn all_subjects(&self, viewer: &Viewer<'_>) -> Vec<Subject> {
        if !self.has_to_ask(viewer) {
            return Vec::new();
        }
        let all = self.by_key.values().flat_map(|versions| versions.iter());
        self.subjects_among(all.filter(|version| self.is_visible(version, viewer)))
    }

    /// The component of exactly this version, shown or not.
    pub(crate) fn exact(&self, key: &str, version: Option<&str>) -> Option<&Arc<T>> {
        let mut versions = self.by_key.get(key)?.iter();
        let found = versions.find(|found| found.component.info().version == version)?;
        Some(&found.component)
    }

    /// Whether the component has scopes or checks.
    pub(crate) fn is_guarded(&self, component: &T) -> bool {
        !component.required_scopes().is_empty() || self.is_checked(component)
    }

    /// Whether the checks of the component hide it from this viewer.
    pub(crate) fn denies(&self, component: &Arc<T>, viewer: &Viewer<'_>) -> bool {
        self.is_checked(component) && *viewer.asked.of(component) == Answer::Denied
    }

    /// How one of the components stands for this viewer. It was found, so its checks do not count.
    pub(crate) fn standing(&self, component: &T, viewer: &Viewer<'_>) -> Standing {
        let info = component.info();
        let viewer = Viewer {
            asked: Asked::Exempt,
            ..viewer.clone()
        };
        let shown = self
            .find(info.name, info.version, &viewer)
            .is_some_and(|found| found.info().version == info.version);
        // Every component was written as its list shows it when it came.
        let definition = listing(component).unwrap_or_default();
        Standing::new(definition.get().as_bytes(), !shown)
    }

    /// The components that this viewer finds in the list.
    pub(crate) fn entries<'a>(&'a self, viewer: &Viewer<'_>) -> impl Iterator<Item = &'a Arc<T>> {
        self.in_order().iter().filter_map(move |versions| {
            let mut versions = versions.iter();
            let highest = versions.find(|version| self.shows(version, viewer))?;
            Some(&highest.component)
        })
    }

    /// A page of the list, in the form of `revision`.
    ///
    /// # Errors
    ///
    /// [`ListError`] when the cursor is not one of this list, or the list cannot be written.
    pub(crate) fn page(
        &self,
        cursor: Option<&str>,
        viewer: &Viewer<'_>,
        revision: Revision,
    ) -> Result<Cow<'_, RawValue>, ListError> {
        let is_for_all =
            self.settings.visible.is_none() && viewer.own.is_none() && !self.has_checks();
        let kept = self.first_page(revision);
        let kept = kept.filter(|_| is_for_all && cursor.is_none());
        if let Some(page) = kept.and_then(OnceLock::get) {
            return Ok(Cow::Borrowed(page));
        }
        let page = self.write(cursor, viewer, revision, self.settings.page_size)?;
        Ok(match kept {
            Some(kept) => Cow::Borrowed(kept.get_or_init(|| page)),
            None => Cow::Owned(page),
        })
    }

    /// The whole list on one page, in the form of the latest revision.
    ///
    /// # Errors
    ///
    /// [`ListError::Unwritable`].
    pub(crate) fn whole(&self, viewer: &Viewer<'_>) -> Result<Box<RawValue>, ListError> {
        self.write(None, viewer, Revision::LATEST, None)
    }

    /// Whether one of these viewers sees something that the other does not.
    pub(super) fn differs_between(&self, one: &Viewer<'_>, other: &Viewer<'_>) -> bool {
        let mut all = self.by_key.values().flat_map(|versions| versions.iter());
        all.any(|version| self.shows(version, one) != self.shows(version, other))
    }

    fn in_order(&self) -> &[Arc<Versions<T>>] {
        self.derived.in_order.get_or_init(|| {
            let mut all: Box<[_]> = self.by_key.values().cloned().collect();
            all.sort_unstable_by_key(|versions| versions.place());
            all
        })
    }

    /// Where the first page of `revision` is kept.
    fn first_page(&self, revision: Revision) -> Option<&OnceLock<Box<RawValue>>> {
        let mut kept = Revision::ALL.iter().zip(&self.derived.first_pages);
        kept.find_map(|(of, page)| (*of == revision).then_some(page))
    }

    fn write(
        &self,
        cursor: Option<&str>,
        viewer: &Viewer<'_>,
        revision: Revision,
        size: Option<usize>,
    ) -> Result<Box<RawValue>, ListError> {
        let visible: Vec<Offer<'_, T>> = self.offers(viewer).collect();
        let start = match cursor {
            None => 0,
            Some(cursor) => {
                let Cursor { key, position } =
                    Cursor::read(cursor, T::KIND).ok_or(ListError::Cursor)?;
                let last = visible.iter().position(|offer| offer.key() == key);
                last.map_or(position.saturating_sub(1), |last| last + 1)
            }
        };
        let size = size.unwrap_or(visible.len()).max(1);
        let left = visible.len().saturating_sub(start);
        let page: Vec<Offer<'_, T>> = visible.into_iter().skip(start).take(size).collect();
        let next = match page.last() {
            Some(last) if left > page.len() => {
                let next = Cursor {
                    key: last.key().to_owned(),
                    position: start + page.len(),
                };
                Some(next.write(T::KIND))
            }
            _ => None,
        };
        let mut hints = self.settings.hints();
        if viewer.own.is_some() || self.has_checks() {
            hints.cache_scope = CacheScope::Private;
        }
        let style = self.settings.style(revision);
        T::write(page, next, hints, style, &self.settings.server_info)
            .map_err(|_| ListError::Unwritable)
    }

    /// The components that this viewer finds in the list, each with the versions that the viewer
    /// may see.
    fn offers<'a>(&'a self, viewer: &Viewer<'_>) -> impl Iterator<Item = Offer<'a, T>> {
        self.in_order().iter().filter_map(move |versions| {
            let mut seen = versions
                .iter()
                .filter(|version| self.shows(version, viewer))
                .map(|version| &*version.component);
            let component = seen.next()?;
            let versions = std::iter::once(component).chain(seen);
            Some(Offer {
                component,
                versions: versions.filter_map(|seen| seen.info().version).collect(),
            })
        })
    }

    fn is_checked(&self, component: &T) -> bool {
        !self.settings.checks.is_empty() || !component.checks().is_empty()
    }

    fn has_to_ask(&self, viewer: &Viewer<'_>) -> bool {
        self.has_checks() && !matches!(viewer.asked, Asked::Exempt)
    }

    fn has_checks(&self) -> bool {
        !self.settings.checks.is_empty()
            || *self.derived.has_checks.get_or_init(|| {
                let mut all = self.by_key.values().flat_map(|versions| versions.iter());
                all.any(|version| !version.component.checks().is_empty())
            })
    }

    fn subjects_among<'i>(
        &'i self,
        versions: impl Iterator<Item = &'i Version<T>>,
    ) -> Vec<Subject> {
        let subject = |version: &'i Version<T>| {
            let own = version.component.checks();
            let component = Arc::clone(&version.component);
            Subject::new(component, self.settings.checks.iter().chain(own))
        };
        versions.filter_map(subject).collect()
    }

    fn shows(&self, version: &Version<T>, viewer: &Viewer<'_>) -> bool {
        self.is_visible(version, viewer) && !self.denies(&version.component, viewer)
    }

    /// Whether the viewer would see it if there were no checks.
    fn is_visible(&self, version: &Version<T>, viewer: &Viewer<'_>) -> bool {
        let info = version.component.info();
        let own = viewer
            .own
            .as_ref()
            .and_then(|rules| rules.visibility(&info));
        let shown = match (own, version.visibility) {
            (Some(own), Some(all)) if own.at < all.at => all.shown,
            (Some(own), _) => own.shown,
            (None, _) => version.is_shown(),
        };
        let visible = self.settings.visible.as_ref();
        shown && visible.is_none_or(|visible| visible(&info, viewer))
    }
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self {
            by_key: HashTrieMapSync::new_sync(),
            next_place: 0,
            settings: Arc::default(),
            derived: Derived::default(),
        }
    }
}

impl<T> Default for Derived<T> {
    fn default() -> Self {
        Self {
            in_order: OnceLock::new(),
            first_pages: [const { OnceLock::new() }; Revision::ALL.len()],
            has_checks: OnceLock::new(),
        }
    }
}

impl<T> fmt::Debug for Index<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_key.keys()).finish()
    }
}
