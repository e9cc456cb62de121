//! The scopes that clients are asked for, in the words of the authorization server.

use thyra_oauth::ScopeSet;

use crate::refusal::Refusal;

/// The scopes of `OpenID` Connect (Core 1.0 sections 5.4 and 11). They belong to no resource, so no
/// vendor prefixes them.
const OPENID: [&str; 6] = [
    "address",
    "email",
    "offline_access",
    "openid",
    "phone",
    "profile",
];

/// How challenges and metadata name scopes. Tokens may hold them by other names, and those are what
/// is enforced.
#[derive(Debug)]
pub(super) struct AskedScopes {
    always: ScopeSet,
    prefix: Option<String>,
}

impl AskedScopes {
    /// Challenges ask for `always`, or for the required scopes with the prefix.
    pub(super) fn new(
        required: &ScopeSet,
        always: Option<ScopeSet>,
        prefix: Option<String>,
    ) -> Self {
        let mut asked = Self {
            always: ScopeSet::default(),
            prefix,
        };
        asked.always = always.unwrap_or_else(|| asked.long(required));
        asked
    }

    /// What every challenge asks for.
    pub(super) fn always(&self) -> &ScopeSet {
        &self.always
    }

    /// The scopes as clients ask for them.
    pub(super) fn long(&self, scopes: &ScopeSet) -> ScopeSet {
        let Some(prefix) = &self.prefix else {
            return scopes.clone();
        };
        let long = |scope: &str| {
            if OPENID.contains(&scope) || scope.contains("://") {
                scope.to_owned()
            } else {
                format!("{prefix}{scope}")
            }
        };
        scopes.iter().map(long).collect()
    }

    /// The refusal as it is answered: with what it needs beside the required scopes, as clients ask
    /// for it.
    pub(super) fn translate(&self, refusal: &Refusal, required: &ScopeSet) -> Refusal {
        let mut refusal = refusal.clone();
        if let Refusal::InsufficientScope { needed } | Refusal::TokenNeeded { needed } =
            &mut refusal
        {
            let more = needed.iter().filter(|scope| !required.contains(scope));
            *needed = self.long(&more.collect());
        }
        refusal
    }
}
