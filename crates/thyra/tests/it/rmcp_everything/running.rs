//! Calls while they run: their progress, what they log, and the end of those that are given up.

#![expect(
    deprecated,
    reason = "the SDK warns of everything that the newest revision has no longer"
)]

use rmcp::model::{LoggingLevel, RequestMetaObject, SetLevelRequestParams};
use serde_json::json;

use super::visitor::{Visitor, Wire, able, everyone, params, text};
use crate::support::soon;

#[tokio::test]
async fn reports_progress() {
    everyone(able(), async |visitor: &mut Visitor| {
        let done = visitor.text("test_tool_with_progress", json!({})).await;
        assert_eq!(done, "Done, with progress");
        for step in [0.0, 50.0, 100.0] {
            assert_eq!(visitor.hears("progress").await, json!([step, 100.0]));
        }
        visitor.has_heard_all();
    })
    .await;
}

#[tokio::test]
async fn logs_to_whoever_asks_for_it() {
    everyone(able(), async |visitor: &mut Visitor| {
        log(visitor, LoggingLevel::Debug, "test_tool_with_logging").await;
        for said in [
            "Tool execution started",
            "Tool processing data",
            "Tool execution completed",
        ] {
            assert_eq!(visitor.hears("log").await, json!(["info", said]));
        }
        log(visitor, LoggingLevel::Debug, "test_logging_tool").await;
        let called = json!(["info", "Somebody called"]);
        assert_eq!(visitor.hears("log").await, called);
        let revision = visitor.kind.revision();
        let revision = json!({ "revision": revision });
        assert_eq!(visitor.hears("log").await, json!(["debug", revision]));

        // Of these messages only the first of each call is at the level or above it.
        log(visitor, LoggingLevel::Info, "test_logging_tool").await;
        log(visitor, LoggingLevel::Info, "test_logging_tool").await;
        assert_eq!(visitor.hears("log").await, called);
        assert_eq!(visitor.hears("log").await, called);

        if visitor.kind.is_sessionless() {
            // Nobody asks, nobody hears. In a session the level stays what it was.
            visitor.text("test_tool_with_logging", json!({})).await;
        }
        visitor.has_heard_all();
    })
    .await;
}

/// Calls a tool, and wants its messages from a level on.
async fn log(visitor: &Visitor, level: LoggingLevel, tool: &'static str) {
    let mut params = params(tool, json!({}));
    if visitor.kind.is_sessionless() {
        let mut meta = RequestMetaObject::new();
        meta.set_log_level(level);
        params.meta = Some(meta);
    } else {
        let level = visitor.client.set_level(SetLevelRequestParams::new(level));
        soon("the level", level).await.unwrap();
    }
    let logged = soon("the result", visitor.client.call_tool(params)).await;
    text(&logged.unwrap());
}

#[tokio::test]
async fn stops_a_call_that_is_given_up() {
    everyone(able(), async |visitor: &mut Visitor| {
        let params = params("slow_compute", json!({ "seconds": 60, "label": "never" }));
        {
            let Visitor { client, heard, .. } = visitor;
            tokio::select! {
                ended = client.call_tool(params) => panic!("{ended:?}"),
                first = soon("progress", heard.recv()) => {
                    assert_eq!(first, Some(("progress", json!([0.0, 60.0]))));
                }
            }
        }
        // Two more seconds of the same work: had the first call gone on, its progress would have
        // come in between. (In a session over HTTP the client would not have read it.)
        let label = json!({ "seconds": 2, "label": "This" });
        let told = visitor.text("slow_compute", label).await;
        assert_eq!(told, "This took 2 seconds");
        for step in [0.0, 1.0] {
            assert_eq!(visitor.hears("progress").await, json!([step, 2.0]));
        }
        visitor.has_heard_all();
    })
    .await;
}

#[tokio::test]
async fn gives_the_answer_to_a_client_that_comes_back_for_it() {
    everyone(able(), async |visitor: &mut Visitor| {
        let told = visitor.text("test_reconnection", json!({})).await;
        assert_eq!(told, "You came back");
        let opened = visitor.opened.try_recv().ok();
        // Only in a session over HTTP there is a stream to come back to.
        let came_back = !visitor.kind.is_sessionless() && visitor.kind.wire == Wire::Http;
        assert_eq!(opened.is_some(), came_back);
    })
    .await;
}
