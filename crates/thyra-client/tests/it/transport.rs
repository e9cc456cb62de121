//! A client over a transport of somebody else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{
    Client, ClientError, LoggingLevel, Outcome, Outgoing, Reports, Transport, TransportError,
};

use crate::answered::answered;

/// Answers with the messages of a script, in which `ID` stands for the id of the request.
#[derive(Debug, Default)]
struct Script {
    messages: Vec<Value>,
    sent: Arc<Mutex<Vec<Value>>>,
}

impl Script {
    fn new(messages: impl IntoIterator<Item = Value>) -> Self {
        Self {
            messages: messages.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Transport for Script {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        mut reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        Box::pin(async move {
            answered(&outgoing, &mut reports, |request| {
                self.sent.lock().unwrap().push(request.clone());
                let id = request["id"].to_string();
                let messages = self.messages.iter();
                messages
                    .map(|message| message.to_string().replace("\"ID\"", &id))
                    .map(|message| message.parse().unwrap())
                    .collect()
            })
        })
    }
}

fn result(result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": "ID", "result": result })
}

#[tokio::test]
async fn reports_come_first_and_the_answer_is_the_one_to_this_request() {
    let script = Script::new([
        json!({ "jsonrpc": "2.0", "method": "notifications/unheard-of" }),
        json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": 7 } }),
        json!({ "jsonrpc": "2.0", "id": 99, "result": { "content": [] } }),
        result(&json!({ "content": [{ "type": "text", "text": "done" }] })),
    ]);
    let sent = Arc::clone(&script.sent);
    let heard = Arc::new(AtomicUsize::new(0));
    let hear = Arc::clone(&heard);
    let client = Client::over(script)
        .on_log(LoggingLevel::Debug, move |_| {
            hear.fetch_add(1, Ordering::SeqCst);
        })
        .build();
    let answer = client.call_tool("work", &json!({ "a": 1 })).await.unwrap();
    assert_eq!(answer.content[0].as_text(), Some("done"));
    assert_eq!(heard.load(Ordering::SeqCst), 1);
    let sent = sent.lock().unwrap();
    assert_eq!(sent[0]["method"], "tools/call");
    assert_eq!(sent[0]["params"]["arguments"], json!({ "a": 1 }));
}

#[tokio::test]
async fn a_clone_is_the_same_client() {
    let script = Script::new([result(&json!({ "tools": [] }))]);
    let sent = Arc::clone(&script.sent);
    let client = Client::over(script).build();
    client.clone().list_tools().await.unwrap();
    client.list_tools().await.unwrap();
    let sent = sent.lock().unwrap();
    assert_eq!((&sent[0]["id"], &sent[1]["id"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn an_exchange_without_an_answer_names_the_method() {
    for (messages, wanted) in [
        (
            vec![],
            "tools/list failed: the stream ended before the answer came",
        ),
        (
            vec![json!(7)],
            "tools/list failed: the reply is not a JSON-RPC message",
        ),
    ] {
        let client = Client::over(Script::new(messages)).build();
        let error = client.list_tools().await.unwrap_err();
        assert!(matches!(error, ClientError::Transport { .. }), "{error:?}");
        assert!(error.to_string().starts_with(wanted), "{error}");
    }
}

/// Ends every exchange in the same way.
#[derive(Debug)]
struct Refuses(fn() -> Outcome);

impl Transport for Refuses {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        _: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        Box::pin(async move { outgoing.in_time(async { Ok((self.0)()) }).await })
    }
}

#[tokio::test]
async fn a_transport_can_say_why_it_was_refused() {
    let client = Client::over(Refuses(|| Outcome::Forbidden { needed: None })).build();
    let error = client.list_tools().await.unwrap_err();
    assert!(matches!(error, ClientError::Forbidden { .. }), "{error:?}");
    let client = Client::over(Refuses(|| Outcome::Unauthorized {
        advice: "give it a key",
    }))
    .build();
    let error = client.list_tools().await.unwrap_err();
    assert!(error.to_string().ends_with("give it a key"), "{error}");
}

/// Never answers.
#[derive(Debug)]
struct Silent;

impl Transport for Silent {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        _: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        Box::pin(async move { outgoing.in_time(std::future::pending()).await })
    }
}

/// One whose revision is not known before.
#[derive(Debug)]
struct Opened<T>(T);

impl<T: Transport> Transport for Opened<T> {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        self.0.exchange(outgoing, reports)
    }

    fn revision(&self) -> Option<Revision> {
        None
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_has_less_time_to_be_there_than_to_answer_a_call() {
    for (builder, wanted) in [
        (Client::over(Opened(Silent)), "30s"),
        (
            Client::over(Opened(Silent)).connect_time(Duration::from_secs(4)),
            "4s",
        ),
        (
            Client::over(Opened(Silent)).call_time(Duration::from_secs(2)),
            "2s",
        ),
    ] {
        let error = builder.build().list_tools().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "server/discover failed: no answer came within {wanted}; the call was given up"
            )
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_is_the_one_of_the_builder() {
    let client = Client::over(Silent)
        .call_time(Duration::from_secs(7))
        .build();
    let error = client.list_tools().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tools/list failed: no answer came within 7s; the call was given up"
    );
}
