//! Bounds in time, on a clock that the test moves.

use std::future::pending;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use serde_json::json;
use thyra::prelude::*;
use thyra::{Limits, McpService, Revision, TaskMode};
use tower_service::Service;

use crate::fixture::{self, Sign};
use crate::support::{Answer, Ask, META_CAPABILITIES};

/// Asks a server in this process, without a socket: a paused clock would run ahead of one.
async fn ask(server: Server, request: &Ask) -> Answer {
    ask_service(&mut server.into_service().unwrap(), request).await
}

async fn ask_service(service: &mut McpService, ask: &Ask) -> Answer {
    let request = ask.request("http://localhost/mcp").map(Full::new);
    let (parts, body) = service.call(request).await.unwrap().into_parts();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_over_its_time_is_dropped_and_said_so() {
    for revision in Revision::ALL {
        let (server, mut watch) = fixture::server();
        let server = server.limits(Limits::default().call_time(Duration::from_secs(30)));
        let began = tokio::time::Instant::now();
        let answer = ask(server, &Ask::call(revision, "hold", json!({}))).await;
        assert_eq!(began.elapsed().as_secs(), 30);
        assert_eq!(answer.result()["isError"], true);
        let text = answer.tool_text();
        assert!(text.contains("30 seconds"), "{text}");
        assert_eq!(watch.signs.recv().await, Some(Sign::Entered));
        assert_eq!(watch.signs.recv().await, Some(Sign::Left));
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_tool_is_the_time_of_its_task() {
    let at_once = || async { pending::<String>().await };
    let deferred = |ctx: Context| async move {
        ctx.continue_as_task().await;
        pending::<String>().await
    };
    let time = Duration::from_secs(30);
    let server = Server::new("Tasks")
        .tool(
            Tool::new("at_once", at_once)
                .task(TaskMode::Optional)
                .timeout(time),
        )
        .tool(
            Tool::new("deferred", deferred)
                .task(TaskMode::Deferred)
                .timeout(time),
        );
    let mut service = server.into_service().unwrap();
    let tasks = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    for tool in ["at_once", "deferred"] {
        let began = tokio::time::Instant::now();
        let call = Ask::call(Revision::V2026_07_28, tool, json!({}));
        let call = call.meta(META_CAPABILITIES, tasks.clone());
        let task = ask_service(&mut service, &call).await.result();
        let id = task["taskId"].as_str().unwrap();
        let get = Ask::alone("tasks/get", json!({ "taskId": id }));
        let get = get
            .meta(META_CAPABILITIES, tasks.clone())
            .header("mcp-name", id);
        let ended = loop {
            let now = ask_service(&mut service, &get).await.result();
            if now["status"] != "working" {
                break now;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        assert_eq!(ended["status"], "completed", "{ended}");
        assert_eq!(ended["result"]["isError"], true, "{ended}");
        let said = ended["result"]["content"][0]["text"].as_str().unwrap();
        assert!(said.contains("longer than 30 seconds"), "{said}");
        assert!((30..32).contains(&began.elapsed().as_secs()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_says_that_it_is_alive() {
    let (server, mut watch) = fixture::server();
    let server = server.limits(Limits::default().call_time(Duration::from_secs(40)));
    let call = Ask::call(Revision::V2026_07_28, "hold", json!({}));
    let answer = ask(server, &call.meta("progressToken", json!("t"))).await;
    assert_eq!(answer.text().matches(": keep-alive\n\n").count(), 2);
    let events = answer.events();
    assert_eq!(events[0]["method"], "notifications/progress");
    assert_eq!(events[1]["result"]["isError"], true);
    assert_eq!(events.len(), 2);
    assert_eq!(watch.signs.recv().await, Some(Sign::Entered));
    assert_eq!(watch.signs.recv().await, Some(Sign::Left));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_listens_says_that_it_is_alive() {
    let (server, _watch) = fixture::server();
    let mut service = server.into_service().unwrap();
    let wanted = json!({ "notifications": { "toolsListChanged": true } });
    let listen = Ask::alone("subscriptions/listen", wanted);
    let request = listen.request("http://localhost/mcp").map(Full::new);
    let mut body = service.call(request).await.unwrap().into_body();
    let acknowledged = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(acknowledged.starts_with(b"data: {"), "{acknowledged:?}");
    let began = tokio::time::Instant::now();
    for seconds in [15, 30, 45] {
        let alive = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(&alive[..], b": keep-alive\n\n");
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
}
