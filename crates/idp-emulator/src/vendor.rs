//! What tells one emulated identity provider from another.
//!
//! A vendor is a row: a file in `vendor/` with one [`Vendor`]. Everything else in this crate reads
//! the row of its environment and knows no vendor by name.

mod scalekit;

use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::resource::Resource;

pub(crate) use self::scalekit::SCALEKIT;

/// An identity provider that can be emulated.
#[derive(Debug)]
pub(crate) struct Vendor {
    /// The name on pages for people.
    pub(crate) name: &'static str,
    /// The realm in the challenge of the token endpoint (RFC 7617).
    pub(crate) realm: &'static str,
    pub(crate) paths: Paths,
    pub(crate) ids: Ids,
    pub(crate) claims: Claims,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) first: First,
    pub(crate) variables: Variables,
    /// What tokens for a resource carry in `aud`.
    pub(crate) audience: fn(&Resource) -> Vec<&str>,
    /// The body of an error that OAuth does not define.
    pub(crate) error: fn(StatusCode, &str) -> Value,
    /// What the answer to a registration has beyond RFC 7591. The scopes are those of the request.
    pub(crate) registration: fn(&Client, &Resource, &[String]) -> Map<String, Value>,
}

/// Where the endpoints are. In each path that is for one resource, `{resource}` is its identifier.
///
/// Where the metadata is follows from the issuers (RFC 8414 section 3.1, `OpenID` Connect Discovery
/// section 4).
#[derive(Debug)]
pub(crate) struct Paths {
    /// The path of a resource's issuer; the environment itself is the issuer without a path.
    pub(crate) resource_issuer: &'static str,
    /// After each issuer: the authorization endpoint.
    pub(crate) authorize: &'static str,
    /// After each issuer: the token endpoint.
    pub(crate) token: &'static str,
    /// The registration endpoint of a resource.
    pub(crate) register: &'static str,
    /// The key set.
    pub(crate) keys: &'static str,
    /// The revocation endpoint.
    pub(crate) revoke: &'static str,
    /// Where the browser logs out.
    pub(crate) logout: &'static str,
    /// Where the consent page sends its form.
    pub(crate) consent: &'static str,
}

/// What identifiers begin with; a number follows.
#[derive(Debug)]
pub(crate) struct Ids {
    pub(crate) key: &'static str,
    /// Clients that registered.
    pub(crate) client: &'static str,
    pub(crate) token: &'static str,
    pub(crate) session: &'static str,
    /// Login pages.
    pub(crate) login: &'static str,
}

/// How tokens spell what the standards leave open.
#[derive(Debug)]
pub(crate) struct Claims {
    /// The `typ` of the header.
    pub(crate) header_type: &'static str,
    pub(crate) client: &'static str,
    pub(crate) organization: &'static str,
    pub(crate) permissions: &'static str,
    pub(crate) roles: &'static str,
    pub(crate) session: &'static str,
    /// The scopes as a string with spaces.
    pub(crate) scope: &'static str,
    /// The scopes as an array.
    pub(crate) scopes: &'static str,
}

/// How long things live, in seconds, where neither client nor resource says it.
#[derive(Debug)]
pub(crate) struct Lifetimes {
    /// An authorization code.
    pub(crate) code: u64,
    /// A user's access token that is for no resource, and every ID token.
    pub(crate) session_token: u64,
    /// A refresh token that is for no resource.
    pub(crate) refresh_token: u64,
}

/// What an environment has that was started with nothing.
#[derive(Debug)]
pub(crate) struct First {
    pub(crate) resource: &'static str,
    pub(crate) user: &'static str,
    /// The client that belongs to no resource.
    pub(crate) environment_client: &'static str,
    /// What an environment client without scopes of its own gets.
    pub(crate) environment_scopes: &'static [&'static str],
}

/// The environment variables that a protected server reads.
#[derive(Debug)]
pub(crate) struct Variables {
    pub(crate) environment_url: &'static str,
    pub(crate) resource_id: &'static str,
    pub(crate) client_id: &'static str,
    pub(crate) client_secret: &'static str,
}

impl Paths {
    /// The path of the resource's issuer.
    pub(crate) fn issuer_of(&self, resource: &str) -> String {
        of_resource(self.resource_issuer, resource)
    }

    /// The path of the resource's registration endpoint.
    pub(crate) fn register_at(&self, resource: &str) -> String {
        of_resource(self.register, resource)
    }

    /// The path of the resource's metadata in the form of RFC 8414.
    pub(crate) fn metadata_of(&self, resource: &str) -> String {
        of_resource(&self.inserted_metadata(), resource)
    }

    /// The metadata of a resource: the well-known part comes before the issuer's path.
    pub(crate) fn inserted_metadata(&self) -> String {
        format!("{AUTHORIZATION_SERVER}{}", self.resource_issuer)
    }

    /// The metadata of a resource: the well-known part comes after the issuer's path.
    pub(crate) fn appended_metadata(&self) -> String {
        format!("{}{AUTHORIZATION_SERVER}", self.resource_issuer)
    }
}

const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";

fn of_resource(path: &str, resource: &str) -> String {
    path.replace("{resource}", resource)
}
