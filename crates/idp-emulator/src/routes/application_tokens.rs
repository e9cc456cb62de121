//! What an application asks about its own tokens, as at GitHub.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::answer;
use crate::environment::{Environment, Shared};
use crate::parameters::Parameters;
use crate::routes::token::authenticate;
use crate::server::{Place, Server};
use crate::vendor::ApplicationTokens;

#[derive(Deserialize)]
struct Sent {
    access_token: String,
}

/// `POST` describes a token, `DELETE` ends it.
pub(super) async fn token(
    State(environment): State<Shared>,
    place: Place,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
    row: &'static ApplicationTokens,
) -> Response {
    let faults = environment.state().faults;
    let fault = match method {
        Method::POST => faults.introspection,
        _ => faults.revocation,
    };
    if let Some(refusal) = faults.of_endpoint(fault).await {
        return refusal;
    }
    let asked = match Asked::read(&environment, &place, &headers, &body) {
        Ok(asked) => asked,
        Err((status, problem)) => return answer::rest_error(status, problem),
    };
    if method == Method::POST {
        let told = environment.of_token(&asked.server, &asked.token, row.answer);
        return match told {
            Some(body) => answer::uncached(StatusCode::OK, body),
            None => answer::unknown_resource(),
        };
    }
    environment.state().opaque_tokens.remove(&asked.token);
    StatusCode::NO_CONTENT.into_response()
}

/// `DELETE` ends every token of the token's user for the application.
pub(super) async fn grant(
    State(environment): State<Shared>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let faults = environment.state().faults;
    if let Some(refusal) = faults.of_endpoint(faults.revocation).await {
        return refusal;
    }
    let asked = match Asked::read(&environment, &place, &headers, &body) {
        Ok(asked) => asked,
        Err((status, problem)) => return answer::rest_error(status, problem),
    };
    let mut state = environment.state();
    state.opaque_tokens.retain(|claims| {
        let of_client = claims.get("client_id").and_then(|id| id.as_str()) == Some(&asked.client);
        !of_client || claims.get("sub").and_then(|id| id.as_str()) != Some(&asked.user)
    });
    let of_user =
        |grant: &crate::grant::Grant| grant.client == asked.client && grant.user == asked.user;
    state.families.retain(|grant| !of_user(grant));
    StatusCode::NO_CONTENT.into_response()
}

/// A token of an application that authenticated.
struct Asked<'a> {
    server: Server<'a>,
    client: String,
    user: String,
    token: String,
}

impl<'a> Asked<'a> {
    fn read(
        environment: &'a Environment,
        place: &Place,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, (StatusCode, &'static str)> {
        let unknown = (StatusCode::NOT_FOUND, "Not Found");
        let server = environment.server(place).ok_or(unknown)?;
        let client = authenticate(environment, &server, headers, &Parameters::parse(b""))
            .map_err(|_| (StatusCode::UNAUTHORIZED, "Bad credentials"))?;
        if place.part("client") != Some(&client.id) {
            return Err(unknown);
        }
        let sent: Sent = serde_json::from_slice(body).map_err(|_| {
            let problem = "Invalid request: no `access_token` in JSON";
            (StatusCode::UNPROCESSABLE_ENTITY, problem)
        })?;
        let of_client = environment.of_token(&server, &sent.access_token, |known| {
            let own = known.text("client_id") == client.id;
            own.then(|| known.user.subject.clone())
        });
        let user = of_client.flatten().ok_or(unknown)?;
        Ok(Self {
            server,
            client: client.id,
            user,
            token: sent.access_token,
        })
    }
}
