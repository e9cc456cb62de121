//! Microsoft Entra ID.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{
    Document, First, IdTokens, Ids, Offer, Paths, ResourceChoice, Row, Tokens, UnknownResource,
};
use super::scopes::{Scopes, UnknownScope};
use crate::resource::Resource;
use crate::user::User;

/// Tenants of Entra ID. Clients do not register, a `resource` must be the one that the scopes are
/// of, and scopes may be asked for with the Application ID URI before them.
///
/// In `IssuerMode::Environment` tokens are of version 1. Their real issuer is
/// `https://sts.windows.net/{tenant}/`; here it is the environment URL with the tenant and a slash.
pub(crate) const ENTRA: Row = Row {
    name: "Entra ID",
    realm: "entra",
    paths: Paths {
        any_tenant: &["common", "organizations", "consumers"],
        issuer: "/{tenant}/v2.0",
        environment_issuer: "/{tenant}/",
        authorize: "/{tenant}/oauth2/v2.0/authorize",
        token: "/{tenant}/oauth2/v2.0/token",
        register: None,
        keys: "/{tenant}/discovery/v2.0/keys",
        revoke: None,
        introspect: None,
        userinfo: Some("/oidc/userinfo"),
        ..OIDC.paths
    },
    documents: &[Document::OpenidAppended],
    offers: &[Offer::OnBehalfOf, Offer::PkceOptional],
    tokens: Tokens {
        header_type: Some("JWT"),
        organization: "org",
        ..OIDC.tokens
    },
    id_tokens: IdTokens {
        more: id_claims,
        ..OIDC.id_tokens
    },
    scopes: Scopes {
        unknown: UnknownScope::Refused,
        apis: &[(
            "https://graph.microsoft.com/",
            "00000003-0000-0000-c000-000000000000",
        )],
        echo,
        prefixes,
        ..OIDC.scopes
    },
    resources: ResourceChoice::Named {
        parameters: &["resource"],
        absent_is_first: true,
        unknown: UnknownResource::Refused(
            "invalid_target",
            "AADSTS9010010: The resource parameter provided in the request doesn't match with the \
             requested scopes.",
        ),
    },
    ids: Ids {
        key: "entra-key-",
        client: "00000000-0000-4000-a000-",
        ..OIDC.ids
    },
    first: First {
        tenant: "11111111-1111-4111-8111-111111111111",
        resource: "22222222-2222-4222-8222-222222222222",
        user: "33333333-3333-4333-8333-333333333333",
        environment_client: "44444444-4444-4444-8444-444444444444",
        // The API and the application that logs people in are one.
        application: "{resource}",
        ..OIDC.first
    },
    variables: &[
        ("AZURE_TENANT_ID", "{tenant}"),
        ("AZURE_CLIENT_ID", "{resource}"),
        ("AZURE_AUTHORITY", "{url}"),
        ("AZURE_CLIENT_SECRET", "{application_secret}"),
    ],
    claims,
    error,
    oauth_error,
    ..OIDC
};

/// The Application ID URIs that an application has: the default one, and the URL of the server.
fn prefixes(resource: &Resource) -> Vec<String> {
    let default = format!("api://{}/", resource.id);
    let url = resource.uri.iter().map(|uri| format!("{uri}/"));
    std::iter::once(default).chain(url).collect()
}

/// The scopes of the API come back with its default Application ID URI.
fn echo(resource: Option<&Resource>, scopes: &[String]) -> Vec<String> {
    let long = |scope: &String| match resource {
        Some(api) if api.scopes.contains(scope) => format!("api://{}/{scope}", api.id),
        _ => scope.clone(),
    };
    scopes.iter().map(long).collect()
}

fn id_claims(user: &User, tenant: &str) -> Value {
    json!({
        "tid": tenant,
        "oid": user.subject,
        "preferred_username": user.email,
        "roles": user.roles,
        "ver": "2.0",
    })
}

fn claims(facts: &Facts<'_>) -> Value {
    let scopes = facts.resource_scopes();
    let scp = (facts.user.is_some() && !scopes.is_empty()).then(|| scopes.join(" "));
    let id = facts.resource.map(|resource| resource.id.as_str());
    let mut claims = json!({
        "iss": facts.issuer,
        "sub": facts.subject,
        "oid": facts.subject,
        "tid": facts.tenant,
        "scp": scp,
        "roles": facts.roles(),
        "uti": facts.id,
        "sid": facts.session,
        "idtyp": facts.user.is_none().then_some("app"),
        "iat": facts.issued_at,
        "nbf": facts.issued_at,
        "exp": facts.expires_at,
    });
    let own = if facts.by_environment {
        json!({
            "aud": id.map(|id| format!("api://{id}")),
            "ver": "1.0",
            "appid": facts.client,
            "appidacr": "0",
            "upn": facts.email(),
            "unique_name": facts.email(),
        })
    } else {
        json!({
            "aud": id,
            "ver": "2.0",
            "azp": facts.client,
            "azpacr": "0",
            "name": facts.name(),
            "preferred_username": facts.email(),
        })
    };
    if let (Value::Object(all), Value::Object(own)) = (&mut claims, own) {
        all.extend(own);
    }
    claims
}

fn error(status: StatusCode, message: &str) -> Value {
    json!({ "error": { "code": status.canonical_reason(), "message": message } })
}

fn oauth_error(error: &str, description: &str) -> Value {
    // Some errors come with their number; the others have one for each code.
    let numbered = description
        .strip_prefix("AADSTS")
        .and_then(|rest| rest.split_once(": "))
        .and_then(|(number, text)| Some((number.parse().ok()?, text)));
    let (number, description) = numbered.unwrap_or_else(|| {
        let number: u64 = match error {
            "invalid_client" => 7_000_215,
            "invalid_grant" => 70_008,
            "invalid_scope" => 70_011,
            _ => 900_144,
        };
        (number, description)
    });
    json!({
        "error": error,
        "error_description": format!("AADSTS{number}: {description}"),
        "error_codes": [number],
        "trace_id": "55555555-5555-4555-8555-555555555555",
        "correlation_id": "66666666-6666-4666-8666-666666666666",
    })
}
