//! What handlers of axum take: the caller, as an extractor.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::IntoResponse;
use http::StatusCode;
use http::request::Parts;
use thyra_oauth::{Clock, SystemClock, Throttle};

use crate::answer::json_error;
use crate::layer::{GuardedBy, Protection};
use crate::principal::Principal;
use crate::refusal::Refusal;

/// Requests to routes without a protection, which anybody can send.
static UNPROTECTED: Throttle<()> = Throttle::new();

/// The caller whom a [`Protection`] let in. Needs the feature `axum`.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use thyra_auth::{AuthProvider, Principal, StaticAuth};
///
/// async fn whoami(caller: Principal) -> String {
///     format!("You are {}.", caller.subject())
/// }
///
/// let protection = StaticAuth::new("http://localhost:8000").protection("/whoami")?;
/// let app: Router = Router::new()
///     .route("/whoami", get(whoami))
///     .layer(protection.layer())
///     .merge(protection.public_routes().router());
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
impl<S: Sync> FromRequestParts<S> for Principal {
    type Rejection = NoPrincipal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoPrincipal> {
        caller(parts).ok_or_else(|| {
            let guard = parts.extensions.get().cloned();
            NoPrincipal(guard.map(|GuardedBy(protection)| protection))
        })
    }
}

/// The caller, if there is one: none behind [`Protection::optional_layer`] if the request has no
/// token, and none on a route without a protection. Needs the feature `axum`.
impl<S: Sync> OptionalFromRequestParts<S> for Principal {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(caller(parts))
    }
}

fn caller(parts: &Parts) -> Option<Principal> {
    let caller = parts.extensions.get::<Arc<Principal>>()?;
    Some(Principal::clone(caller))
}

/// Why a handler that takes a [`Principal`] was not called: there is none.
///
/// Behind [`Protection::optional_layer`] the caller has to bring a token: 401, with the challenge.
/// Without any protection in front of the route, the program is at fault: 500, and the log says
/// what to add. Needs the feature `axum`.
pub struct NoPrincipal(Option<Protection>);

impl IntoResponse for NoPrincipal {
    fn into_response(self) -> axum::response::Response {
        if let Some(protection) = self.0 {
            return protection.answer(&Refusal::MissingToken).into_response();
        }
        let noted = UNPROTECTED.note((), SystemClock.monotonic());
        for sum in noted.sums {
            tracing::error!(sum.more, "there was more of this: {self}");
        }
        if noted.is_whole {
            tracing::error!("{self}");
        }
        let sentence = "This operation cannot be used: the server does not check who calls it.";
        json_error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", sentence)
            .map(axum::body::Body::from)
    }
}

impl fmt::Display for NoPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "the request carries no bearer token",
            None => {
                "a handler takes a `Principal`, but its route has no protection: add \
                 `.layer(protection.layer())` to the router, or take an `Option<Principal>`"
            }
        })
    }
}

impl fmt::Debug for NoPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoPrincipal({self})")
    }
}

impl std::error::Error for NoPrincipal {}
