//! From a resource's URL to its authorization server: RFC 9728, then RFC 8414 or `OpenID` Connect
//! discovery.
//!
//! There is no I/O here. [`begin`] says which document to fetch first, and [`Pending::answer`]
//! takes what came and says what to do next.
//!
//! ```
//! use thyra_login::discovery::{Step, begin};
//!
//! # fn example() -> Result<(), thyra_login::discovery::DiscoveryError> {
//! let Step::Fetch(pending) = begin("https://mcp.example.com/mcp", None)? else {
//!     return Ok(());
//! };
//! assert_eq!(
//!     pending.url(),
//!     "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
//! );
//! let document = br#"{
//!     "resource": "https://mcp.example.com/mcp",
//!     "authorization_servers": ["https://login.example.org"]
//! }"#;
//! let Step::Fetch(pending) = pending.answer(200, document)? else {
//!     return Ok(());
//! };
//! assert_eq!(
//!     pending.url(),
//!     "https://login.example.org/.well-known/oauth-authorization-server"
//! );
//! # Ok(())
//! # }
//! # example().unwrap();
//! ```

mod judgement;

use std::collections::VecDeque;

use thyra_oauth::{
    Challenge, LocationOrder, ScopeSet, UrlRefused, configured_url, is_same_origin, learned_url,
    locations, protected_resource_locations,
};
use url::Url;

use self::judgement::{judge_authorization_server, judge_resource};

/// The first step for the resource at `server`, which may have answered with `challenge`.
///
/// # Errors
///
/// [`DiscoveryError`] when `server` is not a URL that tokens may be sent to, or when the challenge
/// names metadata that must not be fetched.
pub fn begin(server: &str, challenge: Option<&Challenge<'_>>) -> Result<Step, DiscoveryError> {
    let server = configured_url(server)?;
    let mut urls = VecDeque::new();
    if let Some(text) = challenge.and_then(|challenge| challenge.resource_metadata.as_deref()) {
        let url = learned_url(text, &server)?;
        if !is_same_origin(&url, &server) {
            return Err(DiscoveryError::ForeignResourceMetadata {
                url: url.into(),
                server: server.into(),
            });
        }
        urls.push_back(url);
    }
    for url in protected_resource_locations(&server) {
        if !urls.contains(&url) {
            urls.push_back(url);
        }
    }
    let pending = Pending {
        // The places of a resource are never none; the server's own URL would be one, too.
        url: urls.pop_front().unwrap_or_else(|| server.clone()),
        later: urls,
        server,
        wanted: Wanted::Resource,
    };
    Ok(Step::Fetch(Box::new(pending)))
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Nothing: all is known.
    Done(Box<Discovered>),
    /// Fetch a document.
    Fetch(Box<Pending>),
}

/// A document to fetch, with what is known so far.
#[derive(Debug)]
pub struct Pending {
    server: Url,
    url: Url,
    /// Where to look when it is not at `url`.
    later: VecDeque<Url>,
    wanted: Wanted,
}

/// What discovery finds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Discovered {
    /// The resource.
    pub resource: ProtectedResource,
    /// The authorization server that it trusts.
    pub authorization_server: AuthorizationServer,
}

/// A resource whose metadata has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProtectedResource {
    /// Its identifier, byte for byte: what tokens are asked for with `resource` (RFC 8707).
    pub resource: String,
    /// The first of its authorization servers, byte for byte.
    pub issuer: String,
    /// The scopes that it knows, when it says so.
    pub scopes_supported: Option<ScopeSet>,
}

/// An authorization server whose metadata has been checked: its issuer is the one that the resource
/// names, it checks PKCE, and its endpoints are where a program may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationServer {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) registration_endpoint: Option<Url>,
    pub(crate) names_issuer_in_responses: bool,
    pub(crate) offers_offline_access: bool,
}

impl AuthorizationServer {
    /// Its identifier, byte for byte.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where a person logs in.
    pub fn authorization_endpoint(&self) -> &str {
        self.authorization_endpoint.as_str()
    }

    /// Where codes become tokens.
    pub fn token_endpoint(&self) -> &str {
        self.token_endpoint.as_str()
    }

    /// Where clients register themselves, when they may (RFC 7591).
    pub fn registration_endpoint(&self) -> Option<&str> {
        self.registration_endpoint.as_ref().map(Url::as_str)
    }

    /// Whether every authorization response names the issuer (RFC 9207).
    pub fn names_issuer_in_responses(&self) -> bool {
        self.names_issuer_in_responses
    }

    /// Whether it gives refresh tokens to those who ask for the scope `offline_access`.
    pub fn offers_offline_access(&self) -> bool {
        self.offers_offline_access
    }
}

impl Pending {
    /// Where the document should be. Fetch it with `GET`, without following redirects.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The same, for whoever fetches it.
    pub(crate) fn location(&self) -> &Url {
        &self.url
    }

    /// The resource, once it is known: the document to fetch is then the metadata of its
    /// authorization server.
    pub fn resource(&self) -> Option<&ProtectedResource> {
        match &self.wanted {
            Wanted::AuthorizationServer(resource) => Some(resource),
            Wanted::Resource => None,
        }
    }

    /// Takes the HTTP status and the body that came.
    ///
    /// A document that is not there (4xx, or no JSON) is looked for in the next place. Discovery
    /// ends when a document is there and says the wrong thing, and when a server is in trouble
    /// (429, 5xx): another document could then be somebody else's.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`] says what is wrong with which document.
    pub fn answer(self, status: u16, body: &[u8]) -> Result<Step, DiscoveryError> {
        match status {
            200 => match &self.wanted {
                Wanted::Resource => match judge_resource(body, &self.server, &self.url)? {
                    Some(resource) => self.found(resource),
                    None => self.elsewhere(),
                },
                Wanted::AuthorizationServer(resource) => {
                    let issuer = &resource.issuer;
                    match judge_authorization_server(body, issuer, &self.server, &self.url)? {
                        Some(authorization_server) => Ok(Step::Done(Box::new(Discovered {
                            resource: resource.clone(),
                            authorization_server,
                        }))),
                        None => self.elsewhere(),
                    }
                }
            },
            429 | 500..=599 => Err(DiscoveryError::Unavailable {
                url: self.url.into(),
                status,
            }),
            _ => self.elsewhere(),
        }
    }

    fn found(self, resource: ProtectedResource) -> Result<Step, DiscoveryError> {
        let issuer = learned_url(&resource.issuer, &self.server)?;
        Self {
            later: locations(&issuer, LocationOrder::SpecifiedFirst).into(),
            wanted: Wanted::AuthorizationServer(resource),
            ..self
        }
        .elsewhere()
    }

    fn elsewhere(mut self) -> Result<Step, DiscoveryError> {
        match self.later.pop_front() {
            Some(url) => {
                self.url = url;
                Ok(Step::Fetch(Box::new(self)))
            }
            None => Err(match self.wanted {
                Wanted::Resource => DiscoveryError::NoResourceMetadata {
                    server: self.server.into(),
                },
                Wanted::AuthorizationServer(resource) => {
                    DiscoveryError::NoAuthorizationServerMetadata {
                        issuer: resource.issuer,
                    }
                }
            }),
        }
    }
}

/// Which document is fetched.
#[derive(Debug)]
enum Wanted {
    AuthorizationServer(ProtectedResource),
    Resource,
}

/// Why the authorization server of a resource cannot be found or trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The challenge names metadata on another origin.
    #[error(
        "the challenge names metadata at {url}, which is not on the origin of {server}; metadata of somebody else is not trusted"
    )]
    ForeignResourceMetadata {
        /// What the challenge names.
        url: String,
        /// The resource server.
        server: String,
    },
    /// The metadata is of another issuer (RFC 8414 section 3.3).
    #[error(
        "the metadata at {url} is of the issuer `{found}`, not of `{wanted}`; the two must be identical, also in a final slash"
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
    #[error("the metadata at {url} cannot be used: {problem}")]
    Malformed {
        /// Where it was.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// The resource names no authorization server.
    #[error("the metadata at {url} names no authorization server, so there is nobody to log in at")]
    NoAuthorizationServer {
        /// Where it was.
        url: String,
    },
    /// The authorization server publishes no metadata.
    #[error(
        "the authorization server {issuer} publishes its metadata at none of the well-known places of RFC 8414 and OpenID Connect"
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
        "{server} has no protected-resource metadata (RFC 9728), so it does not say where to log in"
    )]
    NoResourceMetadata {
        /// The resource server.
        server: String,
    },
    /// The metadata is of another resource (RFC 9728 section 3.3).
    #[error(
        "the metadata at {url} is of the resource `{found}`, which does not cover {server}; a token for it could be somebody else's"
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
    #[error("{url} answered with status {status}; try again later")]
    Unavailable {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
}

#[cfg(test)]
mod tests;
