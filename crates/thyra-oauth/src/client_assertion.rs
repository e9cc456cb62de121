//! What a client signs to prove who it is (RFC 7523 sections 2.2 and 3).

use std::time::Duration;

use serde::Serialize;
use serde_json::Map;

use crate::clock::Clock;
use crate::random::unguessable;
use crate::secret::Secret;
use crate::signing_key::{SigningKey, SigningKeyError};

/// How long an assertion is good: it is sent at once, and the other clock may differ a little.
const LIFETIME: Duration = Duration::from_mins(2);

/// A JSON Web Token by which the client `client_id` proves to the authorization server `audience`
/// that it has `key`. It is good for two minutes, and for one request.
///
/// `audience` is the server's issuer, byte for byte.
///
/// # Errors
///
/// [`SigningKeyError`].
pub fn client_assertion(
    key: &SigningKey,
    client_id: &str,
    audience: &str,
    clock: &dyn Clock,
) -> Result<Secret, SigningKeyError> {
    #[derive(Serialize)]
    struct Claims<'a> {
        iss: &'a str,
        sub: &'a str,
        aud: &'a str,
        jti: &'a str,
        iat: u64,
        exp: u64,
    }

    let jti = unguessable::<16>().map_err(|_| SigningKeyError::NoRandomness)?;
    let now = clock.unix();
    let claims = Claims {
        iss: client_id,
        sub: client_id,
        aud: audience,
        jti: jti.expose(),
        iat: now.as_secs(),
        exp: now.saturating_add(LIFETIME).as_secs(),
    };
    let header = Map::from_iter([("typ".to_owned(), "JWT".into())]);
    key.sign(header, &claims)
}
