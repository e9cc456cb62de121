//! The answer to the login page.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::environment::Shared;
use crate::parameters::Parameters;
use crate::routes::authorize;
use crate::{answer, guard, page, secret};

/// Takes the decision of the user: once for each page, from the page itself only.
pub(super) async fn consent(
    State(environment): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !guard::same_origin(&headers) {
        return page::refusal("access_denied", "the answer came from another site");
    }
    let form = Parameters::parse(&body);
    let one = |name| form.one(name).ok().flatten();
    let (Some(id), Some(csrf)) = (one("login_request_id"), one("csrf")) else {
        return page::refusal("invalid_request", "the form is not complete");
    };
    let login = {
        let mut state = environment.state();
        let now = state.clock.now();
        let genuine = state
            .logins
            .get(id)
            .is_some_and(|login| secret::equal(&login.csrf, csrf));
        genuine
            .then(|| state.logins.remove(id))
            .flatten()
            .filter(|login| login.expires_at > now)
    };
    let Some(login) = login else {
        return page::refusal(
            "invalid_state",
            "this page was answered before or is too old; start again from your application",
        );
    };
    let mut request = login.request;
    match one("decision") {
        Some("allow") => {}
        Some("deny") => {
            let location = request.response(&environment, &[("error", "access_denied")]);
            return answer::redirect(StatusCode::SEE_OTHER, &location);
        }
        _ => return page::refusal("invalid_request", "the form holds no decision"),
    }
    let Some(user) = one("user").and_then(|subject| environment.user(subject)) else {
        return page::refusal(
            "invalid_request",
            "the form names no user of this environment",
        );
    };
    let ticked = form.all("scope");
    let own = environment.vendor.scopes.own;
    let mut scopes = std::mem::take(&mut request.scopes);
    scopes.retain(|scope| own.contains(&scope.as_str()) || ticked.contains(&scope.as_str()));
    match authorize::allow(&environment, request, &user, scopes) {
        Ok(location) => answer::redirect(StatusCode::SEE_OTHER, &location),
        Err(error) => error.into_response(),
    }
}
