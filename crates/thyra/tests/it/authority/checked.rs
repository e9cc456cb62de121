//! Checks are asked again for whatever outlives its request.

use serde_json::json;
use thyra::prelude::*;
use thyra::{Check, Decision, Revision};

use super::Tokens;
use crate::sessions::Conversation;
use crate::support::Running;

const REVISION: Revision = Revision::V2025_06_18;

/// Those who pay, as a check that hides what it refuses.
fn paid() -> Check {
    Check::caller("pays", |caller| async move {
        let pays = caller
            .principal()
            .is_some_and(|caller| caller.has_scope("pay"));
        Decision::from(pays)
    })
}

#[tokio::test]
async fn a_session_hears_what_the_checks_say_of_its_newest_token() {
    let server = Server::new("Shop")
        .resource(Resource::text("n://open", "x"))
        .resource(Resource::text("n://paid", "x").check(paid()))
        .tool(Tool::new("invoice", || async { "invoice" }).check(paid()))
        .auth(Tokens::default().auth());
    let handle = server.handle();
    let server = Running::start(server).await;
    let mut ada = Conversation::begin_with(&server, REVISION, &json!({}), Some("pay-10")).await;
    for uri in ["n://open", "n://paid"] {
        let answer = ada.ask("resources/subscribe", json!({ "uri": uri })).await;
        assert!(answer.json()["error"].is_null(), "{answer:?}");
    }
    let mut changes = ada.listen(None).await;
    for uri in ["n://paid", "n://open"] {
        handle.resource_updated(uri);
        assert_eq!(changes.message().await["params"]["uri"], uri);
    }
    ada.token = Some("read-20");
    ada.ask("ping", json!({})).await.json();
    for list in ["tools", "resources"] {
        let method = format!("notifications/{list}/list_changed");
        assert_eq!(changes.message().await["method"], method);
    }
    handle.resource_updated("n://paid");
    handle.resource_updated("n://open");
    assert_eq!(changes.message().await["params"]["uri"], "n://open");
}
