//! A tour of the example `everything` by the official SDK for Rust: in every way in which its
//! client can begin, over HTTP and over stdio.

mod asking;
mod changes;
mod host;
mod offers;
mod running;
mod tasks;
mod visitor;
mod wire;

use rmcp::ClientLifecycleMode;
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, ClientRequest, Implementation,
    PingRequest, ProtocolVersion,
};
use serde_json::{Value, json};

use self::visitor::{Visitor, able, everyone};
use self::wire::over_stdio;
use crate::support::soon;

#[tokio::test]
async fn introduces_itself() {
    everyone(able(), async |visitor: &mut Visitor| {
        let peer = visitor.client.peer_info().unwrap();
        assert_eq!(peer.protocol_version, visitor.kind.revision());
        let implementation = peer.server_info.as_ref().unwrap();
        assert_eq!(implementation.name, "Everything");
        assert_eq!(
            implementation.title.as_deref(),
            Some("Everything that a server can do")
        );
        let instructions = peer.instructions.as_deref().unwrap();
        assert!(instructions.contains("Nothing that its tools do lasts"));
        let capabilities = visitor::written(&peer.capabilities);
        assert_eq!(capabilities["tools"]["listChanged"], true);
        assert_eq!(capabilities["prompts"]["listChanged"], true);
        assert_eq!(capabilities["resources"]["subscribe"], true);
        assert_eq!(capabilities["completions"], json!({}));
        assert_eq!(
            peer.capabilities.supports_tasks(),
            visitor.kind.is_sessionless()
        );
        if !visitor.kind.is_sessionless() {
            // The newest revision has no ping.
            let ping = ClientRequest::PingRequest(PingRequest::default());
            let answer = soon("the answer", visitor.client.send_request(ping)).await;
            assert_eq!(visitor::written(&answer.unwrap()), json!({}));
        }
    })
    .await;
}

#[tokio::test]
async fn speaks_the_revisions_before() {
    for revision in [
        ProtocolVersion::V_2024_11_05,
        ProtocolVersion::V_2025_03_26,
        ProtocolVersion::V_2025_06_18,
    ] {
        let implementation = Implementation::new("visitor", "1.0.0");
        let config = ClientConfig::new(ClientCapabilities::default(), implementation)
            .with_protocol_version(revision.clone());
        let client = over_stdio(config, ClientLifecycleMode::Initialize).await;
        assert_eq!(client.peer_info().unwrap().protocol_version, revision);

        let call = CallToolRequestParams::new("test_structured_content");
        let call = call.with_arguments(visitor::object(json!({ "city": "Basel" })));
        let weather = soon("the weather", client.call_tool(call)).await.unwrap();
        let expected = json!({ "temperature": 22.5, "conditions": "Sunny in Basel" });
        let text: Value = serde_json::from_str(&visitor::text(&weather)).unwrap();
        assert_eq!(text, expected);
        let has_structure = revision >= ProtocolVersion::V_2025_06_18;
        assert_eq!(
            weather.structured_content,
            has_structure.then_some(expected)
        );
        soon("the end", client.cancel()).await.unwrap();
    }
}
