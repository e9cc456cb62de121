//! User info (`OpenID` Connect Core section 5.3).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::answer;
use crate::environment::{Environment, Shared};
use crate::server::Place;
use crate::user::User;

/// Says who the user of the access token is.
pub(super) async fn userinfo(
    State(environment): State<Shared>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    let faults = environment.state().faults;
    if let Some(refusal) = faults.of_endpoint(faults.userinfo).await {
        return refusal;
    }
    let Some(user) = user_of(&environment, &place, &headers) else {
        let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
        let body = (environment.vendor.oauth_error)("invalid_token", "the token is no good one");
        let mut response = answer::uncached(StatusCode::UNAUTHORIZED, body);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        return response.into_response();
    };
    let body: Value = json!({
        "sub": user.subject,
        "email": user.email,
        "email_verified": true,
        "name": user.name,
    });
    answer::uncached(StatusCode::OK, body)
}

fn user_of<'a>(
    environment: &'a Environment,
    place: &Place,
    headers: &HeaderMap,
) -> Option<&'a User> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let claims = environment.token_claims(&environment.server(place)?, token.trim())?;
    let named = |name: &str| claims.get(name).and_then(Value::as_str);
    environment
        .users
        .iter()
        .find(|user| named("sub") == Some(&user.subject) || named("uid") == Some(&user.subject))
}
