//! The endpoints of the authorization server, each a public route at its exact path.

mod accepts;
mod authorize;
mod bound;
mod callback;
mod client_answer;
mod consent;
mod finish;
mod metadata;
mod ours;
mod register;
mod revoke;
mod stopped;
mod token;
mod upstream_leg;

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response};
use thyra_auth::PublicRoute;

use crate::server::{
    AUTHORIZE, AuthorizationServer, CONSENT, REGISTER, REVOKE, SignIn, TOKEN, Urls,
};

/// How long a form or a registration may be, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// All routes of the authorization server.
pub(crate) fn routes(server: &Arc<AuthorizationServer>) -> Vec<PublicRoute> {
    let urls = &server.parts.urls;
    let both = || vec![Method::GET, Method::POST];
    let mut routes = vec![route(
        server,
        urls.path(AUTHORIZE),
        both(),
        authorize::answer,
    )];
    let path = urls.path(TOKEN);
    routes.push(route(server, path, [Method::POST], token::answer).any_origin());
    let path = urls.path(REVOKE);
    routes.push(route(server, path, [Method::POST], revoke::answer).any_origin());
    if server.parts.clients.register_themselves() {
        let path = urls.path(REGISTER);
        routes.push(route(server, path, [Method::POST], register::answer).any_origin());
    }
    if server.parts.has_page() {
        routes.push(route(server, urls.path(CONSENT), both(), consent::answer));
    }
    if let SignIn::Upstream(_) = &server.parts.sign_in {
        let path = urls.path(urls.redirect_path());
        routes.push(route(server, path, [Method::GET], callback::answer));
    }
    routes.extend(metadata::routes(server));
    without_prefix(urls, &mut routes);
    routes
}

/// Adds each route below the path of the base URL once more without that path: some reverse proxies
/// take it away, and some do not.
fn without_prefix(urls: &Urls, routes: &mut Vec<PublicRoute>) {
    if urls.base_path().is_empty() {
        return;
    }
    for place in 0..routes.len() {
        let Some(bare) = routes.get(place).and_then(|route| {
            let rest = route.path().strip_prefix(urls.base_path())?;
            rest.starts_with('/').then(|| route.at(rest))
        }) else {
            continue;
        };
        // What is at its own path already, stays there.
        if routes.iter().all(|route| route.path() != bare.path()) {
            routes.push(bare);
        }
    }
}

/// Where a person decides about a login.
fn consent_path(urls: &Urls, id: &str) -> String {
    // Identifiers are base64url.
    format!("{}?transaction={id}", urls.path(CONSENT))
}

fn route<F>(
    server: &Arc<AuthorizationServer>,
    path: String,
    methods: impl IntoIterator<Item = Method>,
    answer: impl Fn(Arc<AuthorizationServer>, Request<Bytes>) -> F + Send + Sync + 'static,
) -> PublicRoute
where
    F: Future<Output = Response<Bytes>> + Send + 'static,
{
    let server = Arc::clone(server);
    PublicRoute::new(path, methods, move |request| {
        answer(Arc::clone(&server), request)
    })
    .body_limit(BODY_LIMIT)
}
