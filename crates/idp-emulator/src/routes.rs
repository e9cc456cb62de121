//! The HTTP surface.

mod api;
mod application_tokens;
mod authorize;
mod consent;
mod introspect;
mod keys;
mod logout;
mod metadata;
mod register;
mod revoke;
mod token;
mod userinfo;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};

use crate::environment::Shared;
use crate::vendor::OPENID;
use crate::{answer, control, guard};

/// The largest body outside the control plane, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// All routes of the environment, and the control plane.
pub(crate) fn router(environment: Shared) -> Router {
    let paths = &environment.vendor.paths;
    // What programs in browsers ask for, from any origin.
    let mut open = Router::new()
        .route(paths.keys, get(keys::keys))
        .route(paths.token, post(token::token));
    for &document in environment.vendor.documents {
        let path = document.path(paths.issuer);
        let served = move |environment, place| metadata::document(environment, place, document);
        open = open.route(&path, get(served));
    }
    let of_clients = [
        (paths.register, post(register::register)),
        (paths.revoke, post(revoke::revoke)),
        (paths.introspect, post(introspect::introspect)),
        (
            paths.userinfo,
            get(userinfo::userinfo).post(userinfo::userinfo),
        ),
    ];
    for (path, handler) in of_clients {
        if let Some(path) = path {
            open = open.route(path, handler);
        }
    }
    for api in environment.vendor.apis {
        let served = move |environment, place, query, headers, body| {
            api::api(environment, place, query, headers, body, api)
        };
        open = open.route(api.path, get(served).post(served));
    }
    if let Some(tokens) = &environment.vendor.application_tokens {
        for root in tokens.roots {
            let served = move |environment, place, method, headers, body| {
                application_tokens::token(environment, place, method, headers, body, tokens)
            };
            let path = |end| format!("{root}/applications/{{client}}/{end}");
            open = open
                .route(&path("token"), post(served).delete(served))
                .route(&path("grant"), delete(application_tokens::grant));
        }
    }
    let mut pages = Router::new()
        .route(paths.authorize, get(authorize::authorization))
        .route(paths.consent, post(consent::consent))
        .route(paths.logout, get(logout::logout));
    if let Some(environment) = &paths.environment {
        open = open
            .route(OPENID, get(metadata::environment))
            .route(environment.token, post(token::token));
        pages = pages.route(environment.authorize, get(authorize::authorization));
    }

    Router::new()
        .merge(open.layer(from_fn(guard::any_origin)))
        .merge(pages)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .merge(control::router())
        .fallback(answer::no_route)
        .layer(from_fn_with_state(environment.clone(), guard::record))
        .layer(from_fn_with_state(environment.clone(), guard::local_host))
        .layer(from_fn_with_state(environment.clone(), answer::spell))
        .with_state(environment)
}
