//! Servers that answer with batches, as 2025-03-26 lets them.

use serde_json::{Value, json};
use thyra_client::{Client, ClientError};

use crate::scripted::{Answer, Asked, Scripted};

/// A server that speaks `revision` and answers calls with a batch: a report of progress, the answer
/// to something else, and the answer.
async fn server(revision: &'static str, as_stream: bool) -> Scripted {
    Scripted::start(move |asked| match asked.method() {
        "server/discover" => asked.error("200 OK", -32601),
        "initialize" => asked.result(&json!({
            "protocolVersion": revision,
            "capabilities": {},
            "serverInfo": { "name": "s", "version": "1" },
        })),
        "tools/call" => {
            let batch = batch(asked);
            if as_stream {
                Answer::stream(format!("data: {batch}\n\n"))
            } else {
                Answer::json("200 OK", &batch)
            }
        }
        _ => Answer::empty("202 Accepted"),
    })
    .await
}

fn batch(asked: &Asked) -> Value {
    let token = &asked.body["params"]["_meta"]["progressToken"];
    let progress = json!({ "progressToken": token, "progress": 1 });
    let result = json!({ "content": [{ "type": "text", "text": "done" }] });
    json!([
        { "jsonrpc": "2.0", "method": "notifications/progress", "params": progress },
        { "jsonrpc": "2.0", "id": 9_999, "result": {} },
        { "jsonrpc": "2.0", "id": asked.body["id"], "result": result },
    ])
}

async fn call(client: &Client) -> Result<(Option<String>, usize), ClientError> {
    let mut reports = 0;
    let result = client.call_tool_with_progress("act", &(), |_| reports += 1);
    let result = result.await?;
    Ok((result.content[0].as_text().map(str::to_owned), reports))
}

#[tokio::test]
async fn a_batch_is_read_as_its_messages() {
    for as_stream in [false, true] {
        let server = server("2025-03-26", as_stream).await;
        let client = server.builder().build().unwrap();
        let called = call(&client).await.unwrap();
        assert_eq!(called, (Some("done".to_owned()), 1), "{as_stream}");
    }
}

#[tokio::test]
async fn elsewhere_a_batch_is_an_error_that_says_so() {
    for as_stream in [false, true] {
        let server = server("2025-06-18", as_stream).await;
        let client = server.builder().build().unwrap();
        let error = call(&client).await.unwrap_err().to_string();
        let wanted = "it is a batch, and 2025-06-18 has none; only 2025-03-26 does";
        assert!(error.ends_with(wanted), "{error}");
    }
}
