//! Structured content that does not fit what the server listed for it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{Client, ClientBuilder, Hop};

use crate::scripted::Scripted;

/// A server whose only tool `count` has the schema `schema` and the `_meta` `meta`. A call answers
/// with its arguments.
async fn server(schema: Value, meta: Value) -> Scripted {
    Scripted::start(move |asked| {
        let result = match asked.method() {
            "tools/list" => json!({ "tools": [{
                "name": "count", "inputSchema": { "type": "object" },
                "outputSchema": schema, "_meta": meta,
            }] }),
            _ => asked.body["params"]["arguments"].clone(),
        };
        asked.result(&result)
    })
    .await
}

/// A client that remembers the misfits.
fn client(builder: ClientBuilder) -> (Client, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let builder = builder.revision(Revision::V2026_07_28);
    let builder = builder.observer(move |hop: &Hop<'_>| {
        if let Hop::Misfit { .. } = hop {
            log.lock().unwrap().push(hop.to_string());
        }
    });
    (builder.build().unwrap(), seen)
}

fn number() -> Value {
    json!({ "type": "object", "properties": { "n": { "type": "integer" } } })
}

fn answer(content: &Value) -> Value {
    json!({ "content": [], "structuredContent": content })
}

#[tokio::test]
async fn what_does_not_fit_is_told_and_returned_all_the_same() {
    let server = server(number(), json!({})).await;
    let (client, seen) = client(server.builder());
    let odd = answer(&json!({ "n": "secret" }));
    // What was not listed is not judged, and not asked for either.
    client.call_tool("count", &odd).await.unwrap();
    assert_eq!(server.methods(), ["tools/call"]);
    client.list_tools().await.unwrap();
    let result = client.call_tool("count", &odd).await.unwrap();
    let content = result.structured_content.unwrap();
    assert_eq!(content.get(), r#"{"n":"secret"}"#);
    for fitting in [
        answer(&json!({ "n": 5 })),
        json!({ "content": [], "isError": true }),
    ] {
        client.call_tool("count", &fitting).await.unwrap();
    }
    let none = json!({ "content": [] });
    client.call_task("count", &none).await.unwrap();
    client.call_tool("other", &odd).await.unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "tools/call count -> does not fit its output schema: `/n` breaks the rule `/properties/n/type`",
            "tools/call count -> does not fit its output schema: there is none",
        ]
    );
}

#[tokio::test]
async fn the_version_that_ran_is_judged() {
    for meta in [
        json!({ "thyra/version": "2" }),
        json!({ "fastmcp": { "version": "2" } }),
    ] {
        let server = server(number(), meta.clone()).await;
        let (client, seen) = client(server.builder());
        client.list_tools().await.unwrap();
        let odd = answer(&json!({ "n": "odd" }));
        let call = || client.call("count").arguments(&odd);
        // Nobody knows what another version answers with.
        call().version("1").send().await.unwrap();
        let other = [("thyra/version".to_owned(), json!("1"))];
        call().meta(other).send().await.unwrap();
        assert_eq!(seen.lock().unwrap().len(), 0, "{meta}");
        call().version("2").send().await.unwrap();
        call().send().await.unwrap();
        assert_eq!(seen.lock().unwrap().len(), 2, "{meta}");
    }
}

#[tokio::test]
async fn a_schema_that_is_no_schema_is_passed_over() {
    for schema in [
        json!({ "type": "text" }),
        json!({ "$ref": "https://example.com/schema.json" }),
    ] {
        let server = server(schema.clone(), json!({})).await;
        let (client, seen) = client(server.builder());
        assert_eq!(client.list_tools().await.unwrap().len(), 1);
        let odd = answer(&json!(1));
        client.call_tool("count", &odd).await.unwrap();
        assert_eq!(seen.lock().unwrap().len(), 0, "{schema}");
    }
}

#[tokio::test]
async fn a_new_list_takes_the_place_of_the_old_one() {
    let lists = std::sync::atomic::AtomicUsize::new(0);
    let server = Scripted::start(move |asked| match asked.method() {
        "tools/list" => {
            let number = lists.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let kind = ["integer", "integer", "string"][number];
            let schema = json!({ "type": "object", "properties": { "n": { "type": kind } } });
            asked.result(&json!({ "tools": [{
                "name": "count", "inputSchema": { "type": "object" }, "outputSchema": schema,
            }] }))
        }
        _ => asked.result(&answer(&json!({ "n": "five" }))),
    })
    .await;
    let (client, seen) = client(server.builder());
    for misfits in [1, 2, 2] {
        client.list_tools().await.unwrap();
        client.call_tool("count", &()).await.unwrap();
        assert_eq!(seen.lock().unwrap().len(), misfits);
    }
}
