//! Nothing grows without end.

use serde_json::{Value, json};

use crate::support::{CALLBACK, authorize, callback, get_json, http, parameter, register, start};

#[tokio::test]
async fn a_thousand_registrations_push_out_the_first() {
    let emulator = start().await;
    let first = register(&emulator).await;
    let client = http();
    let url = format!(
        "{}/api/v1/resources/res_123/clients:register",
        emulator.url()
    );
    let body = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"});
    let mut last = String::new();
    for _ in 0..1_000 {
        let answer: Value = client
            .post(&url)
            .json(&body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        last = answer["client_id"].as_str().unwrap().to_owned();
    }
    assert_eq!(last, "m2m_1001");
    assert_eq!(authorize(&emulator, &first, &[]).await.status(), 400);
    let location = callback(&authorize(&emulator, &last, &[]).await);
    assert!(parameter(&location, "code").is_some());

    let journal = get_json(&emulator, "/__emu/requests").await;
    assert_eq!(journal["requests"].as_array().unwrap().len(), 1_000);
    assert_eq!(journal["total"], 1_003);
    assert_eq!(
        emulator.requests("/api/v1/resources/res_123/clients:register"),
        1_001
    );
}

#[tokio::test]
async fn a_long_query_is_refused_before_it_is_read() {
    let emulator = start().await;
    let url = format!(
        "{}/oauth/authorize?state={}",
        emulator.url(),
        "x".repeat(1_000_000)
    );
    let refused = match http().get(url).send().await {
        Ok(response) => response.status().is_client_error(),
        Err(_) => true,
    };
    assert!(refused);
    get_json(&emulator, "/keys").await;
}
