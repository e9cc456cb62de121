//! Connect of `WorkOS`: applications of an `AuthKit` domain.

use serde_json::{Value, json};

use super::Facts;
use super::api::Known;
use super::authkit::AUTHKIT;
use super::row::{First, Offer, Paths, ResourceChoice, Row};

/// An `AuthKit` domain that knows one OAuth application of Connect. Its tokens are JWTs for the
/// application.
pub(crate) const WORK_OS: Row = Row {
    name: "WorkOS",
    realm: "workos",
    paths: Paths {
        register: None,
        ..AUTHKIT.paths
    },
    offers: &[Offer::Pkce, Offer::PkceOptional],
    resources: ResourceChoice::Nothing,
    first: First {
        application: "client_01JP8BD0CZ401TDF9X54NT5ZEK",
        application_scopes: &["openid", "profile"],
        ..AUTHKIT.first
    },
    applications_only: true,
    user_info,
    variables: &[
        ("WORKOS_AUTHKIT_DOMAIN", "{url}"),
        ("WORKOS_CLIENT_ID", "{application}"),
        ("WORKOS_CLIENT_SECRET", "{application_secret}"),
    ],
    claims,
    ..AUTHKIT
};

fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "iss": facts.issuer,
        "aud": facts.client,
        "sub": facts.subject,
        "client_id": facts.client,
        "org_id": facts.organization(),
        "sid": facts.session,
        "scope": facts.scope(),
        "jti": facts.id,
        "iat": facts.issued_at,
        "exp": facts.expires_at,
    })
}

fn user_info(known: &Known<'_>) -> Value {
    let user = known.user;
    let (given, family) = user.name.split_once(' ').unwrap_or((&user.name, ""));
    json!({
        "sub": user.subject,
        "email": user.email,
        "email_verified": true,
        "given_name": given,
        "family_name": family,
    })
}
