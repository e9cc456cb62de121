//! What the server answers to those it does not let in, or not far enough.

use http::Request;
use idp_emulator::Mint;
use serde_json::json;
use thyra::Revision;

use super::{House, METADATA_URL, SERVER_URL, refused, seen, whoami};
use crate::support::{Answer, Ask, send};

fn write_note(revision: Revision, token: &str) -> Ask {
    Ask::call(revision, "write_note", json!({ "text": "milk" }))
        .header("authorization", &format!("Bearer {token}"))
}

#[track_caller]
fn lacks_scope(answer: &Answer, scopes: &str) {
    assert_eq!(answer.status, 403, "{answer:?}");
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer error=\"insufficient_scope\", "),
        "{challenge}"
    );
    assert!(
        challenge.ends_with(&format!(
            "scope=\"{scopes}\", resource_metadata=\"{METADATA_URL}\""
        )),
        "{challenge}"
    );
    assert_eq!(answer.json()["error"], "insufficient_scope");
}

#[tokio::test]
async fn without_a_token_the_challenge_names_no_error() {
    let house = House::start().await;
    for revision in Revision::ALL {
        let ask = Ask::call(revision, "whoami", json!({}));
        for ask in [
            ask.clone(),
            ask.clone().header("authorization", "Basic dXNlcjpwYXNz"),
            Ask::on(revision, "initialize", json!({})),
            Ask::on(revision, "server/discover", json!({})),
        ] {
            let answer = house.ask(&ask).await;
            assert_eq!(answer.status, 401);
            assert_eq!(
                answer.header("www-authenticate"),
                format!("Bearer resource_metadata=\"{METADATA_URL}\"")
            );
            assert_eq!(answer.json()["error"], "missing_token");
        }
    }
    assert_eq!(house.fetches(), 0);
}

#[tokio::test]
async fn a_token_counts_only_in_the_one_header() {
    let house = House::start().await;
    let token = house.mint(&Mint::new());
    let bearer = format!("Bearer {token}");

    let twice = whoami()
        .header("authorization", &bearer)
        .also("authorization", &bearer);
    let answer = house.ask(&twice).await;
    assert_eq!(answer.status, 400);
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer error=\"invalid_request\""),
        "{challenge}"
    );

    for parameter in ["access_token", "token"] {
        let url = format!("{}?{parameter}={token}", house.url);
        let answer = send(&house.client, whoami().request(&url)).await;
        assert_eq!(answer.status, 401);
        assert!(!answer.text().contains(&token));
    }
    let form = Request::post(&house.url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("access_token={token}"))
        .unwrap();
    assert_eq!(send(&house.client, form).await.status, 401);
    let cookie = whoami().header("cookie", &format!("access_token={token}"));
    assert_eq!(house.ask(&cookie).await.status, 401);

    // The scheme is not case-sensitive.
    let lower = whoami().header("authorization", &format!("bearer {token}"));
    seen(&house.ask(&lower).await);
}

#[tokio::test]
async fn a_tool_that_needs_a_scope_says_which_and_a_tool_that_needs_none_is_open() {
    let house = House::start().await;
    let reader = house.mint(&Mint::new().claim("scope", "notes:read"));
    let writer = house.mint(&Mint::new());
    for (revision, count) in Revision::ALL.into_iter().zip(1..) {
        let answer = house.ask(&write_note(revision, &reader)).await;
        lacks_scope(&answer, "notes:write");
        let answer = house.ask(&write_note(revision, &writer)).await;
        assert_eq!(
            answer.tool_text(),
            format!("Noted. There are {count} notes.")
        );
    }
    seen(&house.whoami(&reader).await);

    // It is listed all the same, so that a client knows what it could step up for.
    let list =
        Ask::alone("tools/list", json!({})).header("authorization", &format!("Bearer {reader}"));
    let list = house.ask(&list).await.result();
    assert_eq!(list["tools"][2]["name"], "write_note");
    assert_eq!(list["cacheScope"], "private");

    let machine = house.machine_token("notes:read").await;
    let answer = house
        .ask(&write_note(Revision::V2026_07_28, &machine))
        .await;
    lacks_scope(&answer, "notes:write");
}

#[tokio::test]
async fn scopes_that_every_call_needs_are_in_every_challenge() {
    let house = House::start_with(&[("SCALEKIT_REQUIRED_SCOPES", "notes:read")]).await;
    let answer = house.ask(&whoami()).await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("www-authenticate"),
        format!("Bearer scope=\"notes:read\", resource_metadata=\"{METADATA_URL}\"")
    );
    let answer = house.whoami("x.y.z").await;
    refused(&answer, "x.y.z");
    assert!(
        answer
            .header("www-authenticate")
            .contains("scope=\"notes:read\"")
    );

    for scope in ["", "notes:write", "NOTES:READ", "notes:read2", "notes"] {
        let answer = house.order(&Mint::new().claim("scope", scope)).await;
        lacks_scope(&answer, "notes:read");
    }
    seen(&house.order(&Mint::new().claim("scope", "notes:read")).await);

    // One more authorization must be enough: both scopes are named.
    let reader = house.mint(&Mint::new().claim("scope", "notes:read"));
    let answer = house.ask(&write_note(Revision::V2025_11_25, &reader)).await;
    lacks_scope(&answer, "notes:read notes:write");
}

#[tokio::test]
async fn the_metadata_that_the_challenge_names_is_there_for_everybody() {
    let house = House::start().await;
    let root = house.url.strip_suffix("/mcp").unwrap();
    for path in [
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource",
    ] {
        let request = Request::get(format!("{root}{path}"))
            .header("origin", "https://inspector.example.com")
            .body("")
            .unwrap();
        let answer = send(&house.client, request).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let document = answer.json();
        assert_eq!(document["resource"], SERVER_URL);
        assert_eq!(
            document["authorization_servers"],
            json!([house.emulator.resource_issuer("res_123")])
        );
    }
    // The server's own name is served; another one is not.
    for (host, status) in [("notes.example.com", 401), ("evil.example", 421)] {
        let answer = house.ask(&whoami().header("host", host)).await;
        assert_eq!(answer.status, status, "{host}");
    }
}
