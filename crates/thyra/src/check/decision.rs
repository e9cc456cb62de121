//! What a check says.

use std::fmt::Display;

use thyra_auth::ScopeSet;
use thyra_oauth::Printable;

/// What a [`Check`](crate::Check) says of one use of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The caller may.
    Allow,
    /// The check cannot tell, for this reason. It counts as a refusal, whatever stands around it.
    Failed(String),
    /// A token with these scopes, besides others, would do. Over HTTP this is the challenge for
    /// them (RFC 6750 section 3.1, `insufficient_scope`). To a caller who has no way to get any, it
    /// is a refusal.
    NeedsScopes(ScopeSet),
    /// Any token would do. To a caller who has one, it is a refusal.
    NeedsSignIn,
    /// The caller may not, for this reason. It goes to the log; the caller never reads it.
    Refuse(String),
}

impl Decision {
    /// A refusal for this reason.
    pub fn refuse(reason: impl Into<String>) -> Self {
        Self::Refuse(reason.into())
    }

    /// A demand for these scopes.
    pub fn needs_scopes(scopes: impl Into<ScopeSet>) -> Self {
        Self::NeedsScopes(scopes.into())
    }

    /// What both say together.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Allow, rest) | (rest, Self::Allow) => rest,
            (no @ (Self::Failed(_) | Self::Refuse(_)), _)
            | (_, no @ (Self::Failed(_) | Self::Refuse(_))) => no,
            (Self::NeedsScopes(one), Self::NeedsScopes(other)) => {
                Self::NeedsScopes(one.union(&other))
            }
            // Scopes come with a token.
            (Self::NeedsSignIn, rest) | (rest, Self::NeedsSignIn) => rest,
        }
    }

    /// What one of them suffices for.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Allow, _) | (_, Self::Allow) => Self::Allow,
            (way @ (Self::NeedsScopes(_) | Self::NeedsSignIn), _)
            | (_, way @ (Self::NeedsScopes(_) | Self::NeedsSignIn)) => way,
            // What failed stays failed, so that nothing around it turns it into its opposite.
            (failed @ Self::Failed(_), _) | (_, failed @ Self::Failed(_)) => failed,
            (one, _) => one,
        }
    }

    /// What one of them suffices for, if none failed.
    pub(super) fn or_failed(self, other: Self) -> Self {
        match (self, other) {
            (failed @ Self::Failed(_), _) | (_, failed @ Self::Failed(_)) => failed,
            (one, other) => one.or(other),
        }
    }

    /// The opposite, for a caller who is known or not.
    pub(super) fn not(self, is_known: bool) -> Self {
        match self {
            Self::Allow => Self::refuse("it is what is not wanted"),
            Self::Failed(reason) => Self::Failed(reason),
            Self::NeedsScopes(_) if is_known => Self::Allow,
            // Nobody knows yet whether the caller has them.
            Self::NeedsScopes(_) | Self::NeedsSignIn => Self::NeedsSignIn,
            Self::Refuse(_) => Self::Allow,
        }
    }

    /// The same, with the name of the check before its reason.
    pub(super) fn named(self, name: &str) -> Self {
        let named = |reason: String| format!("{name}: {reason}");
        match self {
            Self::Failed(reason) => Self::Failed(named(reason)),
            Self::Refuse(reason) => Self::Refuse(named(reason)),
            other => other,
        }
    }
}

/// `true` allows.
impl From<bool> for Decision {
    fn from(allowed: bool) -> Self {
        if allowed {
            Self::Allow
        } else {
            Self::refuse("it says no")
        }
    }
}

/// `None` is what a check says that cannot tell.
impl<D: Into<Self>> From<Option<D>> for Decision {
    fn from(decision: Option<D>) -> Self {
        let unknown = || Self::Failed("it cannot tell".to_owned());
        decision.map_or_else(unknown, Into::into)
    }
}

/// An error is what a check says that cannot tell.
impl<D: Into<Self>, E: Display> From<Result<D, E>> for Decision {
    fn from(decision: Result<D, E>) -> Self {
        let failed = |error| Self::Failed(Printable(error).to_string());
        decision.map_or_else(failed, Into::into)
    }
}
