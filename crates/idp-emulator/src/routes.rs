//! The HTTP surface.

mod authorize;
mod consent;
mod keys;
mod logout;
mod metadata;
mod register;
mod revoke;
mod token;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::environment::Shared;
use crate::{answer, control, guard};

/// The largest body outside the control plane, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// All routes of the environment, and the control plane.
pub(crate) fn router(environment: Shared) -> Router {
    // What programs in browsers ask for, from any origin.
    let open = Router::new()
        .route("/keys", get(keys::keys))
        .route("/.well-known/openid-configuration", get(metadata::openid))
        .route(
            "/.well-known/oauth-authorization-server/resources/{resource}",
            get(metadata::inserted),
        )
        .route(
            "/resources/{resource}/.well-known/oauth-authorization-server",
            get(metadata::appended),
        )
        .route(
            "/api/v1/resources/{resource}/clients:register",
            post(register::register),
        )
        .route("/oauth/token", post(token::environment))
        .route("/resources/{resource}/oauth/token", post(token::resource))
        .route("/oauth/revoke", post(revoke::revoke))
        .layer(from_fn(guard::any_origin));

    Router::new()
        .merge(open)
        .route("/oauth/authorize", get(authorize::environment))
        .route(
            "/resources/{resource}/oauth/authorize",
            get(authorize::resource),
        )
        .route("/oauth/consent", post(consent::consent))
        .route("/oidc/logout", get(logout::logout))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .merge(control::router())
        .fallback(answer::no_route)
        .layer(from_fn_with_state(environment.clone(), guard::record))
        .layer(from_fn_with_state(environment.clone(), guard::local_host))
        .with_state(environment)
}
