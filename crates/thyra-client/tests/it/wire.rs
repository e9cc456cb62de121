//! Answers over HTTP whose bytes break a rule: what is taken all the same, what is refused, and
//! that nothing holds a call for longer than its time or grows without a bound.

use std::time::Duration;

use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{Client, ClientBuilder, ClientError, Secret, TransportError};

use crate::scripted::{Answer, Asked, Scripted};

/// The good answer to the request with the id 1, which is the first of each client.
const ANSWER: &str =
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"hello"}]}}"#;

/// A server that answers every request in the same way.
async fn server(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Scripted {
    Scripted::start(move |_| answer()).await
}

fn client(server: &Scripted) -> ClientBuilder {
    // Nothing is asked before the call.
    let builder = server.builder().revision(Revision::V2026_07_28);
    builder.max_bytes(100_000)
}

/// What a call says, or fails with, when it is answered so.
async fn said(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Result<String, String> {
    let server = server(answer).await;
    let client = client(&server).build().unwrap();
    let called = within_a_minute(client.call_tool_as::<String>("act", &())).await;
    called.map_err(|error| error.to_string())
}

/// What a call fails with, cut down to what the transport says.
async fn refusal(answer: impl Fn() -> Answer + Send + Sync + 'static) -> String {
    let error = said(answer).await.unwrap_err();
    error.replacen("tools/call failed: ", "", 1)
}

/// Only a test that would hang gets to the minute.
async fn within_a_minute<T>(work: impl Future<Output = T>) -> T {
    let minute = Duration::from_mins(1);
    tokio::time::timeout(minute, work).await.unwrap()
}

fn json_body(body: impl Into<Vec<u8>>) -> Answer {
    let head = Answer::empty("200 OK").header("Content-Type", "application/json");
    head.body(body)
}

fn event(data: &str) -> String {
    format!("data: {data}\n\n")
}

#[tokio::test]
async fn what_only_looks_odd_is_read() {
    let spaced = format!("\r\n \t{ANSWER}\r\n\n");
    let marked = format!("\u{feff}{ANSWER}");
    let more = ANSWER.replacen('{', r#"{"extra":[1e400,{"a":{}}],"#, 1);
    let lines = ANSWER.replace(",\"result\"", ",\ndata: \"result\"");
    let other = r#"{"jsonrpc":"2.0","id":99,"result":{}}"#;
    let heartbeat = "event: ping\ndata: not JSON\n\n: comment\n\ndata:\n\nunknown: field\n\n";
    for body in [spaced, marked, more] {
        let shown = body.clone();
        let answered = said(move || json_body(body.clone())).await;
        assert_eq!(answered.as_deref(), Ok("hello"), "{shown}");
    }
    for media in ["Application/JSON", "application/json; charset=UTF-8"] {
        let answered = said(move || {
            let head = Answer::empty("200 OK").header("Content-Type", media);
            head.body(ANSWER)
        });
        assert_eq!(answered.await.as_deref(), Ok("hello"), "{media}");
    }
    for stream in [
        event(ANSWER),
        event(ANSWER).replace('\n', "\r\n"),
        event(ANSWER).replace('\n', "\r"),
        format!("\u{feff}{}", event(ANSWER)),
        event(&lines),
        format!("{heartbeat}{}{}", event(other), event(ANSWER)),
        // The first answer is the answer.
        format!(
            "{}{}",
            event(ANSWER),
            event(&ANSWER.replace("hello", "bye"))
        ),
        format!("{}data: no event", event(ANSWER)),
    ] {
        let shown = stream.clone();
        let answered = said(move || Answer::stream(stream.clone())).await;
        assert_eq!(answered.as_deref(), Ok("hello"), "{shown}");
    }
}

#[tokio::test]
async fn what_is_no_message_is_refused_and_named() {
    let error = r#"{"code":-32603,"message":"no"}"#;
    let both = ANSWER.replacen('{', &format!(r#"{{"error":{error},"#), 1);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":1,"message":"no","data":{}1{}}},"result":{{}}}}"#,
        "[".repeat(30_000),
        "]".repeat(30_000)
    );
    let no_message = "the reply is not a JSON-RPC message: ";
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (both.into(), no_message),
        (r#"{"jsonrpc":"2.0","id":1}"#.into(), no_message),
        (ANSWER.replace("2.0", "1.0").into(), no_message),
        (ANSWER.replacen('{', r#"{"id":1,"#, 1).into(), no_message),
        (
            ANSWER.replacen('{', r#"{"result":{},"#, 1).into(),
            no_message,
        ),
        (ANSWER.replace(":1,", ":1e400,").into(), no_message),
        (ANSWER.replace(":1,", ":1.5,").into(), no_message),
        (ANSWER.replace(":1,", ":{},").into(), no_message),
        (format!("{ANSWER}{ANSWER}").into(), no_message),
        (format!("{ANSWER} and more").into(), no_message),
        (format!("junk {ANSWER}").into(), no_message),
        (ANSWER[..40].into(), no_message),
        (Vec::new(), no_message),
        (ANSWER.replace("hello", "\u{0}").into(), no_message),
        (b"\xff\xfe{\0}\0".to_vec(), no_message),
        (deep.into(), no_message),
        (
            ANSWER.replace(":1,", ":\"1\",").into(),
            "the reply answers another request",
        ),
        (
            ANSWER.replace(":1,", ":2,").into(),
            "the reply answers another request",
        ),
        (
            r#"{"jsonrpc":"2.0","method":"notifications/message"}"#.into(),
            "the reply answers another request",
        ),
    ];
    for (body, wanted) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(100)]).into_owned();
        let error = refusal(move || json_body(body.clone())).await;
        assert!(error.starts_with(wanted), "{shown}: {error}");
        assert!(error.len() < 300, "{shown}: {error}");
    }
}

/// The text of a message must be UTF-8, as JSON is. Where the pieces of a stream end does not
/// matter.
#[tokio::test]
async fn text_that_is_not_utf8_is_refused_and_split_text_is_not() {
    let cut: Vec<u8> = {
        let mut bytes = ANSWER.replace("hello", "\u{fc}").into_bytes();
        bytes.retain(|byte| *byte != 0xbc);
        bytes
    };
    let streamed = [&b"data: "[..], &cut, b"\n\n"].concat();
    for error in [
        refusal(move || json_body(cut.clone())).await,
        refusal(move || Answer::stream(streamed.clone())).await,
    ] {
        assert!(
            error.starts_with("the reply is not a JSON-RPC message: "),
            "{error}"
        );
    }
    // In chunks of one byte.
    let text = ANSWER.replace("hello", "gr\u{fc}n \u{1f6aa}");
    let mut chunked = Vec::new();
    for byte in event(&text).bytes() {
        chunked.extend_from_slice(b"1\r\n");
        chunked.push(byte);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let answered = said(move || {
        let head = Answer::stream(chunked.clone());
        head.header("Transfer-Encoding", "chunked")
    });
    assert_eq!(answered.await.as_deref(), Ok("gr\u{fc}n \u{1f6aa}"));
}

/// However deep a result is, nothing overflows: what is passed on is not looked into.
#[tokio::test]
async fn a_deep_result_is_passed_on_or_refused() {
    let deep = format!("{}{}", "[".repeat(40_000), "]".repeat(40_000));
    let structured = deep.clone();
    let server = server(move || {
        let result = format!(r#"{{"content":[],"structuredContent":{{"deep":{structured}}}}}"#);
        json_body(format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#))
    })
    .await;
    let client = client(&server).build().unwrap();
    let result = client.call_tool("act", &()).await.unwrap();
    let kept = result.structured_content.unwrap();
    assert_eq!(kept.get(), format!(r#"{{"deep":{deep}}}"#));
    let fails = |result: String| async move {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
        said(move || json_body(body.clone())).await.unwrap_err()
    };
    for result in [
        format!(r#"{{"content":[],"structuredContent":{{"deep":{deep}}}}}"#),
        format!(r#"{{"content":{deep}}}"#),
    ] {
        let error = fails(result).await;
        assert!(
            error.starts_with("the result of tools/call cannot be used: "),
            "{error}"
        );
    }
}

/// The client asks for no compression, so a small answer stays small: there is no bomb.
#[tokio::test]
async fn what_is_compressed_is_not_unpacked() {
    let server = server(|| json_body(&b"\x1f\x8b\x08\0"[..]).header("Content-Encoding", "gzip"));
    let server = server.await;
    let client = client(&server).build().unwrap();
    let error = client.list_tools().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tools/list failed: the reply is compressed (`gzip`), which the client did not ask for; \
         turn compression off at the server or at what stands before it"
    );
    assert_eq!(server.asked()[0].header("accept-encoding"), None);
    let plain = said(|| json_body(ANSWER).header("Content-Encoding", "identity")).await;
    assert_eq!(plain.as_deref(), Ok("hello"));
}

/// It is the same with streams that the client opens or opens again.
#[tokio::test]
async fn a_compressed_stream_is_not_read() {
    let stream =
        || Answer::stream("event: endpoint\ndata: /m\n\n").header("Content-Encoding", "gzip");
    let server = server(stream).await;
    let error = Client::sse(server.url())
        .build()
        .unwrap()
        .list_tools()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("compressed (`gzip`)"), "{error}");

    let server = Scripted::start(|asked| match (asked.verb(), asked.method()) {
        ("post", "tools/call") => Answer::stream("id: 1\nretry: 1\ndata:\n\n"),
        ("get", _) if asked.header("last-event-id").is_some() => {
            Answer::stream(event(ANSWER)).header("Content-Encoding", "br")
        }
        _ => handshake(asked),
    })
    .await;
    let client = server
        .builder()
        .revision(Revision::V2025_11_25)
        .build()
        .unwrap();
    let error = client.call_tool("act", &()).await.unwrap_err();
    assert!(error.to_string().contains("compressed (`br`)"), "{error}");

    // The stream of a session counts as one that the server does not have.
    let server = Scripted::start(|asked| match asked.verb() {
        "get" => Answer::stream("data: {}\n\n").header("Content-Encoding", "gzip"),
        _ => handshake(asked).header("Mcp-Session-Id", "s"),
    })
    .await;
    let client = server
        .builder()
        .revision(Revision::V2025_11_25)
        .build()
        .unwrap();
    assert_eq!(client.revision().await.unwrap(), Revision::V2025_11_25);
    server.heard(|asked| asked.verb() == "get").await;
}

/// A server that says what the client cannot read goes on with the request, unless it is told.
#[tokio::test]
async fn a_call_that_is_given_up_is_cancelled_at_a_server_of_sessions() {
    let large = format!("data: {}\n\n", "x".repeat(2000));
    for stream in [large, event("{"), event("[]")] {
        let said = stream.clone();
        let server = Scripted::start(move |asked| match asked.method() {
            "tools/call" => Answer::stream(said.clone()).open(),
            _ => handshake(asked),
        })
        .await;
        let builder = server.builder().revision(Revision::V2025_11_25);
        let client = builder.max_bytes(1000).build().unwrap();
        within_a_minute(client.call_tool("act", &()))
            .await
            .unwrap_err();
        let called = server.heard(|asked| asked.method() == "tools/call").await;
        let cancelled = server
            .heard(|asked| asked.method() == "notifications/cancelled")
            .await;
        assert_eq!(cancelled.body["params"]["requestId"], called.body["id"]);
    }
}

#[tokio::test]
async fn every_part_of_an_answer_has_a_bound() {
    let large = "127.0.0.1 answered with more than 100000 bytes";
    let event = "an event of more than 100000 bytes came; the client's limit can be raised";
    let broken = "127.0.0.1 could not be reached, or broke off";
    assert_eq!(refusal(|| json_body("").flood("  ")).await, large);
    // It is refused before a byte of it comes.
    let announced = || json_body("").header("Content-Length", "100001").open();
    assert_eq!(refusal(announced).await, large);
    for flood in [
        "data: a\n", // an event that does not end
        "a",         // a line that does not end
        "id",
    ] {
        let error = refusal(move || Answer::stream("").flood(flood)).await;
        assert_eq!(error, event, "{flood}");
    }
    // The head, the number of its fields, and its size.
    let fields = "X-Thyra: 1\r\n".repeat(200);
    for answer in [
        || Answer::raw("HTTP/1.1 200 OK\r\nX-Thyra: a").flood("aaaaaaaa"),
        || Answer::raw("HTTP/1.1 ").flood("1"),
        || Answer::raw("220 smtp.example ESMTP\r\n"),
    ] {
        assert_eq!(refusal(answer).await, broken);
    }
    let many = refusal(move || Answer::raw(format!("HTTP/1.1 200 OK\r\n{fields}"))).await;
    assert_eq!(many, broken);
}

/// A refusal is a refusal, whatever it says beside, and however much.
#[tokio::test]
async fn a_long_refusal_says_its_status() {
    let status = "the server answered with status 500";
    let long = json!({ "why": "x".repeat(70_000) });
    assert_eq!(
        refusal(move || Answer::json("500 Internal Server Error", &long)).await,
        status
    );
    let endless = || Answer::json("500 Internal Server Error", &json!({})).flood("  ");
    assert_eq!(refusal(endless).await, status);
    let cut = || {
        let answer = Answer::json("500 Internal Server Error", &json!({}));
        answer.header("Content-Length", "1000")
    };
    assert_eq!(refusal(cut).await, status);
    let years = || Answer::empty("503 Service Unavailable").header("Retry-After", "3153600000");
    assert_eq!(
        refusal(years).await,
        "the server answered with status 503; try again in 3153600000 s"
    );
    let never = || {
        let answer = Answer::empty("503 Service Unavailable");
        answer.header("Retry-After", "99999999999999999999")
    };
    assert_eq!(refusal(never).await, "the server answered with status 503");
}

/// Whoever says something all the time is given up as whoever says nothing.
#[tokio::test]
async fn no_flood_stops_the_clock() {
    let notification = |method: &str, params: Value| {
        event(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string())
    };
    let progress = notification(
        "notifications/progress",
        json!({ "progressToken": 1, "progress": 1 }),
    );
    let log = notification(
        "notifications/message",
        json!({ "level": "info", "data": "x" }),
    );
    let unknown = notification("notifications/unheard-of", json!({}));
    let ping = event(r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#);
    let stray = event(&ANSWER.replace(":1,", ":99,"));
    for flood in [": \n\n".to_owned(), progress, log, unknown, ping, stray] {
        for revision in [Revision::V2026_07_28, Revision::V2025_11_25] {
            let stream = flood.repeat(50);
            let server = Scripted::start(move |asked| match asked.method() {
                "tools/call" => Answer::stream("").flood(stream.clone()),
                // Nobody takes the answers to the pings.
                "" if asked.verb() == "post" => Answer::raw("").open(),
                _ => handshake(asked),
            })
            .await;
            let client = server.builder().revision(revision);
            let client = client
                .call_time(Duration::from_millis(300))
                .build()
                .unwrap();
            let error = within_a_minute(client.call_tool("act", &())).await;
            let error = error.unwrap_err();
            assert!(is_timeout(&error), "{revision:?}, {flood}: {error}");
        }
    }
}

#[tokio::test]
async fn whoever_stops_in_the_middle_is_given_up() {
    let answers: [fn() -> Answer; 5] = [
        || Answer::raw("HTTP/1.1 200").open(),
        || Answer::raw("HTTP/1.1 103 Early Hints\r\n").flood("HTTP/1.1 103 Early Hints\r\n\r\n"),
        || json_body("{").open(),
        || Answer::stream("data: {").open(),
        || Answer::json("500 Internal Server Error", &json!({})).open(),
    ];
    for answer in answers {
        let server = server(answer).await;
        let client = client(&server).call_time(Duration::from_millis(200));
        let called = client.build().unwrap();
        let error = within_a_minute(called.call_tool("act", &())).await;
        let error = error.unwrap_err();
        assert!(is_timeout(&error), "{error}");
    }
}

fn is_timeout(error: &ClientError) -> bool {
    let ClientError::Transport { source, .. } = error else {
        return false;
    };
    matches!(source, TransportError::Timeout(_))
}

/// What a server of the handshake era answers to anything but a call.
fn handshake(asked: &Asked) -> Answer {
    match (asked.verb(), asked.method()) {
        ("post", "initialize") => asked.result(&json!({
            "protocolVersion": "2025-11-25", "capabilities": {},
            "serverInfo": { "name": "odd", "version": "1" },
        })),
        ("post", method) if method.starts_with("notifications/") => Answer::empty("202 Accepted"),
        _ => Answer::empty("405 Method Not Allowed"),
    }
}

/// The id of a session is visible ASCII (`basic/transports`, session management). What is none is
/// not repeated in every request.
#[tokio::test]
async fn the_id_of_a_session_is_visible_and_not_long() {
    let long = "x".repeat(1025);
    for (id, is_taken) in [
        ("!~{}\"'", true),
        (&long[1..], true),
        (long.as_str(), false),
        ("a b", false),
        ("a\tb", false),
        ("gr\u{fc}n", false),
    ] {
        let sent = id.to_owned();
        let server = Scripted::start(move |asked| match asked.method() {
            "initialize" => handshake(asked).header("Mcp-Session-Id", &sent),
            "tools/list" => asked.result(&json!({ "tools": [] })),
            _ => handshake(asked),
        })
        .await;
        let client = server.builder().revision(Revision::V2025_11_25);
        let listed = client.build().unwrap().list_tools().await;
        let methods = server.methods();
        if is_taken {
            listed.unwrap();
            let list = server.heard(|one| one.method() == "tools/list").await;
            let repeated = list.header("mcp-session-id").unwrap();
            assert_eq!(repeated, id.to_ascii_lowercase());
        } else {
            let error = listed.unwrap_err().to_string();
            assert_eq!(
                error,
                "initialize failed: the server gives its session an id that is no visible ASCII, or \
                 has more than 1024 bytes"
            );
            assert_eq!(methods, ["initialize"]);
        }
    }
    // An empty one is none.
    let server = Scripted::start(|asked| match asked.method() {
        "initialize" => handshake(asked).header("Mcp-Session-Id", ""),
        "tools/list" => asked.result(&json!({ "tools": [] })),
        _ => handshake(asked),
    })
    .await;
    let client = server.builder().revision(Revision::V2025_11_25);
    client.build().unwrap().list_tools().await.unwrap();
    let list = server.heard(|one| one.method() == "tools/list").await;
    assert_eq!(list.header("mcp-session-id"), None);
}

/// The token of one place is not carried to another.
#[tokio::test]
async fn no_redirect_is_followed() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let thief = Scripted::start(|asked| asked.result(&json!({ "tools": [] }))).await;
        let elsewhere = thief.url();
        let to = elsewhere.clone();
        let server = server(move || Answer::empty(status).header("Location", &to)).await;
        let token = Secret::new("hush".to_owned());
        let client = server.builder().bearer(token).build().unwrap();
        let error = client.list_tools().await.unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "server/discover failed: the server redirects to `{elsewhere}`; use that URL if you trust it"
            )
        );
        assert!(thief.asked().is_empty());
    }
}

#[tokio::test]
async fn a_refusal_is_not_asked_for_again() {
    for (status, wanted) in [
        (
            "401 Unauthorized",
            "tools/list was refused with status 401: give the client a token that is valid for this server",
        ),
        (
            "403 Forbidden",
            "tools/list failed: the server answered with status 403",
        ),
        (
            "404 Not Found",
            "tools/list failed: the server answered with status 404",
        ),
        (
            "500 Internal Server Error",
            "tools/list failed: the server answered with status 500",
        ),
    ] {
        let server = server(move || Answer::empty(status)).await;
        let token = Secret::new("hush".to_owned());
        let client = client(&server).bearer(token).build().unwrap();
        let error = client.list_tools().await.unwrap_err().to_string();
        assert_eq!(error, wanted);
        assert_eq!(server.asked().len(), 1, "{status}");
    }
}
