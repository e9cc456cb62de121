//! A token, of which nothing is right by chance: the key is random.

use std::sync::LazyLock;

use thyra_auth::{Algorithms, KeySet};

use crate::shown::assert_printable;

/// The point of RFC 8037 appendix A.2.
const KEYS: &[u8] = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
static SET: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::from_jwks(KEYS).expect("the key set is one"));

/// The only token that this key has signed: the example of RFC 8037 appendix A.4.
const SIGNED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

pub(crate) fn run(data: &[u8]) {
    let Ok(token) = std::str::from_utf8(data) else {
        return;
    };
    match SET.verify_jws(token, Algorithms::asymmetric()) {
        Ok(payload) => {
            assert_eq!(token, SIGNED, "a token that was never signed was accepted");
            assert_eq!(payload, b"Example of Ed25519 signing");
        }
        Err(rejected) => assert_printable(&rejected),
    }
}
