//! A vendor with its settings, checked.

use std::sync::Arc;

use thyra_oauth::{ResourceUrl, ResourceUrlError};
use url::Url;

use super::settings::{BASE_URL_HELP, ProviderSettings, setting};
use super::{
    AuthProvider, MakeVerifier, ProviderError, TokenKind, TokenProfile, Vendor, issuer_url,
};
use crate::layer::{Protected, Protection};
use crate::metadata::forward::AuthorizationServerForward;
use crate::metadata::well_known;
use crate::verify::{
    AudienceDemand, Discovery, Issuers, Jwks, JwtVerifier, KeySetUrl, TokenVerifier,
};

const ISSUER_HELP: &str = "Set it to the issuer identifier of the authorization server, byte for \
     byte as its tokens carry it in `iss`.";
const SERVERS: &str = "authorization_servers";
const KEYS_URL_HELP: &str = "Set it to the `jwks_uri` of the authorization server's metadata.";

/// Protects a resource with access tokens of a vendor; made by
/// [`ProviderBuilder::build`](crate::ProviderBuilder::build).
///
/// All protections that it makes share one key set, and so do its clones.
#[derive(Clone, Debug)]
pub struct Provider<V> {
    vendor: V,
    settings: ProviderSettings,
    base_url: String,
    source: Source,
}

/// Where verified tokens come from.
#[derive(Clone, Debug)]
enum Source {
    Jwt {
        profile: Box<TokenProfile>,
        /// For finding documents; tokens are compared with the text.
        issuer: Box<Url>,
        /// The accepted issuers, and how the patterns for others look.
        issuers: Vec<String>,
        keys: Jwks,
    },
    For {
        make: MakeVerifier,
        authorization_servers: Vec<String>,
    },
    Other {
        verifier: Arc<dyn TokenVerifier>,
        authorization_servers: Vec<String>,
    },
}

/// What judges the tokens of a resource, and what the start-up message says of it.
struct Judge {
    verifier: Arc<dyn TokenVerifier>,
    audience: Vec<String>,
    issuers: Vec<String>,
}

impl<V: Vendor> Provider<V> {
    pub(super) fn new(vendor: V, mut settings: ProviderSettings) -> Result<Self, ProviderError> {
        let source = Source::new(vendor.tokens(&settings)?, &settings)?;
        let base_url = settings.check::<V>()?;
        let provider = Self {
            vendor,
            settings,
            base_url,
            source,
        };
        // A base URL that cannot work is reported now, whatever the path will be.
        resource::<V>("base_url", &provider.base_url, "")?;
        let resource = provider.resource("")?;
        if let Source::Jwt { .. } | Source::For { .. } = provider.source {
            provider.vendor.audience(&resource)?;
        }
        Ok(provider)
    }

    /// Puts the door in front of any tower service, whose endpoint is at `/mcp` unless
    /// [`endpoint_path`](crate::ProviderBuilder::endpoint_path) says otherwise: the public routes
    /// are served, and everything else needs a good token.
    ///
    /// # Errors
    ///
    /// As [`AuthProvider::protection`].
    pub fn protect<S>(&self, inner: S) -> Result<Protected<S>, ProviderError> {
        Ok(self
            .protection(&self.settings.endpoint_path)?
            .protect(inner))
    }

    /// The public URL of this server, with or without the path of the endpoint.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The issuers whose tokens are accepted. A pattern of issuers shows its free segment in
    /// braces.
    pub fn issuers(&self) -> &[String] {
        match &self.source {
            Source::Jwt { issuers, .. } => issuers,
            Source::For {
                authorization_servers,
                ..
            }
            | Source::Other {
                authorization_servers,
                ..
            } => authorization_servers,
        }
    }

    /// The authorization servers that the metadata sends clients to.
    pub fn authorization_servers(&self) -> &[String] {
        match &self.source {
            Source::Jwt { profile, .. } => &profile.authorization_servers,
            Source::For {
                authorization_servers,
                ..
            }
            | Source::Other {
                authorization_servers,
                ..
            } => authorization_servers,
        }
    }

    /// The URL of the key set, where the vendor has it at a fixed place.
    pub fn keys_url(&self) -> Option<&str> {
        match &self.source {
            Source::Jwt { profile, .. } => profile.keys_url.as_deref(),
            Source::For { .. } | Source::Other { .. } => None,
        }
    }

    /// A URL that cannot identify the resource is the fault of the base URL, or of the path that
    /// the server put behind it.
    fn resource(&self, endpoint_path: &str) -> Result<ResourceUrl, ProviderError> {
        let (name, base_url) = match &self.settings.resource_base_url {
            Some(url) => ("resource_base_url", url.trim()),
            None => ("base_url", &*self.base_url),
        };
        resource::<V>(name, base_url, endpoint_path)
    }

    fn judge(&self, resource: &ResourceUrl) -> Result<Judge, ProviderError> {
        let (verifier, demand): (Arc<dyn TokenVerifier>, _) =
            match (&self.settings.token_verifier, &self.source) {
                (Some(verifier), _) | (None, Source::Other { verifier, .. }) => {
                    return Ok(Judge {
                        verifier: Arc::clone(verifier),
                        audience: Vec::new(),
                        issuers: Vec::new(),
                    });
                }
                (None, Source::For { make, .. }) => {
                    let demand = self.vendor.audience(resource)?;
                    (make.make(demand.clone())?, demand)
                }
                (None, Source::Jwt { profile, keys, .. }) => {
                    let demand = self.vendor.audience(resource)?;
                    let verifier = self.jwt_verifier(profile, keys, demand.clone(), resource)?;
                    (Arc::new(verifier), demand)
                }
            };
        let audience: Vec<_> = demand.iter().map(str::to_owned).collect();
        let issuers = self.issuers().to_vec();
        if audience.is_empty() {
            tracing::warn!(
                ?issuers,
                "the audience of tokens is not checked: whoever receives a token of this issuer \
                 can use it here"
            );
        }
        Ok(Judge {
            verifier,
            audience,
            issuers,
        })
    }

    /// The issuer whose metadata can be forwarded.
    fn forwarded(&self) -> Option<Url> {
        match &self.source {
            Source::For {
                authorization_servers,
                ..
            } => Url::parse(authorization_servers.first()?).ok(),
            Source::Jwt { issuer, .. } => Some((**issuer).clone()),
            Source::Other { .. } => None,
        }
    }

    fn jwt_verifier(
        &self,
        profile: &TokenProfile,
        keys: &Jwks,
        audience: AudienceDemand,
        resource: &ResourceUrl,
    ) -> Result<JwtVerifier, ProviderError> {
        let ProviderSettings {
            leeway,
            clock,
            token_cache_bytes,
            ..
        } = &self.settings;
        let issuers = Issuers::of(&profile.issuers, profile.issuer_patterns.clone())?;
        let mut verifier = JwtVerifier::builder(keys.clone(), issuers, audience)
            .algorithms(profile.algorithms.iter().copied())
            .claim_names(profile.claims.clone())
            .leeway(*leeway)
            .clock(Arc::clone(clock));
        if let Some(types) = &profile.types {
            verifier = verifier.types(types);
        }
        if profile.resource_claim {
            verifier = verifier.resource([resource.as_str()]);
        }
        if let Some(bytes) = token_cache_bytes {
            verifier = verifier.cache_bytes(*bytes);
        }
        Ok(verifier.build()?)
    }
}

impl Source {
    fn new(tokens: TokenKind, settings: &ProviderSettings) -> Result<Self, ProviderError> {
        let profile = match tokens {
            TokenKind::Jwt(profile) => profile,
            TokenKind::OtherFor {
                make,
                authorization_servers,
            } => {
                return Ok(Self::For {
                    make,
                    authorization_servers,
                });
            }
            TokenKind::Other {
                verifier,
                authorization_servers,
            } => {
                return Ok(Self::Other {
                    verifier,
                    authorization_servers,
                });
            }
        };
        let invalid = |problem: String| ProviderError::invalid("issuer", problem, ISSUER_HELP);
        let text = &profile.authorization_server;
        let issuer = issuer_url::parse(text).map_err(|problem| invalid(problem.to_owned()))?;
        let servers = &profile.authorization_servers;
        if servers.is_empty() {
            return Err(ProviderError::missing(SERVERS, ISSUER_HELP));
        }
        for server in servers {
            issuer_url::parse(server)
                .map_err(|problem| ProviderError::invalid(SERVERS, problem, ISSUER_HELP))?;
        }
        let fetcher = settings.fetcher.clone();
        let builder = match &profile.keys_url {
            Some(url) => Jwks::builder(keys_url(url)?),
            None => Jwks::builder(
                Discovery::new(text, fetcher.clone()).map_err(|e| invalid(e.to_string()))?,
            ),
        };
        let mut builder = builder.fetcher(fetcher);
        if let Some(max_stale) = settings.keys_max_stale {
            builder = builder.max_stale(max_stale);
        }
        let patterns = profile.issuer_patterns.iter().map(ToString::to_string);
        Ok(Self::Jwt {
            issuers: profile.issuers.iter().cloned().chain(patterns).collect(),
            profile,
            issuer: Box::new(issuer),
            keys: builder.build(),
        })
    }
}

fn resource<V: Vendor>(
    name: &str,
    base_url: &str,
    endpoint_path: &str,
) -> Result<ResourceUrl, ProviderError> {
    ResourceUrl::new(base_url, endpoint_path).map_err(|problem| match problem {
        ResourceUrlError::EndpointPath => ProviderError::EndpointPath {
            path: endpoint_path.to_owned(),
            source: problem,
        },
        problem => ProviderError::invalid(setting::<V>(name), problem.to_string(), BASE_URL_HELP),
    })
}

/// A key set is fetched from `https` only, or from this machine. A query may choose among several.
fn keys_url(text: &str) -> Result<KeySetUrl, ProviderError> {
    let invalid = |problem: String| ProviderError::invalid("keys_url", problem, KEYS_URL_HELP);
    let endpoint = text.split_once('?').map_or(text, |(endpoint, _)| endpoint);
    issuer_url::parse(endpoint).map_err(|problem| invalid(problem.to_owned()))?;
    KeySetUrl::configured(text).map_err(|problem| invalid(problem.to_string()))
}

impl<V: Vendor> AuthProvider for Provider<V> {
    fn protection(&self, endpoint_path: &str) -> Result<Protection, ProviderError> {
        let resource = self.resource(endpoint_path)?;
        let settings = &self.settings;
        let Judge {
            verifier,
            audience,
            issuers,
        } = self.judge(&resource)?;
        let mut routes = self.vendor.routes(&resource);
        if let (true, Some(issuer)) = (settings.forward_metadata, self.forwarded()) {
            let (fetcher, clock) = (settings.fetcher.clone(), Arc::clone(&settings.clock));
            let forward = AuthorizationServerForward::new(&issuer, fetcher, clock);
            routes.extend(well_known::authorization_server(&resource, forward));
        }
        let scope_prefix = match &self.source {
            Source::Jwt { profile, .. } => profile.scope_prefix.clone(),
            Source::For { .. } | Source::Other { .. } => None,
        };
        let servers = self.authorization_servers();
        let protection = Protection::builder(V::NAME, resource, verifier, servers)
            .required_scopes(settings.required_scopes.clone())
            .challenge_scopes(settings.challenge_scopes.clone())
            .scopes_supported(settings.scopes_supported.clone())
            .scope_rules(settings.scope_rules.clone())
            .resource_name(settings.resource_name.clone())
            .resource_documentation(settings.resource_documentation.clone())
            .routes(routes)
            .audience(audience)
            .issuers(issuers)
            .scope_prefix(scope_prefix)
            .denials(
                [&settings.deny, &settings.deny_caller]
                    .into_iter()
                    .flatten()
                    .cloned(),
            )
            .dpop(settings.dpop.clone())
            .clock(Arc::clone(&settings.clock));
        Ok(protection.build()?)
    }
}
