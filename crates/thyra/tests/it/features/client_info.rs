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
