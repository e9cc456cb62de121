//! What a session keeps of the calls it has answered: nothing, however many they were. Those that
//! wait for their turn are small.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{Limits, McpService, Server};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};
use tower_service::Service;

#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Says something before its result, so that its answer is a stream.
#[tool]
async fn chatter(ctx: Context) -> &'static str {
    ctx.info("a word").await;
    yield_now().await;
    "said"
}

/// Where calls wait until the test lets so many of them pass.
struct Gate(Semaphore);

#[tool]
async fn pass(State(gate): State<Arc<Gate>>) -> Result<&'static str, ToolError> {
    match gate.0.acquire().await {
        Ok(permit) => permit.forget(),
        Err(_) => return Err(ToolError::new("the gate is gone")),
    }
    Ok("passed")
}

/// How many calls a client sends at once.
const CROWD: u32 = 1_000;

type Failure = Box<dyn std::error::Error>;

async fn post(
    service: &mut McpService,
    session: Option<&str>,
    message: &Value,
) -> Result<(Option<String>, Bytes), Failure> {
    let mut request = Request::post("http://localhost/mcp")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    let request = request.body(Full::new(Bytes::from(message.to_string())))?;
    let response = service.call(request).await?;
    assert!(response.status().is_success(), "{response:?}");
    let session = match response.headers().get("mcp-session-id") {
        Some(id) => Some(id.to_str()?.to_owned()),
        None => None,
    };
    Ok((session, response.into_body().collect().await?.to_bytes()))
}

async fn call(
    service: &mut McpService,
    session: &str,
    id: u64,
    tool: &str,
    arguments: Value,
) -> Result<(), Failure> {
    let message = json!({
        "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": { "name": tool, "arguments": arguments },
    });
    let (_, body) = post(service, Some(session), &message).await?;
    assert!(String::from_utf8_lossy(&body).contains(r#""content":"#));
    Ok(())
}

/// Begins a session.
async fn begin(service: &mut McpService) -> Result<String, Failure> {
    begin_as(service, &json!({})).await
}

/// Begins a session with a client of these capabilities.
async fn begin_as(service: &mut McpService, capabilities: &Value) -> Result<String, Failure> {
    let hello = json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": capabilities,
            "clientInfo": { "name": "test", "version": "1" },
        },
    });
    let (session, _) = post(service, None, &hello).await?;
    session.ok_or_else(|| "no session".into())
}

/// Capabilities of 10 KB, whose tree is some fifteen times as large.
fn wordy() -> Value {
    let nothing = vec![json!([]); 10 * 1024 / 3];
    json!({ "experimental": { "x": { "y": nothing } } })
}

/// Some calls of both kinds in one session.
async fn calls(service: &mut McpService, session: &str, count: u64) -> Result<(), Failure> {
    for id in 0..count {
        call(service, session, id, "add", json!({ "a": 1, "b": 2 })).await?;
        if id % 20 == 0 {
            call(service, session, count + id, "chatter", json!({})).await?;
        }
    }
    Ok(())
}

/// Everything runs on this thread, which is the one that is measured.
#[test]
fn twenty_thousand_calls_leave_nothing_behind() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut service = Server::new("Memory")
        .tool(add)
        .tool(chatter)
        .into_service()?;
    let session = runtime.block_on(begin(&mut service))?;
    // As many streams are kept for a client that comes back as ever will be, and maps have their
    // size.
    runtime.block_on(calls(&mut service, &session, 1_000))?;

    let mut failure = None;
    let kept = allocation_counter::measure(|| {
        failure = runtime
            .block_on(calls(&mut service, &session, 20_000))
            .err();
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    // Nothing grows with the calls; what is kept of the last of them may differ a little from what
    // was kept before.
    assert!(kept.count_current.abs() < 64, "{kept:?}");
    assert!(kept.bytes_current.abs() < 64 * 1024, "{kept:?}");
    Ok(())
}

/// Everything runs on this thread, which is the one that is measured.
#[test]
fn a_thousand_calls_that_wait_are_small_and_leave_nothing_behind() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let gate = Arc::new(Gate(Semaphore::new(0)));
    let mut service = Server::new("Memory")
        .tool(pass)
        .state(Arc::clone(&gate))
        .into_service()?;
    let session = runtime.block_on(begin(&mut service))?;

    let crowd = || {
        let mut calls = JoinSet::new();
        let waiting = allocation_counter::measure(|| {
            runtime.block_on(async {
                for id in 0..u64::from(CROWD) {
                    let (mut service, session) = (service.clone(), session.clone());
                    calls.spawn(async move {
                        call(&mut service, &session, id, "pass", json!({}))
                            .await
                            .is_ok()
                    });
                }
                for _ in 0..100 {
                    yield_now().await;
                }
            });
        });
        let mut passed = 0;
        let done = allocation_counter::measure(|| {
            runtime.block_on(async {
                gate.0.add_permits(CROWD as usize);
                while let Some(call) = calls.join_next().await {
                    passed += u32::from(call.is_ok_and(|passed| passed));
                }
            });
        });
        assert_eq!(passed, CROWD);
        let waiting = waiting.bytes_current;
        (waiting, waiting + done.bytes_current)
    };
    // Maps and queues take their size.
    crowd();
    let (waiting, left) = crowd();
    println!("{CROWD} calls that wait: {waiting} bytes; afterwards {left}");
    // This includes the futures of the requests, and what the client holds.
    assert!(waiting < 16 * 1024 * 1024, "{waiting}");
    assert!(left.abs() < 64 * 1024, "{left}");
    Ok(())
}

/// Everything runs on this thread, which is the one that is measured.
#[test]
fn a_session_keeps_what_its_client_says_as_text() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut service = Server::new("Memory").tool(add).into_service()?;
    let (modest, wordy) = (json!({}), wordy());
    let mut held = |capabilities: &Value| {
        let mut failure = None;
        let held = allocation_counter::measure(|| {
            failure = runtime.block_on(begin_as(&mut service, capabilities)).err();
        });
        match failure {
            Some(failure) => Err(failure),
            None => Ok(held.bytes_current),
        }
    };
    // Tables take their size.
    for _ in 0..100 {
        held(&modest)?;
    }
    let (modest, wordy) = (held(&modest)?, held(&wordy)?);
    println!("a session: {modest} bytes; with capabilities of 10 KB: {wordy}");
    assert!(modest < 4 * 1024, "{modest}");
    assert!(wordy - modest < 11 * 1024, "{wordy}");
    Ok(())
}

/// Everything runs on this thread, which is the one that is measured.
#[test]
fn ten_thousand_wordy_clients_hold_no_more_than_their_budget() -> Result<(), Failure> {
    const BUDGET: usize = 8 * 1024 * 1024;
    /// What else is held for the sessions that fit.
    const BESIDE: i64 = 4 * 1024 * 1024;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let limits = Limits::default().session_bytes(BUDGET);
    let mut service = Server::new("Memory")
        .tool(add)
        .limits(limits)
        .into_service()?;
    let wordy = wordy();
    let mut failure = None;
    let held = allocation_counter::measure(|| {
        failure = runtime
            .block_on(async {
                for _ in 0..10_000 {
                    begin_as(&mut service, &wordy).await?;
                }
                Ok::<_, Failure>(())
            })
            .err();
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    println!("10,000 wordy clients hold {} bytes", held.bytes_current);
    assert!(
        held.bytes_current < i64::try_from(BUDGET)? + BESIDE,
        "{held:?}"
    );
    Ok(())
}
