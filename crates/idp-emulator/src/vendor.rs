//! Which identity providers can be emulated.
//!
//! A vendor is a row: a file in `vendor/` with one [`Row`]. Everything else in this crate reads the
//! row of its environment and knows no vendor by name.

mod api;
mod auth0;
mod authkit;
mod clerk;
mod cognito;
mod descope;
mod discord;
mod entra;
mod entra_b2c;
mod facts;
mod github;
mod google;
mod hugging_face;
mod keycloak;
mod oci;
mod oidc;
mod okta;
mod propelauth;
mod row;
mod scalekit;
mod scopes;
mod stytch;
mod supabase;
#[cfg(test)]
mod tests;
mod work_os;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

pub(crate) use self::api::{About, Api, ApplicationTokens, Known};
pub(crate) use self::facts::Facts;
pub(crate) use self::row::{
    Dialect, Document, OPENID, Offer, Opaque, Registered, ResourceChoice, Row, USER_FLOW,
    UnknownResource, fill,
};
pub(crate) use self::scopes::{Redeeming, Refresh, Rotation, UnknownScope};

/// An identity provider that can be emulated.
///
/// Each row follows what the vendor publishes; where that is silent, the emulator chooses, and the
/// comment in the vendor's file says so. No real vendor was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Vendor {
    /// Auth0: an issuer that ends in a slash, audiences by `resource` or `audience`, permissions
    /// beside scopes.
    Auth0,
    /// `AuthKit` of `WorkOS`: tokens for the resource of the request, or for the environment.
    AuthKit,
    /// Clerk: opaque tokens without an audience, judged at `/oauth/token_info`.
    Clerk,
    /// Amazon Cognito: no `aud`, no registration, no resource parameter.
    Cognito,
    /// Descope: an issuer for each MCP server, tokens for the project.
    Descope,
    /// Discord: opaque tokens of one application, asked about at `/oauth2/@me`.
    Discord,
    /// Microsoft Entra ID: tenants in the path, tokens of two versions, scopes with a prefix.
    Entra,
    /// Azure AD B2C: user flows in the path, tokens of one application.
    EntraB2c,
    /// GitHub: opaque tokens of one OAuth app, asked about at its own API.
    GitHub,
    /// Google: opaque tokens, refresh tokens for those who ask in its own way.
    Google,
    /// Hugging Face: opaque tokens of one application, asked about at user info.
    HuggingFace,
    /// Keycloak: realms in the path, roles in nested claims.
    Keycloak,
    /// Identity domains of Oracle Cloud: one issuer for all of them.
    Oci,
    /// An authorization server that follows the standards, RFC 9068 and RFC 9701 among them.
    Oidc,
    /// Okta: authorization servers in the path, scopes in `scp`, clients in `cid`.
    Okta,
    /// `PropelAuth`: opaque tokens, judged by introspection.
    PropelAuth,
    /// Scalekit: each MCP server is an issuer of its own.
    #[default]
    Scalekit,
    /// Stytch Connected Apps: tokens for the project.
    Stytch,
    /// Supabase: ES256, one audience for everything, no scopes.
    Supabase,
    /// Connect of `WorkOS`: tokens of one application, asked about at user info.
    WorkOs,
}

/// A text names no vendor.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("no vendor is called so; take one of {}", names())]
pub struct UnknownVendor;

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Auth0,
        Self::AuthKit,
        Self::Clerk,
        Self::Cognito,
        Self::Descope,
        Self::Discord,
        Self::Entra,
        Self::EntraB2c,
        Self::GitHub,
        Self::Google,
        Self::HuggingFace,
        Self::Keycloak,
        Self::Oci,
        Self::Oidc,
        Self::Okta,
        Self::PropelAuth,
        Self::Scalekit,
        Self::Stytch,
        Self::Supabase,
        Self::WorkOs,
    ];

    /// Those whose tokens an MCP server takes itself. The others give tokens to one application,
    /// and an OAuth proxy has to stand in between.
    pub const DIRECT: [Self; 13] = [
        Self::Auth0,
        Self::AuthKit,
        Self::Clerk,
        Self::Cognito,
        Self::Descope,
        Self::Entra,
        Self::Keycloak,
        Self::Oidc,
        Self::Okta,
        Self::PropelAuth,
        Self::Scalekit,
        Self::Stytch,
        Self::Supabase,
    ];

    /// The name on the command line, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth0 => "auth0",
            Self::AuthKit => "authkit",
            Self::Clerk => "clerk",
            Self::Cognito => "cognito",
            Self::Descope => "descope",
            Self::Discord => "discord",
            Self::Entra => "entra",
            Self::EntraB2c => "entra-b2c",
            Self::GitHub => "github",
            Self::Google => "google",
            Self::HuggingFace => "huggingface",
            Self::Keycloak => "keycloak",
            Self::Oci => "oci",
            Self::Oidc => "oidc",
            Self::Okta => "okta",
            Self::PropelAuth => "propelauth",
            Self::Scalekit => "scalekit",
            Self::Stytch => "stytch",
            Self::Supabase => "supabase",
            Self::WorkOs => "workos",
        }
    }

    /// The name as people write it.
    pub fn title(self) -> &'static str {
        self.row().name
    }

    /// The identifier of the resource that an emulator has when none is given, as the vendor
    /// writes such identifiers.
    pub fn first_resource(self) -> &'static str {
        self.row().first.resource
    }

    pub(crate) fn row(self) -> &'static Row {
        match self {
            Self::Auth0 => &auth0::AUTH0,
            Self::AuthKit => &authkit::AUTHKIT,
            Self::Clerk => &clerk::CLERK,
            Self::Cognito => &cognito::COGNITO,
            Self::Descope => &descope::DESCOPE,
            Self::Discord => &discord::DISCORD,
            Self::Entra => &entra::ENTRA,
            Self::EntraB2c => &entra_b2c::ENTRA_B2C,
            Self::GitHub => &github::GITHUB,
            Self::Google => &google::GOOGLE,
            Self::HuggingFace => &hugging_face::HUGGING_FACE,
            Self::Keycloak => &keycloak::KEYCLOAK,
            Self::Oci => &oci::OCI,
            Self::Oidc => &oidc::OIDC,
            Self::Okta => &okta::OKTA,
            Self::PropelAuth => &propelauth::PROPELAUTH,
            Self::Scalekit => &scalekit::SCALEKIT,
            Self::Stytch => &stytch::STYTCH,
            Self::Supabase => &supabase::SUPABASE,
            Self::WorkOs => &work_os::WORK_OS,
        }
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Vendor {
    type Err = UnknownVendor;

    fn from_str(text: &str) -> Result<Self, UnknownVendor> {
        let named = |vendor: &Self| vendor.name() == text;
        Self::ALL.into_iter().find(named).ok_or(UnknownVendor)
    }
}

fn names() -> String {
    Vendor::ALL.map(Vendor::name).join(", ")
}
