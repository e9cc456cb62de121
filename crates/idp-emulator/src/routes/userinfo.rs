//! User info (`OpenID` Connect Core section 5.3).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::answer;
use crate::environment::Shared;
use crate::server::Place;

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
    let server = environment.server(&place);
    let token = answer::shown_token(&headers).unwrap_or_default();
    let told = server
        .and_then(|server| environment.of_token(&server, token, environment.vendor.user_info));
    let Some(body) = told else {
        let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
        let body = (environment.vendor.oauth_error)("invalid_token", "the token is no good one");
        let mut response = answer::uncached(StatusCode::UNAUTHORIZED, body);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        return response;
    };
    answer::uncached(StatusCode::OK, body)
}
