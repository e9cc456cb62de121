//! Answers that the authorization server signs.

use aws_lc_rs::hmac;

use super::*;
use crate::verify::testing::{self, Signer};
use crate::verify::{Jwks, KeySet, KeySetUrl};

const KEYS: &str = "https://login.example/keys";
const SIGNED: &str = "application/token-introspection+jwt";

fn header(alg: &str, kid: &str, typ: &str) -> String {
    json!({ "alg": alg, "kid": kid, "typ": typ }).to_string()
}

fn around(answer: &Value) -> Value {
    json!({ "iss": ISSUER, "aud": "api", "iat": NOW, "token_introspection": answer })
}

fn sign(key: &Signer, claims: &Value) -> String {
    key.token_with(
        &header("ES256", "ec", "token-introspection+jwt"),
        &claims.to_string(),
    )
}

fn key_set() -> KeySet {
    KeySet::from_jwks(testing::jwks(&[testing::ec()]).as_bytes()).unwrap()
}

#[tokio::test]
async fn a_signed_answer_is_asked_for_and_verified() {
    let upstream = Upstream::default();
    upstream.serve(
        KEYS,
        200,
        "application/json",
        testing::jwks(&[testing::ec()]),
    );
    upstream.serve(ENDPOINT, 200, SIGNED, sign(testing::ec(), &around(&good())));
    let remote = Jwks::builder(KeySetUrl::configured(KEYS).unwrap())
        .fetcher(upstream.fetcher())
        .build();
    for builder in [
        asking(&upstream).signed_answers(key_set()),
        asking(&upstream).signed_answers(remote),
    ] {
        let caller = accepted(ask(builder).await);
        assert_eq!(caller.subject(), "usr_1");
    }
    assert_eq!(upstream.asked()[0].headers[header::ACCEPT], SIGNED);
    let inactive = sign(testing::ec(), &around(&json!({ "active": false })));
    upstream.serve(ENDPOINT, 200, SIGNED, inactive);
    let builder = asking(&upstream).signed_answers(key_set());
    assert_eq!(rejected(ask(builder).await), TokenRejected::Inactive);
}

#[tokio::test]
async fn signed_answers_that_were_not_meant_for_this_question() {
    let upstream = Upstream::default();
    let (key, stranger) = (testing::ec(), Signer::ec("ec"));
    let claims = around(&good());
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        sign(key, &claims)
    };
    let typed = |typ: &str| key.token_with(&header("ES256", "ec", typ), &claims.to_string());
    let untyped = json!({ "alg": "ES256", "kid": "ec" }).to_string();
    for (what, body) in [
        (
            "the answer to another resource server",
            changed("aud", json!("api_2")),
        ),
        ("an answer to nobody", changed("aud", Value::Null)),
        (
            "of another issuer",
            changed("iss", json!("https://evil.example")),
        ),
        ("from yesterday", changed("iat", json!(NOW - 86_400))),
        ("from tomorrow", changed("iat", json!(NOW + 86_400))),
        ("of no time", changed("iat", Value::Null)),
        (
            "without an answer",
            changed("token_introspection", json!([])),
        ),
        ("signed by a stranger", sign(&stranger, &claims)),
        ("an access token", typed("at+jwt")),
        ("a plain JWT", typed("JWT")),
        (
            "of another media type",
            typed("text/token-introspection+jwt"),
        ),
        ("of no type", key.token_with(&untyped, &claims.to_string())),
        (
            "confused: signed with the public key as a secret",
            confused(&claims),
        ),
        ("unsigned", unsigned(&claims)),
        ("not a JWT", good().to_string()),
    ] {
        upstream.serve(ENDPOINT, 200, SIGNED, body);
        let builder = asking(&upstream).signed_answers(key_set());
        is_unavailable(&ask(builder).await, what);
    }
    // A plain answer, whatever it says, when a signed one is demanded.
    says(&upstream, &good());
    let builder = asking(&upstream).signed_answers(key_set());
    is_unavailable(&ask(builder).await, "plain");
    upstream.serve(ENDPOINT, 200, "application/json", sign(key, &claims));
    let builder = asking(&upstream).signed_answers(key_set());
    is_unavailable(&ask(builder).await, "of the type of plain ones");
}

fn confused(claims: &Value) -> String {
    let typ = header("HS256", "ec", "token-introspection+jwt");
    let input = testing::signing_input(&typ, &claims.to_string());
    let key = hmac::Key::new(hmac::HMAC_SHA256, testing::ec().pem().as_bytes());
    let signature = hmac::sign(&key, input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn unsigned(claims: &Value) -> String {
    let typ = header("none", "ec", "token-introspection+jwt");
    format!("{}.", testing::signing_input(&typ, &claims.to_string()))
}
