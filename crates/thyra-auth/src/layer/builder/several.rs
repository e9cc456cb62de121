//! A protection that is made of others.

use std::sync::Arc;

use thyra_oauth::ScopeSet;

use super::ProtectionBuilder;
use crate::layer::{Denial, Protection};
use crate::principal::Principal;
use crate::verify::TokenVerifier;

impl Protection {
    /// Begins another protection that is made as this one was.
    pub(crate) fn to_builder(&self) -> ProtectionBuilder {
        self.0.made_of.clone()
    }

    pub(crate) fn verifier(&self) -> Arc<dyn TokenVerifier> {
        Arc::clone(&self.0.verifier)
    }

    pub(crate) fn required_scopes(&self) -> &ScopeSet {
        &self.0.required
    }
}

impl ProtectionBuilder {
    pub(crate) fn verifier(mut self, verifier: Arc<dyn TokenVerifier>) -> Self {
        self.verifier = verifier;
        self
    }

    /// Names the authorization servers and the issuers of another protection after these.
    pub(crate) fn join(mut self, further: Self) -> Self {
        if self.issuers.is_empty() {
            self.issuers.clone_from(&self.authorization_servers);
        }
        let issuers = if further.issuers.is_empty() {
            further.authorization_servers.clone()
        } else {
            further.issuers
        };
        for (all, more) in [
            (&mut self.issuers, issuers),
            (
                &mut self.authorization_servers,
                further.authorization_servers,
            ),
        ] {
            for one in more {
                if !all.contains(&one) {
                    all.push(one);
                }
            }
        }
        self
    }

    /// Whether every request needs these scopes, or broader ones.
    pub(crate) fn requires(&self, scopes: &ScopeSet) -> bool {
        self.scope_rules.satisfied(&self.required_scopes, scopes)
    }

    /// Whether every request needs a proof.
    pub(crate) fn requires_proofs(&self) -> bool {
        self.dpop.is_required()
    }

    /// The sources beside the first, for the summary.
    pub(crate) fn further_sources(mut self, names: Vec<String>) -> Self {
        self.further_sources = names;
        self
    }

    /// Asks this hook alone.
    pub(crate) fn only_denial(
        mut self,
        hook: impl Fn(&Principal) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.denials = vec![Denial::new(hook)];
        self
    }
}
