//! What tells one emulated identity provider from another.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::Facts;
use super::api::{Api, ApplicationTokens, Known};
use super::scopes::Scopes;
use crate::client::Client;
use crate::issuer::IssuerMode;
use crate::key::KeyKind;
use crate::resource::Resource;
use crate::user::User;

/// One identity provider.
#[derive(Debug)]
pub(crate) struct Row {
    /// The name on pages for people.
    pub(crate) name: &'static str,
    /// The realm in the challenge of the token endpoint (RFC 7617).
    pub(crate) realm: &'static str,
    pub(crate) paths: Paths,
    /// The forms of the metadata that are served.
    pub(crate) documents: &'static [Document],
    pub(crate) offers: &'static [Offer],
    pub(crate) tokens: Tokens,
    pub(crate) id_tokens: IdTokens,
    pub(crate) scopes: Scopes,
    pub(crate) resources: ResourceChoice,
    pub(crate) ids: Ids,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) first: First,
    /// Tokens are for the application that asks, never for an MCP server: an OAuth proxy has to
    /// stand in between. Clients do not register, and redirect URIs match exactly.
    pub(crate) applications_only: bool,
    /// The body of user info, where it is served.
    pub(crate) user_info: fn(&Known<'_>) -> Value,
    /// What is asked about tokens and people beside the endpoints of OAuth.
    pub(crate) apis: &'static [Api],
    /// What an application asks about its own tokens.
    pub(crate) application_tokens: Option<ApplicationTokens>,
    /// The environment variables that a protected server reads, and what is in them. Beside
    /// `{tenant}` and `{resource}` they may hold `{url}`, `{client}` and `{secret}` of the
    /// environment client, and `{application}` and `{application_secret}`.
    pub(crate) variables: &'static [(&'static str, &'static str)],
    /// The claims of an access token. Null ones and empty lists are left out.
    pub(crate) claims: fn(&Facts<'_>) -> Value,
    /// The body of an error that OAuth does not define.
    pub(crate) error: fn(StatusCode, &str) -> Value,
    /// The body of an error that OAuth defines (RFC 6749 section 5.2), of code and description.
    pub(crate) oauth_error: fn(&str, &str) -> Value,
    /// What the vendor makes of an answer with tokens (RFC 6749 section 5.1).
    pub(crate) token_answer: fn(&mut Map<String, Value>),
    /// What the answer to a registration has beyond RFC 7591: an object.
    pub(crate) registration: fn(&Registered<'_>) -> Value,
}

/// Where the endpoints are, after the environment URL. `{tenant}`, `{resource}` and `{flow}`, which
/// is [`USER_FLOW`], are filled in.
///
/// Where the metadata is follows from the issuer (RFC 8414 section 3.1, `OpenID` Connect Discovery
/// section 4).
#[derive(Debug)]
pub(crate) struct Paths {
    /// What paths may name instead of a tenant, for people of any; it stands for the first one.
    pub(crate) any_tenant: &'static [&'static str],
    /// What the metadata names as issuer.
    pub(crate) issuer: &'static str,
    /// What tokens name as issuer in [`IssuerMode::Environment`].
    pub(crate) environment_issuer: &'static str,
    /// The endpoints of an issuer above all resources, with its own `OpenID` Connect document.
    pub(crate) environment: Option<EnvironmentPaths>,
    pub(crate) authorize: &'static str,
    pub(crate) token: &'static str,
    /// The registration endpoint, if clients may register.
    pub(crate) register: Option<&'static str>,
    /// The key set.
    pub(crate) keys: &'static str,
    /// The revocation endpoint (RFC 7009).
    pub(crate) revoke: Option<&'static str>,
    /// The introspection endpoint (RFC 7662).
    pub(crate) introspect: Option<&'static str>,
    /// The user info endpoint (`OpenID` Connect Core section 5.3).
    pub(crate) userinfo: Option<&'static str>,
    /// Where the browser logs out.
    pub(crate) logout: &'static str,
    /// Where the consent page sends its form.
    pub(crate) consent: &'static str,
}

/// See [`Paths::environment`].
#[derive(Debug)]
pub(crate) struct EnvironmentPaths {
    pub(crate) authorize: &'static str,
    pub(crate) token: &'static str,
}

/// A form of the metadata's URL, with what the document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// RFC 8414: the well-known part comes before the issuer's path.
    OauthInserted,
    /// The well-known part comes after the issuer's path.
    OauthAppended,
    /// `OpenID` Connect Discovery: the well-known part comes after the issuer's path.
    OpenidAppended,
    /// `OpenID` Connect Discovery at this path, whatever the issuer is.
    OpenidAt(&'static str),
}

/// What a vendor can, and whether its metadata says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Tokens are bound to the key of a proof (RFC 9449).
    Dpop,
    /// Clients may be named by the URL of their metadata document.
    MetadataDocuments,
    /// Applications turn tokens that are for them into tokens for other APIs of the vendor.
    OnBehalfOf,
    /// Anybody who has a token may revoke it.
    OpenRevocation,
    /// The metadata says that PKCE is understood; it always is.
    Pkce,
    /// Confidential clients may leave PKCE out.
    PkceOptional,
    /// Authorization responses name the issuer (RFC 9207).
    ResponseIssuer,
    /// The metadata names the revocation endpoint, whatever the resource says.
    Revocation,
    /// Introspection answers are signed if the caller asks (RFC 9701).
    SignedIntrospection,
}

/// What is known of a client that has registered.
#[derive(Debug)]
pub(crate) struct Registered<'a> {
    pub(crate) client: &'a Client,
    /// Where each resource is an issuer of its own.
    pub(crate) resource: Option<&'a Resource>,
    /// Those of the request.
    pub(crate) scopes: &'a [String],
}

impl Row {
    pub(crate) fn offers(&self, offer: Offer) -> bool {
        self.offers.contains(&offer)
    }
}

/// What access tokens are.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) key: KeyKind,
    /// The `typ` of the header, if there is one.
    pub(crate) header_type: Option<&'static str>,
    pub(crate) opaque: Opaque,
    /// What opaque tokens begin with.
    pub(crate) opaque_prefix: &'static str,
    /// Which issuer tokens name unless the set-up says otherwise.
    pub(crate) issuer_mode: IssuerMode,
    /// The claim of ID tokens that names the organisation.
    pub(crate) organization: &'static str,
    /// What refresh tokens begin with.
    pub(crate) refresh_prefix: &'static str,
    /// Access tokens end unless the set-up says otherwise.
    pub(crate) expiring: bool,
    /// The status of `invalid_grant`.
    pub(crate) invalid_grant: StatusCode,
    /// The error of a bad refresh token.
    pub(crate) invalid_refresh_token: &'static str,
    pub(crate) dialect: Dialect,
}

/// Which access tokens are opaque, unless the set-up makes all of them so, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opaque {
    All,
    None,
    /// Those that are for no resource, whatever the set-up says.
    WithoutResource,
}

/// What is special about ID tokens.
#[derive(Debug)]
pub(crate) struct IdTokens {
    /// They name their audience in a list.
    pub(crate) audience_list: bool,
    /// A refresh gives one, too.
    pub(crate) on_refresh: bool,
    /// The claims beside those of `OpenID` Connect, of a user and the tenant.
    pub(crate) more: fn(&User, &str) -> Value,
}

/// How the token endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Of before RFC 6749: answers are forms unless JSON is asked for, errors come with 200, and
    /// `grant_type` and `redirect_uri` may be left out.
    Early,
    /// RFC 6749.
    Standard,
}

/// For which resource a token is, when the client belongs to none and the endpoint is not one of a
/// resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResourceChoice {
    /// For none.
    Nothing,
    /// For the first of the tenant; the request has no say.
    First,
    /// For the one whose URL or identifier is in one of these parameters.
    Named {
        parameters: &'static [&'static str],
        /// A request without any of them is for the first of the tenant; otherwise for none.
        absent_is_first: bool,
        unknown: UnknownResource,
    },
}

/// What becomes of a request for a resource that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownResource {
    /// The token is for no resource.
    Ignored,
    /// An error with this code and description.
    Refused(&'static str, &'static str),
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
    pub(crate) tenant: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) user: &'static str,
    /// The client that belongs to no resource.
    pub(crate) environment_client: &'static str,
    /// The application of an OAuth proxy; it may hold `{resource}`.
    pub(crate) application: &'static str,
    /// The scopes of minted tokens, where they are for applications.
    pub(crate) application_scopes: &'static [&'static str],
    /// What an environment client without scopes of its own gets.
    pub(crate) environment_scopes: &'static [&'static str],
}

impl Document {
    pub(crate) fn is_openid(self) -> bool {
        matches!(self, Self::OpenidAppended | Self::OpenidAt(_))
    }

    /// The path of this document, for an issuer with this path.
    pub(crate) fn path(self, issuer: &str) -> String {
        let issuer = issuer.trim_end_matches('/');
        match self {
            Self::OauthInserted => format!("{AUTHORIZATION_SERVER}{issuer}"),
            Self::OauthAppended => format!("{issuer}{AUTHORIZATION_SERVER}"),
            Self::OpenidAppended => format!("{issuer}{OPENID}"),
            Self::OpenidAt(path) => format!("{path}{OPENID}"),
        }
    }
}

pub(crate) const OPENID: &str = "/.well-known/openid-configuration";
const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";

/// The user flow of a vendor that has them in its paths.
pub(crate) const USER_FLOW: &str = "b2c_1_signin";

/// Fills the placeholders of a path.
pub(crate) fn fill(path: &str, tenant: &str, resource: &str) -> String {
    path.replace("{tenant}", tenant)
        .replace("{resource}", resource)
        .replace("{flow}", USER_FLOW)
}
