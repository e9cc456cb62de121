//! Which scopes a login asks for.

use thiserror::Error;
use thyra_oauth::{OFFLINE_ACCESS, ScopeSet};

/// The scopes of this authorization server.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScopePolicy {
    /// What every request to the resource needs.
    required: ScopeSet,
    /// What clients may ask for. Those that are required are among them.
    valid: ScopeSet,
}

/// A client asked for scopes, and none of them may be granted: `invalid_scope`.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("none of the scopes that were asked for can be granted here")]
pub(crate) struct NoScopeLeft;

impl ScopePolicy {
    pub(crate) fn new(required: ScopeSet, valid: Option<ScopeSet>) -> Self {
        let valid = valid.map_or_else(|| required.clone(), |valid| required.union(&valid));
        Self { required, valid }
    }

    /// What clients may ask for, as the metadata says it.
    pub(crate) fn valid(&self) -> &ScopeSet {
        &self.valid
    }

    pub(crate) fn required(&self) -> &ScopeSet {
        &self.required
    }

    /// What a login is for. Scopes that are not known here are left out, as RFC 6749 section 3.3
    /// allows: clients ask for what they know from elsewhere. With a `limit`, those beyond it are
    /// left out as well. The required ones are always among them, because a token without them is
    /// good for nothing.
    pub(crate) fn requested(
        &self,
        asked: &ScopeSet,
        limit: Option<&ScopeSet>,
    ) -> Result<ScopeSet, NoScopeLeft> {
        // Whether there is a refresh token does not depend on it.
        let mut named = asked
            .iter()
            .filter(|scope| *scope != OFFLINE_ACCESS)
            .peekable();
        let allows = |scope: &str| limit.is_none_or(|limit| limit.contains(scope));
        if named.peek().is_none() || self.valid.is_empty() {
            let unasked = self.unasked().iter().filter(|scope| allows(scope));
            return Ok(self.required.union(&unasked.collect()));
        }
        let granted: ScopeSet = named
            .filter(|scope| self.valid.contains(scope) && allows(scope))
            .collect();
        if granted.is_empty() {
            return Err(NoScopeLeft);
        }
        Ok(self.required.union(&granted))
    }

    /// What a client gets that asks for nothing.
    fn unasked(&self) -> &ScopeSet {
        if self.required.is_empty() {
            &self.valid
        } else {
            &self.required
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(required: &str, valid: Option<&str>) -> ScopePolicy {
        ScopePolicy::new(ScopeSet::parse(required), valid.map(ScopeSet::parse))
    }

    #[test]
    fn unknown_scopes_are_left_out_and_required_ones_are_added() {
        for (required, valid, asked, limit, granted) in [
            ("r", None, "", None, Some("r")),
            ("r", None, "r", None, Some("r")),
            ("r", None, "r x", None, Some("r")),
            ("r", None, "x", None, None),
            ("r", Some("a b"), "", None, Some("r")),
            ("r", Some("a b"), "a", None, Some("r a")),
            ("r", Some("a b"), "a b x", None, Some("r a b")),
            ("r", Some("a b"), "x y", None, None),
            ("", Some("a b"), "", None, Some("a b")),
            ("", Some("a b"), "b", None, Some("b")),
            // Where no scopes are known, none can be wrong.
            ("", None, "x", None, Some("")),
            ("", None, "", None, Some("")),
            // A client that was set up with some gets no others.
            ("r", Some("a b"), "a b", Some("a"), Some("r a")),
            ("r", Some("a b"), "b", Some("a"), None),
            ("r", Some("a b"), "", Some("a"), Some("r")),
            ("", Some("a b"), "", Some("a"), Some("a")),
            // It asks for a refresh token, which does not depend on it.
            ("r", Some("a b"), "offline_access", None, Some("r")),
            ("r", Some("a b"), "a offline_access", None, Some("r a")),
            ("", None, "offline_access", None, Some("")),
        ] {
            let limit = limit.map(ScopeSet::parse);
            let outcome =
                policy(required, valid).requested(&ScopeSet::parse(asked), limit.as_ref());
            let expected = granted.map(ScopeSet::parse).ok_or(NoScopeLeft);
            assert_eq!(
                outcome, expected,
                "{required:?} {valid:?} {asked:?} {limit:?}"
            );
        }
    }
}
