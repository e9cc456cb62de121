//! Protects any HTTP service as an OAuth 2.1 resource server.
//!
//! - Verifying: a [`TokenVerifier`] judges a token and says who is calling, as a [`Principal`].
//!   [`JwtVerifier`] does that for JSON Web Tokens, with a key set that is kept fresh ([`Jwks`]).
//! - Protecting: a [`Protection`] puts a verifier in front of any tower service, refuses requests
//!   without a good token, and serves the metadata that tells clients where to get one.
//! - Providers: an [`AuthProvider`], such as [`ScalekitProvider`], makes both from a few settings.
//!   A new one is a [`Vendor`]: what is special about its tokens.
//! - Public routes: a [`PublicRoute`] is answered without a token.
//! - Refusing: a refusal arrives although the client still sends, because [`Drain`] reads on.
//! - With the feature `axum`: [`Principal`] is an extractor, and the public routes are a router.
//!
//! This crate knows nothing of MCP, and it fetches nothing before the first token needs it.

mod answer;
mod certificate;
mod dpop;
#[cfg(feature = "axum")]
mod extract;
mod layer;
mod metadata;
mod principal;
mod provider;
mod refusal;
mod routes;
mod unread;
mod verify;

pub use certificate::{ClientCertificate, TrustClientCertHeader, TrustClientCertHeaderService};
pub use dpop::{
    DpopPolicy, DpopPolicyError, NonceKeyError, Noted, ProofNonces, ProofRejected, ReplayStore,
    UsedProof,
};
#[cfg(feature = "axum")]
pub use extract::NoPrincipal;
pub use layer::{
    Protected, Protection, ProtectionBuilder, ProtectionError, RequireAuth, RequireAuthService,
    Summary,
};
pub use principal::{
    ClaimPath, ClaimSet, Confirmation, ConfirmationError, IdentityClaims, Principal,
    PrincipalBuilder, PrincipalId, PrincipalKind, SubjectId, Thumbprint,
};
pub use provider::{
    Auth0, Auth0Provider, Auth0ProviderBuilder, Auth0ProviderSettings, AuthKit, AuthKitProvider,
    AuthKitProviderBuilder, AuthKitProviderSettings, AuthProvider, Clerk, ClerkProvider,
    ClerkProviderBuilder, ClerkProviderSettings, Cognito, CognitoProvider, CognitoProviderBuilder,
    CognitoProviderSettings, DebugAuth, Descope, DescopeAudience, DescopeIssuers, DescopeProvider,
    DescopeProviderBuilder, DescopeProviderSettings, Entra, EntraDirectory, EntraProvider,
    EntraProviderBuilder, EntraProviderSettings, IntrospectedIssuer, IntrospectionAuth,
    IntrospectionAuthBuilder, IntrospectionAuthSettings, Keycloak, KeycloakProvider,
    KeycloakProviderBuilder, KeycloakProviderSettings, MakeVerifier, MultiAuth, Okta, OktaProvider,
    OktaProviderBuilder, OktaProviderSettings, PropelAuth, PropelAuthProvider,
    PropelAuthProviderBuilder, PropelAuthProviderSettings, Provider, ProviderBuilder,
    ProviderError, ProviderSettings, RemoteAuth, RemoteAuthBuilder, RemoteIssuer, Scalekit,
    ScalekitAudience, ScalekitIssuers, ScalekitProvider, ScalekitProviderBuilder,
    ScalekitProviderSettings, StaticAuth, Stytch, StytchProvider, StytchProviderBuilder,
    StytchProviderSettings, Supabase, SupabaseProvider, SupabaseProviderBuilder,
    SupabaseProviderSettings, TokenKind, TokenProfile, Variables, Vendor, VendorSetting,
};
pub use refusal::{BindingRejected, MalformedRequest, Refusal};
pub use routes::{Cors, PublicRoute, PublicRoutes};
pub use thyra_oauth::{
    Challenge, Clock, FetchError, FetchLimits, Fetched, Fetcher, ManualClock,
    ProtectedResourceMetadata, ResourceUrl, ResourceUrlError, ScopeRules, ScopeSet, Secret,
    SigningKey, SigningKeyError, SystemClock, Trust, UrlRefused,
};
pub use unread::{Drain, TrackedBody};
pub use verify::{
    Algorithm, Algorithms, AnyOf, AnyOfBuilder, AnyOfError, Audience, AudienceDemand,
    AudienceUnchecked, BearerToken, ClaimName, DebugVerifier, DiscordLookup, Discovery,
    GitHubLookup, GoogleLookup, Introspection, IntrospectionBuilder, IntrospectionClient,
    IntrospectionError, IssuerMetadataError, IssuerPattern, Issuers, Jwks, JwksBuilder,
    JwtVerifier, JwtVerifierBuilder, KeyError, KeySet, KeySetError, KeySetLocation, KeySetUrl,
    KeySource, Known, LocationError, LookupError, LookupVerifier, LookupVerifierBuilder,
    StaticTokens, TokenLookup, TokenRejected, TokenVerifier, Unavailable, UnknownAlgorithm,
    UserInfoLookup, Verdict, VerifierError, VerifyingKey,
};
