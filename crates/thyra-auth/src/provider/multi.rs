//! Several providers and verifiers in front of one resource.

use std::sync::Arc;

use thyra_oauth::{ResourceUrl, ScopeSet};

use super::{AuthProvider, ProviderError};
use crate::layer::{Protection, ProtectionBuilder};
use crate::principal::Principal;
use crate::verify::{AnyOf, AnyOfBuilder, TokenVerifier};

/// Protects a resource with the tokens of several sources: one provider, and others beside it, such
/// as a second identity provider, or machines with fixed tokens.
///
/// - A token is good if one of the sources accepts it; [`AnyOf`] says how they are asked. The
///   [source](Principal::source) that admits a caller is part of the caller's id, so callers of two
///   sources are never taken for one another.
/// - The first provider is the resource's own: its metadata, its challenges, its public routes, its
///   required scopes and its [`deny_caller`](crate::ProviderBuilder::deny_caller) hold for the
///   callers of all sources.
/// - Of a further provider count the verifier, the authorization servers, which the metadata names
///   after those of the first, and `deny_caller`, which is asked about its own callers.
/// - A further provider must not require scopes or proofs (DPoP) that the first one does not: they
///   would not be enforced.
///
/// ```
/// use thyra_auth::{AuthProvider, MultiAuth, Principal, ScalekitProvider, StaticTokens};
///
/// let scalekit = ScalekitProvider::builder()
///     .environment_url("https://acme.scalekit.dev")
///     .resource_id("res_123")
///     .base_url("https://mcp.example.com")
///     .build()?;
/// let nightly = Principal::builder("https://mcp.example.com", "nightly-job").build();
/// let machines = StaticTokens::default().token("a-long-made-up-token", nightly);
///
/// let auth = MultiAuth::of(scalekit).or("machines", machines);
/// let protection = auth.protection("/mcp")?;
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a provider protects nothing by itself"]
pub struct MultiAuth {
    name: String,
    first: Arc<dyn AuthProvider>,
    further: Vec<(String, Source)>,
    /// Those of the first provider when not set.
    required_scopes: Option<ScopeSet>,
}

#[derive(Clone, Debug)]
enum Source {
    Provider(Arc<dyn AuthProvider>),
    Verifier(Arc<dyn TokenVerifier>),
}

impl MultiAuth {
    /// The source of callers whom the first provider admits, unless it was
    /// [`named`](Self::named) otherwise.
    pub const FIRST: &str = "main";

    /// Begins with the provider whose metadata and challenges the resource has.
    pub fn of(first: impl AuthProvider + 'static) -> Self {
        Self::named(Self::FIRST, first)
    }

    /// As [`of`](Self::of), with another name for the source.
    pub fn named(name: impl Into<String>, first: impl AuthProvider + 'static) -> Self {
        Self {
            name: name.into(),
            first: Arc::new(first),
            further: Vec::new(),
            required_scopes: None,
        }
    }

    /// Accepts the tokens of this verifier, too. `name` becomes the source of its callers.
    pub fn or(mut self, name: impl Into<String>, verifier: impl TokenVerifier + 'static) -> Self {
        let source = Source::Verifier(Arc::new(verifier));
        self.further.push((name.into(), source));
        self
    }

    /// Accepts the tokens of this provider, too. `name` becomes the source of its callers.
    pub fn or_provider(
        mut self,
        name: impl Into<String>,
        provider: impl AuthProvider + 'static,
    ) -> Self {
        let source = Source::Provider(Arc::new(provider));
        self.further.push((name.into(), source));
        self
    }

    /// The scopes that every request needs, whatever source its caller has; none if empty. By
    /// default they are those of the first provider.
    pub fn required_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.required_scopes = Some(scopes.into());
        self
    }
}

impl AuthProvider for MultiAuth {
    fn protection(&self, endpoint_path: &str) -> Result<Protection, ProviderError> {
        let first = self.first.protection(endpoint_path)?;
        let mut verifiers = AnyOf::builder().verifier(&*self.name, first.verifier());
        let (hooks, name) = (first.clone(), self.name.clone());
        // Each provider's hooks see its callers as that provider alone would know them.
        let denies = move |principal: &Principal| match principal.known_to(&name) {
            Some(own) => hooks.denies(&own),
            None => hooks.denies(principal),
        };
        let mut protection = first.to_builder().only_denial(denies);
        if let Some(scopes) = &self.required_scopes {
            protection = protection.required_scopes(scopes.clone());
        }
        for (name, source) in &self.further {
            (verifiers, protection) = match source {
                Source::Verifier(verifier) => {
                    (verifiers.verifier(name, Arc::clone(verifier)), protection)
                }
                Source::Provider(provider) => {
                    let further = provider.protection(endpoint_path)?;
                    join(verifiers, protection, name, first.resource(), &further)?
                }
            };
        }
        let names = self.further.iter().map(|(name, _)| name.clone());
        let protection = protection.further_sources(names.collect());
        Ok(protection.verifier(Arc::new(verifiers.build()?)).build()?)
    }
}

/// Adds what counts of a further provider.
fn join(
    verifiers: AnyOfBuilder,
    protection: ProtectionBuilder,
    name: &str,
    resource: &ResourceUrl,
    further: &Protection,
) -> Result<(AnyOfBuilder, ProtectionBuilder), ProviderError> {
    let invalid =
        |problem, help| ProviderError::invalid(format!("the provider {name:?}"), problem, help);
    if further.resource() != resource {
        return Err(invalid(
            "it protects another URL",
            "Give all providers the same base URL.",
        ));
    }
    if !protection.requires(further.required_scopes()) {
        return Err(invalid(
            "it requires scopes that MultiAuth does not, so they would not be enforced",
            "Give MultiAuth all the scopes with `required_scopes`, or require them of single tools \
             instead.",
        ));
    }
    let joined = further.to_builder();
    if joined.requires_proofs() && !protection.requires_proofs() {
        return Err(invalid(
            "it requires proofs (DPoP) that the first provider does not, so they would not be \
             enforced",
            "Set the same `dpop` policy on the first provider.",
        ));
    }
    let (hooks, source) = (further.clone(), name.to_owned());
    let denies = move |principal: &Principal| {
        let own = principal.known_to(&source);
        own.is_some_and(|own| hooks.denies(&own))
    };
    let protection = protection.deny_caller(denies).join(joined);
    Ok((verifiers.verifier(name, further.verifier()), protection))
}

#[cfg(test)]
mod tests;
