//! Tokens that an attacker would try.

use idp_emulator::{Mint, MintKey};
use serde_json::{Value, json};

use super::{House, RESOURCE, refused, seen, whoami};

/// Sends each of them to a server that knows the keys.
async fn none_comes_in(house: &House, orders: Vec<(&str, Mint)>) {
    seen(&house.order(&Mint::new()).await);
    for (name, order) in orders {
        let token = house.mint(&order);
        let answer = house.whoami(&token).await;
        assert_eq!(answer.status, 401, "{name}: {answer:?}");
        refused(&answer, &token);
    }
    seen(&house.order(&Mint::new()).await);
}

#[tokio::test]
async fn headers_and_signatures() {
    let house = House::start().await;
    let kid = house.emulator.keys().active;
    let orders = vec![
        ("alg none", Mint::new().key(MintKey::None)),
        (
            "alg None",
            Mint::new().key(MintKey::None).header("alg", "None"),
        ),
        (
            "HS256 with the public key",
            Mint::new().key(MintKey::Hs256Public),
        ),
        ("a foreign key", Mint::new().key(MintKey::Foreign)),
        ("RS512", Mint::new().header("alg", "RS512")),
        ("RS384", Mint::new().header("alg", "RS384")),
        ("PS256", Mint::new().header("alg", "PS256")),
        ("ES256 with an RSA key", Mint::new().header("alg", "ES256")),
        ("no alg", Mint::new().header("alg", Value::Null)),
        (
            "alg that is no string",
            Mint::new().header("alg", json!(["RS256"])),
        ),
        ("kid that is no string", Mint::new().header("kid", json!(1))),
        ("unknown kid", Mint::new().header("kid", "snk_unknown")),
        ("kid with a path", Mint::new().header("kid", "../../keys")),
        (
            "kid with a URL",
            Mint::new().header("kid", "https://evil.example/keys"),
        ),
        (
            "crit",
            Mint::new().header("crit", json!(["x"])).header("x", 1),
        ),
        ("empty crit", Mint::new().header("crit", json!([]))),
        (
            "header with two alg",
            Mint::new().raw_header(format!(r#"{{"alg":"none","alg":"RS256","kid":"{kid}"}}"#)),
        ),
        ("header that is no JSON", Mint::new().raw_header("RS256")),
    ];
    none_comes_in(&house, orders).await;
}

#[tokio::test]
async fn claims() {
    let house = House::start().await;
    let now = house.emulator.now();
    let claims = json!({
        "iss": house.emulator.url(), "aud": [RESOURCE], "sub": "usr_1", "exp": now + 300,
    })
    .to_string();
    let doubled = |member: &str| Mint::new().raw_claims(claims.replacen('{', member, 1));
    seen(&house.order(&doubled("{")).await);
    let orders = vec![
        ("two sub", doubled(r#"{"sub":"usr_2","#)),
        ("two aud", doubled(r#"{"aud":"x","#)),
        ("two exp", doubled(r#"{"exp":9999999999,"#)),
        ("claims that are no JSON", Mint::new().raw_claims("hello")),
        ("claims that are no object", Mint::new().raw_claims("[]")),
        (
            "scope that is no string",
            Mint::new().claim("scope", json!({ "notes:read": true })),
        ),
        ("scope that is a number", Mint::new().claim("scope", 1)),
        (
            "scope with a number",
            Mint::new().claim("scopes", json!(["notes:read", 1])),
        ),
        ("sub that is no string", Mint::new().claim("sub", 1)),
        ("empty sub", Mint::new().claim("sub", "")),
        ("no sub", Mint::new().without("sub")),
        ("no iss", Mint::new().without("iss")),
        ("no aud", Mint::new().without("aud")),
        ("no exp", Mint::new().without("exp")),
        ("exp in the past", Mint::new().claim("exp", now - 120)),
        (
            "exp as text",
            Mint::new().claim("exp", (now + 300).to_string()),
        ),
        ("negative exp", Mint::new().claim("exp", -1)),
        ("huge exp", Mint::new().claim("exp", json!(1e300))),
        ("nbf in the future", Mint::new().claim("nbf", now + 600)),
        ("iat in the future", Mint::new().claim("iat", now + 600)),
    ];
    none_comes_in(&house, orders).await;
}

#[tokio::test]
async fn issuers_and_audiences() {
    let house = House::start().await;
    let env = house.emulator.url().to_owned();
    let mut orders = Vec::new();
    let resource_issuer = house.emulator.resource_issuer(RESOURCE);
    for issuer in [
        json!(format!("{env}/")),
        json!(format!("{resource_issuer}/")),
        json!(env.to_uppercase()),
        json!(format!("{env}.evil.example")),
        json!(house.emulator.resource_issuer("res_other")),
        json!(format!("{env}/resources/")),
        json!("https://evil.example"),
        json!(""),
        json!([env]),
        json!(1),
    ] {
        orders.push(("iss", Mint::new().claim("iss", issuer)));
    }
    for audience in [
        json!([]),
        json!(""),
        json!(123),
        json!([[RESOURCE]]),
        json!({ RESOURCE: true }),
        json!(["res_12"]),
        json!("RES_123"),
        json!(format!("{RESOURCE} ")),
    ] {
        orders.push(("aud", Mint::new().claim("aud", audience)));
    }
    none_comes_in(&house, orders).await;
}

/// RFC 7519 section 2: a `NumericDate` may have a fraction.
#[tokio::test]
async fn an_expiry_with_a_fraction_is_a_good_one() {
    let house = House::start().await;
    let now = house.emulator.now();
    for (expiry, good) in [(now + 300, true), (now - 300, false)] {
        let expiry: Value = serde_json::from_str(&format!("{expiry}.5")).unwrap();
        let order = Mint::new().claim("exp", expiry);
        let answer = house.order(&order).await;
        assert_eq!(answer.status, if good { 200 } else { 401 }, "{answer:?}");
    }
}

/// There is one key for signatures, so it is clear which one is meant.
#[tokio::test]
async fn a_token_without_kid_is_judged_by_the_only_key() {
    let house = House::start().await;
    let order = Mint::new().header("kid", Value::Null);
    seen(&house.order(&order).await);
    let forged = order.key(MintKey::Foreign);
    let token = house.mint(&forged);
    refused(&house.whoami(&token).await, &token);
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_not_used() {
    let house = House::start().await;
    let evil = format!("{}/evil", house.emulator.url());
    let jwk = house.emulator.jwks()["keys"][0].clone();
    for order in [
        Mint::new().header("jku", evil.as_str()),
        Mint::new().header("x5u", evil.as_str()),
        Mint::new().header("jwk", jwk),
    ] {
        let token = house.mint(&order.key(MintKey::Foreign));
        refused(&house.whoami(&token).await, &token);
    }
    assert_eq!(house.emulator.requests("/evil"), 0);
}

#[tokio::test]
async fn what_is_no_signed_token_at_all() {
    let house = House::start().await;
    let good = house.mint(&Mint::new());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let encrypted = format!("{signed}.{signature}.AAAA.BBBB");
    for token in [
        "x",
        "..",
        "...",
        "....",
        signed,
        &format!("{good}.x"),
        &encrypted,
        &good.replace('.', "~"),
        &format!("{good}{}", "A".repeat(40_000)),
        &"a".repeat(40_000),
    ] {
        let answer = house.whoami(token).await;
        assert_eq!(answer.status, 401, "{token}");
        refused(&answer, token);
    }
    assert_eq!(
        house.fetches(),
        0,
        "none of them is worth a look at the keys"
    );

    // Such a head is refused before anybody looks for a token in it.
    let huge = format!("Bearer {good}{}", "A".repeat(200_000));
    let answer = house.ask(&whoami().header("authorization", &huge)).await;
    assert_eq!(answer.status, 431);
    seen(&house.whoami(&good).await);
}
