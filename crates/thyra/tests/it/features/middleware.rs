//! Middleware around what a server does.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use thyra::auth::{Principal, StaticAuth};
use thyra::prelude::*;
use thyra::{
    CallError, ClientCapabilities, ErrorObject, Middleware, RequestInfo, Response, ToolCallInfo,
};

use super::tasks::{EXTENSION, begun, looked_for};
use super::{Talk, fails, hello};
use crate::support::Running;

/// What middleware saw, in order.
type Log = Arc<Mutex<Vec<String>>>;

fn taken(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

/// Notes every request.
struct Requests(Log);

impl Middleware for Requests {
    fn on_request<'a>(
        &'a self,
        request: RequestInfo<'a>,
        next: BoxFuture<'a, Response>,
    ) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            let response = next.await;
            let ended = match response.error() {
                None => "ok".to_owned(),
                Some(error) => error.code.0.to_string(),
            };
            let caller = request.principal.map_or("nobody", Principal::subject);
            let (method, name) = (request.method, request.name.unwrap_or("-"));
            let line = format!("{method} {name} {caller} {ended}");
            self.0.lock().unwrap().push(line);
            response
        })
    }
}

/// Notes every run of a tool, and puts its name around the result.
struct Runs(&'static str, Log);

impl Runs {
    fn note(&self, what: &str) {
        self.1.lock().unwrap().push(format!("{} {what}", self.0));
    }
}

impl Middleware for Runs {
    fn on_call_tool<'a>(
        &'a self,
        call: ToolCallInfo<'a>,
        next: BoxFuture<'a, Result<CallToolResult, CallError>>,
    ) -> BoxFuture<'a, Result<CallToolResult, CallError>> {
        Box::pin(async move {
            let arguments = call.arguments.map_or("none", RawValue::get);
            self.note(&format!("before {} {arguments}", call.tool.name()));
            let result = next.await;
            self.note(if result.is_ok() {
                "after"
            } else {
                "after an error"
            });
            let result = result?;
            let text = result.content[0].as_text().unwrap_or_default().to_owned();
            Ok(CallToolResult::text(format!("{}({text})", self.0)))
        })
    }
}

/// Answers in place of the server, or changes what it answers, by the method.
struct Rules;

impl Middleware for Rules {
    fn on_request<'a>(
        &'a self,
        request: RequestInfo<'a>,
        next: BoxFuture<'a, Response>,
    ) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            match request.method {
                "tools/call" => request.error(&ErrorObject::invalid_params("Closed")),
                "prompts/list" => {
                    request.result(&json!({ "prompts": [], "resultType": "complete" }))
                }
                "resources/list" => panic!("a secret"),
                "resources/read" => request.error(&ErrorObject::missing_client_capability(
                    &ClientCapabilities::default(),
                    "Sampling, please",
                )),
                _ => {
                    let response = next.await;
                    let Some(result) = response.result() else {
                        return response;
                    };
                    let mut result: Value = serde_json::from_str(result.get()).unwrap();
                    result["seen"] = true.into();
                    response.with_result(request, &result)
                }
            }
        })
    }
}

#[tool]
async fn echo(text: String) -> String {
    text
}

#[tool]
async fn fail() -> Result<String, ToolError> {
    Err(ToolError::new("No."))
}

#[tool(task)]
async fn job() -> &'static str {
    "job"
}

#[tool(scopes = ["write"])]
async fn write() -> &'static str {
    "written"
}

fn server() -> Server {
    Server::new("Wrapped").tool(echo).tool(fail).tool(job)
}

#[tokio::test]
async fn every_request_passes_on_both_eras_and_nothing_else_does() {
    let log = Log::default();
    let server = Running::start(server().middleware(Requests(Arc::clone(&log)))).await;
    server.ask(&hello(json!({}))).await.result();
    assert_eq!(taken(&log), ["initialize - nobody ok"]);
    for talk in Talk::each(&server).await {
        taken(&log);
        talk.call("echo", json!({ "text": "hi" })).await.result();
        talk.call("fail", json!({})).await.result();
        talk.ask("tools/list", json!({})).await.result();
        fails(&talk.call("nobody", json!({})).await, -32602);
        talk.ask("prompts/get", json!({ "name": "none" })).await;
        fails(&talk.ask("example/none", json!({})).await, -32601);
        assert_eq!(
            taken(&log),
            [
                "tools/call echo nobody ok",
                "tools/call fail nobody ok",
                "tools/list - nobody ok",
                "tools/call nobody nobody -32602",
                "prompts/get none nobody -32602",
                "example/none - nobody -32601",
            ]
        );
    }
}

#[tokio::test]
async fn a_refused_request_passes_with_its_caller() {
    let log = Log::default();
    let ada = Principal::builder("https://issuer.example", "ada").build();
    let auth = StaticAuth::new("http://127.0.0.1:8000").token("ada-token", ada);
    let server = Server::new("Wrapped").tool(write).auth(auth);
    let server = Running::start(server.middleware(Requests(Arc::clone(&log)))).await;
    let mut talk = Talk::alone(&server);
    talk.token = Some("ada-token".to_owned());
    let refused = talk.call("write", json!({})).await;
    assert_eq!(refused.status, 403);
    assert_eq!(taken(&log), ["tools/call write ada -32602"]);
    // Who is not let in is no caller, and asks nothing.
    talk.token = Some("another-token".to_owned());
    assert_eq!(talk.call("write", json!({})).await.status, 401);
    assert_eq!(taken(&log), [""; 0]);
}

#[tokio::test]
async fn a_request_may_be_answered_otherwise() {
    let server = Running::start(server().middleware(Rules)).await;
    for talk in Talk::each(&server).await {
        let called = talk.call("echo", json!({ "text": "hi" })).await;
        assert_eq!(fails(&called, -32602), "Closed");
        let prompts = talk.ask("prompts/list", json!({})).await.result();
        assert_eq!(prompts["prompts"], json!([]));
        let tools = talk.ask("tools/list", json!({})).await.result();
        assert_eq!(tools["seen"], true);
        assert_eq!(tools["tools"].as_array().unwrap().len(), 3);
        fails(&talk.ask("resources/list", json!({})).await, -32603);
        // The code is newer than the handshake era.
        let code = if talk.is_alone() { -32021 } else { -32602 };
        let read = json!({ "uri": "notes://1" });
        fails(&talk.ask("resources/read", read).await, code);
    }
    // The session is open though its greeting was changed: the second of the clients above lives in
    // it.
    assert_eq!(server.ask(&hello(json!({}))).await.result()["seen"], true);
}

#[tokio::test]
async fn the_first_middleware_is_outermost_around_every_run_of_a_tool() {
    let log = Log::default();
    let server = server()
        .middleware(Runs("first", Arc::clone(&log)))
        .middleware(Runs("second", Arc::clone(&log)));
    let server = Running::start(server).await;
    for talk in Talk::each(&server).await {
        let answer = talk.call("echo", json!({ "text": "hi" })).await;
        assert_eq!(answer.tool_text(), "first(second(hi))");
        assert_eq!(
            taken(&log),
            [
                r#"first before echo {"text":"hi"}"#,
                r#"second before echo {"text":"hi"}"#,
                "second after",
                "first after",
            ]
        );
        assert_eq!(talk.call("fail", json!({})).await.result()["isError"], true);
        assert_eq!(
            taken(&log),
            [
                "first before fail {}",
                "second before fail {}",
                "second after an error",
                "first after an error",
            ]
        );
        // What is no call of a tool, or of no tool, goes past them.
        fails(&talk.call("nobody", json!({})).await, -32602);
        talk.ask("tools/list", json!({})).await.result();
        assert_eq!(taken(&log), [""; 0]);
    }
}

#[tokio::test]
async fn middleware_stands_around_the_run_of_a_task_and_the_request_that_begins_it() {
    let (runs, requests) = (Log::default(), Log::default());
    let server = server()
        .middleware(Requests(Arc::clone(&requests)))
        .middleware(Runs("only", Arc::clone(&runs)));
    let server = Running::start(server).await;
    let talk = Talk::alone(&server).with_capabilities(json!({ "extensions": { EXTENSION: {} } }));
    let id = begun(&talk.call("job", json!({})).await.result());
    let done = looked_for(&talk, &id).await;
    assert_eq!(done["result"]["content"][0]["text"], "only(job)", "{done}");
    assert_eq!(taken(&runs), ["only before job {}", "only after"]);
    let asked = taken(&requests);
    assert_eq!(asked[0], "tools/call job nobody ok");
    assert_eq!(asked[1], format!("tasks/get {id} nobody ok"));
}
