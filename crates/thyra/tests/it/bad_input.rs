//! Requests that no good client sends: each gets the right refusal, none of it comes back, and the
//! server goes on.

mod arguments;
mod head;
mod reader;

use serde_json::{Value, json};
use thyra::{Limits, Revision};

use crate::fixture;
use crate::support::{Answer, Ask, META_CAPABILITIES, META_VERSION, Running};

/// Put into whatever is sent; no answer may hold it.
const MARK: &str = "c0ffee-c0ffee";

const ERAS: [Revision; 2] = [Revision::V2025_11_25, Revision::V2026_07_28];

async fn start() -> Running {
    Running::start(fixture::server().0).await
}

fn add(revision: Revision) -> Ask {
    Ask::call(revision, "add", json!({ "a": 2, "b": 3 }))
}

/// Checks that the server is as well as before.
async fn still_answers(server: &Running) {
    let sum = server.ask(&add(Revision::V2026_07_28)).await;
    assert_eq!(sum.tool_text(), "5");
}

#[track_caller]
fn says_nothing_back(answer: &Answer) {
    let shown = format!("{answer:?}");
    assert!(!shown.contains(MARK), "{shown}");
    assert!(answer.body.len() < 1000, "{shown}");
}

async fn post(server: &Running, revision: Revision, body: impl Into<bytes::Bytes>) -> Answer {
    let answer = server
        .send(add(revision).with_body(&server.url(), body))
        .await;
    says_nothing_back(&answer);
    answer
}

fn large() -> String {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "add", "arguments": { "a": MARK.repeat(5_000_000 / MARK.len()) } },
    })
    .to_string()
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let server = start().await;
    for revision in ERAS {
        let answer = post(&server, revision, large()).await;
        assert_eq!(answer.status, 413);
        assert!(answer.text().contains("4194304 bytes"), "{answer:?}");
        still_answers(&server).await;
    }
}

#[tokio::test]
async fn a_body_that_does_not_say_its_size_has_the_same_limit() {
    let server = start().await;
    for revision in ERAS {
        let pieces = futures_util::stream::iter(
            large()
                .into_bytes()
                .chunks(64 * 1024)
                .map(|piece| Ok::<_, std::io::Error>(bytes::Bytes::copy_from_slice(piece)))
                .collect::<Vec<_>>(),
        );
        let request = add(revision)
            .with_body(&server.url(), "")
            .map(|_| reqwest::Body::wrap_stream(pieces));
        let answer = server.send(request).await;
        assert_eq!(answer.status, 413);
        says_nothing_back(&answer);
        still_answers(&server).await;
    }
}

#[tokio::test]
async fn the_limit_is_exact() {
    let ask = add(Revision::V2026_07_28);
    let length = ask.request("http://localhost").body().len();
    for (limit, status) in [(length, 200), (length - 1, 413)] {
        let server = fixture::server()
            .0
            .limits(Limits::default().body_bytes(limit));
        let server = Running::start(server).await;
        assert_eq!(server.ask(&ask).await.status, status);
    }
}

#[tokio::test]
async fn what_is_no_json_is_a_parse_error() {
    let server = start().await;
    let whole = add(Revision::V2026_07_28)
        .member("mark", json!(MARK))
        .request("http://localhost")
        .into_body();
    let mut bodies: Vec<Vec<u8>> = (0..whole.len())
        .map(|length| whole.slice(..length).to_vec())
        .collect();
    let marked = [
        MARK.to_owned(),
        format!("{{\"{MARK}\"}}"),
        format!("'{MARK}'"),
        format!("[{MARK}]"),
        format!("{{}}{MARK}"),
        format!("\u{feff}{{\"{MARK}\":1}}"),
    ];
    bodies.extend(marked.map(String::into_bytes));
    bodies.push([whole.as_ref(), b"}"].concat());
    bodies.push([whole.as_ref(), whole.as_ref()].concat());
    bodies.push([b"\"".as_slice(), MARK.as_bytes(), b"\xff\xfe\""].concat());
    bodies.push(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc3\x28\"}".to_vec());
    bodies.push(b"\0".to_vec());
    for body in bodies {
        for revision in ERAS {
            let answer = post(&server, revision, body.clone()).await;
            assert_eq!(answer.status, 400, "{}", String::from_utf8_lossy(&body));
            answer.refused(400, -32700);
            assert_eq!(answer.json()["id"], Value::Null);
        }
    }
    still_answers(&server).await;
}

#[tokio::test]
async fn what_is_no_message_is_an_invalid_request() {
    let server = start().await;
    for body in [
        json!(1),
        json!(null),
        json!(MARK),
        json!({}),
        json!({ MARK: 1 }),
        json!({ "id": 1, "method": "ping" }),
        json!({ "jsonrpc": "1.0", "id": 1, "method": "ping" }),
        json!({ "jsonrpc": 2.0, "id": 1, "method": "ping" }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": 1 }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": 1 }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": [MARK] }),
        json!({ "jsonrpc": "2.0", "id": { MARK: 1 }, "method": "ping" }),
        json!({ "jsonrpc": "2.0", "id": null, "method": "ping" }),
    ] {
        for revision in ERAS {
            let answer = post(&server, revision, body.to_string()).await;
            assert_eq!(answer.status, 400, "{body}");
            answer.refused(400, -32600);
        }
    }
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}"#;
    for revision in ERAS {
        post(&server, revision, twice).await.refused(400, -32600);
    }
    still_answers(&server).await;
}

#[tokio::test]
async fn params_of_the_wrong_shape_are_invalid_params() {
    let server = start().await;
    for params in [
        json!({ "name": 1 }),
        json!({ "name": ["add"] }),
        json!({ "name": "add", "_meta": "x" }),
        json!({ "_meta": [] }),
        json!({ "name": "add", "_meta": { "progressToken": { MARK: 1 } } }),
    ] {
        for revision in ERAS {
            let body =
                json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
            let answer = post(&server, revision, body.to_string()).await;
            assert!(matches!(answer.status, 200 | 400), "{answer:?}");
            answer.refused(answer.status, -32602);
        }
    }
    still_answers(&server).await;
}

#[tokio::test]
async fn depth_does_not_bring_the_server_down() {
    let server = start().await;
    for depth in [200, 100_000, 1_000_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let core = if open == "[" { "" } else { "1" };
            let nested = format!("{}{core}{}", open.repeat(depth), close.repeat(depth));
            let bodies = [
                nested.clone(),
                open.repeat(depth),
                format!(
                    r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"add","arguments":{{"a":{nested}}}}}}}"#
                ),
                format!(
                    r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"_meta":{nested}}}}}"#
                ),
                format!(r#"{{"jsonrpc":"2.0","id":{nested},"method":"ping"}}"#),
            ];
            for body in bodies.into_iter().filter(|body| body.len() < 4_194_304) {
                for revision in ERAS {
                    let answer = post(&server, revision, body.clone()).await;
                    assert!(matches!(answer.status, 200 | 400), "{depth}: {answer:?}");
                }
            }
        }
        still_answers(&server).await;
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let server = start().await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json-patch+json",
        "application",
        "",
    ] {
        for revision in ERAS {
            let ask = add(revision).header("content-type", kind);
            assert_eq!(server.ask(&ask).await.status, 415, "{kind}");
        }
    }
    let none = add(Revision::V2026_07_28).without("content-type");
    assert_eq!(server.ask(&none).await.status, 415);
    let spelled = "Application/JSON; charset=utf-8";
    let ask = add(Revision::V2026_07_28).header("content-type", spelled);
    server.ask(&ask).await.result();
}

#[tokio::test]
async fn a_body_in_a_content_coding_is_refused_and_the_answer_says_what_is_understood() {
    let server = start().await;
    for coding in ["gzip", "br", "zstd", "identity, gzip", "x", "GZIP,"] {
        for revision in ERAS {
            let ask = add(revision).header("content-encoding", coding);
            let refused = server.ask(&ask).await;
            assert_eq!(refused.status, 415, "{coding}");
            assert_eq!(refused.header("accept-encoding"), "identity");
            assert!(refused.text().contains("content-encoding"), "{refused:?}");
        }
    }
    for plain in ["identity", "Identity", "", "identity, identity"] {
        for revision in ERAS {
            let ask = add(revision).header("content-encoding", plain);
            server.ask(&ask).await.result();
        }
    }
    let twice = add(Revision::V2026_07_28).header("content-encoding", "identity");
    assert_eq!(
        server
            .ask(&twice.also("content-encoding", "gzip"))
            .await
            .status,
        415
    );
}

#[tokio::test]
async fn a_client_that_takes_no_reply_is_told() {
    let server = start().await;
    for accept in ["text/html", "image/*", "application/xml, image/png", ""] {
        for revision in ERAS {
            let ask = add(revision).header("accept", accept);
            assert_eq!(server.ask(&ask).await.status, 406, "{accept}");
        }
    }
    for accept in [
        "*/*",
        "application/json",
        "text/html, application/json;q=0.5",
        "TEXT/EVENT-STREAM, APPLICATION/JSON",
    ] {
        let ask = add(Revision::V2026_07_28).header("accept", accept);
        server.ask(&ask).await.result();
    }
}

#[tokio::test]
async fn what_an_error_repeats_of_a_request_is_cut() {
    let server = start().await;
    let long = "n".repeat(1_000_000);
    for revision in ERAS {
        for body in [
            json!({ "method": long }),
            json!({ "jsonrpc": long, "method": "ping" }),
            json!({ "method": "ping", "params": long }),
            json!({ "method": "ping", "params": { "_meta": long } }),
            json!({ "method": "ping", "params": { "_meta": { META_VERSION: long } } }),
            json!({ "method": "ping", "params": { "_meta": { META_CAPABILITIES: long } } }),
            json!({ "method": "ping", "params": { "_meta": { "progressToken": [long] } } }),
            json!({ "method": "initialize", "params": { "protocolVersion": long } }),
            json!({ "method": "initialize", "params": { "capabilities": long } }),
            json!({ "method": "tools/list", "params": { "cursor": long } }),
            json!({ "method": "tools/list", "params": { "cursor": [long] } }),
            json!({ "method": "tools/call", "params": { "name": long } }),
            json!({ "method": "tools/call", "params": { "name": [long] } }),
            json!({ "method": "tools/call", "params": { "name": "add", "arguments": long } }),
            json!({ "method": "tools/call", "params": { "name": "add", "arguments": { "a": long } } }),
            json!({ "method": "tools/call", "params": { "name": "add", "arguments": { &long: 1 } } }),
        ] {
            let mut ask = Ask::on(revision, "", json!({})).member("params", json!(null));
            for (key, value) in body.as_object().unwrap() {
                ask = ask.member(key, value.clone());
            }
            let answer = server.ask(&ask).await;
            let summary: String = body.to_string().replace(&long, "<long>");
            assert!(
                answer.body.len() < 1000,
                "{summary}: {} bytes",
                answer.body.len()
            );
            answer.json();
        }
    }
    let version = "v".repeat(50_000);
    let ask = Ask::alone("tools/list", json!({}));
    for ask in [
        ask.clone().header("mcp-protocol-version", &version),
        ask.clone()
            .header("mcp-protocol-version", &version)
            .meta(META_VERSION, json!(version)),
        ask.header("mcp-method", &version),
        add(Revision::V2026_07_28).header("mcp-name", &version),
    ] {
        let answer = server.ask(&ask).await;
        assert!(answer.body.len() < 1000, "{} bytes", answer.body.len());
    }
}
