//! Arguments that are repeated in headers.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{Client, ClientError};

use crate::scripted::{Answer, Asked, Scripted};

/// A tool that takes `place.city`, `count` and `note`, and repeats `place.city` in `header`.
fn look(header: &str) -> Value {
    json!({
        "name": "look",
        "inputSchema": {
            "type": "object",
            "properties": {
                "place": {
                    "type": "object",
                    "properties": { "city": { "type": "string", "x-mcp-header": header } },
                },
                "count": { "type": "integer", "x-mcp-header": "Count" },
                "note": { "type": "string" },
            },
        },
    })
}

/// A server whose list number `n` (from 0) holds `tools(n)`. It answers calls as `call` says.
async fn server(
    tools: impl Fn(usize) -> Value + Send + Sync + 'static,
    call: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Scripted {
    let lists = AtomicUsize::new(0);
    Scripted::start(move |asked| match asked.method() {
        "initialize" => asked.result(&json!({
            "protocolVersion": "2025-11-25",
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "old", "version": "1" },
        })),
        "tools/list" => {
            let number = lists.fetch_add(1, Ordering::Relaxed);
            asked.result(&json!({ "tools": tools(number) }))
        }
        "tools/call" => call(asked),
        _ => Answer::empty("202 Accepted"),
    })
    .await
}

fn client(server: &Scripted, revision: Revision) -> Client {
    server.builder().revision(revision).build().unwrap()
}

fn done(asked: &Asked) -> Answer {
    asked.result(&json!({ "content": [] }))
}

/// The headers of the last call that repeat arguments, in their order.
fn repeated(server: &Scripted) -> Vec<String> {
    let asked = server.asked();
    let call = asked.iter().rfind(|asked| asked.method() == "tools/call");
    let mut lines: Vec<_> = call
        .unwrap()
        .head
        .lines()
        .filter(|line| line.starts_with("mcp-param-"))
        .map(ToOwned::to_owned)
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn what_the_schema_says_is_repeated() {
    let server = server(|_| json!([look("City")]), done).await;
    let client = client(&server, Revision::V2026_07_28);
    let arguments = json!({ "place": { "city": "\u{20ac}" }, "count": 4.2e1, "note": "no" });
    // A tool that was not listed yet is called as it is.
    client.call_tool("look", &arguments).await.unwrap();
    assert_eq!(repeated(&server), [""; 0]);

    client.list_tools().await.unwrap();
    client.call_tool("look", &arguments).await.unwrap();
    // The server's head is in lower case.
    assert_eq!(
        repeated(&server),
        ["mcp-param-city: =?base64?4oks?=", "mcp-param-count: 42"]
    );
    for (arguments, wanted) in [
        (json!({ "count": null, "place": {} }), vec![]),
        (json!({}), vec![]),
        (json!({ "place": "{\"city\":\"Oslo\"}" }), vec![]),
        (json!({ "place": { "city": ["Oslo"] } }), vec![]),
        (
            json!({ "place": { "city": "oslo" } }),
            vec!["mcp-param-city: oslo"],
        ),
    ] {
        client.call_tool("look", &arguments).await.unwrap();
        assert_eq!(repeated(&server), wanted, "{arguments}");
    }
}

#[tokio::test]
async fn a_tool_that_asks_for_what_no_header_can_be_is_left_out() {
    let tools = json!([look("No Name"), { "name": "good", "inputSchema": { "type": "object" } }]);
    for (revision, wanted) in [
        (Revision::V2026_07_28, &["good"][..]),
        // Before that, the word means nothing.
        (Revision::V2025_11_25, &["look", "good"]),
    ] {
        let tools = tools.clone();
        let server = server(move |_| tools.clone(), done).await;
        let client = client(&server, revision);
        let listed = client.list_tools().await.unwrap();
        let names: Vec<_> = listed.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, wanted, "{revision}");
    }
}

#[tokio::test]
async fn older_revisions_repeat_nothing() {
    let server = server(|_| json!([look("City")]), done).await;
    let client = client(&server, Revision::V2025_11_25);
    client.list_tools().await.unwrap();
    client
        .call_tool("look", &json!({ "count": 1 }))
        .await
        .unwrap();
    assert_eq!(repeated(&server), [""; 0]);
}

/// A server that wants `place.city` in the header `Town`.
fn wants_town(asked: &Asked) -> Answer {
    match asked.header("mcp-param-town") {
        Some("oslo") => done(asked),
        _ => asked.error("400 Bad Request", -32020),
    }
}

#[tokio::test]
async fn a_refused_header_is_looked_up_once_more() {
    let arguments = json!({ "place": { "city": "oslo" } });
    let tools = |number| json!([look(if number == 0 { "City" } else { "Town" })]);
    let server = server(tools, wants_town).await;
    let client = client(&server, Revision::V2026_07_28);
    client.list_tools().await.unwrap();
    client.call_tool("look", &arguments).await.unwrap();
    client.call_tool("look", &arguments).await.unwrap();
    let methods = server.methods();
    let (call, list) = ("tools/call", "tools/list");
    assert_eq!(methods, [list, call, list, call, call]);
}

#[tokio::test]
async fn a_header_that_stays_refused_is_an_error() {
    let arguments = json!({ "place": { "city": "oslo" } });
    let (call, list) = ("tools/call", "tools/list");
    for (tools, wanted) in [
        // The same headers are not sent again.
        (["City", "City"], &[list, call, list][..]),
        // Others are, once.
        (["City", "Place"], &[list, call, list, call]),
    ] {
        let server = server(move |number| json!([look(tools[number])]), wants_town).await;
        let client = client(&server, Revision::V2026_07_28);
        client.list_tools().await.unwrap();
        let error = client.call_tool("look", &arguments).await.unwrap_err();
        assert!(
            matches!(&error, ClientError::Rpc { error, .. } if error.code.0 == -32020),
            "{error}"
        );
        assert_eq!(server.methods(), wanted);
    }
}

#[tokio::test]
async fn a_list_that_fails_leaves_the_refusal_as_it_is() {
    let server = Scripted::start(|asked| match asked.method() {
        "tools/call" => asked.error("400 Bad Request", -32020),
        _ => asked.error("200 OK", -32603),
    })
    .await;
    let client = client(&server, Revision::V2026_07_28);
    let error = client.call_tool("look", &()).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Rpc { error, .. } if error.code.0 == -32020),
        "{error}"
    );
    // A resource has no arguments, so nothing is looked up.
    client.read_resource("a:b").await.unwrap_err();
    assert_eq!(
        server.methods(),
        ["tools/call", "tools/list", "resources/read"]
    );
}
