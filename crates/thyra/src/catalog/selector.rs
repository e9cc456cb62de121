//! Naming components by what they are, and deciding who sees which.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use thyra_auth::Principal;

use super::Kind;

/// Names components: all that fit every condition given.
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

/// A component, as far as it matters for who sees it.
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

/// Who is looking.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Viewer<'a> {
    /// Who is signed in; `None` when the server asks nobody for a token.
    pub principal: Option<&'a Principal>,
    /// The id of the session; `None` where there are none.
    pub session_id: Option<&'a str>,
    /// What was hidden from this viewer, or shown, beyond what the server does.
    pub(crate) own: Option<Arc<Rules>>,
}

/// What [`Server::visible`](crate::Server::visible) was given.
pub(crate) type VisibleFn =
    Arc<dyn for<'a> Fn(&ComponentInfo<'a>, &Viewer<'a>) -> bool + Send + Sync>;

/// What was hidden and shown again, in the order of saying so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules(Vec<(Selector, bool)>);

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

    /// The resource template that is written `template`.
    pub fn resource_template(template: impl Into<String>) -> Self {
        Self::kind(Kind::ResourceTemplate).name(template)
    }

    /// Everything that has this tag; of several tags, any.
    pub fn tag(tag: impl Into<String>) -> Self {
        Self::default().or_tag(tag)
    }

    /// One more tag that will do.
    #[must_use]
    pub fn or_tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.insert(tag.into());
        self
    }

    /// Only what has this name; a resource's is its URI.
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
                    .is_some_and(|has| super::version::same(has, version))
            })
    }
}

impl Rules {
    /// The last word so far. What it says twice is kept once, so that switching back and forth does not grow.
    pub(crate) fn set(&mut self, selector: Selector, shown: bool) {
        self.0.retain(|(earlier, _)| *earlier != selector);
        self.0.push((selector, shown));
    }

    /// The last word about exactly `selector`; without one it is shown.
    pub(crate) fn last(&self, selector: &Selector) -> bool {
        self.0
            .iter()
            .find(|(earlier, _)| earlier == selector)
            .is_none_or(|(_, shown)| *shown)
    }

    /// The last word about `component`, if there is one.
    pub(crate) fn word_on(&self, component: &ComponentInfo<'_>) -> Option<bool> {
        self.0
            .iter()
            .rev()
            .find(|(selector, _)| selector.matches(component))
            .map(|(_, shown)| *shown)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many bytes of text they hold.
    pub(crate) fn bytes(&self) -> usize {
        let words = |selector: &Selector| {
            let tags: usize = selector.tags.iter().map(String::len).sum();
            let texts = [&selector.name, &selector.version];
            tags + texts.into_iter().flatten().map(String::len).sum::<usize>()
        };
        self.0.iter().map(|(selector, _)| words(selector)).sum()
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

    #[test]
    fn the_last_word_counts() {
        let tags = BTreeSet::from(["admin".to_owned()]);
        let component = ComponentInfo {
            kind: Kind::Tool,
            name: "wipe",
            tags: &tags,
            version: None,
        };
        let mut rules = Rules::default();
        assert_eq!(rules.word_on(&component), None);
        rules.set(Selector::tag("admin"), false);
        assert_eq!(rules.word_on(&component), Some(false));
        rules.set(Selector::tool("wipe"), true);
        assert_eq!(rules.word_on(&component), Some(true));
        for _ in 0..100 {
            rules.set(Selector::all(), false);
            rules.set(Selector::all(), true);
        }
        assert_eq!(rules.word_on(&component), Some(true));
        assert_eq!(rules.0.len(), 3);
    }
}
