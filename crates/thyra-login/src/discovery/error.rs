//! Why discovery ends without an authorization server.

use thyra_oauth::{UrlRefused, printable, printable_url};

/// Why the authorization server of a resource cannot be found or trusted. The text shows no query
/// of a URL: that of the resource may hold a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The challenge names metadata on another origin.
    #[error(
        "the challenge names metadata at {}, which is not on the origin of {}; metadata of somebody else is not trusted", printable_url(.url), printable_url(.server)
    )]
    ForeignResourceMetadata {
        /// What the challenge names.
        url: String,
        /// The resource server.
        server: String,
    },
    /// The metadata is of another issuer (RFC 8414 section 3.3).
    #[error(
        "the metadata at {} is of the issuer `{found}`, not of `{wanted}`; the two must be identical, also in a final slash", printable_url(.url)
    )]
    IssuerMismatch {
        /// Where it was.
        url: String,
        /// The issuer that the resource names.
        wanted: String,
        /// The issuer that the document names.
        found: String,
    },
    /// A member of a document is missing, or has the wrong form.
    #[error("the metadata at {} cannot be used: {problem}", printable_url(.url))]
    Malformed {
        /// Where it was.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// The resource names no authorization server.
    #[error("the metadata at {} names no authorization server, so there is nobody to log in at", printable_url(.url))]
    NoAuthorizationServer {
        /// Where it was.
        url: String,
    },
    /// The authorization server publishes no metadata.
    #[error(
        "the authorization server {} publishes its metadata at none of the well-known places of RFC 8414 and OpenID Connect", printable(.issuer)
    )]
    NoAuthorizationServerMetadata {
        /// The issuer.
        issuer: String,
    },
    /// The authorization server does not say that it checks PKCE.
    #[error(
        "the authorization server {issuer} does not list S256 in code_challenge_methods_supported; without PKCE a login is not safe"
    )]
    NoPkce {
        /// The issuer.
        issuer: String,
    },
    /// The resource server wants a token and does not say where to get one.
    #[error(
        "{} has no protected-resource metadata (RFC 9728), so it does not say where to log in", printable_url(.server)
    )]
    NoResourceMetadata {
        /// The resource server.
        server: String,
    },
    /// The metadata is of another resource (RFC 9728 section 3.3).
    #[error(
        "the metadata at {} is of the resource `{found}`, which does not cover {}; a token for it could be somebody else's", printable_url(.url), printable_url(.server)
    )]
    ResourceMismatch {
        /// Where it was.
        url: String,
        /// The resource that the document names.
        found: String,
        /// The resource server.
        server: String,
    },
    /// A document names a URL that is not followed.
    #[error(transparent)]
    Url(#[from] UrlRefused),
    /// The document is not available now.
    #[error("{} answered with status {status}; try again later", printable_url(.url))]
    Unavailable {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
}
