//! Good tokens, and good tokens of somebody else's.

use http::{Request, StatusCode};
use idp_emulator::{IssuerMode, Mint, Rotation};
use serde_json::json;
use thyra_auth::{ScalekitAudience, ScalekitIssuers};

use crate::support::{Door, METADATA_URL, RESOURCE, SERVER_URL, machine_token, provider, start};

#[tokio::test]
async fn a_user_is_let_in_and_known() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    let caller = door.mint(&emulator, &Mint::new()).await.accepted();
    assert_eq!(
        caller,
        json!({
            "subject": "usr_1",
            "client_id": "m2m_mint",
            "org_id": "org_1",
            "scopes": ["notes:read", "notes:write"],
            "kind": "user",
            "issuer": emulator.url(),
        })
    );
}

#[tokio::test]
async fn a_machine_is_let_in_and_known() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    let token = machine_token(&emulator, "notes:read").await;
    let caller = door.call(&token).await.accepted();
    assert_eq!(caller["kind"], "machine");
    assert_eq!(caller["subject"], "m2m_bot");
    assert_eq!(caller["client_id"], "m2m_bot");
    assert_eq!(caller["scopes"], json!(["notes:read"]));
}

#[tokio::test]
async fn both_issuers_are_let_in_unless_told_otherwise() {
    let emulator = start().await;
    for (issuers, environment_is_good, resource_is_good) in [
        (ScalekitIssuers::Both, true, true),
        (ScalekitIssuers::EnvironmentOnly, true, false),
        (ScalekitIssuers::ResourceOnly, false, true),
    ] {
        let mut door = Door::new(provider(&emulator).issuers(issuers));
        for (mode, good) in [
            (IssuerMode::Environment, environment_is_good),
            (IssuerMode::Resource, resource_is_good),
        ] {
            emulator.issuer(mode);
            let answer = door.mint(&emulator, &Mint::new()).await;
            if good {
                answer.accepted();
            } else {
                answer.invalid_token();
            }
        }
    }
}

#[tokio::test]
async fn issuers_are_compared_byte_for_byte() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    for issuer in [
        format!("{}/", emulator.url()),
        format!("{}/", emulator.resource_issuer(RESOURCE)),
        emulator.resource_issuer("res_other"),
        format!("{}/resources/", emulator.url()),
        emulator.url().to_uppercase(),
        format!("{}.example.com", emulator.url()),
        "https://evil.example.com".to_owned(),
        String::new(),
    ] {
        let order = Mint::new().claim("iss", issuer.as_str());
        door.mint(&emulator, &order).await.invalid_token();
    }
    door.mint(&emulator, &Mint::new().without("iss"))
        .await
        .invalid_token();
}

#[tokio::test]
async fn the_audience_is_the_resource_id() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    for audience in [
        json!(RESOURCE),
        json!([RESOURCE]),
        json!([SERVER_URL, RESOURCE]),
        json!(["https://another.example.com", RESOURCE]),
    ] {
        let order = Mint::new().claim("aud", audience);
        door.mint(&emulator, &order).await.accepted();
    }
    for audience in [
        json!(SERVER_URL),
        json!([SERVER_URL]),
        json!(["res_other"]),
        json!("res_12"),
        json!("RES_123"),
        json!([]),
        json!(""),
        json!(123),
        json!([[RESOURCE]]),
        json!({"res_123": true}),
    ] {
        let order = Mint::new().claim("aud", audience);
        door.mint(&emulator, &order).await.invalid_token();
    }
    door.mint(&emulator, &Mint::new().without("aud"))
        .await
        .invalid_token();
    door.mint(&emulator, &Mint::new().resource("res_other"))
        .await
        .invalid_token();
}

#[tokio::test]
async fn the_audience_can_be_the_url_or_both() {
    let emulator = start().await;
    for (audience, id_is_enough, url_is_enough) in [
        (ScalekitAudience::ResourceId, true, false),
        (ScalekitAudience::ServerUrl, false, true),
        (ScalekitAudience::Both, false, false),
    ] {
        let mut door = Door::new(provider(&emulator).audience(audience));
        for (claim, good) in [
            (json!([RESOURCE]), id_is_enough),
            (json!([SERVER_URL]), url_is_enough),
            (json!([RESOURCE, SERVER_URL]), true),
        ] {
            let answer = door.mint(&emulator, &Mint::new().claim("aud", claim)).await;
            if good {
                answer.accepted();
            } else {
                answer.invalid_token();
            }
        }
    }
}

#[tokio::test]
async fn a_resource_claim_must_name_this_server() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    let good = Mint::new().claim("resource", SERVER_URL);
    door.mint(&emulator, &good).await.accepted();
    for resource in [
        "https://notes.example.com",
        "https://notes.example.com/mcp/",
        "",
    ] {
        let bad = Mint::new().claim("resource", resource);
        door.mint(&emulator, &bad).await.invalid_token();
    }
}

#[tokio::test]
async fn the_organisation_has_two_spellings() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    let caller = door
        .mint(&emulator, &Mint::new().claim("org_id", "org_9"))
        .await
        .accepted();
    assert_eq!(caller["org_id"], "org_1");
    let caller = door
        .mint(
            &emulator,
            &Mint::new().without("oid").claim("org_id", "org_9"),
        )
        .await
        .accepted();
    assert_eq!(caller["org_id"], "org_9");
}

#[tokio::test]
async fn tokens_of_other_products_are_refused() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    let agentkit = format!("{}/mcp/v3/servers/0b9f", emulator.url());
    for order in [
        // Organisation clients and the management API: no audience.
        Mint::new()
            .without("aud")
            .claim("sub", "m2morg_1")
            .claim("client_id", "m2morg_1"),
        // Sessions of an application.
        Mint::new()
            .claim("aud", json!(["skc_1"]))
            .claim("client_id", "skc_1"),
        // Agent sessions.
        Mint::new()
            .claim("aud", json!([agentkit]))
            .claim("mcp_cfg", "cfg_1"),
    ] {
        door.mint(&emulator, &order).await.invalid_token();
    }
}

#[tokio::test]
async fn without_a_token_the_challenge_says_where_to_go() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    for request in [
        Request::post("/mcp"),
        Request::get("/mcp"),
        Request::delete("/mcp"),
        Request::post("/mcp").header("authorization", "Basic eDp5"),
        Request::post("/mcp?access_token=x"),
    ] {
        let answer = door.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.challenge(),
            format!("Bearer resource_metadata=\"{METADATA_URL}\"")
        );
    }
    // Nothing of that is worth a question to Scalekit.
    assert!(emulator.journal().is_empty());
}

#[tokio::test]
async fn two_authorization_headers_are_a_malformed_request() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    let token = emulator.mint(&Mint::new()).unwrap();
    let request = Request::post("/mcp")
        .header("authorization", format!("Bearer {token}"))
        .header("authorization", format!("Bearer {token}"));
    let answer = door.send(request).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["error"], "invalid_request");
}

#[tokio::test]
async fn denied_token_ids_are_refused_at_once() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    let emulator = start().await;
    let denied = Arc::new(AtomicBool::new(false));
    let hook = Arc::clone(&denied);
    let mut door = Door::new(
        provider(&emulator).deny(move |id| id == "tkn_lost" && hook.load(Ordering::Relaxed)),
    );
    let lost = emulator
        .mint(&Mint::new().claim("jti", "tkn_lost"))
        .unwrap();
    door.call(&lost).await.accepted();
    denied.store(true, Ordering::Relaxed);
    door.call(&lost).await.invalid_token();
    door.mint(&emulator, &Mint::new()).await.accepted();
}

#[tokio::test]
async fn keys_may_rotate() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    let before = emulator.mint(&Mint::new()).unwrap();
    door.call(&before).await.accepted();
    emulator.rotate(Rotation::Publish).unwrap();
    door.mint(&emulator, &Mint::new()).await.accepted();
    emulator.rotate(Rotation::Sign).unwrap();
    let after = emulator.mint(&Mint::new()).unwrap();
    door.call(&after).await.accepted();
    door.call(&before).await.accepted();
    assert_eq!(emulator.requests("/keys"), 2);
}
