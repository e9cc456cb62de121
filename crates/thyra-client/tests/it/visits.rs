//! Pages that a server sends the user to before it carries out a request, and what it says when
//! they are done (MCP 2025-11-25).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{
    Client, ClientBuilder, ClientError, ElicitParams, ElicitResult, Inbox, Outcome, Outgoing,
    Received, Reports, Transport, TransportError,
};
use tokio::time::Instant;

use crate::answered::answered;

/// A server that refuses its tool until the user has visited `pages`, or as often as it wants to.
#[derive(Clone, Debug, Default)]
struct Guarded {
    pages: Value,
    refusals: usize,
    calls: Arc<AtomicUsize>,
    inbox: Arc<OnceLock<Inbox>>,
}

impl Guarded {
    fn new(pages: Value, refusals: usize) -> Self {
        Self {
            pages,
            refusals,
            ..Self::default()
        }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn builder(&self) -> ClientBuilder<Self> {
        Client::over(self.clone())
    }

    /// Says that the user is done with a page.
    fn done(&self, id: &str) {
        let params = json!({ "elicitationId": id });
        let method = "notifications/elicitation/complete";
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        let inbox = self.inbox.get().unwrap();
        inbox.receive(message.to_string().as_bytes()).unwrap();
    }
}

impl Transport for Guarded {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        mut reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        Box::pin(async move {
            answered(&outgoing, &mut reports, |request| {
                let mut reply = json!({ "jsonrpc": "2.0", "id": request["id"] });
                if request["method"] == "initialize" {
                    reply["result"] = json!({
                        "protocolVersion": "2025-11-25",
                        "capabilities": {},
                        "serverInfo": { "name": "guarded", "version": "1" },
                    });
                } else if self.calls.fetch_add(1, Ordering::SeqCst) < self.refusals {
                    let data = json!({ "elicitations": self.pages });
                    reply["error"] =
                        json!({ "code": -32042, "message": "Visit first", "data": data });
                } else {
                    reply["result"] = json!({ "content": [] });
                }
                vec![reply]
            })
        })
    }

    fn send<'a>(&'a self, _: Outgoing<'a>) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async { Ok(()) })
    }

    fn attach(&self, inbox: Inbox) {
        self.inbox.set(inbox).unwrap();
    }

    fn revision(&self) -> Option<Revision> {
        Some(Revision::V2025_11_25)
    }
}

fn page(id: &str) -> Value {
    let url = format!("https://pay.example/{id}");
    json!({ "mode": "url", "message": "Pay", "url": url, "elicitationId": id })
}

#[tokio::test]
async fn a_refused_call_is_repeated_once_the_user_has_gone_there() {
    let server = Guarded::new(json!([page("a"), page("b")]), 1);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (log, hear) = (Arc::clone(&asked), Arc::clone(&heard));
    let client = server
        .builder()
        .on_elicitation_complete(move |id| hear.lock().unwrap().push(id.to_owned()));
    let client = client.on_elicit(move |question| {
        let ElicitParams::Url(page) = question else {
            panic!("{question:?}");
        };
        log.lock().unwrap().push(page.url);
        async { ElicitResult::agree() }
    });
    client.build().call_tool("act", &()).await.unwrap();
    assert_eq!(
        *asked.lock().unwrap(),
        ["https://pay.example/a", "https://pay.example/b"]
    );
    assert_eq!(server.calls(), 2);
    // The server speaks of one page too often, and of one to which it sent nobody.
    for id in ["b", "b", "c"] {
        server.done(id);
    }
    assert_eq!(*heard.lock().unwrap(), ["b"]);
}

/// The error code of a call that failed.
fn code(error: &ClientError) -> Option<i32> {
    match error {
        ClientError::Rpc { error, .. } => Some(error.code.0),
        _ => None,
    }
}

#[tokio::test]
async fn who_does_not_go_there_gets_the_refusal() {
    for no in [ElicitResult::decline(), ElicitResult::cancel()] {
        let server = Guarded::new(json!([page("a"), page("b")]), 1);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let client = server.builder().on_elicit(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            std::future::ready(no.clone())
        });
        let error = client.build().call_tool("act", &()).await.unwrap_err();
        assert_eq!((code(&error), server.calls()), (Some(-32042), 1));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
    let server = Guarded::new(json!([page("a")]), 1);
    let error = server
        .builder()
        .build()
        .call_tool("act", &())
        .await
        .unwrap_err();
    assert_eq!((code(&error), server.calls()), (Some(-32042), 1));
}

#[tokio::test]
async fn a_call_is_repeated_only_once() {
    let server = Guarded::new(json!([page("a")]), 9);
    let client = server.builder().on_elicit(async |_| ElicitResult::agree());
    let error = client.build().call_tool("act", &()).await.unwrap_err();
    assert_eq!((code(&error), server.calls()), (Some(-32042), 2));
}

#[tokio::test]
async fn nobody_is_asked_for_pages_that_are_none_or_too_many() {
    let many: Vec<Value> = (0..65).map(|number| page(&number.to_string())).collect();
    let unsafe_page =
        json!({ "mode": "url", "message": "", "url": "javascript:1", "elicitationId": "a" });
    let form = json!({ "message": "", "requestedSchema": { "type": "object", "properties": {} } });
    for (pages, problem) in [
        (
            json!(many),
            "tools/call asks more than 64 questions in all; it was given up",
        ),
        (
            json!([page("a"), unsafe_page]),
            "tools/call sends the user to a page; nobody was asked, for the URL `javascript:1` is not followed: its scheme is neither https nor http",
        ),
        (
            json!([form]),
            "tools/call failed: Visit first (error -32042)",
        ),
        (json!([]), "tools/call failed: Visit first (error -32042)"),
        (json!(7), "tools/call failed: Visit first (error -32042)"),
    ] {
        let server = Guarded::new(pages, 1);
        let client = server
            .builder()
            .on_elicit(async |question| -> ElicitResult {
                panic!("{question:?}");
            });
        let error = client.build().call_tool("act", &()).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), server.calls()), (problem, 1));
    }
}

/// Time passes only while everybody waits.
#[tokio::test(start_paused = true)]
async fn a_call_waits_for_the_user_to_be_done_as_long_as_it_is_told_to() {
    for (says_so, waited) in [(true, Duration::ZERO), (false, Duration::from_mins(1))] {
        let server = Guarded::new(json!([page("a")]), 1);
        let there = server.clone();
        let client = server
            .builder()
            .visit_time(Duration::from_mins(1))
            .on_elicit(move |_| {
                if says_so {
                    there.done("a");
                }
                std::future::ready(ElicitResult::agree())
            });
        let client = client.build();
        let begun = Instant::now();
        client.call_tool("act", &()).await.unwrap();
        assert_eq!((begun.elapsed(), server.calls()), (waited, 2));
    }
}

#[tokio::test]
async fn the_end_of_a_visit_is_heard_that_a_question_in_a_session_began() {
    let server = Guarded::new(Value::Null, 0);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    let client = server
        .builder()
        .on_elicitation_complete(move |id| hear.lock().unwrap().push(id.to_owned()));
    let client = client.on_elicit(async |question| match question {
        ElicitParams::Url(page) if page.url.ends_with("/yes") => ElicitResult::agree(),
        _ => ElicitResult::decline(),
    });
    let client = client.build();
    client.call_tool("act", &()).await.unwrap();
    for id in ["yes", "no"] {
        let question = json!({
            "jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": page(id),
        });
        let inbox = server.inbox.get().unwrap();
        let received = inbox.receive(question.to_string().as_bytes()).unwrap();
        let Received::Question(question) = received else {
            panic!("{received:?}");
        };
        question.answer.await;
        server.done(id);
    }
    assert_eq!(*heard.lock().unwrap(), ["yes"]);
}
