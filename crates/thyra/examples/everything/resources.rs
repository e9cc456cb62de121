//! Resources for clients to read.

use thyra::prelude::*;

use crate::RED_DOT;

pub(crate) fn add_to(server: Server) -> Server {
    server
        .resource(static_text)
        .resource(static_binary)
        .resource(watched_resource)
        .resource(template_data)
        .tool(test_touch_watched_resource)
}

/// A text that never changes.
#[resource("test://static-text", mime_type = "text/plain")]
async fn static_text() -> &'static str {
    "This is the content of the static text resource."
}

/// A red dot.
#[resource("test://static-binary", mime_type = "image/png")]
async fn static_binary() -> Vec<u8> {
    RED_DOT.to_vec()
}

/// A text that clients may watch.
#[resource("test://watched-resource", mime_type = "text/plain")]
async fn watched_resource() -> &'static str {
    "Watched resource content"
}

/// Something about any id.
#[resource("test://template/{id}/data")]
async fn template_data(
    /// Any id
    id: String,
) -> serde_json::Value {
    serde_json::json!({
        "id": id,
        "templateTest": true,
        "data": format!("Data for ID: {id}"),
    })
}

/// Tells those who watch `test://watched-resource` that it has changed.
#[tool]
async fn test_touch_watched_resource(ctx: Context) -> &'static str {
    match ctx.server() {
        Some(server) => {
            server.resource_updated("test://watched-resource");
            "Touched"
        }
        None => "There is no server around this call",
    }
}
