//! What is sent to the endpoint beside requests: other HTTP methods, notifications, responses,
//! batches.

use http::Request;
use serde_json::{Value, json};
use thyra::Revision;

use super::start;
use crate::support::Ask;

#[tokio::test]
async fn there_is_no_stream_to_get_and_no_session_to_delete() {
    let server = start().await;
    for method in ["GET", "DELETE", "PUT", "PATCH", "HEAD", "FANCY"] {
        let request = Request::builder()
            .method(method)
            .uri(server.url())
            .header("accept", "text/event-stream")
            .body("")
            .unwrap();
        let answer = server.send(request).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), "POST, OPTIONS");
    }
}

#[tokio::test]
async fn other_paths_are_not_found_and_a_slash_too_many_is_pointed_out() {
    let server = start().await;
    let list = Ask::alone("tools/list", json!({}));
    let url = server.url();
    for path in ["", "x", "/x", "/../mcp/x"] {
        let answer = server.send(list.request(&format!("{url}{path}x"))).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("/mcp"), "{answer:?}");
    }
    let answer = server.send(list.request(&format!("{url}/"))).await;
    assert_eq!(answer.status, 307);
    assert_eq!(answer.header("location"), "../mcp");
    // A query is nobody's business here.
    server
        .send(list.request(&format!("{url}?x=1")))
        .await
        .result();
}

#[tokio::test]
async fn a_notification_is_taken_without_a_word() {
    let server = start().await;
    for method in [
        "notifications/initialized",
        "notifications/cancelled",
        "notifications/nobody_knows",
        "tools/call",
    ] {
        for revision in Revision::ALL {
            let notification = match revision {
                Revision::V2026_07_28 => Ask::alone(method, json!({})),
                _ => Ask::on(revision, method, json!({})),
            };
            let answer = server.ask(&notification.member("id", Value::Null)).await;
            assert_eq!(answer.status, 202, "{method} on {revision}");
            assert_eq!(answer.text(), "");
        }
    }
}

#[tokio::test]
async fn an_answer_to_nothing_is_taken_only_where_there_are_sessions() {
    let server = start().await;
    let response = |revision| {
        Ask::on(revision, "", json!({}))
            .member("method", Value::Null)
            .member("params", Value::Null)
            .member("result", json!({}))
    };
    let answer = server.ask(&response(Revision::V2025_11_25)).await;
    assert_eq!((answer.status, answer.text().as_str()), (202, ""));
    let answer = server.ask(&response(Revision::V2026_07_28)).await;
    answer.refused(400, -32600);
}

#[tokio::test]
async fn batches_are_refused_whole() {
    let server = start().await;
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "add", "arguments": { "a": 1, "b": 1 } },
    });
    for batch in [json!([]), json!([call]), json!([call, call])] {
        for revision in Revision::ALL {
            let headers = Ask::on(revision, "tools/call", json!({}));
            let answer = server
                .send(headers.with_body(&server.url(), batch.to_string()))
                .await;
            let error = answer.refused(400, -32600);
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("batch"), "{message}");
        }
    }
}
