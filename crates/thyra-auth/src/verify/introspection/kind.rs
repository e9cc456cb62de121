//! Which tokens are access tokens. Introspection endpoints say `"active": true` of refresh tokens
//! as well, and whoever has one must not use it here.

use serde_json::{Map, Value};

use crate::verify::{ClaimName, TokenRejected};

/// How access tokens may be used (RFC 7662 section 2.2), and what some servers write there instead.
const TYPES: &[&str] = &[
    "access_token",
    "bearer",
    "dpop",
    "urn:ietf:params:oauth:token-type:access_token",
];
/// What they are for, in the member of Ory and Amazon.
const USES: &[&str] = &["access", "access_token"];
/// What other tokens are, in the member of Keycloak.
const OTHER_KINDS: &[&str] = &["id", "id_token", "offline", "refresh", "refresh_token"];

/// Refuses a token of which the answer says that it is another kind.
pub(super) fn check(members: &Map<String, Value>) -> Result<(), TokenRejected> {
    let is_one_of = |name: &str, values: &[&str]| {
        let value = members.get(name)?.as_str().unwrap_or_default();
        Some(values.iter().any(|one| one.eq_ignore_ascii_case(value)))
    };
    let is_access_token = is_one_of("token_type", TYPES).unwrap_or(true)
        && is_one_of("token_use", USES).unwrap_or(true)
        && !is_one_of("typ", OTHER_KINDS).unwrap_or(false);
    if !is_access_token {
        return Err(TokenRejected::TypeNotAllowed);
    }
    // It is bound to a key, and nobody says which.
    if is_one_of("token_type", &["dpop"]) == Some(true) && !members.contains_key("cnf") {
        return Err(TokenRejected::MissingClaim(ClaimName::Cnf));
    }
    Ok(())
}
