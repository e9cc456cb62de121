//! Selects components by their properties, and decides who sees which.

mod answers;
mod kind;
mod rules;
pub(crate) mod version;
mod viewer;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

pub(crate) use self::answers::{Answer, Answers, Asked, HasInfo};
pub use self::kind::Kind;
pub(crate) use self::rules::{Rules, Visibility};
pub use self::viewer::Viewer;
pub(crate) use self::viewer::VisibleFn;

/// Selects the components that meet all of its conditions.
///
/// ```
/// use thyra::Selector;
///
/// let selector = Selector::tool("delete_everything");
/// let admin = Selector::tag("admin");
/// let old = Selector::all().version_below("2.0");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    kind: Option<Kind>,
    name: Option<String>,
    /// One of these suffices; none means any component.
    any_tags: BTreeSet<String>,
    all_tags: BTreeSet<String>,
    version: Option<String>,
    version_from: Option<String>,
    version_below: Option<String>,
}

/// What is known about a component when it is selected or shown.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ComponentInfo<'a> {
    /// What kind of component it is.
    pub kind: Kind,
    /// Its name; for a resource its URI, for a resource template the template.
    pub name: &'a str,
    /// Its tags.
    pub tags: &'a BTreeSet<String>,
    /// Its version, if it has one.
    pub version: Option<&'a str>,
    /// Its `_meta`, if it has any ([`Tool::meta`](crate::Tool::meta) and its siblings).
    pub meta: Option<&'a Map<String, Value>>,
}

impl ComponentInfo<'_> {
    /// Whether kind, name and version are the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same_version = match (self.version, other.version) {
            (Some(one), Some(other)) => version::same(one, other),
            (one, other) => one == other,
        };
        self.kind == other.kind && self.name == other.name && same_version
    }
}

impl Selector {
    /// Everything.
    pub fn all() -> Self {
        Self::default()
    }

    /// All components of one kind.
    pub fn kind(kind: Kind) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }

    /// The tool `name`, in all its versions.
    pub fn tool(name: impl Into<String>) -> Self {
        Self::kind(Kind::Tool).name(name)
    }

    /// The prompt `name`, in all its versions.
    pub fn prompt(name: impl Into<String>) -> Self {
        Self::kind(Kind::Prompt).name(name)
    }

    /// The resource at `uri`, in all its versions.
    pub fn resource(uri: impl Into<String>) -> Self {
        Self::kind(Kind::Resource).name(uri)
    }

    /// The resource template with exactly this text.
    pub fn resource_template(template: impl Into<String>) -> Self {
        Self::kind(Kind::ResourceTemplate).name(template)
    }

    /// Everything that has this tag. With [`Selector::or_tag`], one of several tags suffices; with
    /// [`Selector::and_tag`], all are needed.
    pub fn tag(tag: impl Into<String>) -> Self {
        Self::default().or_tag(tag)
    }

    /// Also accepts components with this tag.
    #[must_use]
    pub fn or_tag(mut self, tag: impl Into<String>) -> Self {
        self.any_tags.insert(tag.into());
        self
    }

    /// Only components that have this tag as well, whatever else is asked of their tags:
    /// `Selector::tag("a").or_tag("b").and_tag("c")` is `c`, and `a` or `b`.
    #[must_use]
    pub fn and_tag(mut self, tag: impl Into<String>) -> Self {
        self.all_tags.insert(tag.into());
        self
    }

    /// Only components with this name. The name of a resource is its URI.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only this version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Only this version and those above it. A component without a version is not among them.
    #[must_use]
    pub fn version_from(mut self, lowest: impl Into<String>) -> Self {
        self.version_from = Some(lowest.into());
        self
    }

    /// Only versions below this one. A component without a version is not among them.
    #[must_use]
    pub fn version_below(mut self, bound: impl Into<String>) -> Self {
        self.version_below = Some(bound.into());
        self
    }

    /// The only name that this matches, if there is one.
    pub(crate) fn only_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn matches(&self, component: &ComponentInfo<'_>) -> bool {
        self.kind.is_none_or(|kind| kind == component.kind)
            && self
                .name
                .as_deref()
                .is_none_or(|name| name == component.name)
            && (self.any_tags.is_empty() || !self.any_tags.is_disjoint(component.tags))
            && self.all_tags.is_subset(component.tags)
            && self.has_version(component.version)
    }

    fn has_version(&self, version: Option<&str>) -> bool {
        let is = |bound: &Option<String>, fits: fn(Ordering) -> bool| match (bound, version) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(bound), Some(version)) => fits(version::compare(Some(version), Some(bound))),
        };
        is(&self.version, Ordering::is_eq)
            && is(&self.version_from, Ordering::is_ge)
            && is(&self.version_below, Ordering::is_lt)
    }

    /// Its texts, which are what it takes in memory.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        let Self {
            kind: _,
            name,
            any_tags,
            all_tags,
            version,
            version_from,
            version_below,
        } = self;
        let versions = [version, version_from, version_below];
        name.iter()
            .chain(any_tags)
            .chain(all_tags)
            .chain(versions.into_iter().flatten())
    }
}

impl fmt::Display for ComponentInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_add_up_and_tags_are_alternatives() {
        let tags = BTreeSet::from(["admin".to_owned(), "slow".to_owned()]);
        let component = ComponentInfo {
            kind: Kind::Tool,
            name: "wipe",
            tags: &tags,
            version: Some("v1"),
            meta: None,
        };
        for (selector, fits) in [
            (Selector::all(), true),
            (Selector::tool("wipe"), true),
            (Selector::tool("other"), false),
            (Selector::prompt("wipe"), false),
            (Selector::tag("fast").or_tag("slow"), true),
            (Selector::tag("fast"), false),
            (Selector::tag("slow").name("wipe").version("1.0"), true),
            (Selector::all().version("2"), false),
            (Selector::tag("slow").and_tag("admin"), true),
            (Selector::tag("slow").and_tag("fast"), false),
            (Selector::tag("slow").or_tag("fast").and_tag("admin"), true),
            (Selector::tag("fast").and_tag("admin"), false),
            (Selector::all().version_from("1.0"), true),
            (Selector::all().version_from("1.0.1"), false),
            (Selector::all().version_below("1"), false),
            (
                Selector::all().version_from("0.9").version_below("1.1"),
                true,
            ),
        ] {
            assert_eq!(selector.matches(&component), fits, "{selector:?}");
        }
        let unversioned = ComponentInfo {
            version: None,
            ..component
        };
        assert!(!Selector::all().version_below("2").matches(&unversioned));
        assert!(!Selector::all().version_from("0").matches(&unversioned));
    }
}
