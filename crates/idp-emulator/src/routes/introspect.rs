//! Token introspection (RFC 7662), signed if the caller wants it so (RFC 9701).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::answer;
use crate::assertion::Assertion;
use crate::client::Client;
use crate::environment::{Environment, Shared};
use crate::parameters::Parameters;
use crate::routes::token::{TokenError, authenticate};
use crate::server::{Place, Server};
use crate::vendor::Offer;

const SIGNED: &str = "application/token-introspection+jwt";

/// Says to a confidential client what an access token stands for.
pub(super) async fn introspect(
    State(environment): State<Shared>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let faults = environment.state().faults;
    if let Some(refusal) = faults.of_endpoint(faults.introspection).await {
        return refusal;
    }
    let Some(server) = environment.server(&place) else {
        return answer::unknown_resource();
    };
    match answered(&environment, &server, &headers, &body) {
        Ok(response) => response,
        Err(error) => error.respond(environment.vendor),
    }
}

fn answered(
    environment: &Environment,
    server: &Server<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, TokenError> {
    let parameters = Parameters::parse(body);
    let client = authenticate(environment, server, headers, &parameters)?;
    if client.is_public() {
        return Err(TokenError::InvalidClient(
            "introspection needs a client with a secret",
        ));
    }
    let missing = TokenError::InvalidRequest("`token` is missing".into());
    let token = parameters.one("token")?.ok_or(missing)?;
    let mut members = Map::from_iter([("active".to_owned(), json!(false))]);
    if let Some(claims) = environment.token_claims(server, token) {
        members = claims;
        members.insert("active".to_owned(), json!(true));
    }
    let wanted = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains(SIGNED));
    if wanted && environment.vendor.offers(Offer::SignedIntrospection) {
        return signed(environment, server, &client, members);
    }
    Ok(answer::uncached(StatusCode::OK, Value::Object(members)))
}

/// RFC 9701 section 5.
fn signed(
    environment: &Environment,
    server: &Server<'_>,
    client: &Client,
    members: Map<String, Value>,
) -> Result<Response, TokenError> {
    let claims = Map::from_iter([
        ("iss".to_owned(), json!(server.issuer)),
        ("aud".to_owned(), json!(client.id)),
        ("iat".to_owned(), json!(environment.now())),
        ("token_introspection".to_owned(), Value::Object(members)),
    ]);
    let token = environment.sign(&claims, Some("token-introspection+jwt"))?;
    let headers = [
        (header::CONTENT_TYPE, SIGNED),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, token).into_response())
}

impl Environment {
    /// The claims of an access token that the server issued and that is still good.
    pub(in crate::routes) fn token_claims(
        &self,
        server: &Server<'_>,
        token: &str,
    ) -> Option<Map<String, Value>> {
        let held = self.state().opaque_tokens.get(token).cloned();
        let claims = match held {
            Some(claims) => claims,
            None => Assertion::read(token, &self.keys().jwks())?.into_claims(),
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let end = claims.get("exp").and_then(Value::as_u64);
        // The issuer of a token is the server, or the environment above it.
        let of_server = text("iss").is_some_and(|issuer| {
            issuer == server.issuer || issuer == self.environment_issuer(server.tenant)
        });
        let state = self.state();
        let revoked = ["jti", "sid"]
            .into_iter()
            .filter_map(text)
            .any(|id| state.revoked.get(id).is_some());
        let lives = end.map_or(!self.expiring, |end| end > state.clock.now());
        (of_server && !revoked && lives).then_some(claims)
    }
}
