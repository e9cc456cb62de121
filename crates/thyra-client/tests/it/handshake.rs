//! Servers of the handshake era: how the client finds out, and what it does when they forget it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{ClientError, ElicitResult, LoggingLevel, Root, TransportError};

use crate::scripted::{Answer, Asked, Scripted};

/// The answer of a server that speaks `version`, with the session `id` if it has sessions.
fn opened(asked: &Asked, version: &str, id: Option<&str>) -> Answer {
    let answer = asked.result(&json!({
        "protocolVersion": version,
        "capabilities": { "tools": {}, "logging": {} },
        "serverInfo": { "name": "old", "version": "1" },
        "instructions": "Ask nicely.",
    }));
    match id {
        Some(id) => answer.header("Mcp-Session-Id", id),
        None => answer,
    }
}

/// What an old server answers to anything but a call.
fn old(asked: &Asked, id: Option<&str>) -> Answer {
    match (asked.verb(), asked.method()) {
        ("post", "server/discover") => asked.error("400 Bad Request", -32600),
        ("post", "initialize") => opened(asked, "2025-06-18", id),
        ("post", method) if method.starts_with("notifications/") => Answer::empty("202 Accepted"),
        ("post", "") => Answer::empty("202 Accepted"),
        ("post", _) => asked.result(&json!({ "tools": [], "content": [] })),
        ("delete", _) => Answer::empty("204 No Content"),
        _ => Answer::empty("405 Method Not Allowed"),
    }
}

#[tokio::test]
async fn an_old_server_is_opened_once_and_every_request_names_session_and_revision() {
    let server = Scripted::start(|asked| old(asked, Some("one"))).await;
    let client = server.builder().build().unwrap();
    client.list_tools().await.unwrap();
    client.call_tool("act", &json!({ "a": 1 })).await.unwrap();
    assert_eq!(client.revision().await.unwrap(), Revision::V2025_06_18);
    let discovered = client.discover().await.unwrap();
    assert_eq!(discovered.instructions.as_deref(), Some("Ask nicely."));
    assert_eq!(discovered.server_info().unwrap().name, "old");
    assert_eq!(discovered.supported_versions, ["2025-06-18"]);

    let mut asked = server.asked();
    // The stream of the session is asked for before anything could come on it.
    assert_eq!(
        (asked[3].verb(), asked[3].header("last-event-id")),
        ("get", None)
    );
    asked.retain(|one| one.verb() == "post");
    let methods: Vec<&str> = asked.iter().map(Asked::method).collect();
    assert_eq!(
        methods,
        [
            "server/discover",
            "initialize",
            "notifications/initialized",
            "tools/list",
            "tools/call"
        ]
    );
    let opening = &asked[1];
    assert_eq!(opening.header("mcp-session-id"), None);
    assert_eq!(opening.header("mcp-protocol-version"), None);
    assert_eq!(opening.body["params"]["protocolVersion"], "2025-11-25");
    assert_eq!(opening.body["params"]["capabilities"], json!({}));
    assert_eq!(opening.body["params"]["clientInfo"]["name"], "thyra");
    for later in &asked[2..] {
        assert_eq!(later.header("mcp-session-id"), Some("one"), "{later:?}");
        assert_eq!(later.header("mcp-protocol-version"), Some("2025-06-18"));
        // Nothing that an old server does not know.
        assert_eq!(later.header("mcp-method"), None);
        assert_eq!(later.body["params"].get("_meta"), None);
    }
}

#[tokio::test]
async fn requests_at_the_same_time_open_one_session() {
    let server = Scripted::start(|asked| old(asked, Some("one"))).await;
    let client = server.builder().build().unwrap();
    let (a, b, c) = tokio::join!(
        client.list_tools(),
        client.list_tools(),
        client.list_tools()
    );
    a.and(b).and(c).unwrap();
    let opened = server.methods();
    let count = |method: &str| opened.iter().filter(|one| *one == method).count();
    assert_eq!((count("server/discover"), count("initialize")), (1, 1));
}

#[tokio::test]
async fn a_server_that_knows_discover_gets_no_handshake() {
    let server = Scripted::start(|asked| match asked.method() {
        "server/discover" => asked.result(&json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28", "2025-11-25"],
            "capabilities": {}, "ttlMs": 0, "cacheScope": "private",
        })),
        _ => asked.result(&json!({ "tools": [] })),
    })
    .await;
    let client = server.builder().build().unwrap();
    client.list_tools().await.unwrap();
    client.list_tools().await.unwrap();
    assert_eq!(
        server.methods(),
        ["server/discover", "tools/list", "tools/list"]
    );
    assert_eq!(client.revision().await.unwrap(), Revision::V2026_07_28);
    assert_eq!(
        server.asked()[1].header("mcp-protocol-version"),
        Some("2026-07-28")
    );
}

#[tokio::test]
async fn a_refusal_is_no_sign_of_an_old_server() {
    for status in [
        "401 Unauthorized",
        "403 Forbidden",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "503 Service Unavailable",
    ] {
        let server = Scripted::start(move |_| Answer::empty(status)).await;
        let client = server.builder().retries(0).build().unwrap();
        client.list_tools().await.unwrap_err();
        assert_eq!(server.methods(), ["server/discover"], "{status}");
        // The next request finds out anew.
        client.list_tools().await.unwrap_err();
        assert_eq!(server.methods().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn a_pinned_revision_is_spoken_without_a_question() {
    let server = Scripted::start(|asked| old(asked, None)).await;
    let pinned = |revision| server.builder().revision(revision).build().unwrap();
    pinned(Revision::V2025_06_18).list_tools().await.unwrap();
    assert_eq!(
        server.methods(),
        ["initialize", "notifications/initialized", "tools/list"]
    );
    assert_eq!(
        server.asked()[0].body["params"]["protocolVersion"],
        "2025-06-18"
    );
    assert_eq!(server.asked()[2].header("mcp-session-id"), None);

    let error = pinned(Revision::V2025_11_25)
        .list_tools()
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Revision { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the server speaks 2025-06-18; the client was told to speak 2025-11-25 only; leave out \
         .revision(...) to let them agree"
    );
}

#[tokio::test]
async fn a_revision_of_the_future_is_an_error_that_names_it() {
    let server = Scripted::start(|asked| match asked.method() {
        "initialize" => opened(asked, "2031-01-01", None),
        _ => old(asked, None),
    })
    .await;
    let client = server.builder().build().unwrap();
    let error = client.list_tools().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server speaks 2031-01-01; this client speaks 2024-11-05 to 2026-07-28; a newer \
         version of it may help"
    );
}

/// A server that forgets each session after one request, in one of the ways in which servers do.
async fn forgetful(refusal: fn(&Asked) -> Answer) -> Scripted {
    let sessions = AtomicUsize::new(0);
    let used = Mutex::new(Vec::new());
    Scripted::start(move |asked| match asked.method() {
        "initialize" => {
            let number = sessions.fetch_add(1, Ordering::SeqCst);
            opened(asked, "2025-11-25", Some(&format!("s{number}")))
        }
        "tools/list" => {
            let session = asked.header("mcp-session-id").unwrap().to_owned();
            let mut used = used.lock().unwrap();
            if used.contains(&session) {
                return refusal(asked);
            }
            used.push(session);
            asked.result(&json!({ "tools": [] }))
        }
        _ => old(asked, None),
    })
    .await
}

#[tokio::test]
async fn a_forgotten_session_is_opened_again_and_the_request_repeated() {
    let refusals: [fn(&Asked) -> Answer; 4] = [
        |_| Answer::empty("404 Not Found"),
        |asked| asked.error("404 Not Found", -32001),
        // Older SDKs.
        |_| {
            let error = json!({ "code": -32000, "message": "No valid session ID provided" });
            let body = json!({ "jsonrpc": "2.0", "id": null, "error": error });
            Answer::json("400 Bad Request", &body)
        },
        |_| {
            let error = json!({ "code": -32600, "message": "Session not found" });
            let body = json!({ "jsonrpc": "2.0", "id": "server-error", "error": error });
            Answer::json("400 Bad Request", &body)
        },
    ];
    for refusal in refusals {
        let server = forgetful(refusal).await;
        let client = server.builder().build().unwrap();
        client.list_tools().await.unwrap();
        client.list_tools().await.unwrap();
        client.list_tools().await.unwrap();
        let asked = server.asked();
        let lists = asked.iter().filter(|one| one.method() == "tools/list");
        let sessions: Vec<_> = lists
            .map(|one| one.header("mcp-session-id").unwrap())
            .collect();
        assert_eq!(sessions, ["s0", "s0", "s1", "s1", "s2"]);
        // It knows what the server speaks.
        let discovered = asked.iter().filter(|one| one.method() == "server/discover");
        assert_eq!(discovered.count(), 1);
    }
}

#[tokio::test]
async fn a_server_that_forgets_every_session_at_once_is_an_error() {
    let server = Scripted::start(|asked| match asked.method() {
        "tools/list" => Answer::empty("404 Not Found"),
        _ => old(asked, Some("one")),
    })
    .await;
    let client = server.builder().build().unwrap();
    let error = client.list_tools().await.unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::Transport {
                source: TransportError::SessionLost,
                ..
            }
        ),
        "{error:?}"
    );
    let lists = server.methods();
    assert_eq!(lists.iter().filter(|one| *one == "tools/list").count(), 2);
}

#[tokio::test]
async fn a_bad_request_in_a_session_is_the_answer_that_it_is() {
    let server = Scripted::start(|asked| match asked.method() {
        "tools/list" => asked.error("400 Bad Request", -32602),
        "prompts/list" => asked.error("404 Not Found", -32601),
        _ => old(asked, Some("one")),
    })
    .await;
    let client = server.builder().build().unwrap();
    let error = client.list_tools().await.unwrap_err();
    assert!(error.to_string().ends_with("(error -32602)"), "{error}");
    let error = client.list_prompts().await.unwrap_err();
    assert!(error.to_string().ends_with("(error -32601)"), "{error}");
    let opened = server.methods();
    assert_eq!(opened.iter().filter(|one| *one == "initialize").count(), 1);
}

#[tokio::test]
async fn closing_ends_the_session_and_the_next_request_opens_another() {
    let server = Scripted::start(|asked| old(asked, Some("one"))).await;
    let client = server.builder().build().unwrap();
    client.list_tools().await.unwrap();
    client.close().await;
    let ended = server.heard(|asked| asked.verb() == "delete").await;
    assert_eq!(ended.header("mcp-session-id"), Some("one"));
    assert_eq!(ended.header("mcp-protocol-version"), Some("2025-06-18"));
    client.list_tools().await.unwrap();
    let opened = server.methods();
    assert_eq!(opened.iter().filter(|one| *one == "initialize").count(), 2);
}

#[tokio::test]
async fn the_level_of_log_messages_is_set_once_and_what_is_logged_is_heard() {
    let server = Scripted::start(|asked| match (asked.verb(), asked.method()) {
        ("get", _) => Answer::stream(
            "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":\
             {\"level\":\"error\",\"data\":\"aside\"}}\n\n",
        )
        .open(),
        _ => old(asked, Some("one")),
    })
    .await;
    let (heard, mut hearing) = tokio::sync::mpsc::unbounded_channel();
    let client = server
        .builder()
        .on_log(LoggingLevel::Warning, move |message| {
            heard.send(message.data.get().to_owned()).unwrap();
        })
        .build()
        .unwrap();
    client.list_tools().await.unwrap();
    assert_eq!(hearing.recv().await.unwrap(), "\"aside\"");
    let level = server
        .heard(|asked| asked.method() == "logging/setLevel")
        .await;
    assert_eq!(level.body["params"], json!({ "level": "warning" }));
}

/// One event with a request of the server.
fn question(id: i64, method: &str, params: &Value) -> String {
    let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    format!("data: {message}\n\n")
}

#[tokio::test]
async fn questions_are_answered_with_posts_and_what_is_not_offered_is_refused() {
    let value = json!({ "type": "integer", "maximum": 5 });
    let schema = json!({ "type": "object", "properties": { "value": value } });
    let form = json!({ "message": "?", "requestedSchema": schema });
    let wrong = json!({ "message": "wrong", "requestedSchema": schema });
    let nested = json!({ "type": "object", "properties": { "value": { "type": "object" } } });
    let nested = json!({ "message": "?", "requestedSchema": nested });
    let page =
        json!({ "mode": "url", "message": "?", "url": "javascript:x", "elicitationId": "e" });
    let questions = [
        question(1, "ping", &json!({})),
        question(2, "roots/list", &json!({})),
        question(
            3,
            "sampling/createMessage",
            &json!({ "messages": [], "maxTokens": 1 }),
        ),
        question(4, "tools/call", &json!({})),
        question(5, "elicitation/create", &json!({ "message": 7 })),
        question(6, "elicitation/create", &page),
        question(7, "elicitation/create", &form),
        question(8, "elicitation/create", &wrong),
        question(9, "elicitation/create", &nested),
    ];
    // One stream belongs to a call, the other to the session.
    for verb in ["post", "get"] {
        let events = questions.concat();
        let server = Scripted::start(move |asked| match (asked.verb(), asked.method()) {
            ("post", "tools/call") | ("get", _) if asked.verb() == verb => {
                Answer::stream(events.clone()).open()
            }
            _ => old(asked, Some("one")),
        })
        .await;
        let client = server
            .builder()
            .roots([Root::new("file:///notes")])
            .on_elicit(async |question| match question.message() {
                "wrong" => ElicitResult::accept([("value", 6)]),
                _ => ElicitResult::accept([("value", 5)]),
            })
            .build()
            .unwrap();
        let call = client.call_tool("act", &());
        let answers = async {
            let mut answers = Vec::new();
            for id in 1..=9 {
                let is_answer = |asked: &Asked| asked.method().is_empty() && asked.body["id"] == id;
                let answer = server.heard(is_answer).await;
                assert_eq!(answer.header("mcp-session-id"), Some("one"));
                answers.push(answer.body);
            }
            answers
        };
        let answers = if verb == "post" {
            tokio::select! {
                ended = call => panic!("{ended:?}"),
                answers = answers => answers,
            }
        } else {
            call.await.unwrap();
            answers.await
        };
        assert_eq!(answers[0]["result"], json!({}));
        assert_eq!(
            answers[1]["result"],
            json!({ "roots": [{ "uri": "file:///notes" }] })
        );
        for (number, code) in [
            (2, -32601),
            (3, -32601),
            (4, -32602),
            (5, -32602),
            (7, -32603),
            (8, -32602),
        ] {
            assert_eq!(
                answers[number]["error"]["code"], code,
                "{}",
                answers[number]
            );
        }
        assert_eq!(
            answers[6]["result"],
            json!({ "action": "accept", "content": { "value": 5 } })
        );
    }
}

#[tokio::test]
async fn a_call_that_asks_without_end_is_given_up_and_cancelled() {
    let ask = |id| question(id, "roots/list", &json!({}));
    let events: String = (0..65).map(ask).collect();
    let server = Scripted::start(move |asked| match asked.method() {
        "tools/call" => Answer::stream(events.clone()).open(),
        _ => old(asked, Some("one")),
    })
    .await;
    let client = server.builder().roots([]).build().unwrap();
    let error = client.call_tool("act", &()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tools/call failed: the server asks more than 64 questions about one call; it was given up"
    );
    server
        .heard(|asked| asked.method() == "notifications/cancelled")
        .await;
}

/// On the stream of the session nobody knows to which call a question belongs.
#[tokio::test]
async fn a_session_asks_at_most_64_questions_for_a_request() {
    let was_called = AtomicBool::new(false);
    let questions = question(1, "roots/list", &json!({})).repeat(16);
    let server = Scripted::start(move |asked| match (asked.verb(), asked.method()) {
        // It asks as soon as the only call is over, again and again.
        ("get", _) if was_called.load(Ordering::SeqCst) => {
            Answer::stream(format!("retry: 1\n{questions}"))
        }
        ("get", _) => Answer::stream("retry: 1\ndata:\n\n"),
        ("post", "tools/list") => {
            was_called.store(true, Ordering::SeqCst);
            old(asked, Some("one"))
        }
        _ => old(asked, Some("one")),
    })
    .await;
    let client = server.builder().roots([]).build().unwrap();
    client.list_tools().await.unwrap();
    let is_refused = |asked: &Asked| asked.body["error"]["code"] == -32600;
    server.heard(is_refused).await;
    let asked = server.asked();
    let answered = asked
        .iter()
        .filter(|one| one.body["result"]["roots"].is_array());
    assert!(answered.count() <= 64);
}

#[tokio::test]
async fn who_drops_a_call_cancels_it_and_nothing_else() {
    let server = Scripted::start(|asked| match asked.method() {
        "tools/call" => Answer::stream(": wait\n\n").open(),
        _ => old(asked, Some("one")),
    })
    .await;
    let client = server.builder().build().unwrap();
    client.list_tools().await.unwrap();
    {
        let call = client.call_tool("act", &());
        tokio::select! {
            ended = call => panic!("{ended:?}"),
            _ = server.heard(|asked| asked.method() == "tools/call") => {}
        }
    }
    let is_cancel = |asked: &Asked| asked.method() == "notifications/cancelled";
    let cancelled = server.heard(is_cancel).await;
    let called = server.heard(|asked| asked.method() == "tools/call").await;
    assert_eq!(
        cancelled.body["params"],
        json!({ "requestId": called.body["id"] })
    );
    assert_eq!(cancelled.header("mcp-session-id"), Some("one"));
    assert_eq!(
        server.asked().iter().filter(|one| is_cancel(one)).count(),
        1
    );
}

#[tokio::test]
async fn a_server_is_told_of_new_roots_and_gets_them() {
    let ask = question(1, "roots/list", &json!({}));
    let server = Scripted::start(move |asked| match asked.method() {
        "tools/call" => Answer::stream(ask.clone()).open(),
        _ => old(asked, Some("one")),
    })
    .await;
    let client = server.builder().roots([]).build().unwrap();
    // Nobody is there to be told.
    client.set_roots([Root::new("file:///a")]).await.unwrap();
    assert!(server.methods().is_empty());
    client.list_tools().await.unwrap();
    let opening = server.heard(|asked| asked.method() == "initialize").await;
    assert_eq!(
        opening.body["params"]["capabilities"],
        json!({ "roots": { "listChanged": true } })
    );
    client.set_roots([Root::new("file:///b")]).await.unwrap();
    let told = server
        .heard(|asked| asked.method() == "notifications/roots/list_changed")
        .await;
    assert_eq!(told.header("mcp-session-id"), Some("one"));
    let answered = server.heard(|asked| asked.body["id"] == 1 && asked.method().is_empty());
    tokio::select! {
        ended = client.call_tool("act", &()) => panic!("{ended:?}"),
        answer = answered => assert_eq!(
            answer.body["result"],
            json!({ "roots": [{ "uri": "file:///b" }] })
        ),
    }
    let without = server.builder().build().unwrap();
    let error = without.set_roots([]).await.unwrap_err();
    assert!(matches!(error, ClientError::NoRoots), "{error}");
}
