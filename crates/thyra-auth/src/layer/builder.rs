//! How a [`Protection`] is made.

mod several;

use std::sync::Arc;

use thiserror::Error;
use thyra_oauth::{
    Clock, OFFLINE_ACCESS, PROTECTED_RESOURCE, ProtectedResourceMetadata, ResourceUrl, ScopeRules,
    ScopeSet, SystemClock,
};

use super::asked::AskedScopes;
use super::denial::Denial;
use super::{Inner, Protection, RefusalLog, Summary};
use crate::dpop::{DpopPolicy, DpopPolicyError};
use crate::metadata::well_known;
use crate::principal::Principal;
use crate::routes::{PublicRoute, PublicRoutes};
use crate::verify::TokenVerifier;

/// Makes a [`Protection`]; made by [`Protection::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing is protected before `build`"]
pub struct ProtectionBuilder {
    provider: &'static str,
    resource: ResourceUrl,
    verifier: Arc<dyn TokenVerifier>,
    authorization_servers: Vec<String>,
    required_scopes: ScopeSet,
    challenge_scopes: Option<ScopeSet>,
    scope_prefix: Option<String>,
    scopes_supported: Option<ScopeSet>,
    scope_rules: ScopeRules,
    resource_name: Option<String>,
    resource_documentation: Option<String>,
    routes: Vec<PublicRoute>,
    audience: Vec<String>,
    issuers: Vec<String>,
    denials: Vec<Denial>,
    further_sources: Vec<String>,
    dpop: DpopPolicy,
    clock: Arc<dyn Clock>,
}

impl Protection {
    /// Begins to protect a resource with a verifier of your own.
    ///
    /// `provider` is a name for the log, and `authorization_servers` are the issuers that the
    /// metadata sends clients to, published byte for byte.
    pub fn builder<S: Into<String>>(
        provider: &'static str,
        resource: ResourceUrl,
        verifier: Arc<dyn TokenVerifier>,
        authorization_servers: impl IntoIterator<Item = S>,
    ) -> ProtectionBuilder {
        ProtectionBuilder {
            provider,
            resource,
            verifier,
            authorization_servers: authorization_servers.into_iter().map(Into::into).collect(),
            required_scopes: ScopeSet::default(),
            challenge_scopes: None,
            scope_prefix: None,
            scopes_supported: None,
            scope_rules: ScopeRules::default(),
            resource_name: None,
            resource_documentation: None,
            routes: Vec::new(),
            audience: Vec::new(),
            issuers: Vec::new(),
            denials: Vec::new(),
            further_sources: Vec::new(),
            dpop: DpopPolicy::off(),
            clock: Arc::new(SystemClock),
        }
    }
}

impl ProtectionBuilder {
    /// The scopes that every request needs; none by default.
    pub fn required_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.required_scopes = scopes.into();
        self
    }

    /// The scopes that challenges ask for, where the authorization server knows them by other names
    /// than its tokens do; the required ones by default. What one operation needs beside them is
    /// added.
    pub fn challenge_scopes(mut self, scopes: impl Into<Option<ScopeSet>>) -> Self {
        self.challenge_scopes = scopes.into();
        self
    }

    /// What clients put before a scope when they ask for it, where tokens hold it without; see
    /// [`TokenProfile::scope_prefix`](crate::TokenProfile::scope_prefix).
    pub fn scope_prefix(mut self, prefix: impl Into<Option<String>>) -> Self {
        self.scope_prefix = prefix.into();
        self
    }

    /// The scopes that the metadata offers; those of challenges by default.
    pub fn scopes_supported(mut self, scopes: impl Into<Option<ScopeSet>>) -> Self {
        self.scopes_supported = scopes.into();
        self
    }

    /// Which scopes imply narrower ones; none by default.
    pub fn scope_rules(mut self, rules: ScopeRules) -> Self {
        self.scope_rules = rules;
        self
    }

    /// The resource's name for people.
    pub fn resource_name(mut self, name: impl Into<Option<String>>) -> Self {
        self.resource_name = name.into();
        self
    }

    /// The URL of a page for developers.
    pub fn resource_documentation(mut self, url: impl Into<Option<String>>) -> Self {
        self.resource_documentation = url.into();
        self
    }

    /// Answers these paths without a token, beside the well-known documents.
    pub fn routes(mut self, routes: impl IntoIterator<Item = PublicRoute>) -> Self {
        self.routes.extend(routes);
        self
    }

    /// The audience that the verifier demands, for the summary.
    pub fn audience(mut self, audience: Vec<String>) -> Self {
        self.audience = audience;
        self
    }

    /// The issuers that the verifier accepts, for the summary; the authorization servers by
    /// default.
    pub fn issuers(mut self, issuers: Vec<String>) -> Self {
        self.issuers = issuers;
        self
    }

    /// Refuses callers whose token the verifier accepts; `true` denies. The hook is called for
    /// every request, and for open streams before each message and every few seconds, so it must
    /// not block. Several hooks are asked in turn.
    pub fn deny_caller(
        mut self,
        hook: impl Fn(&Principal) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.denials.push(Denial::new(hook));
        self
    }

    pub(crate) fn denials(mut self, denials: impl IntoIterator<Item = Denial>) -> Self {
        self.denials.extend(denials);
        self
    }

    /// Whether tokens are taken that are bound to a key; by default they are not.
    pub fn dpop(mut self, policy: DpopPolicy) -> Self {
        self.dpop = policy;
        self
    }

    /// The clock that proofs are judged by, and by which refusals are summed up in the log.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Makes the protection.
    ///
    /// # Errors
    ///
    /// [`ProtectionError`] when `offline_access` is required, which no client can be told to ask
    /// for, when two public routes have the same path, or when no proof could be good.
    pub fn build(self) -> Result<Protection, ProtectionError> {
        let made_of = self.clone();
        if self.required_scopes.contains(OFFLINE_ACCESS) {
            return Err(ProtectionError::OfflineAccessRequired);
        }
        let asked = AskedScopes::new(
            &self.required_scopes,
            self.challenge_scopes,
            self.scope_prefix,
        );
        let supported = match &self.scopes_supported {
            Some(scopes) => asked.long(scopes),
            None => asked.always().clone(),
        };
        let mut metadata =
            ProtectedResourceMetadata::new(&self.resource, &self.authorization_servers)
                .with_scopes(&supported);
        metadata.resource_name = self.resource_name;
        metadata.resource_documentation = self.resource_documentation;
        let dpop = self
            .dpop
            .judge_of(&self.resource, Arc::clone(&self.clock))?;
        if let Some(dpop) = &dpop {
            let algorithms = &dpop.offer().algorithms;
            metadata
                .dpop_signing_alg_values_supported
                .clone_from(algorithms);
            metadata.dpop_bound_access_tokens_required = dpop.is_required;
        }
        let mut routes = PublicRoutes::default();
        for route in well_known::protected_resource(&self.resource, &metadata).chain(self.routes) {
            let path = route.path().to_owned();
            if path == self.resource.path() || !routes.add(route) {
                return Err(ProtectionError::PathTaken { path });
            }
        }
        let summary = Summary {
            provider: self.provider,
            resource: self.resource.as_str().to_owned(),
            audience: self.audience,
            issuers: if self.issuers.is_empty() {
                self.authorization_servers
            } else {
                self.issuers
            },
            required_scopes: self.required_scopes.iter().map(str::to_owned).collect(),
            further_sources: self.further_sources,
            warnings: self.verifier.warnings(),
        };
        Ok(Protection(Arc::new(Inner {
            made_of,
            verifier: self.verifier,
            dpop,
            required: self.required_scopes,
            asked,
            denials: self.denials,
            rules: self.scope_rules,
            metadata_url: self.resource.well_known_url(PROTECTED_RESOURCE),
            resource: self.resource,
            routes,
            summary,
            log: RefusalLog::new(self.clock),
        })))
    }
}

/// Why a resource cannot be protected this way.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtectionError {
    /// No proof could be good.
    #[error(transparent)]
    Dpop(#[from] DpopPolicyError),
    /// `offline_access` was made a required scope.
    #[error(
        "`offline_access` cannot be a required scope: it asks the authorization server for a \
         refresh token, and a resource server does not ask for it. Remove it from the required \
         scopes; clients that want refresh tokens ask for it themselves"
    )]
    OfflineAccessRequired,
    /// Two public routes have the same path, or one has the path of the resource.
    #[error("the path `{path}` has two public routes, or is the protected endpoint itself")]
    PathTaken {
        /// The path.
        path: String,
    },
}
