//! Tokens to order.

use aws_lc_rs::{hmac, signature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use idp_emulator::{ClockChange, Emulator, Mint, MintError, MintKey, Resource, Rotation};
use serde_json::{Value, json};

use crate::support::{SERVER_URL, builder, decode, decoded, is_signed, post_json, start, verified};

async fn minted(emulator: &Emulator, order: &Value) -> String {
    let response = post_json(emulator, "/__emu/mint", order).await;
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    body["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_default_is_a_good_user_token() {
    let emulator = start().await;
    emulator.clock(ClockChange::Freeze(1_800_000_000));
    let claims = verified(&emulator, &minted(&emulator, &json!({})).await).await;
    assert_eq!(
        claims,
        json!({
            "iss": emulator.url(),
            "aud": ["res_123", SERVER_URL],
            "sub": "usr_1",
            "client_id": "m2m_mint",
            "oid": "org_1",
            "sid": "ses_1",
            "jti": "tkn_1",
            "iat": 1_800_000_000,
            "nbf": 1_800_000_000,
            "exp": 1_800_000_300,
            "scope": "notes:read notes:write",
        })
    );
    let empty = crate::support::http().post(format!("{}/__emu/mint", emulator.url()));
    assert_eq!(empty.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn claims_and_header_are_laid_over_the_defaults() {
    let emulator = start().await;
    let order = json!({
        "claims": {"aud": "other", "exp": "soon", "sub": null, "deep": {"a": [1, null]}},
        "header": {"kid": "x", "typ": null, "crit": ["b64"]},
    });
    let (header, claims) = decode(&minted(&emulator, &order).await);
    assert_eq!(header, json!({"alg": "RS256", "kid": "x", "crit": ["b64"]}));
    assert_eq!(claims["aud"], "other");
    assert_eq!(claims["exp"], "soon");
    assert_eq!(claims["deep"], json!({"a": [1, null]}));
    assert!(claims.get("sub").is_none());
    assert_eq!(claims["client_id"], "m2m_mint");
}

#[tokio::test]
async fn a_bare_token_holds_what_was_ordered() {
    let emulator = start().await;
    let token = emulator
        .mint(&Mint::new().bare().claim("sub", "x"))
        .unwrap();
    assert_eq!(verified(&emulator, &token).await, json!({"sub": "x"}));
}

#[tokio::test]
async fn a_resource_may_be_named() {
    let emulator = builder()
        .resource(Resource::new("res_2").access_token_expiry(60))
        .start()
        .await
        .unwrap();
    let token = emulator
        .mint(&Mint::new().resource("res_2").without("sid"))
        .unwrap();
    let claims = verified(&emulator, &token).await;
    assert_eq!(claims["aud"], json!(["res_2"]));
    assert!(claims.get("scope").is_none() && claims.get("sid").is_none());
    let unknown = emulator.mint(&Mint::new().resource("res_3"));
    assert_eq!(unknown, Err(MintError::UnknownResource("res_3".to_owned())));
}

#[tokio::test]
async fn rsa_algorithms_in_the_header_are_really_used() {
    let emulator = start().await;
    let jwks = emulator.jwks();
    let algorithms: [(&str, &'static signature::RsaParameters); 4] = [
        ("RS384", &signature::RSA_PKCS1_2048_8192_SHA384),
        ("RS512", &signature::RSA_PKCS1_2048_8192_SHA512),
        ("PS256", &signature::RSA_PSS_2048_8192_SHA256),
        ("PS512", &signature::RSA_PSS_2048_8192_SHA512),
    ];
    for (name, algorithm) in algorithms {
        let token = emulator.mint(&Mint::new().header("alg", name)).unwrap();
        assert_eq!(decode(&token).0["alg"], name);
        assert!(is_signed(&token, &jwks, algorithm), "{name}");
        assert!(!is_signed(
            &token,
            &jwks,
            &signature::RSA_PKCS1_2048_8192_SHA256
        ));
    }
    let token = emulator.mint(&Mint::new().header("alg", "ES256")).unwrap();
    assert!(is_signed(
        &token,
        &jwks,
        &signature::RSA_PKCS1_2048_8192_SHA256
    ));
}

#[tokio::test]
async fn an_unsigned_token_has_an_empty_signature() {
    let emulator = start().await;
    let token = minted(&emulator, &json!({"key": "none"})).await;
    assert!(token.ends_with('.') && token.matches('.').count() == 2);
    assert_eq!(decode(&token).0["alg"], "none");
    let disguised = minted(
        &emulator,
        &json!({"key": "none", "header": {"alg": "RS256"}}),
    )
    .await;
    assert!(disguised.ends_with('.'));
    assert_eq!(decode(&disguised).0["alg"], "RS256");
}

#[tokio::test]
async fn the_public_key_can_pose_as_a_shared_secret() {
    let emulator = start().await;
    let token = minted(&emulator, &json!({"key": "hs256-public"})).await;
    assert_eq!(decode(&token).0["alg"], "HS256");
    let (message, tag) = token.rsplit_once('.').unwrap();
    let pem = spki_pem(&emulator.jwks()["keys"][0]);
    let key = hmac::Key::new(hmac::HMAC_SHA256, pem.as_bytes());
    hmac::verify(&key, message.as_bytes(), &decoded(tag)).unwrap();
}

/// The PEM of an RSA-2048 key with the exponent 65537, assembled by hand.
fn spki_pem(jwk: &Value) -> String {
    let mut der = vec![0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09];
    der.extend([
        0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]);
    der.extend([
        0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0,
    ]);
    der.extend(decoded(jwk["n"].as_str().unwrap()));
    der.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
    let body = STANDARD.encode(der);
    let lines: Vec<_> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    )
}

#[tokio::test]
async fn a_foreign_key_takes_the_name_of_the_active_one() {
    let emulator = start().await;
    let token = minted(&emulator, &json!({"key": "foreign"})).await;
    assert_eq!(decode(&token).0["kid"], "snk_1");
    let algorithm = &signature::RSA_PKCS1_2048_8192_SHA256;
    assert!(!is_signed(&token, &emulator.jwks(), algorithm));
    let named = minted(
        &emulator,
        &json!({"key": "foreign", "header": {"kid": "snk_x"}}),
    )
    .await;
    assert_eq!(decode(&named).0["kid"], "snk_x");
}

#[tokio::test]
async fn a_retired_key_signs_when_there_is_one() {
    let emulator = start().await;
    let order = Mint::new().key(MintKey::Retired);
    assert_eq!(emulator.mint(&order), Err(MintError::NoRetiredKey));
    let before = emulator.jwks();
    emulator.rotate(Rotation::Now { drop_old: true }).unwrap();
    let token = emulator.mint(&order).unwrap();
    let algorithm = &signature::RSA_PKCS1_2048_8192_SHA256;
    assert!(is_signed(&token, &before, algorithm));
    assert!(!is_signed(&token, &emulator.jwks(), algorithm));
}

#[tokio::test]
async fn raw_parts_are_signed_as_they_are() {
    let emulator = start().await;
    let payload = r#"{"sub":"a","sub":"b"}"#;
    let header = r#"{"alg":"RS256","kid":"snk_1","kid":"snk_1"}"#;
    let token = emulator
        .mint(&Mint::new().raw_claims(payload).raw_header(header))
        .unwrap();
    let mut parts = token.split('.');
    assert_eq!(decoded(parts.next().unwrap()), header.as_bytes());
    assert_eq!(decoded(parts.next().unwrap()), payload.as_bytes());
    let algorithm = &signature::RSA_PKCS1_2048_8192_SHA256;
    assert!(is_signed(&token, &emulator.jwks(), algorithm));
}
