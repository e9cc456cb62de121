//! What the client keeps of a server's answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{
    CacheBounds, CacheMode, Client, ClientBuilder, Hop, Identity, Outcome, Outgoing, Reports, Root,
    Secret, Transport, TransportError,
};

use crate::scripted::{Answer, Asked, Scripted};

/// What may be kept for an hour.
fn kept(mut result: Value) -> Value {
    result["ttlMs"] = 3_600_000.into();
    result["cacheScope"] = "private".into();
    result
}

async fn server(answer: impl Fn(&Asked) -> Value + Send + Sync + 'static) -> Scripted {
    Scripted::start(move |asked| asked.result(&answer(asked))).await
}

fn builder(server: &Scripted) -> ClientBuilder {
    server.builder().revision(Revision::V2026_07_28)
}

fn keeping(server: &Scripted) -> Client {
    builder(server)
        .cache(CacheBounds::default())
        .build()
        .unwrap()
}

fn contents() -> Value {
    kept(json!({ "contents": [] }))
}

#[tokio::test]
async fn nothing_is_kept_unless_the_builder_is_told() {
    let server = server(|_| kept(json!({ "tools": [] }))).await;
    let client = builder(&server).build().unwrap();
    client.list_tools().await.unwrap();
    client.list_tools().await.unwrap();
    client.cached(CacheMode::Use).list_tools().await.unwrap();
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_fresh_answer_is_used_refreshed_or_passed_by() {
    let count = AtomicUsize::new(0);
    let server = server(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        kept(json!({ "prompts": [{ "name": number.to_string() }] }))
    })
    .await;
    let hops = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&hops);
    let client = builder(&server)
        .cache(CacheBounds::default())
        .observer(move |hop: &Hop<'_>| heard.lock().unwrap().push(hop.to_string()))
        .build()
        .unwrap();
    let first = async |client: &Client| client.list_prompts().await.unwrap()[0].name.clone();
    assert_eq!(first(&client).await, "0");
    assert_eq!(first(&client).await, "0");
    assert_eq!(first(&client.cached(CacheMode::Bypass)).await, "1");
    assert_eq!(first(&client).await, "0");
    assert_eq!(first(&client.cached(CacheMode::Refresh)).await, "2");
    assert_eq!(first(&client).await, "2");
    client.clear_cache();
    assert_eq!(first(&client).await, "3");
    let hops = hops.lock().unwrap();
    let is_kept = |hop: &&String| *hop == "prompts/list -> kept from before";
    assert_eq!(hops.iter().filter(is_kept).count(), 3);
    assert_eq!(hops.len(), 7);
}

#[tokio::test]
async fn each_request_has_its_own_answer() {
    let server = server(|asked| match asked.method() {
        "server/discover" => kept(json!({
            "resultType": "complete",
            "supportedVersions": ["2026-07-28"],
            "capabilities": {},
        })),
        "resources/read" => contents(),
        _ => kept(json!({ "resources": [], "resourceTemplates": [], "content": [] })),
    })
    .await;
    let client = keeping(&server);
    for _ in 0..2 {
        client.discover().await.unwrap();
        client.list_resources().await.unwrap();
        client.list_resource_templates().await.unwrap();
        client.read_resource("a:b").await.unwrap();
        client.read_resource("a:c").await.unwrap();
        client.read("a:b").version("2").send().await.unwrap();
        // A tool may do something each time.
        client.call_tool("act", &()).await.unwrap();
    }
    let (read, call) = ("resources/read", "tools/call");
    let lists = ["resources/list", "resources/templates/list"];
    let first = [
        "server/discover",
        lists[0],
        lists[1],
        read,
        read,
        read,
        call,
    ];
    assert_eq!(server.methods(), [&first[..], &[call]].concat());
}

#[tokio::test]
async fn each_page_is_kept_for_its_own_time() {
    let server = server(|asked| match asked.body["params"]["cursor"].as_str() {
        None => kept(json!({ "tools": [], "nextCursor": "two" })),
        Some("two") => json!({ "tools": [], "nextCursor": "three", "ttlMs": 0 }),
        _ => kept(json!({ "tools": [] })),
    })
    .await;
    let client = keeping(&server);
    client.list_tools().await.unwrap();
    client.list_tools().await.unwrap();
    let asked = server.asked();
    let cursors: Vec<_> = asked
        .iter()
        .map(|asked| asked.body["params"]["cursor"].as_str())
        .collect();
    assert_eq!(cursors, [None, Some("two"), Some("three"), Some("two")]);
}

#[tokio::test]
async fn a_kept_page_that_leads_nowhere_is_forgotten() {
    let lists = AtomicUsize::new(0);
    let server = Scripted::start(move |asked| {
        let is_old = lists.load(Ordering::Relaxed) < 2;
        match asked.body["params"]["cursor"].as_str() {
            None => {
                let number = lists.fetch_add(1, Ordering::Relaxed);
                let next = if number == 0 { "old" } else { "new" };
                asked.result(&kept(json!({ "tools": [], "nextCursor": next })))
            }
            Some("old") if is_old && lists.fetch_add(1, Ordering::Relaxed) == 1 => {
                asked.result(&json!({ "tools": [] }))
            }
            Some("new") => asked.result(&json!({ "tools": [] })),
            Some(_) => asked.error("200 OK", -32602),
        }
    })
    .await;
    let client = keeping(&server);
    client.list_tools().await.unwrap();
    // The first page is kept, and the server has forgotten the cursor in it.
    client.list_tools().await.unwrap();
    let asked = server.asked();
    let cursors: Vec<_> = asked
        .iter()
        .map(|asked| asked.body["params"]["cursor"].as_str())
        .collect();
    assert_eq!(cursors, [None, Some("old"), Some("old"), None, Some("new")]);
}

#[tokio::test]
async fn what_depends_on_an_answer_of_the_user_is_not_kept() {
    let server = server(|asked| {
        if asked.body["params"].get("inputResponses").is_some() {
            return contents();
        }
        json!({
            "resultType": "input_required",
            "inputRequests": { "where": { "method": "roots/list" } },
        })
    })
    .await;
    let client = builder(&server)
        .cache(CacheBounds::default())
        .roots([Root::new("file:///a")])
        .build()
        .unwrap();
    client.read_resource("a:b").await.unwrap();
    client.read_resource("a:b").await.unwrap();
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn older_servers_say_nothing_about_it() {
    let server = Scripted::start(|asked| match asked.method() {
        "initialize" => asked.result(&json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "serverInfo": { "name": "old", "version": "1" },
        })),
        "resources/read" => asked.result(&contents()),
        _ => Answer::empty("202 Accepted"),
    })
    .await;
    let old = server.builder().revision(Revision::V2025_11_25);
    let client = old.cache(CacheBounds::default()).build().unwrap();
    client.read_resource("a:b").await.unwrap();
    client.read_resource("a:b").await.unwrap();
    let reads = server.methods().into_iter();
    assert_eq!(reads.filter(|method| method == "resources/read").count(), 2);
}

/// A server within the process that counts what it is asked. Who is calling changes.
#[derive(Clone, Debug, Default)]
struct Shifting {
    caller: Arc<Mutex<Option<Identity>>>,
    scope: &'static str,
    asked: Arc<AtomicUsize>,
    /// Who is calling once the request was answered.
    logs_in: Arc<Mutex<Option<Identity>>>,
}

impl Shifting {
    fn client(&self) -> Client {
        Client::over(self.clone())
            .cache(CacheBounds::default())
            .build()
    }

    fn is(&self, caller: Option<Identity>) {
        *self.caller.lock().unwrap() = caller;
    }

    /// How often the server was asked when the client has read a resource.
    async fn reads(&self, client: &Client) -> usize {
        client.read_resource("a:b").await.unwrap();
        self.asked.load(Ordering::Relaxed)
    }
}

fn token(text: &str) -> Identity {
    Identity::of_token(&Secret::new(text.to_owned()))
}

impl Transport for Shifting {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        mut reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::Relaxed);
            if let Some(caller) = self.logs_in.lock().unwrap().take() {
                self.is(Some(caller));
            }
            let message = outgoing.message()?;
            let mut result = contents();
            result["cacheScope"] = self.scope.into();
            let answer = json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string();
            let answer = answer.replace("\"id\":1", &format!("\"id\":{}", json!(message.id)));
            let outcome = reports.receive(answer.as_bytes(), &message.id)?;
            Ok(outcome.unwrap())
        })
    }

    fn identity(&self) -> BoxFuture<'_, Option<Identity>> {
        let caller = self.caller.lock().unwrap().clone();
        Box::pin(async { caller })
    }
}

#[tokio::test]
async fn another_token_does_not_see_what_is_private() {
    for (scope, wanted) in [("private", [1, 1, 2, 3]), ("public", [1, 1, 1, 1])] {
        let server = Shifting {
            scope,
            ..Shifting::default()
        };
        let client = server.client();
        server.is(Some(token("ada")));
        let mut reads = [
            server.reads(&client).await,
            server.reads(&client).await,
            0,
            0,
        ];
        server.is(Some(token("bob")));
        reads[2] = server.reads(&client).await;
        server.is(Some(token("ada")));
        reads[3] = server.reads(&client).await;
        assert_eq!(reads, wanted, "{scope}");
    }
}

#[tokio::test]
async fn an_answer_after_a_login_is_for_whoever_logged_in() {
    let server = Shifting {
        scope: "private",
        ..Shifting::default()
    };
    let client = server.client();
    server.is(Some(Identity::default()));
    *server.logs_in.lock().unwrap() = Some(token("ada"));
    assert_eq!(server.reads(&client).await, 1);
    assert_eq!(server.reads(&client).await, 1);
    // Nobody knows for whom an answer is during which the token has changed.
    server.is(Some(token("bob")));
    *server.logs_in.lock().unwrap() = Some(token("ada again"));
    assert_eq!(server.reads(&client).await, 2);
    assert_eq!(server.reads(&client).await, 3);
}

#[tokio::test]
async fn nothing_is_kept_when_it_cannot_be_told_who_is_calling() {
    let server = Shifting {
        scope: "public",
        ..Shifting::default()
    };
    let client = server.client();
    assert_eq!(server.reads(&client).await, 1);
    assert_eq!(server.reads(&client).await, 2);
}
