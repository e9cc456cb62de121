//! Functions that block: whose turn it is, and what they do to the end of the program.

use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex};

use futures_util::future::{BoxFuture, join_all};
use serde_json::json;
use thyra::prelude::*;
use thyra::{CallError, CallToolResult, Limits, Middleware, Revision, ToolCallInfo};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::watch;

use super::{Talk, ada_and_bob};
use crate::support::{Ask, Running, client, send, soon};

/// Where calls wait, and whether they still have to.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn pass(&self) {
        let (open, opened) = &*self.0;
        let _open = opened
            .wait_while(open.lock().unwrap(), |open| !*open)
            .unwrap();
    }
}

/// Opens the gate at the end of a test, also of one that fails.
struct Opens(Gate);

impl Drop for Opens {
    fn drop(&mut self) {
        let (open, opened) = &*self.0.0;
        *open.lock().unwrap() = true;
        opened.notify_all();
    }
}

/// Waits at the gate.
#[tool]
fn wait(State(gate): State<Gate>) -> &'static str {
    gate.pass();
    "passed"
}

/// Takes no time.
#[tool]
fn hurry() -> &'static str {
    "at once"
}

/// Fills in at once.
#[prompt]
fn greet() -> &'static str {
    "Hello"
}

/// Reads at once.
#[resource("note://now")]
fn note() -> &'static str {
    "now"
}

/// Counts the calls that reached their tool.
struct Arrivals(watch::Sender<usize>);

impl Middleware for Arrivals {
    fn on_call_tool<'a>(
        &'a self,
        _: ToolCallInfo<'a>,
        next: BoxFuture<'a, Result<CallToolResult, CallError>>,
    ) -> BoxFuture<'a, Result<CallToolResult, CallError>> {
        self.0.send_modify(|count| *count += 1);
        next
    }
}

/// A server whose tool `wait` waits until the guard is dropped, and the calls that came so far.
fn server() -> (Server, Opens, watch::Receiver<usize>) {
    let gate = Gate::default();
    let (arrivals, arrived) = watch::channel(0);
    let server = Server::new("Blocking")
        .tool(wait {})
        .tool(hurry {})
        .prompt(greet {})
        .resource(note {})
        .middleware(Arrivals(arrivals))
        .state(gate.clone());
    (server, Opens(gate), arrived)
}

async fn everything_goes_on(talk: &Talk<'_>) {
    let call = soon("a blocking tool", talk.call("hurry", json!({}))).await;
    assert_eq!(call.tool_text(), "at once");
    let prompt = talk.ask("prompts/get", json!({ "name": "greet" }));
    soon("a blocking prompt", prompt).await.result();
    let read = talk.ask("resources/read", json!({ "uri": "note://now" }));
    soon("a blocking resource", read).await.result();
}

#[tokio::test]
async fn seven_hundred_calls_of_one_person_leave_threads_for_another() {
    let (server, gate, mut arrived) = server();
    let running = Running::start(server.auth(ada_and_bob())).await;
    let ada = Talk::alone(&running).with_token("ada");
    let many = join_all((0..700).map(|_| ada.call("wait", json!({}))));
    let meanwhile = async {
        soon("all calls", arrived.wait_for(|count| *count >= 700))
            .await
            .unwrap();
        for bob in Talk::each_as(&running, Some("bob")).await {
            everything_goes_on(&bob).await;
        }
        drop(gate);
    };
    let (many, ()) = tokio::join!(many, meanwhile);
    for answer in many {
        assert_eq!(answer.tool_text(), "passed");
    }
}

/// Only Linux has more addresses of the machine itself than one.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn seven_hundred_calls_of_one_address_leave_threads_for_another() {
    let (server, gate, mut arrived) = server();
    let running = Running::start(server).await;
    let other = reqwest::Client::builder()
        .local_address(Some([127, 0, 0, 2].into()))
        .build()
        .unwrap();
    let own = Talk::alone(&running);
    let many = join_all((0..700).map(|_| own.call("wait", json!({}))));
    let meanwhile = async {
        soon("all calls", arrived.wait_for(|count| *count >= 700))
            .await
            .unwrap();
        let ask = Ask::call(Revision::V2026_07_28, "hurry", json!({}));
        let answer = send(&other, ask.request(&running.url()));
        assert_eq!(soon("the other", answer).await.tool_text(), "at once");
        drop(gate);
    };
    let (many, ()) = tokio::join!(many, meanwhile);
    assert!(many.iter().all(|answer| answer.tool_text() == "passed"));
}

#[tokio::test]
async fn whoever_waits_is_answered_in_the_end() {
    let (server, gate, mut arrived) = server();
    let limits = Limits::default().blocking_calls(1);
    let running = Running::start(server.limits(limits)).await;
    let talk = Talk::alone(&running);
    let calls = join_all((0..8).map(|_| talk.call("wait", json!({}))));
    let open = async {
        soon("all calls", arrived.wait_for(|count| *count >= 8))
            .await
            .unwrap();
        drop(gate);
    };
    let (calls, ()) = tokio::join!(calls, open);
    assert!(calls.iter().all(|answer| answer.tool_text() == "passed"));
}

/// What the test says to itself.
const VARIABLE: &str = "THYRA_TEST_BLOCKS";

/// Says that it has begun, and ends with the process.
#[tool]
fn never() -> &'static str {
    eprintln!("begun");
    loop {
        std::thread::park();
    }
}

/// This test starts itself once more, as a server.
#[cfg(unix)]
#[tokio::test]
async fn a_function_that_never_returns_does_not_keep_the_process() {
    if std::env::var_os(VARIABLE).is_some() {
        let limits = Limits::default().shutdown_time(std::time::Duration::ZERO);
        let server = Server::new("Never").tool(never {}).limits(limits);
        return server.serve_http("127.0.0.1:0").await.unwrap();
    }
    let name = "features::blocking::a_function_that_never_returns_does_not_keep_the_process";
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--quiet"])
        .env(VARIABLE, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = soon("the address", lines.next_line()).await.unwrap();
        if let Some((_, url)) = line.unwrap().split_once(" serves MCP at ") {
            break url.to_owned();
        }
    };
    let ask = Ask::call(Revision::V2026_07_28, "never", json!({}));
    let http = client();
    let called = tokio::spawn(async move {
        http.execute(ask.request(&address).try_into().unwrap())
            .await
    });
    while soon("the call", lines.next_line())
        .await
        .unwrap()
        .as_deref()
        != Some("begun")
    {}
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &child.id().unwrap().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let status = soon("the end of the program", child.wait()).await.unwrap();
    assert!(status.success());
    assert!(called.await.unwrap().is_err());
}
