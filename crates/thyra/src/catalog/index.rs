//! The components of one kind.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::value::RawValue;
use thyra_auth::ScopeSet;
use thyra_protocol::{CacheScope, Revision};

use super::list::{Hints, ListError, Listed, Offer};
use super::page::Cursor;
use super::{CatalogError, Settings, check};
use crate::selector::{ComponentInfo, Kind, Rules, Viewer, Visibility, VisibleFn, version};
use crate::state::StateMap;

/// A component, as the catalog sees it.
pub(crate) trait Entry: Clone + Listed {
    const KIND: Kind;

    fn info(&self) -> ComponentInfo<'_>;
    fn missing_state(&self, state: &StateMap) -> Option<&'static str>;
    fn problems(&self) -> &[String];
    fn required_scopes(&self) -> &ScopeSet;
}

/// The components of one kind, in the order of their registration; of several versions, the highest that a viewer sees is the one that is
/// listed.
pub(crate) struct Index<T> {
    /// The versions of each component, the highest first.
    components: Vec<Vec<Version<T>>>,
    /// Where the component of a key is among them.
    by_key: HashMap<String, usize>,
    hints: Hints,
    page_size: Option<usize>,
    server_info: Option<Box<RawValue>>,
    visible: Option<VisibleFn>,
    /// The whole list as each revision spells it, when it is one page and the same for all without a view of their own.
    written: Vec<(Revision, Box<RawValue>)>,
}

/// One version of a component.
struct Version<T> {
    component: Arc<T>,
    /// By the server's rules; shown when none matches.
    visibility: Option<Visibility>,
}

impl<T> Version<T> {
    fn is_shown(&self) -> bool {
        self.visibility.is_none_or(|visibility| visibility.shown)
    }
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self {
            components: Vec::new(),
            by_key: HashMap::new(),
            hints: Hints::default(),
            page_size: None,
            server_info: None,
            visible: None,
            written: Vec::new(),
        }
    }
}

impl<T: Entry> Index<T> {
    pub(super) fn new(
        components: &[T],
        rules: &Rules,
        settings: &Settings,
    ) -> Result<Self, CatalogError> {
        let mut index = Self::empty(settings);
        for component in components {
            check(component, settings)?;
            index.insert(component, rules)?;
        }
        for versions in &mut index.components {
            versions.sort_by(|left, right| {
                let (left, right) = (left.component.info(), right.component.info());
                version::compare(right.version, left.version)
            });
        }
        let nobody = Viewer::default();
        let listed = index.offers(&nobody).count();
        if index.visible.is_none() && index.page_size.is_none_or(|size| size >= listed) {
            for revision in Revision::ALL {
                // A list that cannot be written is an error of whoever asks for it.
                let list = index.write(index.offers(&nobody).collect(), None, revision);
                index.written.extend(list.ok().map(|list| (revision, list)));
            }
        }
        Ok(index)
    }

    fn empty(settings: &Settings) -> Self {
        Self {
            hints: Hints {
                cache_scope: if settings.visible.is_some() {
                    CacheScope::Private
                } else {
                    settings.cache_scope
                },
                ttl_ms: settings.ttl_ms,
            },
            page_size: settings.page_size,
            server_info: Some(settings.server_info.clone()),
            visible: settings.visible.clone(),
            ..Self::default()
        }
    }

    fn insert(&mut self, component: &T, rules: &Rules) -> Result<(), CatalogError> {
        let info = component.info();
        let next = self.components.len();
        let at = *self.by_key.entry(info.name.to_owned()).or_insert(next);
        if at == next {
            self.components.push(Vec::new());
        }
        // There is one at every place that was given out.
        let Some(versions) = self.components.get_mut(at) else {
            return Ok(());
        };
        let is_twin = |other: &Version<T>| match (other.component.info().version, info.version) {
            (Some(other), Some(this)) => version::same(other, this),
            // A name has versions, or it has none.
            _ => true,
        };
        if versions.iter().any(is_twin) {
            return Err(CatalogError::Duplicate {
                kind: T::KIND,
                name: info.name.to_owned(),
            });
        }
        versions.push(Version {
            component: Arc::new(component.clone()),
            visibility: rules.visibility(&info),
        });
        Ok(())
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
        let versions = self.components.get(*self.by_key.get(key)?)?;
        versions
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

    /// What this viewer finds in the list.
    pub(crate) fn entries<'a>(&'a self, viewer: &Viewer<'_>) -> impl Iterator<Item = &'a Arc<T>> {
        self.components.iter().filter_map(move |versions| {
            let mut versions = versions.iter();
            let highest = versions.find(|version| self.shows(version, viewer))?;
            Some(&highest.component)
        })
    }

    /// The same, with what the list says of the other versions.
    fn offers<'a>(&'a self, viewer: &Viewer<'_>) -> impl Iterator<Item = Offer<'a, T>> {
        self.components.iter().filter_map(move |versions| {
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

    /// A page of the list, as `revision` spells it.
    ///
    /// # Errors
    ///
    /// [`ListError`] when the cursor is none of ours, or the list cannot be written.
    pub(crate) fn page(
        &self,
        cursor: Option<&str>,
        viewer: &Viewer<'_>,
        revision: Revision,
    ) -> Result<std::borrow::Cow<'_, RawValue>, ListError> {
        if cursor.is_none()
            && viewer.own.is_none()
            && let Some((_, list)) = self.written.iter().find(|(of, _)| *of == revision)
        {
            return Ok(std::borrow::Cow::Borrowed(list));
        }
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
        let size = self.page_size.unwrap_or(visible.len()).max(1);
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
        let mut hints = self.hints;
        if viewer.own.is_some() {
            hints.cache_scope = CacheScope::Private;
        }
        self.write_with(hints, page, next, revision)
            .map(std::borrow::Cow::Owned)
            .map_err(|_| ListError::Unwritable)
    }

    /// Whether those who have no view of their own would see another list; with `hidden`, whether anybody might.
    pub(super) fn differs_from(&self, before: &Self, hidden: bool) -> bool {
        let differ = |shown| match (self.everything(shown), before.everything(shown)) {
            (Ok(now), Ok(before)) => now.get() != before.get(),
            _ => true,
        };
        differ(true)
            || (hidden && (differ(false) || !self.visibilities().eq(before.visibilities())))
    }

    /// Whether one of these viewers sees something that the other does not.
    pub(super) fn differs_between(&self, one: &Viewer<'_>, other: &Viewer<'_>) -> bool {
        let mut versions = self.components.iter().flatten();
        versions.any(|version| self.shows(version, one) != self.shows(version, other))
    }

    /// What the server's rules say, component by component.
    fn visibilities(&self) -> impl Iterator<Item = Option<Visibility>> {
        self.components
            .iter()
            .flatten()
            .map(|version| version.visibility)
    }

    /// All versions that the server shows, or all that it hides, in the order of the list.
    fn everything(&self, shown: bool) -> serde_json::Result<Box<RawValue>> {
        let versions = self.components.iter().flatten();
        let all = versions.filter(|version| version.is_shown() == shown);
        let all = all.map(|version| Offer {
            component: &*version.component,
            versions: Vec::new(),
        });
        self.write(all.collect(), None, Revision::LATEST)
    }

    fn shows(&self, version: &Version<T>, viewer: &Viewer<'_>) -> bool {
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
        let visible = self.visible.as_ref();
        shown && visible.is_none_or(|visible| visible(&info, viewer))
    }

    fn write(
        &self,
        entries: Vec<Offer<'_, T>>,
        next: Option<String>,
        revision: Revision,
    ) -> serde_json::Result<Box<RawValue>> {
        self.write_with(self.hints, entries, next, revision)
    }

    fn write_with(
        &self,
        hints: Hints,
        entries: Vec<Offer<'_, T>>,
        next: Option<String>,
        revision: Revision,
    ) -> serde_json::Result<Box<RawValue>> {
        let server_info = self.server_info.as_deref().unwrap_or(RawValue::NULL);
        T::write(entries, next, hints, revision, server_info)
    }
}

impl<T: Entry> fmt::Debug for Index<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(
                self.components
                    .iter()
                    .flatten()
                    .map(|version| version.component.info().name),
            )
            .finish()
    }
}
