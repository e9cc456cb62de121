//! What vendors tell of tokens and people beside the endpoints of OAuth.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use crate::answer;
use crate::environment::{Environment, Shared};
use crate::parameters::Parameters;
use crate::server::{Place, Server};
use crate::vendor::{About, Api, Known};

/// Answers whoever shows a good token with one of the scopes that are needed.
pub(super) async fn api(
    State(environment): State<Shared>,
    place: Place,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
    api: &'static Api,
) -> Response {
    let faults = environment.state().faults;
    let fault = match api.about {
        About::Person => faults.userinfo,
        About::Token => faults.introspection,
    };
    if let Some(refusal) = faults.of_endpoint(fault).await {
        return refusal;
    }
    let Some(server) = environment.server(&place) else {
        return answer::unknown_resource();
    };
    let sent = match query {
        Some(query) if !query.is_empty() => Parameters::parse(query.as_bytes()),
        _ => Parameters::parse(&body),
    };
    let parameter = api.parameter.and_then(|name| sent.one(name).ok().flatten());
    let token = answer::shown_token(&headers)
        .or(parameter)
        .unwrap_or_default();
    let told = environment.of_token(&server, token, |known| {
        let needs = api.scopes;
        let enough = needs.is_empty() || needs.iter().any(|scope| known.has(scope));
        enough.then(|| ((api.answer)(known), (api.headers)(known)))
    });
    let Some((body, more)) = told.flatten() else {
        let (status, body) = (api.refusal)();
        return answer::uncached(status, body);
    };
    let mut response = answer::uncached(StatusCode::OK, body);
    for (name, value) in more {
        if let Ok(value) = HeaderValue::try_from(value) {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, value);
        }
    }
    response
}

impl Environment {
    /// What `tell` says of a token, if it is a good one of the server.
    pub(super) fn of_token<T>(
        &self,
        server: &Server<'_>,
        token: &str,
        tell: impl FnOnce(&Known<'_>) -> T,
    ) -> Option<T> {
        let claims = self.token_claims(server, token)?;
        // Okta's `sub` is an address; who the user is says `uid`.
        let named = |claim: &str| self.user(claims.get(claim)?.as_str()?);
        let user = named("uid").or_else(|| named("sub"))?;
        Some(tell(&Known {
            token,
            claims: &claims,
            user: &user,
            url: &self.url,
            now: self.now(),
        }))
    }
}
