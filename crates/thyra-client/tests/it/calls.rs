//! Calls with more to say than a name and arguments.

use std::time::Duration;

use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{Client, ClientError, ProgressParams, TransportError};

use crate::mock::Mock;
use crate::scripted::{Answer, Scripted};

fn done() -> Value {
    json!({ "content": [], "structuredContent": 5, "messages": [], "contents": [] })
}

/// The `_meta` of the last request, without what the client says in all of them.
fn own_meta(mock: &Mock) -> Value {
    let (_, request) = mock.asked().pop().unwrap();
    let mut meta = request["params"]["_meta"].clone();
    let meta = meta.as_object_mut().unwrap();
    meta.retain(|key, _| !key.starts_with("io.modelcontextprotocol/"));
    Value::Object(meta.clone())
}

#[tokio::test]
async fn version_and_meta_go_with_the_request() {
    let mock = Mock::always(done()).await;
    let client = mock.client();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let meta = || {
        [
            ("com.example/room".to_owned(), json!({ "floor": 2 })),
            ("traceparent".to_owned(), json!(trace)),
        ]
    };
    let wanted = json!({
        "com.example/room": { "floor": 2 },
        "traceparent": trace,
        "fastmcp": { "version": "2.0" },
    });
    let call = client.call("look").arguments(&json!({ "a": 1 }));
    let value: i64 = call.version("2.0").meta(meta()).send_as().await.unwrap();
    assert_eq!((value, own_meta(&mock)), (5, wanted.clone()));
    let (_, request) = mock.asked().pop().unwrap();
    assert_eq!(request["params"]["arguments"], json!({ "a": 1 }));

    let prompt = client.prompt("greet").arguments(&json!({ "name": "Ada" }));
    prompt.version("2.0").meta(meta()).send().await.unwrap();
    assert_eq!(own_meta(&mock), wanted);
    let (_, request) = mock.asked().pop().unwrap();
    assert_eq!(request["params"]["arguments"], json!({ "name": "Ada" }));

    let read = client.read("a:b").version("2.0").meta(meta());
    read.send().await.unwrap();
    assert_eq!(own_meta(&mock), wanted);

    // Without a word about them, there is none.
    client.call("look").send().await.unwrap();
    assert_eq!(own_meta(&mock), json!({}));
}

#[tokio::test]
async fn old_servers_get_it_too() {
    let server = Scripted::start(|asked| match asked.method() {
        "initialize" => asked.result(&json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "serverInfo": { "name": "old", "version": "1" },
        })),
        "tools/call" => asked.result(&done()),
        _ => Answer::empty("202 Accepted"),
    })
    .await;
    let old = server.builder().revision(Revision::V2025_06_18);
    let client = old.build().unwrap();
    client.call("look").version("1").send().await.unwrap();
    let asked = server.heard(|asked| asked.method() == "tools/call").await;
    let meta = &asked.body["params"]["_meta"];
    assert_eq!(meta, &json!({ "fastmcp": { "version": "1" } }));
}

#[tokio::test]
async fn what_mcp_keeps_to_itself_is_refused_before_anything_is_sent() {
    let mock = Mock::always(done()).await;
    let client = mock.client();
    for key in [
        "progressToken",
        "io.modelcontextprotocol/clientInfo",
        "dev.mcp/anything",
    ] {
        let call = client.call("look").meta([(key.to_owned(), json!(1))]);
        let error = call.send().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "`{key}` in the _meta of `look` is reserved by MCP; give your key a prefix of your own, such as `com.example/`"
            )
        );
    }
    let twice = client.read("a:b").version("1");
    let twice = twice.meta([("fastmcp".to_owned(), json!({ "version": "2" }))]);
    let error = twice.send().await.unwrap_err();
    assert!(matches!(&error, ClientError::Meta { key, .. } if key == "fastmcp"));
    let error = client
        .call("look")
        .arguments(&[1])
        .send()
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Arguments { .. }), "{error}");
    assert_eq!(mock.count(), 0);
}

#[tokio::test]
async fn one_call_may_have_less_time_than_others() {
    let mock = Mock::always(done()).await;
    let client = mock.client();
    let call = client.call("look").time_limit(Duration::ZERO);
    let error = call.send().await.unwrap_err();
    assert!(
        matches!(
            &error,
            ClientError::Transport {
                source: TransportError::Timeout(Duration::ZERO),
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn prompts_and_resources_report_their_progress_too() {
    let server = Scripted::start(|asked| {
        let token = &asked.body["params"]["_meta"]["progressToken"];
        let report = |token: &Value, progress: u8| {
            json!({
                "jsonrpc": "2.0",
                "method": "notifications/progress",
                "params": { "progressToken": token, "progress": progress },
            })
        };
        let answer = json!({ "jsonrpc": "2.0", "id": asked.body["id"], "result": done() });
        // The second report is about something else.
        let messages = [
            report(token, 1),
            report(&json!("other"), 2),
            report(token, 3),
            answer,
        ];
        let events = messages.map(|message| format!("data: {message}\n\n"));
        Answer::stream(events.concat())
    })
    .await;
    let client = server.builder().revision(Revision::V2026_07_28);
    let client: Client = client.build().unwrap();
    let mut heard = Vec::new();
    let mut hear = |report: &ProgressParams| heard.push(report.progress.to_string());
    let read = client.read("a:b");
    read.on_progress(&mut hear).send().await.unwrap();
    let prompt = client.prompt("greet");
    prompt.on_progress(&mut hear).send().await.unwrap();
    let call = client.call("look");
    call.on_progress(&mut hear).send().await.unwrap();
    assert_eq!(heard, ["1", "3", "1", "3", "1", "3"]);
    let asked = server.asked();
    let token = |index: usize| asked[index].body["params"]["_meta"]["progressToken"].clone();
    assert_ne!(token(0), token(1));
    // Whoever hears nothing asks for nothing.
    client.read("a:b").send().await.unwrap();
    assert_eq!(
        server.asked()[3].body["params"]["_meta"].get("progressToken"),
        None
    );
}
