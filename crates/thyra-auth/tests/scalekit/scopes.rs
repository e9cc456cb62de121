//! Good tokens that may not do everything.

use http::{StatusCode, header};
use idp_emulator::{Mint, ScopeShape};
use serde_json::{Value, json};
use thyra_auth::{ScopeRules, ScopeSet};

use crate::support::{Answer, Door, METADATA_URL, environment, machine_token, provider, start};

#[track_caller]
fn assert_lacks_scope(answer: &Answer, scopes: &str) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(
        answer.challenge(),
        format!(
            "Bearer error=\"insufficient_scope\", error_description=\"The access token does not \
             carry every scope that this operation needs.\", scope=\"{scopes}\", \
             resource_metadata=\"{METADATA_URL}\""
        )
    );
    assert_eq!(answer.json()["error"], "insufficient_scope");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn scopes_are_read_from_every_claim() {
    let emulator = start().await;
    let required = ScopeSet::from_iter(["notes:read", "notes:write"]);
    let mut door = Door::new(provider(&emulator).required_scopes(required));
    let bare = || Mint::new().without("scope");
    for order in [
        Mint::new(),
        bare().claim("scopes", json!(["notes:read", "notes:write"])),
        bare().claim("scopes", "notes:read notes:write"),
        bare().claim("scp", json!(["notes:write", "notes:read"])),
        bare().claim("scope", json!(["notes:read", "notes:write", "openid"])),
        bare()
            .claim("scope", "notes:read")
            .claim("scopes", json!(["notes:write"])),
        bare()
            .claim("scope", "")
            .claim("scp", "notes:read notes:write"),
    ] {
        door.mint(&emulator, &order).await.accepted();
    }
}

#[tokio::test]
async fn a_lacking_scope_is_403_with_all_that_is_needed() {
    let emulator = start().await;
    let required = ScopeSet::from_iter(["notes:read", "notes:write"]);
    let mut door = Door::new(provider(&emulator).required_scopes(required));
    for scope in [
        Value::Null,
        json!(""),
        json!("notes:read"),
        json!(["notes:write"]),
        json!("NOTES:READ notes:write"),
        json!("notes:read,notes:write"),
        json!("openid profile"),
    ] {
        let answer = door
            .mint(&emulator, &Mint::new().claim("scope", scope))
            .await;
        assert_lacks_scope(&answer, "notes:read notes:write");
    }
    // Identity comes first: a bad token without scopes is a bad token.
    let bad = Mint::new().without("scope").without("exp");
    let answer = door.mint(&emulator, &bad).await;
    answer.invalid_token();
    assert!(
        answer
            .challenge()
            .contains("scope=\"notes:read notes:write\"")
    );
}

#[tokio::test]
async fn machines_spell_their_scopes_in_their_own_claim() {
    let emulator = environment()
        .scope_shape(ScopeShape::Scopes)
        .start()
        .await
        .unwrap();
    let required = ScopeSet::from_iter(["notes:read"]);
    let mut door = Door::new(provider(&emulator).required_scopes(required));
    let token = machine_token(&emulator, "notes:read").await;
    assert_eq!(
        door.call(&token).await.accepted()["scopes"],
        json!(["notes:read"])
    );
    let token = machine_token(&emulator, "notes:write").await;
    assert_lacks_scope(&door.call(&token).await, "notes:read");
}

#[tokio::test]
async fn a_broad_scope_stands_for_a_narrow_one() {
    let emulator = start().await;
    let rules = ScopeRules::default().implies("notes:admin", ["notes:read"]);
    let required = ScopeSet::from_iter(["notes:read"]);
    let mut door = Door::new(
        provider(&emulator)
            .required_scopes(required)
            .scope_rules(rules),
    );
    let admin = Mint::new().claim("scope", "notes:admin");
    door.mint(&emulator, &admin).await.accepted();
    let writer = Mint::new().claim("scope", "notes:write");
    assert_lacks_scope(&door.mint(&emulator, &writer).await, "notes:read");
}

#[tokio::test]
async fn one_operation_may_need_more() {
    use thyra_auth::{AuthProvider, Refusal};

    let emulator = start().await;
    let provider = provider(&emulator)
        .required_scopes(ScopeSet::from_iter(["notes:read"]))
        .build()
        .unwrap();
    let protection = provider.protection("/mcp").unwrap();
    let token = emulator
        .mint(&Mint::new().claim("scope", "notes:read"))
        .unwrap();
    let (mut parts, ()) = http::Request::post("/mcp")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(())
        .unwrap()
        .into_parts();
    let caller = protection.admit(&mut parts).await.unwrap();
    let refusal = protection
        .check_scopes(&caller, &ScopeSet::from_iter(["notes:write"]))
        .unwrap_err();
    assert_eq!(
        refusal,
        Refusal::InsufficientScope {
            needed: ScopeSet::from_iter(["notes:read", "notes:write"])
        }
    );
    let answer = protection.answer(&refusal);
    let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
    assert!(
        challenge.contains("scope=\"notes:read notes:write\""),
        "{challenge}"
    );
}
