//! Token revocation (RFC 7009).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::answer;
use crate::environment::Shared;
use crate::parameters::Parameters;
use crate::routes::token::{TokenError, authenticate};
use crate::server::Place;

/// Revokes the grant behind a refresh token, or an access token, as far as the vendor introspects
/// it: others live on until they expire. A public client cannot (`invalid_client`).
pub(super) async fn revoke(
    State(environment): State<Shared>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(server) = environment.server(&place) else {
        return answer::unknown_resource();
    };
    let parameters = Parameters::parse(&body);
    let client = match authenticate(&environment, &server, &headers, &parameters) {
        Ok(client) if client.secret.is_some() => client,
        Ok(_) => {
            return TokenError::InvalidClient("a public client cannot revoke tokens")
                .respond(environment.vendor);
        }
        Err(error) => return error.respond(environment.vendor),
    };
    let Ok(Some(token)) = parameters.one("token") else {
        return TokenError::InvalidRequest("`token` is missing or came twice".into())
            .respond(environment.vendor);
    };
    let access = environment.token_claims(&server, token);
    let id = access
        .as_ref()
        .and_then(|claims| claims.get("jti")?.as_str());
    let mut state = environment.state();
    state.opaque_tokens.remove(token);
    if let Some(id) = id {
        state.revoked.insert(id.to_owned(), ());
    }
    let family = state
        .refresh_tokens
        .get(token)
        .map(|held| held.family.clone());
    if let Some(family) = family
        && state
            .families
            .get(&family)
            .is_some_and(|grant| grant.client == client.id)
    {
        state.families.remove(&family);
    }
    StatusCode::OK.into_response()
}
