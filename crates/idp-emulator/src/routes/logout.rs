//! Logout (`OpenID` Connect RP-Initiated Logout).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use url::Url;

use crate::environment::{Environment, Shared};
use crate::parameters::Parameters;
use crate::{answer, page, redirect};

/// Sends the browser to `post_logout_redirect_uri`, with `state`, if that is on a loopback host or
/// on the origin of a client's redirect URI. There is no session in the browser to end.
pub(super) async fn logout(
    State(environment): State<Shared>,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    let (Ok(uri), Ok(state)) = (
        parameters.one("post_logout_redirect_uri"),
        parameters.one("state"),
    ) else {
        return page::refusal("invalid_request", "a parameter came twice");
    };
    let Some(uri) = uri else {
        return page::notice("Signed out", "You can close this page.");
    };
    if !may_return_to(&environment, uri) {
        return page::refusal(
            "invalid_request",
            "post_logout_redirect_uri belongs to no client of this environment",
        );
    }
    let state: Vec<_> = state.map(|state| ("state", state)).into_iter().collect();
    let location = if state.is_empty() {
        uri.to_owned()
    } else {
        redirect::with_parameters(uri, &state)
    };
    answer::redirect(StatusCode::FOUND, &location)
}

fn may_return_to(environment: &Environment, uri: &str) -> bool {
    let Ok(target) = redirect::check(uri) else {
        return false;
    };
    if redirect::is_loopback_http(&target) {
        return true;
    }
    let of_client = |uri: &String| {
        target.scheme() == "https"
            && Url::parse(uri).is_ok_and(|known| known.origin() == target.origin())
    };
    let state = environment.state();
    environment
        .clients
        .iter()
        .chain(state.clients.values())
        .any(|client| client.redirect_uris.iter().any(of_client))
}
