//! What an access token says, before a vendor spells it.

use serde_json::{Value, json};

use crate::issuer::ScopeShape;
use crate::resource::Resource;
use crate::user::User;

/// What is known when an access token is made.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) issuer: &'a str,
    /// The issuer is the one of [`IssuerMode::Environment`](crate::IssuerMode::Environment).
    pub(crate) by_environment: bool,
    /// The environment URL.
    pub(crate) url: &'a str,
    pub(crate) tenant: &'a str,
    pub(crate) resource: Option<&'a Resource>,
    /// The user's client asked for this resource (RFC 8707).
    pub(crate) bound: bool,
    /// The user, or the client for itself.
    pub(crate) subject: &'a str,
    /// None in tokens of the client credentials grant.
    pub(crate) user: Option<&'a User>,
    pub(crate) session: Option<&'a str>,
    pub(crate) client: &'a str,
    pub(crate) scopes: &'a [String],
    pub(crate) shape: ScopeShape,
    /// The identifier of the token.
    pub(crate) id: &'a str,
    pub(crate) issued_at: u64,
    /// None in tokens without an end.
    pub(crate) expires_at: Option<u64>,
}

impl Facts<'_> {
    /// The scopes with spaces between them, or null.
    pub(crate) fn scope(&self) -> Value {
        if self.scopes.is_empty() {
            return Value::Null;
        }
        json!(self.scopes.join(" "))
    }

    /// The granted scopes that belong to the resource: those of `OpenID` Connect are left out.
    pub(crate) fn resource_scopes(&self) -> Vec<&str> {
        let of_resource = |scope: &&String| {
            self.resource
                .is_some_and(|resource| resource.scopes.contains(scope))
        };
        let scopes = self.scopes.iter().filter(of_resource);
        scopes.map(String::as_str).collect()
    }

    /// The URL of the resource; without one, its identifier; without a resource, nothing.
    pub(crate) fn resource_url(&self) -> Option<&str> {
        let resource = self.resource?;
        Some(resource.uri.as_deref().unwrap_or(&resource.id))
    }

    pub(crate) fn organization(&self) -> Option<&str> {
        self.user?.organization.as_deref()
    }

    pub(crate) fn roles(&self) -> &[String] {
        self.user.map_or(&[], |user| &user.roles)
    }

    pub(crate) fn permissions(&self) -> &[String] {
        self.user.map_or(&[], |user| &user.permissions)
    }

    pub(crate) fn email(&self) -> Option<&str> {
        self.user.map(|user| user.email.as_str())
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.user.map(|user| user.name.as_str())
    }
}
