//! Token revocation (RFC 7009).

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::answer;
use crate::environment::{Environment, Shared};
use crate::parameters::Parameters;
use crate::routes::token::{TokenError, authenticate};
use crate::server::{Place, Server};
use crate::vendor::Offer;

/// Revokes the grant behind a refresh token, or an access token, as far as the vendor introspects
/// it: others live on until they expire. A public client cannot (`invalid_client`).
pub(super) async fn revoke(
    State(environment): State<Shared>,
    place: Place,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let faults = environment.state().faults;
    if let Some(refusal) = faults.of_endpoint(faults.revocation).await {
        return refusal;
    }
    let Some(server) = environment.server(&place) else {
        return answer::unknown_resource();
    };
    let revoked = if environment.vendor.offers(Offer::OpenRevocation) {
        openly(&environment, &server, query.as_deref(), &body)
    } else {
        by_client(&environment, &server, &headers, &body)
    };
    match revoked {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => error.respond(environment.vendor),
    }
}

fn by_client(
    environment: &Environment,
    server: &Server<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), TokenError> {
    let parameters = Parameters::parse(body);
    let client = authenticate(environment, server, headers, &parameters)?;
    if client.secret.is_none() {
        let problem = "a public client cannot revoke tokens";
        return Err(TokenError::InvalidClient(problem));
    }
    let token = token(&parameters)?;
    let access = environment.token_claims(server, token);
    let id = access.as_ref().and_then(|claims| text(claims, "jti"));
    let mut state = environment.state();
    state.opaque_tokens.remove(token);
    if let Some(id) = id {
        state.revoked.insert(id.to_owned(), ());
    }
    drop(state);
    if let Some(session) = environment.session_of(token, Some(&client.id)) {
        environment.end_session(&session);
    }
    Ok(())
}

/// Whoever has the token may; everything that came of the same login ends.
fn openly(
    environment: &Environment,
    server: &Server<'_>,
    query: Option<&str>,
    body: &[u8],
) -> Result<(), TokenError> {
    let parameters = match query {
        Some(query) if !query.is_empty() => Parameters::parse(query.as_bytes()),
        _ => Parameters::parse(body),
    };
    let token = token(&parameters)?;
    let access = environment.token_claims(server, token);
    let session = access.as_ref().and_then(|claims| text(claims, "sid"));
    let session = session.map(str::to_owned);
    let session = session.or_else(|| environment.session_of(token, None));
    let unknown = TokenError::InvalidToken("the token is expired or revoked");
    environment.end_session(&session.ok_or(unknown)?);
    Ok(())
}

fn token(parameters: &Parameters) -> Result<&str, TokenError> {
    let missing = || TokenError::InvalidRequest("`token` is missing or came twice".into());
    parameters.one("token").ok().flatten().ok_or_else(missing)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

impl Environment {
    /// The session of a refresh token: that of `client`, if one is named.
    fn session_of(&self, refresh_token: &str, client: Option<&str>) -> Option<String> {
        let state = self.state();
        let held = state.refresh_tokens.get(refresh_token)?;
        let grant = state.families.get(&held.family)?;
        let fits = client.is_none_or(|client| grant.client == client);
        fits.then(|| grant.session.clone())
    }

    /// Ends the tokens of a session: its refresh tokens, and access tokens as far as they are asked
    /// about here and name it in `sid`.
    pub(super) fn end_session(&self, session: &str) {
        let mut state = self.state();
        state.families.retain(|grant| grant.session != session);
        state.revoked.insert(session.to_owned(), ());
    }
}
