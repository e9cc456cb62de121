//! Why the identity provider's metadata is of no use.

use http::StatusCode;
use thiserror::Error;
use thyra_oauth::{FetchError, UrlRefused};

/// Why the identity provider's metadata is of no use.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The URL of the settings cannot be used.
    #[error(transparent)]
    Configured(UrlRefused),
    /// It could not be fetched.
    #[error("{url} could not be fetched")]
    Fetch {
        /// Where it should be.
        url: String,
        /// What went wrong.
        source: FetchError,
    },
    /// There is something else.
    #[error("{url} did not answer with metadata of an identity provider")]
    Malformed {
        /// Where it should be.
        url: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Something is missing.
    #[error(
        "the metadata at {url} has no `{member}`; check the URL, or name the endpoints yourself"
    )]
    Missing {
        /// Where it is.
        url: String,
        /// The member's name.
        member: &'static str,
    },
    /// The URL does not say which issuer the document must name.
    #[error(
        "the URL of the metadata must end in `/.well-known/openid-configuration`, or \
         `upstream_issuer` must be set"
    )]
    NoIssuer,
    /// It belongs to another issuer.
    #[error(
        "the metadata at {url} names the issuer `{named}`, which is not the one of this URL; if \
         it is right, set it as `upstream_issuer`"
    )]
    OtherIssuer {
        /// Where it is.
        url: String,
        /// What it names, as it can be printed.
        named: String,
    },
    /// What was found is outdated already.
    #[error("the metadata of the identity provider is outdated; try again")]
    Outdated,
    /// There is nothing.
    #[error("{url} answered with the status {status}")]
    Status {
        /// Where it should be.
        url: String,
        /// The status.
        status: StatusCode,
    },
    /// It names a URL that must not be followed.
    #[error("the metadata at {url} has a `{member}` that cannot be used")]
    Url {
        /// Where it is.
        url: String,
        /// The member's name.
        member: &'static str,
        /// What is wrong with it.
        source: UrlRefused,
    },
}
