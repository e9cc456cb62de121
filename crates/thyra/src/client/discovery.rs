//! From a server's URL to its authorization server: RFC 9728, then RFC 8414 or `OpenID` Connect
//! discovery, in the order of MCP `basic/authorization/authorization-server-discovery`.
//!
//! There is no input and output here. [`begin`] says which document to fetch first, and
//! [`Pending::answer`] takes what came and says what is next.

mod metadata;

use std::collections::VecDeque;

use url::Url;

pub use self::metadata::{AuthorizationServerMetadata, ResourceMetadata};
use super::challenge::BearerChallenge;
use super::learned::{UrlRefused, is_same_origin, learned};
use super::printable::printable;

/// The first step for `server`, the URL of an MCP endpoint, after it answered with `challenge`.
///
/// # Errors
///
/// [`DiscoveryError`] when the challenge names metadata on another origin, or somewhere that a
/// client does not go.
pub fn begin(server: &Url, challenge: Option<&BearerChallenge>) -> Result<Step, DiscoveryError> {
    let mut urls = VecDeque::new();
    if let Some(text) = challenge.and_then(|challenge| challenge.resource_metadata.as_deref()) {
        let url = learned(text, server)?;
        if !is_same_origin(&url, server) {
            return Err(DiscoveryError::ForeignResourceMetadata {
                url: url.into(),
                server: server.to_string(),
            });
        }
        urls.push_back(url);
    }
    for url in metadata::resource_urls(server) {
        if !urls.contains(&url) {
            urls.push_back(url);
        }
    }
    Pending::first_of(urls, server.clone(), Wanted::Resource)
        .ok_or_else(|| DiscoveryError::NoResourceMetadata {
            server: server.to_string(),
        })
        .map(Step::Fetch)
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// All is known.
    Done(Box<Discovered>),
    /// A document must be fetched.
    Fetch(Box<Pending>),
}

/// A document that must be fetched, with what is known so far.
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
pub struct Discovered {
    /// The server, as a protected resource.
    pub resource: ResourceMetadata,
    /// The authorization server that it trusts.
    pub authorization_server: AuthorizationServerMetadata,
}

impl Pending {
    /// Where the document should be: fetch it with `GET`, without following redirects.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The protected-resource metadata, once it is known: what is fetched now is the metadata of
    /// the authorization server.
    pub fn resource(&self) -> Option<&ResourceMetadata> {
        match &self.wanted {
            Wanted::AuthorizationServer(resource) => Some(resource),
            Wanted::Resource => None,
        }
    }

    /// Takes what came: the HTTP status and the body.
    ///
    /// A document that is not there (4xx, or no JSON) is looked for at the next place. One that is
    /// there and says the wrong thing ends discovery, and so does a server in trouble (429, 5xx):
    /// another document could then be somebody else's.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`], which says what is wrong with which document.
    pub fn answer(self, status: u16, body: &[u8]) -> Result<Step, DiscoveryError> {
        match status {
            200 => match &self.wanted {
                Wanted::Resource => self.resource_metadata(body),
                Wanted::AuthorizationServer(resource) => {
                    match AuthorizationServerMetadata::read(
                        body,
                        resource,
                        &self.server,
                        &self.url,
                    )? {
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

    fn resource_metadata(self, body: &[u8]) -> Result<Step, DiscoveryError> {
        let Some(resource) = ResourceMetadata::read(body, &self.server, &self.url)? else {
            return self.elsewhere();
        };
        let urls = metadata::authorization_server_urls(&resource.issuer, &self.server)?;
        let issuer = resource.issuer.clone();
        Self::first_of(urls, self.server, Wanted::AuthorizationServer(resource))
            .ok_or(DiscoveryError::NoAuthorizationServerMetadata { issuer })
            .map(Step::Fetch)
    }

    fn elsewhere(self) -> Result<Step, DiscoveryError> {
        let Self {
            server,
            later,
            wanted,
            ..
        } = self;
        let missing = match &wanted {
            Wanted::Resource => DiscoveryError::NoResourceMetadata {
                server: server.to_string(),
            },
            Wanted::AuthorizationServer(resource) => {
                DiscoveryError::NoAuthorizationServerMetadata {
                    issuer: resource.issuer.clone(),
                }
            }
        };
        Self::first_of(later, server, wanted)
            .ok_or(missing)
            .map(Step::Fetch)
    }

    fn first_of(mut urls: VecDeque<Url>, server: Url, wanted: Wanted) -> Option<Box<Self>> {
        let url = urls.pop_front()?;
        Some(Box::new(Self {
            server,
            url,
            later: urls,
            wanted,
        }))
    }
}

/// Which document is fetched.
#[derive(Debug)]
enum Wanted {
    AuthorizationServer(ResourceMetadata),
    Resource,
}

/// Why the authorization server of an MCP server cannot be found or trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The challenge sends the client to metadata on another origin.
    #[error(
        "the challenge names metadata at {url}, which is not on the origin of {server}; metadata of somebody else is not trusted"
    )]
    ForeignResourceMetadata {
        /// What the challenge names.
        url: String,
        /// The MCP server.
        server: String,
    },
    /// Metadata is not what its name says: RFC 8414 section 3.3.
    #[error(
        "the metadata at {url} is of the issuer `{found}`, not of `{wanted}`; the two must be identical, also in a final slash"
    )]
    IssuerMismatch {
        /// Where it was.
        url: String,
        /// The issuer that the MCP server names.
        wanted: String,
        /// The issuer that the document names.
        found: String,
    },
    /// A document lacks what it must have, or has it in the wrong form.
    #[error("the metadata at {url} cannot be used: {problem}")]
    Malformed {
        /// Where it was.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// The resource names nobody who could give tokens.
    #[error("the metadata at {url} names no authorization server, so there is nobody to log in at")]
    NoAuthorizationServer {
        /// Where it was.
        url: String,
    },
    /// The authorization server has no metadata where it could be.
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
    /// The MCP server asks for a token and does not say where to get one.
    #[error(
        "{server} has no protected-resource metadata (RFC 9728), so it does not say where to log in"
    )]
    NoResourceMetadata {
        /// The MCP server.
        server: String,
    },
    /// The metadata describes another resource: RFC 9728 section 3.3.
    #[error(
        "the metadata at {url} is of the resource `{found}`, which does not cover {server}; a token for it could be somebody else's"
    )]
    ResourceMismatch {
        /// Where it was.
        url: String,
        /// The resource that the document names.
        found: String,
        /// The MCP server.
        server: String,
    },
    /// Something was named that the client does not go to.
    #[error(transparent)]
    Url(#[from] UrlRefused),
    /// The document could not be had just now.
    #[error("{url} answered with status {status}; try again later")]
    Unavailable {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
}

fn malformed(url: &Url, problem: &str) -> DiscoveryError {
    DiscoveryError::Malformed {
        url: url.to_string(),
        problem: printable(problem),
    }
}

#[cfg(test)]
mod tests;
