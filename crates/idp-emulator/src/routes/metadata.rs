//! Authorization server metadata (RFC 8414) and `OpenID` Connect discovery.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::answer;
use crate::environment::{Environment, Shared};
use crate::faults::MetadataFault;
use crate::server::{Place, Server};
use crate::vendor::{Document, Offer, fill};

/// One form of the metadata of the server at `place`.
pub(super) async fn document(
    State(environment): State<Shared>,
    place: Place,
    form: Document,
) -> Response {
    if let Some(refusal) = fault(&environment).await {
        return refusal;
    }
    let absent = match environment.state().faults.metadata {
        MetadataFault::AppendedOnly => form == Document::OauthInserted,
        MetadataFault::InsertedOnly => form != Document::OauthInserted,
        _ => false,
    };
    match environment.server(&place) {
        Some(server) if !absent => Json(described(&environment, &server, form)).into_response(),
        _ => answer::unknown_resource(),
    }
}

/// `/.well-known/openid-configuration`: the environment, which registers no clients. The document
/// names only endpoints that exist here.
pub(super) async fn environment(State(environment): State<Shared>) -> Response {
    if let Some(refusal) = fault(&environment).await {
        return refusal;
    }
    let url = &environment.url;
    let vendor = environment.vendor;
    let authorize = vendor
        .paths
        .environment
        .as_ref()
        .map_or("", |paths| paths.authorize);
    let server = environment.server_of(vendor.first.tenant, None);
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}{authorize}"),
        "token_endpoint": server.token_endpoint,
        "jwks_uri": format!("{url}{}", vendor.paths.keys),
        "end_session_endpoint": format!("{url}{}", vendor.paths.logout),
        "response_types_supported": ["code"],
        "grant_types_supported": GRANTS,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [vendor.tokens.key.algorithm()],
        "token_endpoint_auth_methods_supported": methods(&environment),
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": vendor.scopes.own,
        "authorization_response_iss_parameter_supported": true,
    }))
    .into_response()
}

async fn fault(environment: &Environment) -> Option<Response> {
    let faults = environment.state().faults;
    match faults.metadata {
        MetadataFault::Slow => {
            faults.delay().await;
            None
        }
        MetadataFault::HangUp => Some(answer::hang_up()),
        MetadataFault::Status429 => Some(faults.too_many_requests()),
        MetadataFault::Status500 => Some(answer::rest_error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "metadata is out of order",
        )),
        MetadataFault::AppendedOnly | MetadataFault::InsertedOnly | MetadataFault::Ok => None,
    }
}

fn described(environment: &Environment, server: &Server<'_>, form: Document) -> Value {
    let vendor = environment.vendor;
    let paths = &vendor.paths;
    let id = server.resource.map_or("", |resource| &resource.id);
    let tenant = server.any_tenant.unwrap_or(server.tenant);
    let at = |path| format!("{}{}", environment.url, fill(path, tenant, id));
    let scopes = match server.resource {
        Some(resource) => json!(resource.scopes),
        None => json!(vendor.scopes.own),
    };
    let mut document = Map::new();
    let mut add = |name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    // Whose tokens they will be, nobody knows yet.
    let open = || environment.url.clone() + &fill(paths.issuer, "{tenantid}", id);
    let issuer = server.any_tenant.map(|_| open());
    add("issuer", json!(issuer.as_ref().unwrap_or(&server.issuer)));
    add("authorization_endpoint", json!(at(paths.authorize)));
    add("token_endpoint", json!(server.token_endpoint));
    add("jwks_uri", json!(at(paths.keys)));
    add("response_types_supported", json!(["code"]));
    add("grant_types_supported", json!(GRANTS));
    add(
        "token_endpoint_auth_methods_supported",
        json!(methods(environment)),
    );
    add("scopes_supported", scopes);
    if vendor.offers(Offer::Pkce) {
        add("code_challenge_methods_supported", json!(["S256"]));
    }
    if vendor.offers(Offer::MetadataDocuments) {
        let taken = match server.resource {
            Some(resource) => resource.client_metadata_documents,
            None => environment
                .resources_of(server.tenant)
                .any(|resource| resource.client_metadata_documents),
        };
        add("client_id_metadata_document_supported", json!(taken));
    }
    if vendor.offers(Offer::ResponseIssuer) {
        add(
            "authorization_response_iss_parameter_supported",
            json!(true),
        );
    }
    if vendor.offers(Offer::Dpop) {
        add("dpop_signing_alg_values_supported", json!(["ES256"]));
    }
    if let Some(path) = paths.register
        && environment.registers_clients(server)
    {
        add("registration_endpoint", json!(at(path)));
    }
    let revocation = vendor.offers(Offer::Revocation)
        || server.resource.is_some_and(|resource| resource.revocation);
    for (name, path) in [
        ("revocation_endpoint", paths.revoke.filter(|_| revocation)),
        ("introspection_endpoint", paths.introspect),
    ] {
        if let Some(path) = path {
            add(name, json!(at(path)));
        }
    }
    if form.is_openid() {
        add("subject_types_supported", json!(["public"]));
        let algorithms = json!([vendor.tokens.key.algorithm()]);
        add("id_token_signing_alg_values_supported", algorithms);
        add("end_session_endpoint", json!(at(paths.logout)));
        if let Some(path) = paths.userinfo {
            add("userinfo_endpoint", json!(at(path)));
        }
    }
    Value::Object(document)
}

const GRANTS: [&str; 3] = ["authorization_code", "client_credentials", "refresh_token"];

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
