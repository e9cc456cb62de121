//! The well-known documents beside a protected service.

use http::{Request, StatusCode, header};
use idp_emulator::{Faults, MetadataFault};
use serde_json::json;

use crate::support::{Door, RESOURCE, SERVER_URL, provider, start};

const FORWARDED: [&str; 2] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
];
const INSERTED: &str = "/.well-known/oauth-authorization-server/resources/res_123";
const APPENDED: &str = "/resources/res_123/.well-known/oauth-authorization-server";

fn faults(metadata: MetadataFault) -> Faults {
    Faults {
        metadata,
        ..Faults::default()
    }
}

/// The document as the environment itself serves it.
async fn original(url: &str) -> bytes::Bytes {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).send().await.unwrap().bytes().await.unwrap()
}

#[tokio::test]
async fn the_resource_metadata_sends_clients_to_the_resource_issuer() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        // The Host of the request has no part in it.
        let request = Request::get(path).header("host", "evil.example.com");
        let answer = door.send(request).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(
            answer.json(),
            json!({
                "resource": SERVER_URL,
                "authorization_servers": [emulator.resource_issuer(RESOURCE)],
                "bearer_methods_supported": ["header"],
            })
        );
    }
    assert!(emulator.journal().is_empty());
}

#[tokio::test]
async fn the_authorization_server_metadata_is_forwarded_byte_for_byte() {
    let emulator = start().await;
    let original = original(&format!("{}{INSERTED}", emulator.url())).await;
    emulator.clear_journal();
    let mut door = Door::new(provider(&emulator));
    for path in FORWARDED {
        let answer = door.send(Request::get(path)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body, original);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
    assert_eq!(emulator.requests(INSERTED), 1);
    assert_eq!(emulator.requests(APPENDED), 0);
}

#[tokio::test]
async fn either_location_of_the_metadata_is_found() {
    for (fault, location) in [
        (MetadataFault::InsertedOnly, INSERTED),
        (MetadataFault::AppendedOnly, APPENDED),
    ] {
        let emulator = start().await;
        emulator.faults(faults(fault));
        let mut door = Door::new(provider(&emulator));
        let answer = door.send(Request::get(FORWARDED[0])).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(
            answer.json()["issuer"],
            emulator.resource_issuer(RESOURCE).as_str()
        );
        assert_eq!(emulator.requests(location), 1);
    }
}

#[tokio::test]
async fn a_cold_failure_is_502_and_says_nothing_of_the_upstream() {
    let emulator = start().await;
    emulator.faults(faults(MetadataFault::Status500));
    let mut door = Door::new(provider(&emulator));
    let answer = door.send(Request::get(FORWARDED[0])).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(answer.json()["error"], "bad_gateway");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(
        !text.contains("127.0.0.1") && !text.contains("500"),
        "{text}"
    );
}

#[tokio::test]
async fn the_documents_need_no_token_and_mind_no_bad_one() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    let request = Request::get("/.well-known/oauth-protected-resource")
        .header("authorization", "Bearer expired")
        .header("authorization", "Bearer twice");
    assert_eq!(door.send(request).await.status, StatusCode::OK);
}
