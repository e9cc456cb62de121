//! Authorization server metadata (RFC 8414) and `OpenID` Connect discovery.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::environment::{Environment, Shared};
use crate::faults::MetadataFault;
use crate::resource::Resource;
use crate::{answer, scope};

/// The metadata of a resource, with the well-known part first (RFC 8414 section 3.1).
pub(super) async fn inserted(
    State(environment): State<Shared>,
    Path(resource): Path<String>,
) -> Response {
    respond(&environment, &resource, MetadataFault::AppendedOnly).await
}

/// The same document, with the well-known part at the end.
pub(super) async fn appended(
    State(environment): State<Shared>,
    Path(resource): Path<String>,
) -> Response {
    respond(&environment, &resource, MetadataFault::InsertedOnly).await
}

/// `/.well-known/openid-configuration`: the environment, which registers no clients. The document
/// names only endpoints that exist here.
pub(super) async fn openid(State(environment): State<Shared>) -> Response {
    if let Some(refusal) = fault(&environment).await {
        return refusal;
    }
    let url = &environment.url;
    let paths = &environment.vendor.paths;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}{}", paths.authorize),
        "token_endpoint": format!("{url}{}", paths.token),
        "jwks_uri": format!("{url}{}", paths.keys),
        "end_session_endpoint": format!("{url}{}", paths.logout),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": methods(&environment),
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": scope::OIDC,
        "authorization_response_iss_parameter_supported": true,
    }))
    .into_response()
}

/// `absent_in` is the fault that turns this form of the URL off.
async fn respond(environment: &Environment, id: &str, absent_in: MetadataFault) -> Response {
    if let Some(refusal) = fault(environment).await {
        return refusal;
    }
    if environment.state().faults.metadata == absent_in {
        return answer::unknown_resource();
    }
    match environment.resource(id) {
        Some(resource) => Json(document(environment, resource)).into_response(),
        None => answer::unknown_resource(),
    }
}

async fn fault(environment: &Environment) -> Option<Response> {
    let faults = environment.state().faults;
    match faults.metadata {
        MetadataFault::Slow => {
            tokio::time::sleep(Duration::from_millis(faults.slow_ms)).await;
            None
        }
        MetadataFault::Status500 => Some(answer::rest_error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "metadata is out of order",
        )),
        MetadataFault::AppendedOnly | MetadataFault::InsertedOnly | MetadataFault::Ok => None,
    }
}

fn document(environment: &Environment, resource: &Resource) -> Value {
    let url = &environment.url;
    let paths = &environment.vendor.paths;
    let issuer = environment.resource_issuer(&resource.id);
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}{}", paths.authorize),
        "token_endpoint": format!("{issuer}{}", paths.token),
        "jwks_uri": format!("{url}{}", paths.keys),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "token_endpoint_auth_methods_supported": methods(environment),
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": resource.client_metadata_documents,
        "scopes_supported": resource.scopes,
        "authorization_response_iss_parameter_supported": true,
    });
    if resource.dynamic_registration {
        let endpoint = format!("{url}{}", paths.register_at(&resource.id));
        document["registration_endpoint"] = json!(endpoint);
    }
    if resource.revocation {
        document["revocation_endpoint"] = json!(format!("{url}{}", paths.revoke));
    }
    document
}

/// How clients may authenticate. `private_key_jwt` is among it when a client has a key.
fn methods(environment: &Environment) -> Vec<&'static str> {
    let mut methods = vec!["none", "client_secret_post", "client_secret_basic"];
    if environment
        .clients
        .iter()
        .any(|client| !client.keys.is_empty())
    {
        methods.push("private_key_jwt");
    }
    methods
}
