//! The key set.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::environment::Shared;
use crate::faults::JwksFault;
use crate::key::CryptoError;
use crate::server::Place;
use crate::{answer, key, keyring};

/// Bytes of padding in an oversized key set: more than any reasonable limit.
const PADDING: usize = 4 * 1024 * 1024;

/// The key set, or what the faults make of it.
pub(super) async fn keys(
    State(environment): State<Shared>,
    place: Place,
) -> Result<Response, CryptoError> {
    if environment.server(&place).is_none() {
        return Ok(answer::unknown_resource());
    }
    let faults = environment.state().faults;
    let mut keys = environment.keys().jwks();
    Ok(match faults.jwks {
        JwksFault::Decoys => {
            // Decoys first: who takes the first key takes a wrong one.
            let mut all = key::decoys(environment.vendor.ids.key)?;
            all.append(&mut keys);
            Json(keyring::key_set(&all)).into_response()
        }
        JwksFault::Empty => Json(keyring::key_set(&[])).into_response(),
        JwksFault::Garbage => (
            [(header::CONTENT_TYPE, "text/html")],
            "<html>try again later</html>",
        )
            .into_response(),
        JwksFault::HangUp => answer::hang_up(),
        JwksFault::Ok => Json(keyring::key_set(&keys)).into_response(),
        JwksFault::Oversize => {
            Json(json!({ "keys": keys, "padding": "x".repeat(PADDING) })).into_response()
        }
        JwksFault::Slow => {
            faults.delay().await;
            Json(keyring::key_set(&keys)).into_response()
        }
        JwksFault::Status429 => faults.too_many_requests(),
        JwksFault::Status500 => answer::rest_error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the key set is out of order",
        ),
    })
}
