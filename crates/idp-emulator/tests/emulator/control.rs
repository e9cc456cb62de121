//! The control plane, and what it refuses.

use idp_emulator::{ClockChange, Faults, IssuerMode, JwksFault, Mint};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{decode, get, get_json, http, post_json, redeem, register, start};

#[tokio::test]
async fn bad_orders_are_errors_in_json() {
    let emulator = start().await;
    for (path, body) in [
        ("mint", json!([])),
        ("mint", json!({"claims": 7})),
        ("mint", json!({"claim": {}})),
        ("mint", json!({"key": "stolen"})),
        ("mint", json!({"key": "retired"})),
        ("mint", json!({"resource": "res_404"})),
        ("faults", json!({"jwks": "on fire"})),
        ("faults", json!({"jkws": "ok"})),
        ("faults", json!({"slow_ms": 60_001})),
        ("faults", json!({"slow_ms": -1})),
        ("issuer", json!({})),
        ("issuer", json!({"mode": "mine"})),
        ("clock", json!({"set_unix": -1})),
        ("clock", json!({"advance_seconds": 1, "set_unix": 1})),
        ("clock", json!({})),
        ("clock", json!("tomorrow")),
        ("rotate?stage=burn", json!({})),
        ("rotate?drop_old=maybe", json!({})),
        ("rotate?drop_old=true&stage=sign", json!({})),
        ("rotate?unknown=1", json!({})),
    ] {
        let response = post_json(&emulator, &format!("/__emu/{path}"), &body).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path} {body}");
        let answer: Value = response.json().await.unwrap();
        assert!(
            answer["error"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{path} {body}"
        );
    }
    let url = format!("{}/__emu/mint", emulator.url());
    let deep = format!(
        "{{\"claims\":{{\"a\":{}1{}}}}}",
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    for (body, status) in [
        (b"{\"claims\":".to_vec(), 400),
        (vec![0xff, 0xfe], 400),
        (deep.into_bytes(), 400),
        (vec![b' '; 2 * 1024 * 1024], 413),
    ] {
        let response = http().post(&url).body(body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        let answer: Value = response.json().await.unwrap();
        assert!(answer["error"].is_string());
    }
}

#[tokio::test]
async fn a_page_of_another_site_gets_nothing() {
    let emulator = start().await;
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        let url = format!("{}/__emu/mint", emulator.url());
        let response = http()
            .post(url)
            .header("origin", origin)
            .body("{}")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{origin}");
        assert!(
            response
                .headers()
                .get("access-control-allow-origin")
                .is_none()
        );
    }
}

#[tokio::test]
async fn the_clock_moves_by_order() {
    let emulator = start().await;
    let clock = |body| {
        let emulator = &emulator;
        async move {
            let response = post_json(emulator, "/__emu/clock", &body).await;
            response.json::<Value>().await.unwrap()["unix"]
                .as_u64()
                .unwrap()
        }
    };
    assert_eq!(
        clock(json!({"set_unix": 2_000_000_000})).await,
        2_000_000_000
    );
    assert_eq!(clock(json!({"advance_seconds": 60})).await, 2_000_000_060);
    let claims = decode(&emulator.mint(&Mint::new()).unwrap()).1;
    assert_eq!(claims["iat"], 2_000_000_060);
    assert_eq!(emulator.now(), 2_000_000_060);
    assert!(clock(json!("system")).await != 2_000_000_060);
}

#[tokio::test]
async fn the_issuer_changes_by_order() {
    let emulator = start().await;
    for (mode, issuer) in [
        ("resource", emulator.resource_issuer("res_123")),
        ("env", emulator.url().to_owned()),
        ("alternate", emulator.url().to_owned()),
    ] {
        let response = post_json(&emulator, "/__emu/issuer", &json!({"mode": mode})).await;
        assert_eq!(
            response.json::<Value>().await.unwrap(),
            json!({"mode": mode})
        );
        let claims = decode(&emulator.mint(&Mint::new()).unwrap()).1;
        assert_eq!(claims["iss"], json!(issuer), "{mode}");
    }
}

#[tokio::test]
async fn requests_are_counted_and_forgotten() {
    let emulator = start().await;
    for _ in 0..3 {
        get(&emulator, "/keys?x=secret").await;
    }
    get(&emulator, "/nowhere").await;
    let counted = get_json(&emulator, "/__emu/requests?path=/keys").await;
    assert_eq!(counted, json!({"path": "/keys", "count": 3}));
    assert_eq!(emulator.requests("/keys"), 3);
    let journal = get_json(&emulator, "/__emu/requests").await;
    assert_eq!(journal["total"], 4);
    assert_eq!(
        journal["requests"][3],
        json!({"number": 4, "method": "GET", "path": "/nowhere"})
    );
    assert!(!journal.to_string().contains("secret"));
    for method in [Method::DELETE, Method::POST] {
        get(&emulator, "/keys").await;
        let url = format!("{}/__emu/requests", emulator.url());
        let response = http().request(method, url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert_eq!(emulator.requests("/keys"), 0);
        assert!(emulator.journal().is_empty());
    }
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_set_up() {
    let emulator = start().await;
    let client = register(&emulator).await;
    let code = crate::support::code(&emulator, &client, &[]).await;
    emulator.faults(Faults {
        jwks: JwksFault::Empty,
        ..Faults::default()
    });
    emulator.issuer(IssuerMode::Resource);
    emulator.clock(ClockChange::Freeze(1));
    let response = post_json(&emulator, "/__emu/reset", &json!({})).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(emulator.journal().is_empty());
    assert!(emulator.now() > 1_000_000);
    assert_eq!(get_json(&emulator, "/keys").await, emulator.jwks());
    let claims = decode(&emulator.mint(&Mint::new()).unwrap()).1;
    assert_eq!(claims["iss"], json!(emulator.url()));
    assert_eq!(claims["jti"], "tkn_1");
    let response = redeem(&emulator, &client, &code).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(register(&emulator).await, client);
}

#[tokio::test]
async fn the_front_page_shows_what_to_paste() {
    let emulator = start().await;
    let response = http().get(emulator.control_url()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers().contains_key("content-security-policy"));
    let page = response.text().await.unwrap();
    for text in [
        &format!("export SCALEKIT_ENVIRONMENT_URL={}", emulator.url()),
        "export SCALEKIT_RESOURCE_ID=res_123",
        "export SCALEKIT_CLIENT_SECRET=development-secret",
        "notes:read notes:write",
        "http://127.0.0.1:8000/mcp",
    ] {
        assert!(page.contains(text), "{text}");
    }
}
