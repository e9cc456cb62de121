//! More calls than may run at once: they wait, and what must not wait goes past them.
//!
//! The requests go to the service itself, so a thousand at once need no sockets.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{Limits, McpService, Revision, Server};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet, yield_now};
use tower_service::Service;

use super::hello;
use crate::support::{Answer, Ask, soon};

/// How many calls a client sends at once.
const MANY: usize = 1_000;

/// Their numbers.
const NUMBERS: Range<i64> = 0..1_000;

/// Where calls wait until the test lets so many of them pass.
#[derive(Debug)]
struct Turnstile {
    begun: Mutex<Vec<i64>>,
    open: Semaphore,
}

/// Returns its number once it may pass.
#[tool]
async fn pass(number: i64, State(turnstile): State<Arc<Turnstile>>) -> i64 {
    turnstile.begun.lock().unwrap().push(number);
    turnstile.open.acquire().await.unwrap().forget();
    number
}

/// Asks the client who is there, and greets them.
#[tool]
async fn welcome(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "What is your name?").await?;
    Ok(format!("Hello, {name}!"))
}

/// A client of one revision, in a session if the revision has sessions.
struct Crowd {
    service: McpService,
    turnstile: Arc<Turnstile>,
    revision: Revision,
    session: Option<String>,
    calls: JoinSet<Answer>,
}

async fn answer(mut service: McpService, ask: Ask) -> Answer {
    let request = ask.request("http://localhost/mcp").map(Full::new);
    let (parts, body) = service.call(request).await.unwrap().into_parts();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

impl Crowd {
    async fn begin(revision: Revision, limits: Limits) -> Self {
        let turnstile = Arc::new(Turnstile {
            begun: Mutex::default(),
            open: Semaphore::new(0),
        });
        let service = Server::new("Crowd")
            .tool(pass)
            .tool(welcome)
            .state(Arc::clone(&turnstile))
            .limits(limits)
            .into_service()
            .unwrap();
        let mut crowd = Self {
            service,
            turnstile,
            revision,
            session: None,
            calls: JoinSet::new(),
        };
        if revision < Revision::V2026_07_28 {
            let hello = hello(revision, &json!({ "elicitation": {} }));
            let greeting = answer(crowd.service.clone(), hello).await;
            crowd.session = Some(greeting.header("mcp-session-id").to_owned());
        }
        crowd
    }

    fn in_session(&self, ask: Ask) -> Ask {
        match &self.session {
            Some(session) => ask.header("mcp-session-id", session),
            None => ask,
        }
    }

    fn pass(&mut self, number: i64) -> AbortHandle {
        let ask = Ask::call(self.revision, "pass", json!({ "number": number }));
        self.send(ask.member("id", json!(number)))
    }

    fn send(&mut self, ask: Ask) -> AbortHandle {
        let ask = self.in_session(ask);
        self.calls.spawn(answer(self.service.clone(), ask))
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let answer = answer(self.service.clone(), self.in_session(ask));
        soon("an answer", answer).await
    }

    async fn pong(&self) {
        let pong = self.ask(Ask::on(self.revision, "ping", json!({}))).await;
        assert_eq!(pong.result(), json!({}));
    }

    async fn cancel(&self, number: i64) {
        let params = json!({ "requestId": number });
        let cancel = Ask::on(self.revision, "notifications/cancelled", params);
        let taken = self.ask(cancel.member("id", json!(null))).await;
        assert_eq!(taken.status, 202);
    }

    /// Lets the server do all that it can do now.
    async fn settle(&self) {
        for _ in 0..100 {
            yield_now().await;
        }
    }

    fn begun(&self) -> Vec<i64> {
        self.turnstile.begun.lock().unwrap().clone()
    }

    /// The text of every answer, by the id that it answers. Calls that were dropped, or answered
    /// with a stream that just ends, have none.
    async fn passed(&mut self) -> BTreeMap<i64, String> {
        let mut passed = BTreeMap::new();
        while let Some(answer) = soon("the answers", self.calls.join_next()).await {
            let Ok(answer) = answer else { continue };
            let message = match answer.header("content-type") {
                "application/json" => Some(answer.json()),
                _ => answer.events().pop(),
            };
            let Some(message) = message else { continue };
            let text = &message["result"]["content"][0]["text"];
            let text = text.as_str().unwrap_or_else(|| panic!("{message}"));
            passed.insert(message["id"].as_i64().unwrap(), text.to_owned());
        }
        passed
    }
}

fn answers(numbers: impl IntoIterator<Item = i64>) -> BTreeMap<i64, String> {
    let pairs = numbers.into_iter();
    pairs.map(|number| (number, number.to_string())).collect()
}

#[tokio::test]
async fn a_thousand_calls_at_once_in_one_session_are_answered_and_cancellations_go_past_them() {
    for revision in [Revision::V2025_06_18, Revision::V2025_11_25] {
        let mut crowd = Crowd::begin(revision, Limits::default()).await;
        for number in NUMBERS {
            crowd.pass(number);
        }
        crowd.settle().await;
        assert_eq!(crowd.begun(), (0..64).collect::<Vec<_>>());
        // One of them runs, and one waits.
        for number in [3, 500] {
            crowd.cancel(number).await;
        }
        crowd.pong().await;
        crowd.turnstile.open.add_permits(MANY);
        let kept = NUMBERS.filter(|number| ![3, 500].contains(number));
        assert_eq!(crowd.passed().await, answers(kept), "{revision}");
        let begun: Vec<_> = NUMBERS.filter(|number| *number != 500).collect();
        assert_eq!(crowd.begun(), begun, "{revision}");
    }
}

#[tokio::test]
async fn a_thousand_calls_at_once_without_a_session_are_answered_and_one_whose_client_goes_ends() {
    let mut crowd = Crowd::begin(Revision::V2026_07_28, Limits::default()).await;
    let calls: Vec<_> = NUMBERS.map(|number| crowd.pass(number)).collect();
    crowd.settle().await;
    // No session holds them together, so each connection is a place of its own.
    assert_eq!(crowd.begun(), NUMBERS.collect::<Vec<_>>());
    calls[500].abort();
    crowd.settle().await;
    crowd.turnstile.open.add_permits(MANY - 1);
    let kept = NUMBERS.filter(|number| *number != 500);
    assert_eq!(crowd.passed().await, answers(kept));
}

#[tokio::test]
async fn an_answer_to_a_question_goes_past_the_calls_that_wait() {
    let limits = Limits::default().session_calls(1).waiting_calls(1);
    let mut crowd = Crowd::begin(Revision::V2025_11_25, limits).await;
    let ask = Ask::call(crowd.revision, "welcome", json!({})).member("id", json!(1));
    let request = crowd.in_session(ask).request("http://localhost/mcp");
    let asking = crowd.service.clone().call(request.map(Full::new)).await;
    let mut events = asking.unwrap().into_body();
    let mut heard = String::new();
    while !heard.contains("elicitation/create") {
        let frame = soon("the question", events.frame()).await.unwrap().unwrap();
        heard += std::str::from_utf8(&frame.into_data().unwrap()).unwrap();
    }
    let mut data = heard.lines().filter_map(|line| line.strip_prefix("data: "));
    let question: Value = serde_json::from_str(data.next_back().unwrap()).unwrap();
    // One waits, and for two there is no room.
    for number in 10..13 {
        crowd.pass(number);
    }
    crowd.settle().await;
    let result = json!({ "action": "accept", "content": { "value": "Ada" } });
    let accept = Ask::on(crowd.revision, "", json!({}))
        .member("method", json!(null))
        .member("params", json!(null))
        .member("id", question["id"].clone())
        .member("result", result);
    assert_eq!(crowd.ask(accept).await.status, 202);
    let rest = soon("the greeting", events.collect()).await.unwrap();
    let rest = String::from_utf8(rest.to_bytes().to_vec()).unwrap();
    assert!(rest.contains("Hello, Ada!"), "{rest}");
    crowd.turnstile.open.add_permits(3);
    assert_eq!(crowd.passed().await, answers(10..13));
}

#[tokio::test]
async fn calls_for_which_there_is_no_room_are_held_back_and_begin_in_order() {
    // By number, and by bytes.
    for limits in [
        Limits::default().waiting_calls(2),
        Limits::default().waiting_bytes(700),
    ] {
        let limits = limits.session_calls(1);
        let mut crowd = Crowd::begin(Revision::V2025_11_25, limits).await;
        let calls: Vec<_> = (0..20).map(|number| crowd.pass(number)).collect();
        crowd.settle().await;
        crowd.pong().await;
        // A session keeps a call that found room, and holds no other against its client's will.
        calls[1].abort();
        calls[10].abort();
        crowd.cancel(11).await;
        crowd.settle().await;
        crowd.turnstile.open.add_permits(20);
        let heard = (0..20).filter(|number| ![1, 10, 11].contains(number));
        assert_eq!(crowd.passed().await, answers(heard));
        let begun: Vec<_> = (0..20)
            .filter(|number| ![10, 11].contains(number))
            .collect();
        assert_eq!(crowd.begun(), begun);
    }
}

#[tokio::test]
async fn the_end_of_a_session_ends_the_calls_that_wait() {
    let limits = Limits::default().session_calls(1).waiting_calls(2);
    let mut crowd = Crowd::begin(Revision::V2025_11_25, limits).await;
    for number in 0..6 {
        crowd.pass(number);
    }
    crowd.settle().await;
    let mut request = crowd
        .in_session(Ask::on(crowd.revision, "", json!({})))
        .request("http://localhost/mcp");
    *request.method_mut() = http::Method::DELETE;
    let ended = crowd.service.call(request.map(Full::new)).await.unwrap();
    assert_eq!(ended.status(), 200);
    crowd.turnstile.open.add_permits(6);
    assert_eq!(crowd.passed().await, BTreeMap::new());
    assert_eq!(crowd.begun(), [0]);
}
