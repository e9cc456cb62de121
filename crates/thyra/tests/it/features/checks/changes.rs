//! What callers hear of what is checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use thyra::prelude::*;
use thyra::{Check, Kind};

use super::{Talk, ada_and_bob, each_with};
use crate::support::Running;

const WANTED: [&str; 3] = ["note://checked", "checked://1", "note://open"];

#[tokio::test]
async fn a_stream_tells_nothing_of_what_the_check_refuses() {
    for check in [Check::role("editor"), Check::scopes_all(["notes:read"])] {
        let server = each_with(&check);
        let handle = server.handle();
        let server = Running::start(server).await;
        for (token, heard) in [("ada", WANTED.as_slice()), ("bob", &["note://open"])] {
            let talk = Talk::alone(&server).with_token(token);
            let mut stream = talk
                .listen(json!({ "resourceSubscriptions": WANTED }))
                .await;
            let acknowledged = stream.acknowledged().await;
            assert_eq!(acknowledged["resourceSubscriptions"], json!(heard));
            for uri in WANTED {
                handle.resource_updated(uri);
            }
            for uri in heard {
                stream.tells_of(uri).await;
            }
        }
    }
}

#[tokio::test]
async fn a_stream_asks_again_before_it_tells() {
    let open = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&open);
    let hours = Check::new("opening hours", move |_| {
        let open = asked.load(Ordering::Relaxed);
        async move { open }
    });
    let server = each_with(&hours);
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server).with_token("ada");
    let mut stream = talk
        .listen(json!({ "resourceSubscriptions": WANTED }))
        .await;
    stream.acknowledged().await;
    handle.resource_updated("note://checked");
    stream.tells_of("note://checked").await;
    open.store(false, Ordering::Relaxed);
    handle.resource_updated("note://checked");
    handle.resource_updated("note://open");
    stream.tells_of("note://open").await;
}

#[tokio::test]
async fn that_a_list_changed_names_nothing() {
    let server = each_with(&Check::role("editor"));
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server).with_token("bob");
    let mut stream = talk.listen(json!({ "toolsListChanged": true })).await;
    stream.acknowledged().await;
    handle.list_changed(Kind::Tool);
    let told = stream.next().await.unwrap();
    assert_eq!(told["method"], "notifications/tools/list_changed");
    assert!(!told.to_string().contains("checked"), "{told}");
}

#[tokio::test]
async fn another_check_is_a_change_of_the_list() {
    let tool = |role: &str| Tool::new("report", || async { "in" }).check(Check::role(role));
    let server = Server::new("Office")
        .tool(tool("guest"))
        .auth(ada_and_bob());
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server).with_token("bob");
    let mut stream = talk.listen(json!({ "toolsListChanged": true })).await;
    stream.acknowledged().await;
    handle.replace_tool(tool("editor")).unwrap();
    let told = stream.next().await.unwrap();
    assert_eq!(told["method"], "notifications/tools/list_changed");
    let tools = talk.listed(("tools/list", "tools", "name")).await;
    assert!(tools.is_empty(), "{tools:?}");
}
