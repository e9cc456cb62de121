//! The revisions that begin with `initialize`.

use serde_json::json;
use thyra::Revision;

use super::start;
use crate::support::Ask;

const HANDSHAKE: [Revision; 4] = [
    Revision::V2024_11_05,
    Revision::V2025_03_26,
    Revision::V2025_06_18,
    Revision::V2025_11_25,
];

fn initialize(version: &str) -> Ask {
    let params = json!({
        "protocolVersion": version,
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    Ask::on(Revision::V2025_11_25, "initialize", params).without("mcp-protocol-version")
}

#[tokio::test]
async fn each_revision_greets_lists_and_calls() {
    let server = start().await;
    for revision in HANDSHAKE {
        let greeting = server.ask(&initialize(revision.as_str())).await;
        assert!(greeting.headers.contains_key("mcp-session-id"));
        let greeting = greeting.result();
        assert_eq!(greeting["protocolVersion"], revision.as_str());
        assert_eq!(greeting["serverInfo"]["name"], "Fixture");
        assert_eq!(greeting["serverInfo"]["version"], "1.2.3");
        assert_eq!(greeting["instructions"], "For tests.");
        let capabilities = &greeting["capabilities"];
        assert_eq!(capabilities["tools"], json!({ "listChanged": true }));
        assert_eq!(capabilities["prompts"], json!({ "listChanged": true }));
        assert_eq!(
            capabilities["resources"],
            json!({ "listChanged": true, "subscribe": true })
        );
        assert_eq!(
            capabilities.get("completions").is_some(),
            revision.has_completions_capability()
        );

        let ready =
            Ask::on(revision, "notifications/initialized", json!({})).member("id", json!(null));
        let taken = server.ask(&ready).await;
        assert_eq!((taken.status, taken.text().as_str()), (202, ""));

        let list = server
            .ask(&Ask::on(revision, "tools/list", json!({})))
            .await
            .result();
        let tools = list["tools"].as_array().unwrap();
        let names: Vec<_> = tools.iter().map(|tool| &tool["name"]).collect();
        assert_eq!(names, ["add", "count", "fail", "hold"]);
        assert_eq!(tools[0]["description"], "Add two numbers.");
        assert_eq!(tools[0]["inputSchema"]["required"], json!(["a", "b"]));
        assert_eq!(
            tools[0].get("annotations").is_some(),
            revision.has_tool_annotations(),
            "{revision}"
        );
        assert!(list.get("resultType").is_none(), "{revision}");
        assert!(list.get("ttlMs").is_none(), "{revision}");

        let sum = server
            .ask(&Ask::call(revision, "add", json!({ "a": 2, "b": 3 })))
            .await
            .result();
        assert_eq!(sum["content"], json!([{ "type": "text", "text": "5" }]));
        assert_eq!(
            sum.get("structuredContent").is_some(),
            revision.has_structured_output(),
            "{revision}"
        );
        assert!(sum.get("resultType").is_none(), "{revision}");

        let pong = server.ask(&Ask::on(revision, "ping", json!({}))).await;
        assert_eq!(pong.result(), json!({}));
    }
}

#[tokio::test]
async fn a_revision_without_introductions_is_answered_with_the_newest_that_has_one() {
    let server = start().await;
    for version in ["2026-07-28", "2099-01-01", "nonsense", ""] {
        let greeting = server.ask(&initialize(version)).await.result();
        assert_eq!(greeting["protocolVersion"], "2025-11-25", "{version}");
    }
}

#[tokio::test]
async fn a_client_may_leave_out_the_version_header_and_params() {
    let server = start().await;
    let list = Ask::on(Revision::V2025_03_26, "tools/list", json!({}))
        .without("mcp-protocol-version")
        .member("params", json!(null));
    assert_eq!(
        server.ask(&list).await.result()["tools"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

#[tokio::test]
async fn a_version_header_that_nobody_knows_is_refused() {
    let server = start().await;
    for version in ["1999-01-01", "nonsense", "2025-11-25, 2025-06-18"] {
        let ask = Ask::on(Revision::V2025_11_25, "tools/list", json!({}))
            .header("mcp-protocol-version", version);
        let answer = server.ask(&ask).await;
        assert_eq!(answer.status, 400, "{version}");
    }
}

#[tokio::test]
async fn optional_headers_must_be_true_where_they_are_sent() {
    let server = start().await;
    let call = Ask::call(Revision::V2025_11_25, "add", json!({ "a": 1, "b": 1 }));
    let agreeing = call.clone().header("mcp-method", "tools/call");
    server
        .ask(&agreeing.header("mcp-name", "add"))
        .await
        .result();
    for lie in [
        call.clone().header("mcp-method", "tools/list"),
        call.clone().header("mcp-name", "fail"),
    ] {
        server.ask(&lie).await.refused(400, -32020);
    }
}

#[tokio::test]
async fn errors_of_a_method_come_with_status_200() {
    let server = start().await;
    for revision in HANDSHAKE {
        let unknown = Ask::on(revision, "resources/destroy", json!({}));
        server.ask(&unknown).await.refused(200, -32601);
        let discover = Ask::on(revision, "server/discover", json!({}));
        server.ask(&discover).await.refused(200, -32601);
        let nobody = Ask::call(revision, "nobody", json!({}));
        let error = server.ask(&nobody).await.refused(200, -32602);
        assert_eq!(error["message"], "Unknown tool: nobody");
    }
}

#[tokio::test]
async fn what_a_tool_says_of_its_failure_is_a_result() {
    let server = start().await;
    for revision in Revision::ALL {
        let failed = server.ask(&Ask::call(revision, "fail", json!({}))).await;
        assert_eq!(failed.result()["isError"], true, "{revision}");
        assert_eq!(failed.tool_text(), "There is no paper left.");

        let wrong = json!({ "a": "x", "c": 1 });
        let wrong = server.ask(&Ask::call(revision, "add", wrong)).await;
        assert_eq!(wrong.result()["isError"], true, "{revision}");
        let text = wrong.tool_text();
        assert!(
            text.starts_with("Invalid arguments for tool `add`:"),
            "{text}"
        );
        for line in [
            "`a`: expected an integer",
            "`b`: missing",
            "`c`: no such argument",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
