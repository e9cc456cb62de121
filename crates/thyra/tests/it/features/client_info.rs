//! Who the client says it is.

use serde_json::{Value, json};
use thyra::prelude::*;

use super::Talk;
use crate::support::{META_CAPABILITIES, Running};

const META_INFO: &str = "io.modelcontextprotocol/clientInfo";

/// Say who asks.
#[tool]
async fn who(ctx: Context) -> String {
    let named = ctx.client_info();
    named.map_or("nobody".to_owned(), |client| {
        format!("{} {}", client.name, client.version)
    })
}

#[tokio::test]
async fn a_handler_knows_the_client_of_both_eras() {
    let server = Running::start(Server::new("Who").tool(who)).await;
    let [alone, session] = Talk::each(&server).await;
    assert_eq!(session.call("who", json!({})).await.tool_text(), "test 1");
    for (info, told) in [
        (Value::Null, "nobody"),
        (json!({ "name": "Desk", "version": "3.2" }), "Desk 3.2"),
        // What cannot be read does not spoil the capabilities.
        (json!({ "name": 7 }), "nobody"),
    ] {
        let mut ask = alone
            .request("tools/call", json!({ "name": "who" }))
            .meta(META_CAPABILITIES, json!({ "elicitation": {} }));
        if !info.is_null() {
            ask = ask.meta(META_INFO, info);
        }
        assert_eq!(server.ask(&ask).await.tool_text(), told);
    }
}

#[tokio::test]
async fn capabilities_of_any_length_are_refused_and_a_long_name_is_cut() {
    let server = Running::start(Server::new("Who").tool(who)).await;
    let [alone, session] = Talk::each(&server).await;
    let wordy = |bytes: usize| json!({ "experimental": { "x": { "y": "z".repeat(bytes) } } });
    let ask = |bytes| {
        alone
            .request("tools/call", json!({ "name": "who" }))
            .meta(META_CAPABILITIES, wordy(bytes))
    };
    let error = server.ask(&ask(16 * 1024)).await.refused(400, -32602);
    let message = error["message"].to_string();
    assert!(message.contains("at most 16384 bytes"), "{message}");
    let taken = server.ask(&ask(15 * 1024)).await;
    assert_eq!(taken.tool_text(), "nobody");

    let long = json!({ "name": "n".repeat(8 * 1024), "version": "1" });
    let ask = alone.request("tools/call", json!({ "name": "who" }));
    let told = server.ask(&ask.meta(META_INFO, long)).await;
    assert_eq!(told.tool_text(), format!("{} 1", "n".repeat(256)));
    assert_eq!(session.call("who", json!({})).await.tool_text(), "test 1");
}
