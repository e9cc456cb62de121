//! Token revocation (RFC 7009).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::environment::Shared;
use crate::parameters::Parameters;
use crate::routes::token::{TokenError, authenticate};

/// Revokes the grant behind a refresh token. A public client cannot (`invalid_client`), and access
/// tokens live on until they expire.
pub(super) async fn revoke(
    State(environment): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parameters = Parameters::parse(&body);
    let client = match authenticate(&environment, None, &headers, &parameters) {
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
    let mut state = environment.state();
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
