//! Azure AD B2C, the older sibling of Entra ID.

use serde_json::{Value, json};

use super::Facts;
use super::entra::ENTRA;
use super::row::{Document, First, IdTokens, Offer, Paths, ResourceChoice, Row};
use super::scopes::{Scopes, UnknownScope};
use crate::resource::Resource;

/// A tenant of B2C with the user flow `b2c_1_signin`, which is part of the paths, in any case of
/// its letters. The issuer has a GUID instead of the tenant's name, and the flow is nowhere in it.
/// The API and the application that logs people in are one. There is no user info.
pub(crate) const ENTRA_B2C: Row = Row {
    name: "Azure AD B2C",
    realm: "b2c",
    paths: Paths {
        any_tenant: &[],
        issuer: ISSUER,
        environment_issuer: ISSUER,
        authorize: "/{tenant}/{flow}/oauth2/v2.0/authorize",
        token: "/{tenant}/{flow}/oauth2/v2.0/token",
        keys: "/{tenant}/{flow}/discovery/v2.0/keys",
        userinfo: None,
        ..ENTRA.paths
    },
    documents: &[Document::OpenidAt("/{tenant}/{flow}/v2.0")],
    offers: &[Offer::PkceOptional],
    id_tokens: IdTokens {
        more: |user, _| {
            json!({
                "oid": user.subject, "emails": [user.email], "tfp": "B2C_1_signin",
                "ver": "1.0",
            })
        },
        ..ENTRA.id_tokens
    },
    scopes: Scopes {
        own: &["openid", "profile", "offline_access"],
        unknown: UnknownScope::Refused,
        apis: &[],
        echo,
        prefixes,
        ..ENTRA.scopes
    },
    resources: ResourceChoice::First,
    first: First {
        tenant: "contoso.onmicrosoft.com",
        ..ENTRA.first
    },
    applications_only: true,
    variables: &[
        ("AZURE_AUTHORITY", "{url}"),
        ("AZURE_TENANT_ID", "11111111-1111-4111-8111-111111111111"),
        ("AZURE_USER_FLOW", "b2c_1_signin"),
        ("AZURE_IDENTIFIER_URI", "https://{tenant}/{resource}"),
        ("AZURE_CLIENT_ID", "{application}"),
        ("AZURE_CLIENT_SECRET", "{application_secret}"),
    ],
    claims,
    ..ENTRA
};

const ISSUER: &str = "/11111111-1111-4111-8111-111111111111/v2.0/";

fn prefix(resource: &Resource) -> String {
    let tenant = resource.tenant.as_deref();
    let tenant = tenant.unwrap_or(ENTRA_B2C.first.tenant);
    format!("https://{tenant}/{}/", resource.id)
}

fn prefixes(resource: &Resource) -> Vec<String> {
    vec![prefix(resource)]
}

fn echo(resource: Option<&Resource>, scopes: &[String]) -> Vec<String> {
    let long = |scope: &String| match resource {
        Some(api) if api.scopes.contains(scope) => format!("{}{scope}", prefix(api)),
        _ => scope.clone(),
    };
    scopes.iter().map(long).collect()
}

fn claims(facts: &Facts<'_>) -> Value {
    let scopes = facts.resource_scopes();
    json!({
        "iss": facts.issuer,
        "aud": facts.client,
        "sub": facts.subject,
        "oid": facts.subject,
        "azp": facts.client,
        "tfp": "B2C_1_signin",
        "scp": (!scopes.is_empty()).then(|| scopes.join(" ")),
        "name": facts.name(),
        "emails": facts.email().map(|email| vec![email]),
        "ver": "1.0",
        "iat": facts.issued_at,
        "nbf": facts.issued_at,
        "exp": facts.expires_at,
    })
}
