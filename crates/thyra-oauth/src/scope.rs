//! Scopes: what a token allows (RFC 6749 section 3.3).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::printable::printable;

/// The scope that asks an authorization server for a refresh token. It says nothing about a
/// protected resource, so neither challenges nor metadata name it.
pub const OFFLINE_ACCESS: &str = "offline_access";

/// How many scopes a server may name. Those that have many have dozens.
const MAX_LEARNED: usize = 1000;

/// Whether `scope` is a `scope-token` (RFC 6749 section 3.3): visible ASCII without `"` and `\`.
pub fn is_scope_token(scope: &str) -> bool {
    !scope.is_empty()
        && scope
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

/// A set of scopes, in the order they were named. Clones share it.
///
/// ```
/// use thyra_oauth::ScopeSet;
///
/// let granted = ScopeSet::parse("notes:read notes:write");
/// assert!(ScopeSet::parse("notes:write").is_subset(&granted));
/// assert_eq!(granted.to_string(), "notes:read notes:write");
/// ```
#[derive(Clone, Default)]
pub struct ScopeSet(Option<Arc<[Box<str>]>>);

impl ScopeSet {
    /// The scopes of a `scope` parameter or claim: separated by white space.
    pub fn parse(text: &str) -> Self {
        text.split_whitespace().collect()
    }

    /// The scopes that a server names in a challenge, a document or an answer. Each must be a
    /// `scope-token`, as RFC 6749 section 3.3 has it, separated from the next by spaces.
    ///
    /// # Errors
    ///
    /// [`ScopeRefused`] when one is not, or when there are more than 1000.
    pub fn learned(text: &str) -> Result<Self, ScopeRefused> {
        let scopes = || text.split(' ').filter(|scope| !scope.is_empty());
        if scopes().nth(MAX_LEARNED).is_some() {
            return Err(ScopeRefused::TooMany);
        }
        match scopes().find(|scope| !is_scope_token(scope)) {
            Some(odd) => Err(ScopeRefused::Character {
                scope: printable(odd),
            }),
            None => Ok(scopes().collect()),
        }
    }

    /// The scopes of a setting: separated by white space or commas, or a JSON array of strings.
    pub fn parse_configured(text: &str) -> Self {
        let text = text.trim();
        if text.starts_with('[')
            && let Ok(list) = serde_json::from_str::<Vec<String>>(text)
        {
            return list.iter().map(|scope| scope.trim()).collect();
        }
        text.split(|c: char| c == ',' || c.is_whitespace())
            .collect()
    }

    /// Whether `scope` is in the set.
    pub fn contains(&self, scope: &str) -> bool {
        self.iter().any(|held| held == scope)
    }

    /// Whether `other` contains every scope of this set.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|scope| other.contains(scope))
    }

    /// The scopes of this set, then those of `other` that it lacks.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if other.is_subset(self) {
            return self.clone();
        }
        self.iter().chain(other.iter()).collect()
    }

    /// The scopes, in the order they were named.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .flat_map(|scopes| scopes.iter())
            .map(AsRef::as_ref)
    }

    /// How many scopes the set has.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |scopes| scopes.len())
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

/// Skips empty items and repeated scopes.
impl<S: AsRef<str>> FromIterator<S> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        let mut seen = BTreeSet::new();
        let mut ordered: Vec<Box<str>> = Vec::new();
        for scope in scopes {
            let scope = scope.as_ref();
            if !scope.is_empty() && seen.insert(scope.to_owned()) {
                ordered.push(scope.into());
            }
        }
        Self((!ordered.is_empty()).then(|| ordered.into()))
    }
}

impl<S: AsRef<str>, const N: usize> From<[S; N]> for ScopeSet {
    fn from(scopes: [S; N]) -> Self {
        scopes.into_iter().collect()
    }
}

impl<S: AsRef<str>> From<Vec<S>> for ScopeSet {
    fn from(scopes: Vec<S>) -> Self {
        scopes.into_iter().collect()
    }
}

/// Two sets are equal when they have the same scopes, in any order.
impl PartialEq for ScopeSet {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.is_subset(other)
    }
}

impl Eq for ScopeSet {}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Separated by one space, as in a `scope` parameter.
impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope)?;
        }
        Ok(())
    }
}

/// As an array of strings.
impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// From an array of strings, or from a string as [`ScopeSet::parse_configured`] reads it.
impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScopesVisitor;

        impl<'de> Visitor<'de> for ScopesVisitor {
            type Value = ScopeSet;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("scopes: a string or an array of strings")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ScopeSet, E> {
                Ok(ScopeSet::parse_configured(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ScopeSet, A::Error> {
                let mut scopes = Vec::new();
                while let Some(scope) = seq.next_element::<String>()? {
                    scopes.push(scope);
                }
                Ok(scopes.into_iter().collect())
            }
        }

        deserializer.deserialize_any(ScopesVisitor)
    }
}

/// Scopes that a server names and that are not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeRefused {
    /// One is not a `scope-token`.
    #[error("the scope `{scope}` holds a character that no scope has (RFC 6749 section 3.3)")]
    Character {
        /// The scope, as it can be printed.
        scope: String,
    },
    /// There are too many.
    #[error("there are more than {MAX_LEARNED} scopes")]
    TooMany,
}

/// Which scopes include narrower ones.
///
/// ```
/// use thyra_oauth::{ScopeRules, ScopeSet};
///
/// let rules = ScopeRules::default()
///     .implies("mcp:admin", ["mcp:write"])
///     .implies("mcp:write", ["mcp:read"]);
/// let granted = ScopeSet::parse("mcp:admin");
/// assert!(rules.satisfied(&granted, &ScopeSet::parse("mcp:read")));
/// assert!(!rules.satisfied(&ScopeSet::parse("mcp:read"), &granted));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ScopeRules(BTreeMap<String, BTreeSet<String>>);

impl ScopeRules {
    /// Adds a rule: whoever has `broad` also has `narrow`, and everything that `narrow` implies.
    #[must_use]
    pub fn implies<I, S>(mut self, broad: impl Into<String>, narrow: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.0
            .entry(broad.into())
            .or_default()
            .extend(narrow.into_iter().map(Into::into));
        self
    }

    /// Whether `granted` covers all of `needed`.
    pub fn satisfied(&self, granted: &ScopeSet, needed: &ScopeSet) -> bool {
        needed.iter().all(|scope| self.covers(granted, scope))
    }

    /// The scopes of `needed` that `granted` does not cover.
    pub fn missing(&self, granted: &ScopeSet, needed: &ScopeSet) -> ScopeSet {
        needed
            .iter()
            .filter(|scope| !self.covers(granted, scope))
            .collect()
    }

    fn covers(&self, granted: &ScopeSet, scope: &str) -> bool {
        if granted.contains(scope) {
            return true;
        }
        if self.0.is_empty() {
            return false;
        }
        // Upwards from the wanted scope to all that imply it; a scope is looked at once, so a
        // circle of rules ends.
        let mut seen = BTreeSet::from([scope]);
        let mut wanted = vec![scope];
        while let Some(scope) = wanted.pop() {
            for (broad, narrow) in &self.0 {
                if narrow.contains(scope) && seen.insert(broad) {
                    if granted.contains(broad) {
                        return true;
                    }
                    wanted.push(broad);
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_scopes_come_in_three_spellings() {
        for text in ["a b:c", " a,b:c ", "a, b:c,,", r#"["a", " b:c "]"#] {
            assert_eq!(
                ScopeSet::parse_configured(text).to_string(),
                "a b:c",
                "{text}"
            );
        }
        assert!(ScopeSet::parse_configured(" ").is_empty());
        assert!(ScopeSet::parse("").is_empty());
    }

    #[test]
    fn what_a_server_names_is_made_of_scope_tokens() {
        let set = ScopeSet::learned("  b  https://s.example/a!#[]~ b ").unwrap();
        assert_eq!(set.to_string(), "b https://s.example/a!#[]~");
        assert!(ScopeSet::learned("").unwrap().is_empty());
        for (odd, shown) in [
            ("\u{1b}[2J", r"\u{1b}[2J"),
            ("\u{7}", r"\u{7}"),
            ("a\r\nb", r"a\r\nb"),
            ("\u{202e}", r"\u{202e}"),
            ("\u{e9}", "\u{e9}"),
            ("a\"b", "a\"b"),
            ("a\\b", "a\\b"),
        ] {
            let refused = ScopeSet::learned(&format!("fine {odd} too")).unwrap_err();
            assert_eq!(
                refused.to_string(),
                format!(
                    "the scope `{shown}` holds a character that no scope has (RFC 6749 section 3.3)"
                )
            );
        }
    }

    #[test]
    fn a_server_names_a_bounded_number_of_scopes() {
        assert!(ScopeSet::learned(&"a ".repeat(MAX_LEARNED)).is_ok());
        assert_eq!(
            ScopeSet::learned(&"a ".repeat(MAX_LEARNED + 1)),
            Err(ScopeRefused::TooMany)
        );
    }

    #[test]
    fn a_set_keeps_order_and_drops_repetition() {
        let set = ScopeSet::parse("b a b");
        assert_eq!(set.to_string(), "b a");
        assert_eq!(set.union(&ScopeSet::parse("c a")).to_string(), "b a c");
        assert_eq!(set, ScopeSet::parse("a b"));
        assert_ne!(set, ScopeSet::parse("a c"));
    }

    #[test]
    fn implications_are_transitive_and_may_be_circular() {
        let rules = ScopeRules::default()
            .implies("admin", ["write"])
            .implies("write", ["read", "admin"]);
        let admin = ScopeSet::parse("admin");
        assert!(rules.satisfied(&admin, &ScopeSet::parse("read write")));
        assert_eq!(
            rules
                .missing(
                    &ScopeSet::parse("read"),
                    &ScopeSet::parse("write read other")
                )
                .to_string(),
            "write other"
        );
    }
}
