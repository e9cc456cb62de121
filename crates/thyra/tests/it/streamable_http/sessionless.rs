//! Revision 2026-07-28: every request stands alone, and its headers repeat what it says.

use serde_json::{Value, json};
use thyra::Revision;

use super::start;
use crate::support::{Ask, META_CAPABILITIES, META_VERSION};

fn add() -> Ask {
    Ask::call(Revision::V2026_07_28, "add", json!({ "a": 2, "b": 3 }))
}

fn list() -> Ask {
    Ask::alone("tools/list", json!({}))
}

#[tokio::test]
async fn it_discovers_lists_and_calls_without_an_introduction() {
    let server = start().await;
    let info = json!({ "name": "Fixture", "version": "1.2.3" });
    let server_info = |result: &Value| {
        assert_eq!(result["resultType"], "complete");
        assert_eq!(
            result["_meta"]["io.modelcontextprotocol/serverInfo"], info,
            "{result}"
        );
    };

    let discovered = server.ask(&Ask::alone("server/discover", json!({}))).await;
    let discovered = discovered.result();
    server_info(&discovered);
    let versions: Vec<_> = Revision::ALL.iter().map(|r| r.as_str()).collect();
    let mut supported: Vec<_> = discovered["supportedVersions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version.as_str().unwrap())
        .collect();
    supported.sort_unstable();
    assert_eq!(supported, versions);
    assert_eq!(
        discovered["capabilities"],
        json!({
            "completions": {},
            "extensions": { "io.modelcontextprotocol/tasks": {} },
            "logging": {},
            "prompts": { "listChanged": true },
            "resources": { "listChanged": true, "subscribe": true },
            "tools": { "listChanged": true },
        })
    );
    assert_eq!(discovered["instructions"], "For tests.");

    let listed = server.ask(&list()).await.result();
    server_info(&listed);
    assert_eq!(listed["tools"].as_array().unwrap().len(), 4);
    assert_eq!(listed["tools"][0]["annotations"]["readOnlyHint"], true);
    assert_eq!(listed["cacheScope"], "public");
    assert!(listed["ttlMs"].is_u64());

    let sum = server.ask(&add()).await.result();
    server_info(&sum);
    assert_eq!(sum["content"][0]["text"], "5");
}

#[tokio::test]
async fn a_request_says_its_version_and_its_capabilities() {
    let server = start().await;
    for key in [META_VERSION, META_CAPABILITIES] {
        for ask in [list(), add(), Ask::alone("server/discover", json!({}))] {
            let error = server
                .ask(&ask.without_meta(key))
                .await
                .refused(400, -32602);
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(key), "{message}");
        }
    }
    for value in [json!(1), json!([]), json!("x"), json!(null)] {
        let ask = list().meta(META_CAPABILITIES, value);
        server.ask(&ask).await.refused(400, -32602);
    }
    let ask = list().meta(META_VERSION, json!(20_260_728));
    server.ask(&ask).await.refused(400, -32602);
}

#[tokio::test]
async fn a_version_that_nobody_knows_is_answered_with_those_that_are_known() {
    let server = start().await;
    let ask = list()
        .header("mcp-protocol-version", "2099-01-01")
        .meta(META_VERSION, json!("2099-01-01"));
    let error = server.ask(&ask).await.refused(400, -32022);
    assert_eq!(error["data"]["requested"], "2099-01-01");
    let supported = error["data"]["supported"].as_array().unwrap();
    for revision in Revision::ALL {
        assert!(supported.contains(&json!(revision.as_str())), "{error}");
    }
}

#[tokio::test]
async fn headers_must_be_there_once_and_agree_with_the_body() {
    let server = start().await;
    for spoilt in [
        add().without("mcp-method"),
        add().without("mcp-name"),
        add().without("mcp-protocol-version"),
        add().header("mcp-method", "tools/list"),
        add().header("mcp-method", "TOOLS/CALL"),
        add().header("mcp-name", "fail"),
        add().header("mcp-name", "ADD"),
        add().header("mcp-name", ""),
        add().header("mcp-name", "=?base64?ZmFpbA==?="),
        add().header("mcp-name", "=?base64?%%%?="),
        add().also("mcp-method", "tools/call"),
        add().also("mcp-name", "add"),
        add().also("mcp-protocol-version", "2026-07-28"),
        list().without("mcp-method"),
        list().header("mcp-method", "tools/call"),
        list().header("mcp-protocol-version", "2025-11-25"),
        list().meta(META_VERSION, json!("2025-11-25")),
        list().meta(META_VERSION, json!("2099-01-01")),
    ] {
        let answer = server.ask(&spoilt).await;
        assert_eq!(answer.status, 400, "{spoilt:?}: {answer:?}");
        answer.refused(400, -32020);
    }
    let encoded = add().header("mcp-name", "=?base64?YWRk?=");
    server.ask(&encoded).await.result();
}

#[tokio::test]
async fn methods_of_the_other_era_are_not_found() {
    let server = start().await;
    for method in ["initialize", "ping", "logging/setLevel", "nonsense", ""] {
        server
            .ask(&Ask::alone(method, json!({})))
            .await
            .refused(404, -32601);
    }
}

#[tokio::test]
async fn an_unknown_tool_and_a_cursor_are_errors_of_the_method() {
    let server = start().await;
    let nobody = Ask::call(Revision::V2026_07_28, "nobody", json!({}));
    let error = server.ask(&nobody).await.refused(200, -32602);
    assert_eq!(error["message"], "Unknown tool: nobody");
    let cursor = Ask::alone("tools/list", json!({ "cursor": "2" }));
    server.ask(&cursor).await.refused(200, -32602);
    let nameless = Ask::alone("tools/call", json!({ "arguments": {} }));
    server.ask(&nameless).await.refused(200, -32602);
}

#[tokio::test]
async fn an_id_comes_back_as_it_was_sent() {
    let server = start().await;
    for id in [
        json!(0),
        json!(-7),
        json!(i64::MAX),
        json!("a \"b\"\n"),
        json!(""),
    ] {
        let answer = server.ask(&add().member("id", id.clone())).await;
        assert_eq!(answer.json()["id"], id);
    }
    for id in [json!(1.5), json!(true), json!([1]), json!(u64::MAX)] {
        let answer = server.ask(&add().member("id", id)).await;
        answer.refused(400, -32600);
        assert_eq!(answer.json()["id"], Value::Null);
    }
}
