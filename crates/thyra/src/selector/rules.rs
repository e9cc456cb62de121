//! The rules that hide components and show them again.

use super::{ComponentInfo, Selector};

/// Rules that hide components or show them again, oldest first. For each component, the latest
/// matching rule decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules(Vec<(Selector, Visibility)>);

/// Whether a component is shown, by the latest rule that matches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Visibility {
    pub(crate) shown: bool,
    /// The number of the rule, from the server's own counter.
    pub(crate) at: u64,
}

impl Rules {
    /// Adds a rule with the number `at`. It replaces an earlier rule with the same selector, so
    /// that switching back and forth takes no more memory.
    pub(crate) fn set(&mut self, selector: Selector, shown: bool, at: u64) {
        self.0.retain(|(earlier, _)| *earlier != selector);
        self.0.push((selector, Visibility { shown, at }));
    }

    /// Whether the rule for exactly `selector` shows it; true without such a rule.
    pub(crate) fn shows(&self, selector: &Selector) -> bool {
        self.0
            .iter()
            .find(|(earlier, _)| earlier == selector)
            .is_none_or(|(_, visibility)| visibility.shown)
    }

    /// The visibility of `component`, if a rule matches it.
    pub(crate) fn visibility(&self, component: &ComponentInfo<'_>) -> Option<Visibility> {
        self.0
            .iter()
            .rev()
            .find(|(selector, _)| selector.matches(component))
            .map(|(_, visibility)| *visibility)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many rules there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// About how many bytes the texts of the selectors take in memory.
    pub(crate) fn bytes(&self) -> usize {
        let size = |text: &String| size_of::<String>() + text.len();
        self.0
            .iter()
            .flat_map(|(selector, _)| selector.texts().map(size))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::selector::Kind;

    #[test]
    fn the_latest_matching_rule_decides() {
        let tags = BTreeSet::from(["admin".to_owned()]);
        let component = ComponentInfo {
            kind: Kind::Tool,
            name: "wipe",
            tags: &tags,
            version: None,
            meta: None,
        };
        let mut rules = Rules::default();
        assert_eq!(rules.visibility(&component), None);
        rules.set(Selector::tag("admin"), false, 1);
        let visibility = |shown, at| Some(Visibility { shown, at });
        assert_eq!(rules.visibility(&component), visibility(false, 1));
        rules.set(Selector::tool("wipe"), true, 2);
        assert_eq!(rules.visibility(&component), visibility(true, 2));
        for at in 0..100 {
            rules.set(Selector::all(), false, at);
            rules.set(Selector::all(), true, at);
        }
        assert_eq!(rules.visibility(&component), visibility(true, 99));
        assert_eq!(rules.len(), 3);
    }
}
