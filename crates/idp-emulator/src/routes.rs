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
    let paths = &environment.vendor.paths;
    let of_resource = |endpoint| format!("{}{endpoint}", paths.resource_issuer);
    // What programs in browsers ask for, from any origin.
    let open = Router::new()
        .route(paths.keys, get(keys::keys))
        .route("/.well-known/openid-configuration", get(metadata::openid))
        .route(&paths.inserted_metadata(), get(metadata::inserted))
        .route(&paths.appended_metadata(), get(metadata::appended))
        .route(paths.register, post(register::register))
        .route(paths.token, post(token::environment))
        .route(&of_resource(paths.token), post(token::resource))
        .route(paths.revoke, post(revoke::revoke))
        .layer(from_fn(guard::any_origin));

    Router::new()
        .merge(open)
        .route(paths.authorize, get(authorize::environment))
        .route(&of_resource(paths.authorize), get(authorize::resource))
        .route(paths.consent, post(consent::consent))
        .route(paths.logout, get(logout::logout))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .merge(control::router())
        .fallback(answer::no_route)
        .layer(from_fn_with_state(environment.clone(), guard::record))
        .layer(from_fn_with_state(environment.clone(), guard::local_host))
        .layer(from_fn_with_state(environment.clone(), answer::spell))
        .with_state(environment)
}
