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
pub(crate) struct Rules(Vec<(Selector, Word)>);

/// What was said of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) shown: bool,
    /// When it was said, counted in words of the server.
    pub(crate) at: u64,
}

impl ComponentInfo<'_> {
    /// Whether nothing tells the two apart: kind, name and version.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same_version = match (self.version, other.version) {
            (Some(one), Some(other)) => super::version::same(one, other),
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
    /// The last word so far, said `at` this time. What it says twice is kept once, so that switching back and forth does not grow.
    pub(crate) fn set(&mut self, selector: Selector, shown: bool, at: u64) {
        self.0.retain(|(earlier, _)| *earlier != selector);
        self.0.push((selector, Word { shown, at }));
    }

    /// The last word about exactly `selector`; without one it is shown.
    pub(crate) fn last(&self, selector: &Selector) -> bool {
        self.0
            .iter()
            .find(|(earlier, _)| earlier == selector)
            .is_none_or(|(_, word)| word.shown)
    }

    /// The last word about `component`, if there is one.
    pub(crate) fn word_on(&self, component: &ComponentInfo<'_>) -> Option<Word> {
        self.0
            .iter()
            .rev()
            .find(|(selector, _)| selector.matches(component))
            .map(|(_, word)| *word)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// About how many bytes their texts take in memory.
    pub(crate) fn bytes(&self) -> usize {
        let size = |text: &String| size_of::<String>() + text.len();
        self.0
            .iter()
            .flat_map(|(selector, _)| {
                let Selector {
                    kind: _,
                    name,
                    tags,
                    version,
                } = selector;
                name.iter().chain(version).chain(tags).map(size)
            })
            .sum()
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
        rules.set(Selector::tag("admin"), false, 1);
        let word = |shown, at| Some(Word { shown, at });
        assert_eq!(rules.word_on(&component), word(false, 1));
        rules.set(Selector::tool("wipe"), true, 2);
        assert_eq!(rules.word_on(&component), word(true, 2));
        for at in 0..100 {
            rules.set(Selector::all(), false, at);
            rules.set(Selector::all(), true, at);
        }
        assert_eq!(rules.word_on(&component), word(true, 99));
        assert_eq!(rules.0.len(), 3);
    }
}
