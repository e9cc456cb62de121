//! The words of OAuth: what resource servers, clients and authorization servers say to each other.
//!
//! - Values: [`ScopeSet`], [`Secret`], [`ResourceUrl`], [`CodeVerifier`], [`unguessable`] ones.
//! - Keys that a client signs with: [`SigningKey`], and the [`client_assertion`] and [`DpopProof`]
//!   that it makes.
//! - Messages, each written by one side and read by the other: the [`Challenge`] of a resource
//!   server, the [`TokenRequest`] and its [`TokenResponse`], the [`ClientMetadata`] of a
//!   registration and the [`ClientCredentials`] that come back.
//! - Documents, written and read: [`ProtectedResourceMetadata`] (RFC 9728) and
//!   [`AuthorizationServerMetadata`] (RFC 8414), and [`locations`] for where they are.
//! - What all of them need: a [`Clock`], and a [`Throttle`] for the log.
//! - The way out: a [`Fetcher`] reaches URLs that others named, and never what they must not reach.
//!
//! Nothing here knows MCP, and nothing here decides what to do next: the crates above do.

mod authorization_server;
mod challenge;
mod charset;
mod client_assertion;
mod client_authentication;
mod clock;
mod device;
mod dpop;
mod fetch;
pub mod freshness;
mod introspection;
mod learned;
mod locations;
mod members;
mod page_url;
mod pkce;
mod printable;
mod protected_resource;
mod random;
mod registration;
mod resource;
mod revocation;
mod scope;
mod secret;
mod signing_key;
mod throttle;
mod token;

pub use authorization_server::AuthorizationServerMetadata;
pub use challenge::{Challenge, DpopOffer};
pub use charset::{is_of_credentials, is_of_urls};
pub use client_assertion::client_assertion;
pub use client_authentication::{ClientAuthentication, ClientCredentials};
pub use clock::{Clock, ManualClock, SystemClock};
pub use device::{DeviceRequest, DeviceResponse};
pub use dpop::{DPOP, DPOP_NONCE, DpopNonces, DpopProof};
pub use fetch::{
    FetchError, FetchLimits, Fetched, Fetcher, FetcherBuilder, FetcherError, HttpBody, HttpClient,
    HttpRequest, Streamed, Trust,
};
pub use introspection::{INTROSPECTION_JWT, IntrospectionRequest};
pub use learned::{
    UrlRefused, check_page, configured_url, is_confidential, is_same_origin, learned_url,
    public_url,
};
pub use locations::{
    AUTHORIZATION_SERVER, LocationOrder, PROTECTED_RESOURCE, locations,
    protected_resource_locations,
};
pub use page_url::page_url;
pub use pkce::CodeVerifier;
pub use printable::{Printable, printable, printable_url};
pub use protected_resource::ProtectedResourceMetadata;
pub use random::{NoRandomness, unguessable};
pub use registration::{ClientMetadata, RegistrationError};
pub use resource::{ResourceUrl, ResourceUrlError, is_loopback};
pub use revocation::Revocation;
pub use scope::{OFFLINE_ACCESS, ScopeRefused, ScopeRules, ScopeSet, is_scope_token};
pub use secret::Secret;
pub use signing_key::{SigningKey, SigningKeyError};
pub use throttle::{Noted, Sum, Throttle};
pub use token::{
    Grant, TokenError, TokenExchange, TokenRequest, TokenResponse, TokenType, read_exchanged,
};
#[doc(no_inline)]
pub use zeroize::Zeroize;
