//! Headers of the user's own.

use serde_json::json;
use thyra_client::{Client, ClientError, OAuth, PrintUrl, Secret};

use crate::scripted::{Answer, Asked, Scripted};

#[tokio::test]
async fn every_request_carries_the_headers_of_ones_own() {
    let server = Scripted::start(|asked| match asked.method() {
        "initialize" => asked
            .result(&json!({
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "serverInfo": { "name": "s", "version": "1" },
            }))
            .header("Mcp-Session-Id", "one"),
        "tools/list" => asked.result(&json!({ "tools": [] })),
        "server/discover" => asked.error("200 OK", -32601),
        _ if asked.verb() == "get" => Answer::empty("405 Method Not Allowed"),
        _ => Answer::empty("202 Accepted"),
    })
    .await;
    let client = server.builder().header("X-Api-Key", "one");
    let client = client.header("x-api-key", "two").header("X-Team", "green");
    let client = client.build().unwrap();
    client.list_tools().await.unwrap();
    client.close().await;
    let asked = server.asked();
    let verbs: Vec<_> = asked.iter().map(Asked::verb).collect();
    assert_eq!(verbs, ["post", "post", "post", "get", "post", "delete"]);
    for one in asked {
        let sent = (one.header("x-api-key"), one.header("x-team"));
        assert_eq!(sent, (Some("two"), Some("green")), "{}", one.head);
    }
    let shown = format!("{client:?}");
    assert!(
        !shown.contains("two") && !shown.contains("green"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_header_can_say_who_is_calling() {
    let server = Scripted::start(|asked| match asked.header("authorization") {
        Some("basic b3bl") => {
            asked.result(&json!({ "tools": [], "supportedVersions": ["2026-07-28"] }))
        }
        _ => Answer::empty("401 Unauthorized"),
    })
    .await;
    let with = |value: &str| {
        server
            .builder()
            .header("Authorization", value)
            .build()
            .unwrap()
    };
    with("Basic b3Bl").list_tools().await.unwrap();
    let error = with("Basic c2h1dA==").list_tools().await.unwrap_err();
    let advice = "give the client a header `Authorization` that the server accepts";
    assert!(error.to_string().ends_with(advice), "{error}");
}

#[test]
fn what_cannot_be_sent_is_refused_when_the_client_is_built() {
    let refused = |builder: thyra_client::ClientBuilder| builder.build().unwrap_err();
    let at = |url: &str| Client::builder(url);
    let local = "http://127.0.0.1:1/mcp";
    let error = refused(at(local).header("Mcp-Session-Id", "hush"));
    assert_eq!(
        error.to_string(),
        "the header `Mcp-Session-Id` cannot be sent: the client sets it itself"
    );
    for builder in [
        at(local)
            .header("Authorization", "hush")
            .bearer(Secret::new("hush".to_owned())),
        at(local)
            .header("authorization", "hush")
            .oauth(OAuth::new(PrintUrl)),
        at(local).header("x", "hush\r\ny: z"),
    ] {
        let error = refused(builder);
        assert!(matches!(error, ClientError::Header { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
    let error = refused(at("http://example.com/mcp").header("x-team", "green"));
    assert!(matches!(error, ClientError::Url { .. }), "{error:?}");
    for url in [
        "https://ada:hush@example.com/mcp",
        "https://ada:hu/sh@example.com/mcp",
        "http://example.com/mcp?key=hush",
    ] {
        let builder = || at(url).header("x-team", "green");
        let error = refused(builder());
        assert!(error.to_string().contains("example.com/mcp"), "{error}");
        let shown = format!("{error} {error:?} {:?}", builder());
        assert!(!shown.contains("hu"), "{shown}");
    }
    let client = at("https://example.com/mcp?key=hush").build().unwrap();
    assert!(!format!("{client:?}").contains("hush"), "{client:?}");
    at("https://example.com/mcp")
        .header("x-team", "green")
        .build()
        .unwrap();
    at("http://example.com/mcp").build().unwrap();
}
