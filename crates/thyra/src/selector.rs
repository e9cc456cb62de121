//! Selects components by their properties, and decides who sees which.

mod kind;
mod rules;
pub(crate) mod version;
mod viewer;

use std::collections::BTreeSet;
use std::fmt;

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
/// let old = Selector::all().version("1.0");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    kind: Option<Kind>,
    name: Option<String>,
    tags: BTreeSet<String>,
    version: Option<String>,
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

    /// Everything that has this tag. With [`Selector::or_tag`], one of several tags suffices.
    pub fn tag(tag: impl Into<String>) -> Self {
        Self::default().or_tag(tag)
    }

    /// Also accepts components with this tag.
    #[must_use]
    pub fn or_tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.insert(tag.into());
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
            && (self.tags.is_empty() || !self.tags.is_disjoint(component.tags))
            && self.version.as_deref().is_none_or(|version| {
                component
                    .version
                    .is_some_and(|has| version::same(has, version))
            })
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
        ] {
            assert_eq!(selector.matches(&component), fits, "{selector:?}");
        }
    }
}
