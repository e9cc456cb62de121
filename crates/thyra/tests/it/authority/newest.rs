//! The newest token of a session decides what its client hears.

use serde_json::json;
use thyra::Revision;
use thyra::prelude::*;
use thyra::{Resource, ServerHandle};

use super::Tokens;
use crate::sessions::{Conversation, Events};
use crate::support::Running;

const REVISION: Revision = Revision::V2025_06_18;

#[tool(tags = ["paid"])]
async fn invoice() -> &'static str {
    "invoice"
}

async fn start() -> (Running, ServerHandle) {
    let server = Server::new("Shop")
        .resource(Resource::text("n://open", "x"))
        .resource(Resource::text("n://paid", "x").scopes(["pay"]))
        .tool(invoice)
        .visible(|component, viewer| {
            let pays = viewer
                .principal
                .is_some_and(|caller| caller.has_scope("pay"));
            pays || !component.tags.contains("paid")
        })
        .auth(Tokens::default().auth());
    let handle = server.handle();
    (Running::start(server).await, handle)
}

/// Both change, the one that needs `pay` first. Says which of them the client hears of.
async fn heard(handle: &ServerHandle, changes: &mut Events) -> Vec<String> {
    let mut heard = Vec::new();
    for uri in ["n://paid", "n://open"] {
        handle.resource_updated(uri);
    }
    while heard.last().is_none_or(|last| last != "n://open") {
        let message = changes.message().await;
        // What the lists look like is another matter.
        if let Some(uri) = message["params"]["uri"].as_str() {
            heard.push(uri.to_owned());
        }
    }
    heard
}

impl Conversation<'_> {
    async fn comes_with(&mut self, token: &'static str) {
        self.token = Some(token);
        let answer = self.ask("ping", json!({})).await.json();
        assert!(answer["error"].is_null(), "{answer}");
    }

    async fn subscribes(&self) {
        for uri in ["n://open", "n://paid"] {
            let subscribed = self.ask("resources/subscribe", json!({ "uri": uri }));
            let answer = subscribed.await.json();
            assert!(answer["error"].is_null(), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_step_down_ends_what_the_client_hears_and_a_step_up_begins_it() {
    let (server, handle) = start().await;
    let mut ada = Conversation::begin_with(&server, REVISION, &json!({}), Some("pay-10")).await;
    ada.subscribes().await;
    let mut changes = ada.listen(None).await;
    let (all, open) = (vec!["n://paid", "n://open"], vec!["n://open"]);
    assert_eq!(heard(&handle, &mut changes).await, all);
    for (token, expected) in [
        ("read-20", &open),
        // It was on its way when the other one came.
        ("pay-10", &open),
        ("pay-30", &all),
        ("read-40", &open),
    ] {
        ada.comes_with(token).await;
        assert_eq!(&heard(&handle, &mut changes).await, expected, "{token}");
    }
}

#[tokio::test]
async fn a_stream_that_was_opened_before_a_step_up_follows_it() {
    let (server, handle) = start().await;
    let mut ada = Conversation::begin_with(&server, REVISION, &json!({}), Some("read-10")).await;
    let mut changes = ada.listen(None).await;
    ada.comes_with("pay-20").await;
    ada.subscribes().await;
    let told = heard(&handle, &mut changes).await;
    assert_eq!(told, ["n://paid", "n://open"]);
}

#[tokio::test]
async fn a_list_that_looks_different_with_another_token_has_changed() {
    let (server, handle) = start().await;
    let mut ada = Conversation::begin_with(&server, REVISION, &json!({}), Some("read-10")).await;
    let mut changes = ada.listen(None).await;
    let tools = "notifications/tools/list_changed";
    for token in ["pay-20", "read-30"] {
        ada.comes_with(token).await;
        assert_eq!(changes.message().await["method"], tools, "{token}");
    }
    // With the same scopes, the lists stay as they were.
    ada.comes_with("read-40").await;
    handle.list_changed(thyra::Kind::Prompt);
    let next = changes.message().await;
    assert_eq!(next["method"], "notifications/prompts/list_changed");
}
