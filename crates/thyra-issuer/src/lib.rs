//! An OAuth 2.1 authorization server for MCP servers whose identity provider registers no clients.
//!
//! MCP clients register themselves, or name a document about themselves. GitHub, Google, Entra and
//! many others know only applications that somebody has set up by hand. This crate stands between
//! them: to clients it is the authorization server, and to the identity provider it is one
//! application. Its tokens are its own; those of the identity provider never reach a client.
//!
//! It knows nothing of MCP: what it makes is an [`AuthProvider`](thyra_auth::AuthProvider), which
//! protects any HTTP service.

mod answer;
mod assertion;
mod client;
mod code;
mod cookie;
mod digest;
mod endpoint;
mod form;
mod grant;
mod in_memory;
mod issued;
mod login;
mod page;
mod preset;
mod provider;
mod rate;
mod record;
mod server;
mod token_key;
mod upstream;

pub use assertion::IdentityAssertion;
pub use client::{
    IssuerClient, IssuerClientError, RedirectPatternError, RedirectPatterns, RegistrationPolicy,
};
pub use in_memory::{InMemoryAuth, InMemoryUser, InMemoryUsers};
pub use preset::{
    Auth0Proxy, Auth0ProxyBuilder, Auth0Upstream, ClerkProxy, ClerkProxyBuilder, ClerkUpstream,
    CognitoProxy, CognitoProxyBuilder, CognitoUpstream, DiscordProxy, DiscordProxyBuilder,
    DiscordUpstream, EntraProxy, EntraProxyBuilder, EntraUpstream, GitHubProxy, GitHubProxyBuilder,
    GitHubUpstream, GoogleProxy, GoogleProxyBuilder, GoogleUpstream, HuggingFaceProxy,
    HuggingFaceProxyBuilder, HuggingFaceUpstream, OciProxy, OciProxyBuilder, OciUpstream,
    WorkOsProxy, WorkOsProxyBuilder, WorkOsUpstream,
};
pub use provider::{
    Behind, Issuer, IssuerBuilder, OAuthProxy, OAuthProxyBuilder, OAuthUpstream, OidcProxy,
    OidcProxyBuilder, OidcUpstream, TokenEndpointAuth, UpstreamAccess, UpstreamAccessError,
};
pub use server::Consent;
pub use thyra_store::Store;
pub use upstream::{
    DiscoveryError, Exchange, ExchangeRequest, ExchangedToken, UpstreamError, UpstreamSettingsError,
};
