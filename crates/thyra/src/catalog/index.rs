//! The components of one kind.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::value::RawValue;
use thyra_auth::ScopeSet;
use thyra_protocol::Revision;

use super::list::{Hints, ListError, Listed};
use super::{ComponentInfo, Kind, Rules, Settings, Viewer, VisibleFn, check, page, version};
use crate::context::StateMap;
use crate::server::{Error, Result};

/// A component, as the catalog sees it.
pub(crate) trait Entry: Clone + Listed {
    const KIND: Kind;

    fn info(&self) -> ComponentInfo<'_>;
    fn missing_state(&self, state: &StateMap) -> Option<&'static str>;
    fn problems(&self) -> &[String];
    fn required_scopes(&self) -> &ScopeSet;
}

/// The components of one kind, in the order of their registration; of several versions, the highest is the one that is listed.
pub(crate) struct Index<T> {
    /// The listed ones.
    listed: Vec<Arc<T>>,
    /// All versions by their key, the highest first.
    by_key: HashMap<String, Vec<Arc<T>>>,
    hints: Hints,
    page_size: Option<usize>,
    server_info: Option<Box<RawValue>>,
    visible: Option<VisibleFn>,
    /// The whole list as each revision spells it, when it is one page and the same for everybody.
    written: Vec<(Revision, Box<RawValue>)>,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self {
            listed: Vec::new(),
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
    pub(super) fn new(components: &[T], rules: &Rules, settings: &Settings) -> Result<Self> {
        let mut keys = Vec::new();
        let mut by_key: HashMap<String, Vec<Arc<T>>> = HashMap::with_capacity(components.len());
        for component in components {
            check(component, settings)?;
            let info = component.info();
            let versions = by_key.entry(info.name.to_owned()).or_insert_with(|| {
                keys.push(info.name.to_owned());
                Vec::new()
            });
            let twin = versions
                .iter()
                .map(|other| other.info().version)
                .find(|other| {
                    match (other, info.version) {
                        (Some(other), Some(this)) => version::same(other, this),
                        // A name has versions, or it has none.
                        _ => true,
                    }
                });
            if twin.is_some() {
                return Err(Error::Duplicate {
                    kind: T::KIND,
                    name: info.name.to_owned(),
                });
            }
            versions.push(Arc::new(component.clone()));
        }
        for versions in by_key.values_mut() {
            versions.retain(|component| rules.show(&component.info()));
            versions
                .sort_by(|left, right| version::compare(right.info().version, left.info().version));
        }
        let listed: Vec<Arc<T>> = keys
            .iter()
            .filter_map(|key| by_key.get(key)?.first().cloned())
            .collect();
        let mut index = Self {
            listed,
            by_key,
            hints: Hints {
                cache_scope: if settings.visible.is_some() {
                    thyra_protocol::CacheScope::Private
                } else {
                    settings.cache_scope
                },
                ttl_ms: settings.ttl_ms,
            },
            page_size: settings.page_size,
            server_info: Some(settings.server_info.clone()),
            visible: settings.visible.clone(),
            written: Vec::new(),
        };
        if index.visible.is_none()
            && index
                .page_size
                .is_none_or(|size| size >= index.listed.len())
        {
            for revision in Revision::ALL {
                let all = index.listed.iter().map(AsRef::as_ref).collect();
                let list = index.write(all, None, revision)?;
                index.written.push((revision, list));
            }
        }
        Ok(index)
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
            .filter(|component| self.shows(component, viewer))
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
        self.listed
            .iter()
            .filter_map(move |component| self.highest(component, viewer))
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
            && let Some((_, list)) = self.written.iter().find(|(of, _)| *of == revision)
        {
            return Ok(std::borrow::Cow::Borrowed(list));
        }
        let visible: Vec<&T> = self.entries(viewer).map(AsRef::as_ref).collect();
        let start = match cursor {
            None => 0,
            Some(cursor) => {
                let key = page::key(cursor).ok_or(ListError::Cursor)?;
                let last = visible.iter().position(|entry| entry.info().name == key);
                last.ok_or(ListError::Cursor)? + 1
            }
        };
        let size = self.page_size.unwrap_or(visible.len()).max(1);
        let page: Vec<&T> = visible.iter().skip(start).take(size).copied().collect();
        let next = match page.last() {
            Some(last) if start + page.len() < visible.len() => Some(page::after(last.info().name)),
            _ => None,
        };
        self.write(page, next, revision)
            .map(std::borrow::Cow::Owned)
            .map_err(|_| ListError::Unwritable)
    }

    /// Whether there is anybody who would see another list.
    pub(super) fn differs_from(&self, before: &Self) -> bool {
        match (self.everything(), before.everything()) {
            (Ok(now), Ok(before)) => now.get() != before.get(),
            _ => true,
        }
    }

    /// All versions of all components, in the order of the list.
    fn everything(&self) -> Result<Box<RawValue>> {
        let versions = |component: &Arc<T>| self.by_key.get(component.info().name);
        let all = self.listed.iter().filter_map(versions).flatten();
        self.write(all.map(AsRef::as_ref).collect(), None, Revision::LATEST)
    }

    /// The highest version of `component` that this viewer sees.
    fn highest<'a>(&'a self, component: &'a Arc<T>, viewer: &Viewer<'_>) -> Option<&'a Arc<T>> {
        if self.visible.is_none() {
            return Some(component);
        }
        let versions = self.by_key.get(component.info().name)?;
        versions
            .iter()
            .find(|component| self.shows(component, viewer))
    }

    fn shows(&self, component: &T, viewer: &Viewer<'_>) -> bool {
        self.visible
            .as_ref()
            .is_none_or(|visible| visible(&component.info(), viewer))
    }

    fn write(
        &self,
        entries: Vec<&T>,
        next: Option<String>,
        revision: Revision,
    ) -> Result<Box<RawValue>> {
        let server_info = self.server_info.as_deref().unwrap_or(RawValue::NULL);
        T::write(entries, next, self.hints, revision, server_info)
            .map_err(|error| Error::Transport(error.into()))
    }
}

impl<T: Entry> fmt::Debug for Index<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.listed.iter().map(|component| component.info().name))
            .finish()
    }
}
