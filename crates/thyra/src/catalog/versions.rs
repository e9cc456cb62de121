//! All versions of one component.

use std::cmp::Ordering;
use std::sync::Arc;

use super::entry::Entry;
use super::list::listing;
use super::{CatalogError, Settings};
use crate::selector::{Kind, Rules, Selector, Visibility, version};

/// The versions of the component under one key, the highest first.
pub(super) struct Versions<T>(Vec<Version<T>>);

/// One version of a component.
pub(super) struct Version<T> {
    pub(super) component: Arc<T>,
    /// Counts components in the order in which they were added.
    place: u64,
    /// Set by the server's rules. A version that no rule matches is shown.
    pub(super) visibility: Option<Visibility>,
}

impl<T> Version<T> {
    pub(super) fn is_shown(&self) -> bool {
        self.visibility.is_none_or(|visibility| visibility.shown)
    }
}

impl<T: Entry> Versions<T> {
    /// Adds a version at `place`. [`Versions::check`] checks later whether it is allowed.
    pub(super) fn add(&mut self, component: T, place: u64, rules: &Rules) {
        let info = component.info();
        let is_lower = |other: &Version<T>| {
            version::compare(other.component.info().version, info.version) == Ordering::Less
        };
        let at = self.0.iter().position(is_lower).unwrap_or(self.0.len());
        let visibility = rules.visibility(&info);
        let component = Arc::new(component);
        self.0.insert(
            at,
            Version {
                component,
                place,
                visibility,
            },
        );
    }

    /// Replaces the component of the same version, or adds it if there is none.
    pub(super) fn replace(&mut self, component: T, place: u64, rules: &Rules) {
        let info = component.info();
        let same = |other: &&mut Version<T>| other.component.info().is_same(&info);
        match self.0.iter_mut().find(same) {
            Some(version) => {
                version.visibility = rules.visibility(&info);
                version.component = Arc::new(component);
            }
            None => self.add(component, place, rules),
        }
    }

    /// Drops what `selector` matches.
    pub(super) fn remove(&mut self, selector: &Selector) {
        self.0
            .retain(|version| !selector.matches(&version.component.info()));
    }

    /// Shows or hides what `selector` matches.
    pub(super) fn show(&mut self, selector: &Selector, visibility: Visibility) {
        for version in &mut self.0 {
            if selector.matches(&version.component.info()) {
                version.visibility = Some(visibility);
            }
        }
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Version<T>> {
        self.0.iter()
    }

    /// The place in lists: that of the version that was added first.
    pub(super) fn place(&self) -> Option<u64> {
        self.iter().map(|version| version.place).min()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `selector` matches any of them.
    pub(super) fn any_matches(&self, selector: &Selector) -> bool {
        self.iter()
            .any(|version| selector.matches(&version.component.info()))
    }

    /// Checks that a server with these settings can offer all of them together.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when one of them cannot be offered, or two cannot be told apart.
    pub(super) fn check(&self, settings: &Settings) -> Result<(), CatalogError> {
        for version in &self.0 {
            check(&*version.component, settings)?;
        }
        let twins = self.0.windows(2).find(|pair| match pair {
            // Either all components with one name have a version, or there is only one component.
            [one, other] => {
                let (one, other) = (one.component.info(), other.component.info());
                one.version.is_none()
                    || other.version.is_none()
                    || version::compare(one.version, other.version) == Ordering::Equal
            }
            _ => false,
        });
        match twins {
            Some([twin, ..]) => Err(CatalogError::Duplicate {
                kind: T::KIND,
                name: twin.component.info().name.to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

/// Whether lists show the two alike. With `hidden`, also to callers who see what the server hides.
pub(super) fn are_listed_alike<T: Entry>(
    one: Option<&Versions<T>>,
    other: Option<&Versions<T>>,
    hidden: bool,
) -> bool {
    /// The versions that matter, and their place in lists.
    fn seen<T: Entry>(
        versions: Option<&Versions<T>>,
        hidden: bool,
    ) -> (Option<u64>, Vec<&Version<T>>) {
        let all = versions.into_iter().flat_map(Versions::iter);
        let seen: Vec<_> = all.filter(|version| hidden || version.is_shown()).collect();
        let place = versions.and_then(Versions::place);
        (place.filter(|_| !seen.is_empty()), seen)
    }
    let (one_place, one) = seen(one, hidden);
    let (other_place, other) = seen(other, hidden);
    one_place == other_place
        && one.len() == other.len()
        && one.iter().zip(&other).all(|(one, other)| {
            (!hidden || one.visibility == other.visibility)
                && is_listed_as(&one.component, &other.component)
        })
}

fn is_listed_as<T: Entry>(one: &Arc<T>, other: &Arc<T>) -> bool {
    let same_checks = || {
        let (one, other) = (one.checks(), other.checks());
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.is(other))
    };
    Arc::ptr_eq(one, other)
        || same_checks()
            && match (listing(&**one), listing(&**other)) {
                (Ok(one), Ok(other)) => one.get() == other.get(),
                _ => false,
            }
}

/// Checks that a server with these settings can offer the component.
fn check<T: Entry>(component: &T, settings: &Settings) -> Result<(), CatalogError> {
    let kind = T::KIND;
    let name = || component.info().name.to_owned();
    if let Some(reason) = component.problems().first() {
        return Err(CatalogError::Component {
            kind,
            name: name(),
            reason: reason.clone(),
        });
    }
    if let Some(state) = component.missing_state(&settings.state) {
        let name = name();
        return Err(match settings.state.relative_of(state) {
            Some(given) => CatalogError::OtherState {
                kind,
                name,
                state,
                given,
            },
            None => CatalogError::MissingState { kind, name, state },
        });
    }
    if settings.scopes_need_auth && !component.required_scopes().is_empty() {
        return Err(CatalogError::ScopesWithoutAuth { kind, name: name() });
    }
    if settings.scopes_need_auth {
        let mut checks = settings.checks.iter().chain(component.checks());
        if let Some(check) = checks.find(|check| check.needs_a_caller(&component.info())) {
            return Err(CatalogError::CheckWithoutAuth {
                kind,
                name: name(),
                check: format!("{check:?}"),
            });
        }
    }
    if kind == Kind::Tool && component.is_undescribed() {
        tracing::warn!(
            tool = component.info().name,
            "a tool has no description, so a model can only guess what it does: write a doc comment \
             over its function, or `description = \"...\"` in `#[tool(...)]`, or call `.description(...)`"
        );
    }
    Ok(())
}

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// The copy shares the components.
impl<T> Clone for Versions<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// The copy shares the component.
impl<T> Clone for Version<T> {
    fn clone(&self) -> Self {
        Self {
            component: Arc::clone(&self.component),
            place: self.place,
            visibility: self.visibility,
        }
    }
}
