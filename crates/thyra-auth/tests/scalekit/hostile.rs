//! Tokens that an attacker would try.

use futures_util::future::join_all;
use http::{Request, header};
use idp_emulator::{Mint, MintKey};
use serde_json::{Value, json};
use thyra_auth::{AuthProvider, Refusal, TokenRejected};

use crate::support::{Answer, Door, RESOURCE, provider, start};

#[tokio::test]
async fn hostile_tokens_are_refused() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    door.mint(&emulator, &Mint::new()).await.accepted();
    let now = emulator.now();
    let good_claims = json!({
        "iss": emulator.url(), "aud": [RESOURCE], "sub": "usr_1", "exp": now + 300,
    })
    .to_string();
    let doubled = good_claims.replacen('{', r#"{"sub":"usr_2","#, 1);
    for (name, order) in [
        ("no signature", Mint::new().key(MintKey::None)),
        ("a foreign key", Mint::new().key(MintKey::Foreign)),
        (
            "the public key as a secret",
            Mint::new().key(MintKey::Hs256Public),
        ),
        ("another algorithm", Mint::new().header("alg", "RS512")),
        ("another algorithm", Mint::new().header("alg", "PS256")),
        ("another family", Mint::new().header("alg", "ES256")),
        ("an unknown key", Mint::new().header("kid", "snk_unknown")),
        ("a path as key", Mint::new().header("kid", "../../keys")),
        (
            "a URL as key",
            Mint::new().header("kid", "https://evil.example.com/keys"),
        ),
        (
            "a critical extension",
            Mint::new().header("crit", json!(["x"])).header("x", 1),
        ),
        ("an ID token", Mint::new().header("typ", "ID+JWT")),
        ("no expiry", Mint::new().without("exp")),
        ("expired", Mint::new().claim("exp", now - 31)),
        (
            "expiry as text",
            Mint::new().claim("exp", (now + 300).to_string()),
        ),
        ("negative expiry", Mint::new().claim("exp", -1)),
        ("not yet valid", Mint::new().claim("nbf", now + 600)),
        ("from the future", Mint::new().claim("iat", now + 600)),
        ("no subject", Mint::new().without("sub")),
        ("a blank subject", Mint::new().claim("sub", "")),
        ("a number as subject", Mint::new().claim("sub", 1)),
        ("a number as scope", Mint::new().claim("scope", 1)),
        (
            "a nested scope",
            Mint::new().claim("scope", json!(["notes:read", ["x"]])),
        ),
        ("a repeated claim", Mint::new().raw_claims(doubled)),
        ("no JSON", Mint::new().raw_claims("hello")),
        ("no object", Mint::new().raw_claims("[]")),
    ] {
        let token = emulator.mint(&order).unwrap();
        let answer = door.call(&token).await;
        assert_eq!(answer.status.as_u16(), 401, "{name}");
        answer.invalid_token();
        assert_says_nothing_about(&token, &answer);
    }
    let by_hand = Mint::new().raw_claims(good_claims);
    door.mint(&emulator, &by_hand).await.accepted();
}

#[tokio::test]
async fn what_is_no_jwt_is_refused() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    let good = emulator.mint(&Mint::new()).unwrap();
    let (header_and_claims, _) = good.rsplit_once('.').unwrap();
    for token in [
        "x".to_owned(),
        "..".to_owned(),
        header_and_claims.to_owned(),
        format!("{header_and_claims}."),
        format!("{good}.x"),
        format!("{good}.x.y"),
        format!("{good}="),
        good.replace('.', "~"),
        "a".repeat(200_000),
        format!("{good}{}", "A".repeat(200_000)),
    ] {
        door.call(&token).await.invalid_token();
    }
}

#[tokio::test]
async fn keys_in_the_header_are_not_used() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    let evil = format!("{}/evil", emulator.url());
    let jwk: Value = emulator.jwks()["keys"][0].clone();
    let order = Mint::new()
        .key(MintKey::Foreign)
        .header("jku", evil.as_str())
        .header("x5u", evil.as_str())
        .header("jwk", jwk);
    door.mint(&emulator, &order).await.invalid_token();
    assert_eq!(emulator.requests("/evil"), 0);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_one_question() {
    let emulator = start().await;
    let provider = provider(&emulator).build().unwrap();
    let protection = provider.protection("/mcp").unwrap();
    let admit = async |order: Mint| {
        let token = emulator.mint(&order).unwrap();
        let (mut parts, ()) = Request::post("/mcp")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(())
            .unwrap()
            .into_parts();
        protection.admit(&mut parts).await.map(drop)
    };
    assert_eq!(admit(Mint::new()).await, Ok(()));
    emulator.clear_journal();
    let flood = (0..50).map(|number| Mint::new().header("kid", format!("snk_flood_{number}")));
    for outcome in join_all(flood.map(admit)).await {
        assert_eq!(
            outcome,
            Err(Refusal::InvalidToken(TokenRejected::UnknownKey))
        );
    }
    assert_eq!(emulator.requests("/keys"), 1);
    assert_eq!(admit(Mint::new()).await, Ok(()));
}

/// No part of a token may be in the answer to it.
#[track_caller]
fn assert_says_nothing_about(token: &str, answer: &Answer) {
    let shown = format!("{answer:?}");
    for part in token.split('.').filter(|part| part.len() > 8) {
        assert!(!shown.contains(part));
    }
    for word in ["usr_1", "snk_", "res_123", "org_1"] {
        assert!(!shown.contains(word), "{word} in {shown}");
    }
}
