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

mod error;
mod judgement;

use std::collections::VecDeque;

use thyra_oauth::{
    Challenge, LocationOrder, ScopeSet, configured_url, is_same_origin, learned_url, locations,
    protected_resource_locations,
};
use url::Url;

pub use self::error::DiscoveryError;
use self::judgement::{judge_authorization_server, judge_resource};

/// The first step for the resource at `server`, which may have answered with `challenge`.
///
/// # Errors
///
/// [`DiscoveryError`] when `server` is not a URL that tokens may be sent to, or when the challenge
/// names metadata that must not be fetched.
pub fn begin(server: &str, challenge: Option<&Challenge<'_>>) -> Result<Step, DiscoveryError> {
    begin_for(Purpose::Person, server, challenge)
}

/// As [`begin`], for a program that gets tokens without a person, or with one who logs in on
/// another device. Its authorization server need not have a login page and check PKCE.
///
/// # Errors
///
/// As [`begin`].
pub fn begin_for_machine(
    server: &str,
    challenge: Option<&Challenge<'_>>,
) -> Result<Step, DiscoveryError> {
    begin_for(Purpose::Machine, server, challenge)
}

/// Who is to get a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Machine,
    Person,
}

fn begin_for(
    purpose: Purpose,
    server: &str,
    challenge: Option<&Challenge<'_>>,
) -> Result<Step, DiscoveryError> {
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
        purpose,
        preferred: None,
        others: VecDeque::new(),
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

impl Step {
    /// Prefers the authorization server `issuer`, if the resource names it among others: it counts
    /// then, and no other. Otherwise the first one counts (RFC 9728 section 7.6 leaves the choice
    /// to the client), or the next one, up to the third, when the ones before are out of order.
    #[must_use]
    pub fn preferring(mut self, issuer: Option<&str>) -> Self {
        if let Self::Fetch(pending) = &mut self {
            pending.preferred = issuer.map(str::to_owned);
        }
        self
    }
}

/// A document to fetch, with what is known so far.
#[derive(Debug)]
pub struct Pending {
    server: Url,
    purpose: Purpose,
    /// The authorization server to choose among several.
    preferred: Option<String>,
    /// The authorization servers to try when the one that is looked for is out of order.
    others: VecDeque<String>,
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
    /// One of its authorization servers, byte for byte: the preferred one, or the first one that is
    /// in order.
    pub issuer: String,
    /// The scopes that it knows, when it says so.
    pub scopes_supported: Option<ScopeSet>,
    /// With which algorithms proofs may be signed that a token is one's own (RFC 9449); empty when
    /// it does not say.
    pub dpop_algorithms: Vec<String>,
    /// Whether it takes only tokens that are bound to a key.
    pub requires_dpop: bool,
}

/// An authorization server whose metadata has been checked: its issuer is the one that the resource
/// names, it checks PKCE, and its endpoints are where a program may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationServer {
    pub(crate) issuer: String,
    /// A server that lets nobody log in has none.
    pub(crate) authorization_endpoint: Option<Url>,
    pub(crate) device_authorization_endpoint: Option<Url>,
    pub(crate) token_endpoint: Url,
    pub(crate) registration_endpoint: Option<Url>,
    pub(crate) revocation_endpoint: Option<Url>,
    pub(crate) names_issuer_in_responses: bool,
    pub(crate) offers_offline_access: bool,
    /// How clients may authenticate at the token endpoint; empty when it does not say.
    pub(crate) authentication_methods: Vec<String>,
    /// With what clients may sign assertions; empty when it does not say.
    pub(crate) assertion_algorithms: Vec<String>,
    pub(crate) takes_metadata_documents: bool,
    /// With what proofs may be signed (RFC 9449); empty when it gives no tokens that are bound to a
    /// key, or does not say.
    pub(crate) dpop_algorithms: Vec<String>,
}

impl AuthorizationServer {
    /// Its identifier, byte for byte.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where a person logs in. `None` only when discovery was not for a person.
    pub fn authorization_endpoint(&self) -> Option<&str> {
        self.authorization_endpoint.as_ref().map(Url::as_str)
    }

    /// Where a program asks for codes with which a person logs in on another device, when it may
    /// (RFC 8628).
    pub fn device_authorization_endpoint(&self) -> Option<&str> {
        self.device_authorization_endpoint.as_ref().map(Url::as_str)
    }

    /// Where codes become tokens.
    pub fn token_endpoint(&self) -> &str {
        self.token_endpoint.as_str()
    }

    /// Where clients register themselves, when they may (RFC 7591).
    pub fn registration_endpoint(&self) -> Option<&str> {
        self.registration_endpoint.as_ref().map(Url::as_str)
    }

    /// Whether the URL of a metadata document may be the identifier of a client.
    pub fn takes_metadata_documents(&self) -> bool {
        self.takes_metadata_documents
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
    /// (429, 5xx): another document could then be somebody else's. An authorization server that is
    /// in trouble, or has no document, is passed over if the resource names another one.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`] says what is wrong with which document.
    pub fn answer(self, status: u16, body: &[u8]) -> Result<Step, DiscoveryError> {
        match status {
            200 => match &self.wanted {
                Wanted::Resource => {
                    let preferred = self.preferred.as_deref();
                    match judge_resource(body, preferred, &self.server, &self.url)? {
                        Some((resource, others)) => Self { others, ..self }.found(resource),
                        None => self.elsewhere(),
                    }
                }
                Wanted::AuthorizationServer(resource) => {
                    let issuer = &resource.issuer;
                    let judged = judge_authorization_server(
                        body,
                        issuer,
                        self.purpose,
                        &self.server,
                        &self.url,
                    )?;
                    match judged {
                        Some(authorization_server) => Ok(Step::Done(Box::new(Discovered {
                            resource: resource.clone(),
                            authorization_server,
                        }))),
                        None => self.elsewhere(),
                    }
                }
            },
            429 | 500..=599 => {
                let url = self.url.to_string();
                self.next_server()?
                    .ok_or(DiscoveryError::Unavailable { url, status })
            }
            _ => self.elsewhere(),
        }
    }

    /// What to do when the server of the document cannot be reached; `None` when there is nobody
    /// else to ask.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`] when the next authorization server that the resource names has no URL
    /// that may be followed.
    pub fn unreachable(self) -> Result<Option<Step>, DiscoveryError> {
        self.next_server()
    }

    /// The next authorization server that the resource names.
    fn next_server(mut self) -> Result<Option<Step>, DiscoveryError> {
        match (self.others.pop_front(), &self.wanted) {
            (Some(issuer), Wanted::AuthorizationServer(resource)) => {
                let resource = ProtectedResource {
                    issuer,
                    ..resource.clone()
                };
                self.found(resource).map(Some)
            }
            _ => Ok(None),
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
        if let Some(url) = self.later.pop_front() {
            self.url = url;
            return Ok(Step::Fetch(Box::new(self)));
        }
        let nowhere = match &self.wanted {
            Wanted::Resource => DiscoveryError::NoResourceMetadata {
                server: self.server.to_string(),
            },
            Wanted::AuthorizationServer(resource) => {
                DiscoveryError::NoAuthorizationServerMetadata {
                    issuer: resource.issuer.clone(),
                }
            }
        };
        self.next_server()?.ok_or(nowhere)
    }
}

/// Which document is fetched.
#[derive(Debug)]
enum Wanted {
    AuthorizationServer(ProtectedResource),
    Resource,
}

#[cfg(test)]
impl AuthorizationServer {
    /// One that says as little as it may.
    pub(crate) fn example() -> Self {
        let url = |path| Url::parse(&format!("https://login.example.org/{path}"));
        Self {
            issuer: "https://login.example.org".to_owned(),
            authorization_endpoint: url("authorize?tenant=1").ok(),
            device_authorization_endpoint: None,
            token_endpoint: url("token").unwrap(),
            registration_endpoint: None,
            revocation_endpoint: None,
            names_issuer_in_responses: false,
            offers_offline_access: false,
            authentication_methods: Vec::new(),
            assertion_algorithms: Vec::new(),
            takes_metadata_documents: false,
            dpop_algorithms: Vec::new(),
        }
    }
}

#[cfg(test)]
impl ProtectedResource {
    /// One that says as little as it may.
    pub(crate) fn example() -> Self {
        Self {
            resource: "https://mcp.example.com/mcp".to_owned(),
            issuer: "https://login.example.org".to_owned(),
            scopes_supported: None,
            dpop_algorithms: Vec::new(),
            requires_dpop: false,
        }
    }
}

#[cfg(test)]
mod tests;
