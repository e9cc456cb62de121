//! What is kept of what the identity provider says of a person.

use serde_json::{Map, Value};

/// Claims that are about the identity provider's token, and not about the person. Some of them
/// would mean something else in ours: whoever has `cnf`, for one, must prove possession.
const OF_TOKENS: [&str; 24] = [
    "access_token",
    "act",
    "at_hash",
    "aud",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "exp",
    "gen",
    "iat",
    "id_token",
    "iss",
    "jti",
    "may_act",
    "nbf",
    "nonce",
    "refresh_token",
    "resource",
    "s_hash",
    "scope",
    "scopes",
    "scp",
    "sid",
];

/// The claims that are about the person.
pub(super) fn of_person(mut claims: Map<String, Value>) -> Map<String, Value> {
    claims.retain(|name, _| !OF_TOKENS.contains(&name.as_str()));
    claims
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_of_the_token_itself_is_kept() {
        let Value::Object(claims) = json!({
            "sub": "ada", "email": "ada@example.com", "groups": ["a"], "auth_time": 1,
            "iss": "https://idp", "aud": "app", "exp": 1, "nbf": 1, "iat": 1, "jti": "1",
            "access_token": "secret", "id_token": "secret", "refresh_token": "secret",
            "cnf": { "jkt": "x" }, "scp": "a", "scope": "a", "act": {}, "sid": "s", "nonce": "n",
        }) else {
            panic!("an object")
        };
        let kept = of_person(claims);
        let names: Vec<_> = kept.keys().map(String::as_str).collect();
        assert_eq!(names, ["auth_time", "email", "groups", "sub"]);
    }
}
