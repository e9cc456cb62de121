//! Faults on order.

use idp_emulator::{Emulator, EndpointFault, Faults, JwksFault, MetadataFault, Mint, Vendor};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{get, get_json, http, post_json, start};

const INSERTED: &str = "/.well-known/oauth-authorization-server/resources/res_123";
const APPENDED: &str = "/resources/res_123/.well-known/oauth-authorization-server";

async fn set(emulator: &Emulator, faults: Value) -> Value {
    let response = post_json(emulator, "/__emu/faults", &faults).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

#[tokio::test]
async fn the_key_set_breaks_and_heals() {
    let emulator = start().await;
    let healthy = get_json(&emulator, "/keys").await;

    let mut all = json!({
        "jwks": "500", "metadata": "500", "slow_ms": 2_000, "token": "ok",
        "introspection": "ok", "userinfo": "ok", "retry_after": 7,
        "authorization": "ok", "revocation": "ok",
    });
    assert_eq!(
        set(&emulator, json!({"jwks": 500, "metadata": "500"})).await,
        all
    );
    set(&emulator, json!({"metadata": "ok"})).await;
    all["metadata"] = json!("ok");
    assert_eq!(set(&emulator, json!({"jwks": "500"})).await, all);
    assert_eq!(
        get(&emulator, "/keys").await.status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );

    set(&emulator, json!({"jwks": "garbage"})).await;
    let response = get(&emulator, "/keys").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.json::<Value>().await.is_err());

    set(&emulator, json!({"jwks": "empty"})).await;
    assert_eq!(get_json(&emulator, "/keys").await, json!({"keys": []}));

    set(&emulator, json!({"jwks": "oversize"})).await;
    let body = get(&emulator, "/keys").await.bytes().await.unwrap();
    assert!(body.len() > 4 * 1024 * 1024);
    let oversize: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(oversize["keys"], healthy["keys"]);

    set(&emulator, json!({"jwks": "decoys"})).await;
    let decoys = get_json(&emulator, "/keys").await;
    let decoys = decoys["keys"].as_array().unwrap();
    assert_eq!(decoys.len(), 6);
    assert_eq!(decoys[5], healthy["keys"][0]);
    assert_eq!(decoys[0]["use"], "enc");
    assert_eq!(decoys[1]["kty"], "EC");

    set(&emulator, json!({"jwks": "slow", "slow_ms": 0})).await;
    assert_eq!(get_json(&emulator, "/keys").await, healthy);

    set(&emulator, json!({"jwks": 429, "retry_after": 11})).await;
    let response = get(&emulator, "/keys").await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()["retry-after"], "11");

    set(&emulator, json!({"jwks": "hang_up"})).await;
    let request = http().get(format!("{}/keys", emulator.url()));
    assert!(request.send().await.is_err());

    emulator.faults(Faults::default());
    assert_eq!(get_json(&emulator, "/keys").await, healthy);
    assert!(emulator.requests("/keys") >= 10);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_takes_the_time_it_was_told() {
    let emulator = start().await;
    emulator.faults(Faults {
        jwks: JwksFault::Slow,
        slow_ms: 5_000,
        ..Faults::default()
    });
    let before = tokio::time::Instant::now();
    get_json(&emulator, "/keys").await;
    assert!(before.elapsed().as_millis() >= 5_000);
    let slow = Faults {
        metadata: MetadataFault::Slow,
        slow_ms: u64::MAX,
        ..Faults::default()
    };
    emulator.faults(slow);
    let before = tokio::time::Instant::now();
    get_json(&emulator, INSERTED).await;
    let elapsed = before.elapsed().as_secs();
    assert!((60..3_600).contains(&elapsed), "{elapsed}");
}

#[tokio::test]
async fn one_form_of_metadata_can_go_missing() {
    let emulator = start().await;
    for (fault, inserted, appended) in [
        ("ok", 200, 200),
        ("inserted_only", 200, 404),
        ("appended_only", 404, 200),
        ("500", 500, 500),
    ] {
        set(&emulator, json!({"metadata": fault})).await;
        assert_eq!(
            get(&emulator, INSERTED).await.status().as_u16(),
            inserted,
            "{fault}"
        );
        assert_eq!(
            get(&emulator, APPENDED).await.status().as_u16(),
            appended,
            "{fault}"
        );
    }
    let openid = get(&emulator, "/.well-known/openid-configuration").await;
    assert_eq!(openid.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn the_token_endpoint_breaks_and_heals() {
    let emulator = start().await;
    let status = async || {
        let response = post_json(&emulator, "/oauth/token", &json!({})).await;
        response.status()
    };
    set(&emulator, json!({"token": 500})).await;
    assert_eq!(status().await, StatusCode::INTERNAL_SERVER_ERROR);
    set(&emulator, json!({"token": "page"})).await;
    assert_eq!(status().await, StatusCode::FORBIDDEN);
    set(&emulator, json!({"token": "ok"})).await;
    assert_eq!(status().await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_servers_ask_about_tokens_breaks_and_heals() {
    let emulator = Emulator::of(Vendor::Oidc).start().await.unwrap();
    let token = emulator.mint(&Mint::new()).unwrap();
    let user_info = || {
        http()
            .get(format!("{}/userinfo", emulator.url()))
            .bearer_auth(&token)
            .send()
    };
    let introspection = || {
        http()
            .post(format!("{}/introspect", emulator.url()))
            .basic_auth("machine-1", Some("development-secret"))
            .form(&[("token", &token)])
            .send()
    };
    for (fault, status) in [
        (EndpointFault::Status429, 429),
        (EndpointFault::Status500, 500),
        (EndpointFault::Garbage, 200),
    ] {
        emulator.faults(Faults::everywhere(fault));
        for response in [user_info().await, introspection().await] {
            let response = response.unwrap();
            assert_eq!(response.status(), status, "{fault:?}");
            let json = response.json::<Value>().await;
            assert_eq!(json.is_err(), fault == EndpointFault::Garbage);
        }
    }
    emulator.faults(Faults::everywhere(EndpointFault::Empty));
    let said: Value = introspection().await.unwrap().json().await.unwrap();
    assert_eq!(said, json!({}));
    emulator.faults(Faults::everywhere(EndpointFault::HangUp));
    assert!(user_info().await.is_err() && introspection().await.is_err());
    emulator.faults(Faults {
        slow_ms: 0,
        ..Faults::everywhere(EndpointFault::Slow)
    });
    assert_eq!(introspection().await.unwrap().status(), 200);
    emulator.faults(Faults::default());
    assert_eq!(user_info().await.unwrap().status(), 200);
}
