//! What only shows on the wire: headers of streams, names in Base64, greetings, and what a session
//! is told until it says otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{Audio, Icon, Limits, PromptMessage, Revision};

use super::{REVISION, Stream, Talk, fails, hello};
use crate::support::{Ask, Running, client, soon};

/// The revisions that begin with `initialize`.
const HANDSHAKE: [Revision; 4] = [
    Revision::V2024_11_05,
    Revision::V2025_03_26,
    Revision::V2025_06_18,
    Revision::V2025_11_25,
];

/// One note.
#[resource("notes://{id}")]
async fn note(id: String) -> String {
    id
}

/// Says a word on each of four levels.
#[tool]
async fn speak(ctx: Context) -> &'static str {
    ctx.debug("a detail").await;
    ctx.info("a fact").await;
    ctx.warning("a doubt").await;
    ctx.error("a fault").await;
    "spoken"
}

/// Opens the stream that tells a session what changes, and reads up to where it begins.
async fn changes(talk: &Talk<'_>) -> Stream {
    let request = Request::get(talk.server.url())
        .header("accept", "text/event-stream")
        .header("mcp-protocol-version", REVISION.as_str())
        .header("mcp-session-id", talk.session.as_deref().unwrap())
        .body("")
        .unwrap();
    let opened = client().execute(request.try_into().unwrap()).await;
    let mut stream = Stream::of(opened.unwrap());
    let end = loop {
        if let Some(end) = stream.unread.find("\n\n") {
            break end + 2;
        }
        let piece = soon("an event", stream.response.chunk()).await;
        let piece = piece.unwrap().unwrap();
        stream.unread.push_str(std::str::from_utf8(&piece).unwrap());
    };
    stream.unread.drain(..end);
    stream
}

#[tokio::test]
async fn proxies_are_told_not_to_hold_a_stream_back() {
    let server = Running::start(Server::new("Streams").tool(speak).resource(note)).await;
    let [alone, session] = Talk::each(&server).await;
    let wanted = json!({ "notifications": { "toolsListChanged": true } });
    let call = json!({ "name": "speak" });
    let streams = [
        server
            .open(
                &alone
                    .request("tools/call", call.clone())
                    .meta("io.modelcontextprotocol/logLevel", json!("info")),
            )
            .await,
        server.open(&session.request("tools/call", call)).await,
        server
            .open(&alone.request("subscriptions/listen", wanted))
            .await,
        changes(&session).await.response,
    ];
    for stream in streams {
        let headers = stream.headers();
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["x-accel-buffering"], "no", "{stream:?}");
    }
    let whole = server.open(&alone.request("tools/list", json!({}))).await;
    assert!(!whole.headers().contains_key("x-accel-buffering"));
}

#[tokio::test]
async fn a_client_that_leaves_the_stream_it_listens_to_ends_it() {
    let judged = Arc::new(AtomicUsize::new(0));
    let judging = Arc::clone(&judged);
    let server = Server::new("Listening")
        .resource(Resource::text("notes://1", "x"))
        .visible(move |_, _| {
            judging.fetch_add(1, Ordering::Relaxed);
            true
        })
        .limits(Limits::default().connections(1));
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    let mut stream = talk
        .listen(json!({ "resourceSubscriptions": ["notes://1"] }))
        .await;
    stream.acknowledged().await;
    let before = judged.load(Ordering::Relaxed);
    handle.resource_updated("notes://1");
    stream.tells_of("notes://1").await;
    let told = judged.load(Ordering::Relaxed);
    assert!(
        told > before,
        "who may hear of a change is judged each time"
    );

    drop(stream);
    // The stream had the only place for a connection, so an answer says that its connection is
    // over.
    let discover = Ask::alone("server/discover", json!({}));
    server.ask(&discover).await.result();
    handle.resource_updated("notes://1");
    server.ask(&discover).await.result();
    assert_eq!(judged.load(Ordering::Relaxed), told, "nobody listens now");
}

#[tokio::test]
async fn a_name_that_is_not_ascii_comes_in_base64() {
    let server = Server::new("Names").resource(Resource::text("notes://größe/日本", "large"));
    let server = Running::start(server).await;
    let encoded = |name: &str| format!("=?base64?{}?=", STANDARD.encode(name));
    let uri = "notes://größe/日本";
    let read = Ask::alone("resources/read", json!({ "uri": uri }));
    let answer = server
        .ask(&read.clone().header("mcp-name", &encoded(uri)))
        .await;
    assert_eq!(answer.result()["contents"][0]["text"], "large");
    let other = read.header("mcp-name", &encoded("notes://größe"));
    server.ask(&other).await.refused(400, -32020);

    // A tool of such a name cannot be offered; the header is as true as the body, all the same.
    let params = json!({ "name": "größe" });
    let call = Ask::on(Revision::V2026_07_28, "tools/call", params)
        .header("mcp-method", "tools/call")
        .header("mcp-name", &encoded("größe"))
        .meta(crate::support::META_VERSION, json!("2026-07-28"))
        .meta(crate::support::META_CAPABILITIES, json!({}));
    let unknown = server.ask(&call).await.refused(200, -32602);
    assert_eq!(unknown["message"], "Unknown tool: größe");
    let other = call.header("mcp-name", &encoded("große"));
    server.ask(&other).await.refused(400, -32020);
}

#[tokio::test]
async fn a_session_reads_log_messages_from_its_level_on() {
    let server = Running::start(Server::new("Log").tool(speak)).await;
    let [_, session] = Talk::each(&server).await;
    let heard = async || {
        let mut events = session.call("speak", json!({})).await.events();
        let result = events.pop().unwrap();
        assert_eq!(result["result"]["content"][0]["text"], "spoken");
        let levels = events.iter().map(|event| {
            assert_eq!(event["method"], "notifications/message", "{event}");
            event["params"]["level"].as_str().unwrap().to_owned()
        });
        levels.collect::<Vec<_>>()
    };
    assert_eq!(heard().await, ["info", "warning", "error"]);
    for (level, expected) in [
        ("warning", ["warning", "error"].as_slice()),
        ("error", &["error"]),
        ("debug", &["debug", "info", "warning", "error"]),
    ] {
        let params = json!({ "level": level });
        let set = session.ask("logging/setLevel", params).await;
        assert_eq!(set.result(), json!({}));
        assert_eq!(heard().await, expected, "{level}");
    }
    for bad in [json!({ "level": "loud" }), json!({ "level": 3 }), json!({})] {
        fails(&session.ask("logging/setLevel", bad).await, -32602);
    }
    assert_eq!(heard().await, ["debug", "info", "warning", "error"]);
    let set = session.ask("logging/setLevel", json!({ "level": "emergency" }));
    set.await.result();
    // With nothing to say before it, the reply is no stream.
    assert_eq!(session.call("speak", json!({})).await.tool_text(), "spoken");
}

#[tokio::test]
async fn a_session_is_told_of_a_resource_until_it_unsubscribes() {
    let server = Server::new("Notes").resource(note);
    let handle = server.handle();
    let server = Running::start(server).await;
    let [_, session] = Talk::each(&server).await;
    let mut stream = changes(&session).await;
    for uri in ["notes://1", "notes://2"] {
        let subscribed = session.ask("resources/subscribe", json!({ "uri": uri }));
        assert_eq!(subscribed.await.result(), json!({}));
    }
    for uri in ["notes://1", "notes://3", "notes://2"] {
        handle.resource_updated(uri);
    }
    stream.tells_of("notes://1").await;
    stream.tells_of("notes://2").await;
    // Taking back what was not asked for, or was taken back, is no error.
    for uri in ["notes://1", "notes://1", "notes://3"] {
        let taken_back = session.ask("resources/unsubscribe", json!({ "uri": uri }));
        assert_eq!(taken_back.await.result(), json!({}));
    }
    fails(
        &session.ask("resources/unsubscribe", json!({})).await,
        -32602,
    );
    handle.resource_updated("notes://1");
    handle.resource_updated("notes://2");
    stream.tells_of("notes://2").await;
}

#[tokio::test]
async fn an_introduction_that_is_not_valid_opens_no_session() {
    let server = Server::new("Strict").limits(Limits::default().sessions(1));
    let server = Running::start(server).await;
    let [_, session] = Talk::each(&server).await;
    let version = REVISION.as_str();
    let info = json!({ "name": "test", "version": "1" });
    for params in [
        Value::Null,
        json!([]),
        json!({}),
        json!({ "capabilities": {}, "clientInfo": info }),
        json!({ "protocolVersion": version, "clientInfo": info }),
        json!({ "protocolVersion": version, "capabilities": {} }),
        json!({ "protocolVersion": 20_251_125, "capabilities": {}, "clientInfo": info }),
        json!({ "protocolVersion": version, "capabilities": [1], "clientInfo": info }),
        json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": "test" }),
        json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": 1, "version": "1" } }),
    ] {
        let answer = server
            .ask(&hello(json!({})).member("params", params.clone()))
            .await;
        let message = answer.json();
        let code = message["error"]["code"].as_i64();
        assert!(matches!(code, Some(-32602 | -32600)), "{params}: {message}");
        assert!(message.get("result").is_none(), "{params}: {message}");
        assert!(!answer.headers.contains_key("mcp-session-id"), "{params}");
    }
    let nobody_waits = hello(json!({})).member("id", Value::Null);
    let answer = server.ask(&nobody_waits).await;
    assert!(!answer.headers.contains_key("mcp-session-id"), "{answer:?}");
    // Another session would have driven this one out, because there is only one place.
    session.ask("ping", json!({})).await.result();
}

#[tokio::test]
async fn a_server_says_who_it_is_as_far_as_the_revision_has_words_for_it() {
    let mut icon = Icon::new("https://example.com/icon.png");
    icon.mime_type = Some("image/png".to_owned());
    icon.sizes = vec!["48x48".to_owned()];
    let server = Server::new("notes")
        .version("1.2.3")
        .title("Notes of all")
        .instructions("Read before you write.")
        .website_url("https://example.com/notes")
        .icon(icon)
        .icon(Icon::new("https://example.com/icon.svg"));
    let server = Running::start(server).await;
    let icons = json!([
        { "src": "https://example.com/icon.png", "mimeType": "image/png", "sizes": ["48x48"] },
        { "src": "https://example.com/icon.svg" },
    ]);
    let whole = json!({
        "name": "notes",
        "version": "1.2.3",
        "title": "Notes of all",
        "websiteUrl": "https://example.com/notes",
        "icons": icons,
    });
    for revision in HANDSHAKE {
        let params = json!({
            "protocolVersion": revision.as_str(),
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        let hello = Ask::on(revision, "initialize", params).without("mcp-protocol-version");
        let greeting = server.ask(&hello).await.result();
        let expected = match revision {
            Revision::V2025_11_25 => whole.clone(),
            Revision::V2025_06_18 => {
                json!({ "name": "notes", "version": "1.2.3", "title": "Notes of all" })
            }
            _ => json!({ "name": "notes", "version": "1.2.3" }),
        };
        assert_eq!(greeting["serverInfo"], expected, "{revision}");
        assert_eq!(greeting["instructions"], "Read before you write.");
    }
    let discovered = server.ask(&Ask::alone("server/discover", json!({}))).await;
    let discovered = discovered.result();
    assert_eq!(
        discovered["_meta"]["io.modelcontextprotocol/serverInfo"],
        whole
    );
    assert_eq!(discovered["instructions"], "Read before you write.");
}

#[tokio::test]
async fn prompts_have_sound_and_links_where_the_revision_does() {
    let listen = || async {
        vec![
            PromptMessage::user(Content::from(Audio::new(b"RIFF", "audio/wav"))),
            PromptMessage::assistant(Content::resource_link("notes://1", "first")),
        ]
    };
    let server = Running::start(Server::new("Prompts").prompt(Prompt::new("listen", listen))).await;
    for revision in Revision::ALL {
        let params = json!({ "name": "listen" });
        let ask = match revision {
            Revision::V2026_07_28 => Ask::alone("prompts/get", params),
            _ => Ask::on(revision, "prompts/get", params),
        };
        let result = server.ask(&ask).await.result();
        let (sound, link) = (&result["messages"][0], &result["messages"][1]);
        assert_eq!(sound["role"], "user");
        assert_eq!(link["role"], "assistant");
        let (sound, link) = (&sound["content"], &link["content"]);
        if revision >= Revision::V2025_03_26 {
            let expected = json!({ "type": "audio", "data": "UklGRg==", "mimeType": "audio/wav" });
            assert_eq!(*sound, expected, "{revision}");
        } else {
            assert_eq!(sound["type"], "text", "{sound}");
            assert!(sound["text"].as_str().unwrap().contains("audio/wav"));
        }
        if revision >= Revision::V2025_06_18 {
            let expected = json!({ "type": "resource_link", "uri": "notes://1", "name": "first" });
            assert_eq!(*link, expected, "{revision}");
        } else {
            assert_eq!(link["type"], "text", "{link}");
            assert!(link["text"].as_str().unwrap().contains("notes://1"));
        }
    }
}

#[tokio::test]
async fn a_handler_knows_the_trace_that_its_call_is_of() {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let server = Server::new("Traced").tool(Tool::new("traced", |ctx: Context| async move {
        ctx.trace().map_or_else(
            || "no trace".to_owned(),
            |trace| {
                format!(
                    "{} {:?} {:?}",
                    trace.traceparent, trace.tracestate, trace.baggage
                )
            },
        )
    }));
    let server = Running::start(server).await;
    for talk in Talk::each(&server).await {
        let call = talk.request("tools/call", json!({ "name": "traced" }));
        assert_eq!(server.ask(&call).await.tool_text(), "no trace");
        let traced = call.clone().meta("traceparent", json!(PARENT));
        assert_eq!(
            server.ask(&traced).await.tool_text(),
            format!("{PARENT} None None")
        );
        let more = traced
            .meta("tracestate", json!("vendor=1"))
            .meta("baggage", json!("tenant=acme"));
        assert_eq!(
            server.ask(&more).await.tool_text(),
            format!(r#"{PARENT} Some("vendor=1") Some("tenant=acme")"#)
        );
        let wrong = call.meta("traceparent", json!("00-xyz"));
        assert_eq!(server.ask(&wrong).await.tool_text(), "no trace");
    }
}
