//! Protects any HTTP service as an OAuth 2.1 resource server.

mod access;
mod answer;
mod challenge;
mod clock;
mod fetch;
mod layer;
mod metadata;
mod principal;
mod provider;
mod refusal;
mod resource;
mod scope;
mod secret;
mod verify;

pub use access::Access;
pub use challenge::Challenge;
pub use clock::{Clock, ManualClock, SystemClock};
pub use fetch::{FetchError, FetchLimits, Fetched, Fetcher, Trust};
pub use layer::{
    Protected, Protection, ProtectionBuilder, RequireAuth, RequireAuthService, Summary,
};
pub use metadata::{
    ProtectedResourceMetadata, forward::AuthorizationServerForward, well_known::WellKnown,
};
pub use principal::{Claims, Principal, PrincipalBuilder, PrincipalId, PrincipalKind};
pub use provider::{
    AuthProvider, ProviderError,
    fixed::StaticAuth,
    remote::{RemoteAuth, RemoteAuthBuilder},
    scalekit::{
        ScalekitAudience, ScalekitIssuers, ScalekitProvider, ScalekitProviderBuilder,
        ScalekitProviderSettings,
    },
};
pub use refusal::{MalformedRequest, Refusal};
pub use resource::{ResourceUrl, ResourceUrlError};
pub use scope::{ScopeRules, ScopeSet};
pub use secret::Secret;
pub use verify::{
    Algorithm, Algorithms, Audience, AudienceDemand, AudienceUnchecked, BearerToken, ClaimName,
    Discovery, DiscoveryError, Issuers, Jwks, JwksBuilder, JwtVerifier, JwtVerifierBuilder,
    KeyError, KeySet, KeySetError, KeySetLocation, KeySetUrl, KeySource, StaticTokens,
    TokenRejected, TokenVerifier, Unavailable, UnknownAlgorithm, Verdict, VerifierError,
    VerifyingKey,
};
