//! Dynamic client registration (RFC 7591).

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::environment::{Environment, Shared};
use crate::server::{Place, Server};
use crate::vendor::{Registered, Row};
use crate::{answer, redirect, scope, secret};

const MAX_REDIRECT_URIS: usize = 20;
const MAX_NAME: usize = 200;

#[derive(Deserialize)]
struct Registration {
    client_name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    scope: Option<String>,
    token_endpoint_auth_method: Option<String>,
}

/// Registers a client for the authorization code grant.
///
/// The answer has the members of RFC 7591 and the vendor's own. A client that asks for the method
/// `none` gets no secret; one that names no method gets the default of RFC 7591,
/// `client_secret_basic`. Registration that is switched off answers 403. Errors have both shapes,
/// too.
pub(super) async fn register(
    State(environment): State<Shared>,
    place: Place,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(server) = environment.server(&place) else {
        return answer::unknown_resource();
    };
    if !environment.registers_clients(&server) {
        return answer::rest_error(
            StatusCode::FORBIDDEN,
            "dynamic client registration is switched off for this resource",
        );
    }
    let registered = match body {
        Ok(body) => enrol(&environment, &server, &body),
        Err(rejection) => Err(Problem::metadata(rejection.body_text())),
    };
    match registered {
        Ok(answer) => answer::uncached(StatusCode::CREATED, answer),
        Err(problem) => problem.respond(environment.vendor),
    }
}

fn enrol(environment: &Environment, server: &Server<'_>, body: &[u8]) -> Result<Value, Problem> {
    // By way of a map, because serde would take an array of values for an object, too.
    let registration: Registration = serde_json::from_slice::<Map<String, Value>>(body)
        .and_then(|members| serde_json::from_value(Value::Object(members)))
        .map_err(|error| Problem::metadata(error.to_string()))?;
    let redirect_uris = registration.redirect_uris.unwrap_or_default();
    if redirect_uris.is_empty() || redirect_uris.len() > MAX_REDIRECT_URIS {
        return Err(Problem::redirect_uri(format!(
            "give between one and {MAX_REDIRECT_URIS} redirect_uris"
        )));
    }
    for uri in &redirect_uris {
        redirect::check(uri).map_err(Problem::redirect_uri)?;
    }
    let method = registration
        .token_endpoint_auth_method
        .as_deref()
        .unwrap_or("client_secret_basic");
    let secret = match method {
        "none" => None,
        "client_secret_basic" | "client_secret_post" => {
            Some(secret::random().map_err(|error| Problem::metadata(error.to_string()))?)
        }
        _ => {
            return Err(Problem::metadata(
                "token_endpoint_auth_method must be none, client_secret_basic or client_secret_post"
                    .to_owned(),
            ));
        }
    };
    let of_resources = match server.resource {
        Some(resource) => resource.scopes.clone(),
        None => environment
            .resources_of(server.tenant)
            .flat_map(|resource| resource.scopes.clone())
            .collect(),
    };
    let own = environment.vendor.scopes.own;
    let scopes = scope::of_user(registration.scope.as_deref(), &of_resources, own);
    let mut client = {
        let mut state = environment.state();
        let mut id = state.next_id(environment.vendor.ids.client);
        while environment.clients.iter().any(|client| client.id == id) {
            id = state.next_id(environment.vendor.ids.client);
        }
        Client::new(id)
    };
    if let Some(name) = registration.client_name.filter(|name| !name.is_empty()) {
        client.name = name.chars().take(MAX_NAME).collect();
    }
    client.secret = secret;
    client.redirect_uris = redirect_uris;
    client.resource = server.resource.map(|resource| resource.id.clone());
    client.tenant = Some(server.tenant.to_owned());
    let mut answer = describe(&client, method, &scopes, environment.now());
    let registered = Registered {
        client: &client,
        resource: server.resource,
        scopes: &scopes,
    };
    if let Value::Object(own) = (environment.vendor.registration)(&registered) {
        answer.extend(own);
    }
    environment
        .state()
        .clients
        .insert(client.id.clone(), client);
    Ok(Value::Object(answer))
}

/// The members of RFC 7591 section 3.2.1.
fn describe(client: &Client, method: &str, scopes: &[String], now: u64) -> Map<String, Value> {
    let mut answer = Map::from_iter([
        ("client_id".to_owned(), json!(client.id)),
        ("client_id_issued_at".to_owned(), json!(now)),
        ("client_name".to_owned(), json!(client.name)),
        ("redirect_uris".to_owned(), json!(client.redirect_uris)),
        (
            "grant_types".to_owned(),
            json!(["authorization_code", "refresh_token"]),
        ),
        ("response_types".to_owned(), json!(["code"])),
        ("token_endpoint_auth_method".to_owned(), json!(method)),
        ("scope".to_owned(), json!(scopes.join(" "))),
    ]);
    if let Some(secret) = &client.secret {
        answer.insert("client_secret".to_owned(), json!(secret));
        answer.insert("client_secret_expires_at".to_owned(), json!(0));
    }
    answer
}

/// An error of RFC 7591 section 3.2.2.
struct Problem {
    error: &'static str,
    description: String,
}

impl Problem {
    fn metadata(description: String) -> Self {
        Self {
            error: "invalid_client_metadata",
            description,
        }
    }

    fn redirect_uri(description: String) -> Self {
        Self {
            error: "invalid_redirect_uri",
            description,
        }
    }

    fn respond(self, vendor: &Row) -> Response {
        let mut body = (vendor.error)(StatusCode::BAD_REQUEST, &self.description);
        if let Some(members) = body.as_object_mut() {
            members.insert("error".to_owned(), json!(self.error));
            members.insert("error_description".to_owned(), json!(self.description));
        }
        answer::uncached(StatusCode::BAD_REQUEST, body)
    }
}
