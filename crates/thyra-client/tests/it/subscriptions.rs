//! Subscriptions, and what becomes of them when the connection is lost.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use thyra_client::protocol::RequestId;
use thyra_client::{
    Change, Client, ClientError, Outcome, Outgoing, Reports, Subscription, SubscriptionFilter,
    Transport, TransportError,
};

use crate::scripted::{Answer, Asked, Scripted};

fn wish() -> SubscriptionFilter {
    SubscriptionFilter::lists().resource("a:b")
}

fn resource(uri: &str) -> Change {
    Change::Resource(uri.to_owned())
}

async fn change(subscription: &mut Subscription) -> Change {
    subscription.next().await.unwrap().unwrap()
}

/// A notification of the subscription `id`, or of a session.
fn notification(id: Option<&Value>, method: &str, mut params: Value) -> String {
    if let Some(id) = id {
        params["_meta"] = json!({ "io.modelcontextprotocol/subscriptionId": id });
    }
    json!({ "jsonrpc": "2.0", "method": format!("notifications/{method}"), "params": params })
        .to_string()
}

fn acknowledged(id: &Value, filter: &SubscriptionFilter) -> String {
    let params = json!({ "notifications": filter });
    notification(Some(id), "subscriptions/acknowledged", params)
}

fn event(message: &str) -> String {
    format!("data: {message}\n\n")
}

/// A sessionless server, which answers the request to listen number `n` with `answer(n, asked)`.
async fn listening(answer: impl Fn(usize, &Asked) -> Answer + Send + Sync + 'static) -> Scripted {
    let listens = AtomicUsize::new(0);
    Scripted::start(move |asked| match asked.method() {
        "server/discover" => asked.result(&json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"],
            "capabilities": {}, "ttlMs": 0, "cacheScope": "private",
        })),
        "subscriptions/listen" => answer(listens.fetch_add(1, Ordering::SeqCst), asked),
        _ => asked.result(&json!({ "tools": [] })),
    })
    .await
}

#[tokio::test]
async fn a_subscription_that_breaks_is_opened_again_and_says_that_changes_may_be_missing() {
    let server = listening(|number, asked| {
        let id = &asked.body["id"];
        let begun = event(&acknowledged(
            id,
            &SubscriptionFilter::default().resource("a:b"),
        ));
        let tools = event(&notification(Some(id), "tools/list_changed", json!({})));
        let updated = notification(Some(id), "resources/updated", json!({ "uri": "a:b" }));
        // Of another subscription, and of a session.
        let foreign = event(&notification(
            Some(&json!("x")),
            "prompts/list_changed",
            json!({}),
        ));
        let session = event(&notification(None, "prompts/list_changed", json!({})));
        match number {
            0 => Answer::stream([begun, foreign, session, tools].concat()),
            1 => Answer::empty("503 Service Unavailable"),
            // It ends in good order.
            2 => {
                let ended = json!({ "jsonrpc": "2.0", "id": id, "result": {
                    "resultType": "complete",
                    "_meta": { "io.modelcontextprotocol/subscriptionId": id },
                }});
                Answer::stream([begun, event(&ended.to_string())].concat())
            }
            _ => Answer::stream([begun, event(&updated)].concat()).open(),
        }
    })
    .await;
    let client = server.builder().build().unwrap();
    let mut changes = client.subscribe(wish()).await.unwrap();
    assert_eq!(changes.accepted().resource_subscriptions, ["a:b"]);
    assert!(!changes.accepted().tools_list_changed);
    assert_eq!(change(&mut changes).await, Change::ToolList);
    let mut later = change(&mut changes).await;
    while later == Change::Missed {
        later = change(&mut changes).await;
    }
    assert_eq!(later, resource("a:b"));
    let mut asked = server.asked();
    asked.retain(|one| one.method() == "subscriptions/listen");
    assert_eq!(asked.len(), 4);
    for one in asked {
        assert_eq!(one.body["params"]["notifications"], json!(wish()));
        assert_eq!(one.header("mcp-method"), Some("subscriptions/listen"));
    }
    client.close().await;
    assert!(changes.next().await.is_none());
}

#[tokio::test]
async fn a_server_that_has_no_subscriptions_or_tells_nothing_is_an_error() {
    let server = listening(|_, asked| asked.error("404 Not Found", -32601)).await;
    let client = server.builder().build().unwrap();
    let error = client.subscribe(wish()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "subscriptions/listen failed: no (error -32601)"
    );
    let error = client
        .subscribe(SubscriptionFilter::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Result { .. }), "{error:?}");
    assert!(error.to_string().contains("name a change"), "{error}");

    let server = listening(|_, asked| {
        let nothing = acknowledged(&asked.body["id"], &SubscriptionFilter::default());
        Answer::stream(event(&nothing)).open()
    })
    .await;
    let client = server.builder().build().unwrap();
    let error = client.subscribe(wish()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the result of subscriptions/listen cannot be used: the server tells of none of these \
         changes; perhaps it has no such resource, or this caller may not read it"
    );
}

#[tokio::test]
async fn a_refusal_ends_a_subscription_at_once() {
    let server = listening(|number, asked| match number {
        0 => Answer::stream(event(&acknowledged(&asked.body["id"], &wish()))),
        _ => asked.error("400 Bad Request", -32602),
    })
    .await;
    let client = server.builder().build().unwrap();
    let mut changes = client.subscribe(wish()).await.unwrap();
    let error = changes.next().await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::Rpc { .. }), "{error:?}");
    assert!(changes.next().await.is_none());
    assert!(changes.next().await.is_none());
}

/// What a request hears, with its id in place of `ID`; and whether it then goes on for ever.
type Script = (Vec<String>, bool);

/// A transport whose requests to listen hear what scripts say, one after the other.
#[derive(Clone, Debug, Default)]
struct Played {
    scripts: Arc<Mutex<VecDeque<Script>>>,
    count: Arc<AtomicUsize>,
    under_way: Arc<AtomicUsize>,
}

impl Transport for Played {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        mut reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        struct UnderWay<'a>(&'a AtomicUsize);
        impl Drop for UnderWay<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        Box::pin(async move {
            let message = outgoing.message()?;
            let RequestId::Number(id) = message.id else {
                return Err(TransportError::NotTheAnswer);
            };
            self.count.fetch_add(1, Ordering::SeqCst);
            self.under_way.fetch_add(1, Ordering::SeqCst);
            let _under_way = UnderWay(&self.under_way);
            let script = self.scripts.lock().unwrap().pop_front();
            let (said, stays) = script.unwrap_or_default();
            for one in said {
                let one = one.replace("\"ID\"", &id.to_string());
                reports.receive(one.as_bytes(), &message.id)?;
            }
            if stays {
                std::future::pending::<()>().await;
            }
            Err(TransportError::StreamEnded)
        })
    }
}

fn played(scripts: impl IntoIterator<Item = Script>) -> (Client, Played) {
    let played = Played::default();
    played.scripts.lock().unwrap().extend(scripts);
    (Client::over(played.clone()).build(), played)
}

fn begun() -> String {
    acknowledged(&json!("ID"), &wish())
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_come_back_is_given_up_with_an_error() {
    let (client, played) = played([(vec![begun()], false)]);
    let mut changes = client.subscribe(wish()).await.unwrap();
    let error = changes.next().await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the subscription was given up after 12 attempts to open it again; the last one failed: \
         subscriptions/listen failed: the stream ended before the answer came; the call may or may \
         not have been carried out"
    );
    assert!(changes.next().await.is_none());
    assert_eq!(played.count.load(Ordering::SeqCst), 13);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_finds_each_change_once() {
    let update = |number: usize| {
        let uri = format!("a:{}", number % 3);
        notification(
            Some(&json!("ID")),
            "resources/updated",
            json!({ "uri": uri }),
        )
    };
    let tools = notification(Some(&json!("ID")), "tools/list_changed", json!({}));
    let mut said = vec![begun()];
    for number in 0..3000 {
        said.extend([update(number), tools.clone()]);
    }
    let (client, played) = played([(said, true)]);
    let mut changes = client.subscribe(wish()).await.unwrap();
    for expected in [
        resource("a:0"),
        resource("a:1"),
        resource("a:2"),
        Change::ToolList,
    ] {
        assert_eq!(change(&mut changes).await, expected);
    }
    // Dropping the subscription ends the request.
    assert_eq!(played.under_way.load(Ordering::SeqCst), 1);
    drop(changes);
    while played.under_way.load(Ordering::SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_acknowledge_is_given_up_in_time() {
    let (client, _) = played([(vec![], true)]);
    let error = client.subscribe(wish()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "subscriptions/listen failed: no answer came within 300s; the call was given up"
    );
}

/// A server of the handshake era. Its answer to each subscription is a stream that tells of changes
/// first. When it has answered two, it forgets the first session.
async fn session() -> Scripted {
    let opened = AtomicUsize::new(0);
    let subscribed = AtomicUsize::new(0);
    Scripted::start(move |asked| match (asked.verb(), asked.method()) {
        (_, "server/discover") => asked.error("400 Bad Request", -32600),
        (_, "initialize") => {
            let number = opened.fetch_add(1, Ordering::SeqCst);
            let capabilities = json!({
                "tools": { "listChanged": true }, "prompts": {},
                "resources": { "subscribe": true, "listChanged": false },
            });
            let answer = asked.result(&json!({
                "protocolVersion": "2025-11-25", "capabilities": capabilities,
                "serverInfo": { "name": "old", "version": "1" },
            }));
            answer.header("Mcp-Session-Id", &format!("s{number}"))
        }
        ("get", _) => match asked.header("mcp-session-id") {
            Some("s0") if subscribed.load(Ordering::SeqCst) < 2 => {
                Answer::stream("retry: 5\nid: 1\ndata:\n\n")
            }
            Some("s0") => Answer::empty("404 Not Found"),
            _ => Answer::stream("").open(),
        },
        ("post", "resources/subscribe") => {
            subscribed.fetch_add(1, Ordering::SeqCst);
            if asked.body["params"]["uri"] == "no:such" {
                return asked.error("200 OK", -32002);
            }
            let tools = notification(None, "tools/list_changed", json!({}));
            let updated = notification(None, "resources/updated", json!({ "uri": "a:b" }));
            let done = json!({ "jsonrpc": "2.0", "id": asked.body["id"], "result": {} });
            Answer::stream(
                [tools, updated, done.to_string()]
                    .map(|one| event(&one))
                    .concat(),
            )
        }
        ("post", method) if method.starts_with("notifications/") => Answer::empty("202 Accepted"),
        ("post", _) => asked.result(&json!({})),
        _ => Answer::empty("204 No Content"),
    })
    .await
}

#[tokio::test]
async fn a_session_that_is_lost_is_opened_again_and_subscribed_to_again() {
    let server = session().await;
    let client = server.builder().build().unwrap();
    let mut changes = client.subscribe(wish().resource("no:such")).await.unwrap();
    let accepted = changes.accepted();
    assert!(accepted.tools_list_changed && !accepted.prompts_list_changed);
    assert_eq!(accepted.resource_subscriptions, ["a:b"]);
    let mut seen = Vec::new();
    while !seen.contains(&Change::Missed) || !seen.contains(&resource("a:b")) {
        seen.push(change(&mut changes).await);
    }
    assert!(seen.contains(&Change::ToolList), "{seen:?}");
    let subscribed = |session: &'static str| {
        move |asked: &Asked| {
            asked.method() == "resources/subscribe"
                && asked.body["params"]["uri"] == "a:b"
                && asked.header("mcp-session-id") == Some(session)
        }
    };
    server.heard(subscribed("s0")).await;
    server.heard(subscribed("s1")).await;

    // Another one wants the same resource, so the server is told only when both have left.
    let second = client.subscribe(wish()).await.unwrap();
    drop(changes);
    let third = client.subscribe(SubscriptionFilter::lists()).await.unwrap();
    assert!(
        !server
            .methods()
            .contains(&"resources/unsubscribe".to_owned())
    );
    drop(second);
    let left = server
        .heard(|asked| asked.method() == "resources/unsubscribe")
        .await;
    assert_eq!(left.body["params"]["uri"], "a:b");
    assert_eq!(left.header("mcp-session-id"), Some("s1"));
    drop(third);
}

#[cfg(unix)]
mod programs {
    use std::path::Path;

    use super::*;

    /// A program that acts as `script` says with the lines that it reads.
    fn program(script: &str, directory: &Path) -> Client {
        let program = format!(
            r#"
say() {{ printf '%s\n' "$1"; }}
answer() {{ say '{{"jsonrpc":"2.0","id":'"$id"',"result":'"$1"'}}'; }}
refuse() {{ say '{{"jsonrpc":"2.0","id":'"$id"',"error":{{"code":-32601,"message":"no"}}}}'; }}
tell() {{ say '{{"jsonrpc":"2.0","method":"notifications/'"$1"'","params":'"$2"'}}'; }}
while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
    case "$line" in
    {script}
    esac
done
"#
        );
        let command = Client::command("sh").arg("-c").arg(program);
        command.current_dir(directory).build()
    }

    #[tokio::test]
    async fn a_program_is_listened_to_and_started_again_when_it_ends() {
        let directory = tempfile::tempdir().unwrap();
        let script = r#"
    *server/discover*) answer '{"supportedVersions":["2026-07-28"],"capabilities":{},"ttlMs":0,"cacheScope":"private"}' ;;
    *subscriptions/listen*)
        meta='"_meta":{"io.modelcontextprotocol/subscriptionId":'"$id"'}'
        tell subscriptions/acknowledged '{"notifications":{"toolsListChanged":true},'"$meta"'}'
        tell tools/list_changed "{$meta}"
        if [ ! -e died ]; then touch died; exit 3; fi ;;
    *notifications/cancelled*) printf '%s' "$line" > cancelled ;;
    *tools/list*) answer '{"tools":[]}' ;;"#;
        let client = program(script, directory.path());
        let mut changes = client.subscribe(wish()).await.unwrap();
        let mut seen = Vec::new();
        while !seen.contains(&Change::Missed) || seen.last() != Some(&Change::ToolList) {
            seen.push(change(&mut changes).await);
        }
        drop(changes);
        let cancelled = directory.path().join("cancelled");
        while !cancelled.exists() {
            client.list_tools().await.unwrap();
        }
    }

    #[tokio::test]
    async fn an_old_program_is_opened_again_when_it_ends() {
        let directory = tempfile::tempdir().unwrap();
        let script = r#"
    *server/discover*) refuse ;;
    *'"initialize"'*) answer '{"protocolVersion":"2025-06-18","capabilities":{"resources":{"subscribe":true}},"serverInfo":{"name":"sh","version":"1"}}' ;;
    *resources/subscribe*)
        answer '{}'
        tell resources/updated '{"uri":"a:b"}'
        if [ ! -e died ]; then touch died; exit 3; fi ;;
    *resources/unsubscribe*) answer '{}' ;;"#;
        let client = program(script, directory.path());
        let mut changes = client.subscribe(wish()).await.unwrap();
        let mut seen = Vec::new();
        while !seen.contains(&Change::Missed) || !seen.contains(&resource("a:b")) {
            seen.push(change(&mut changes).await);
        }
        client.close().await;
        while let Some(left) = changes.next().await {
            left.unwrap();
        }
    }
}
