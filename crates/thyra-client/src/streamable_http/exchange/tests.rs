use std::sync::atomic::AtomicI64;
use std::time::Duration;

use http::HeaderName;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::super::{Credentials, Endpoint, FixedHeaders, Retries, StreamableHttp};
use super::*;
use crate::hop::SharedObserver;
use crate::transport::{HeaderArgument, Report};
use thyra_oauth::{Fetcher, Secret, Trust};
use thyra_protocol::Revision;
use url::Url;

/// A peer that answers one request with `reply`, byte for byte, and hands the request back.
async fn peer(listener: TcpListener, reply: Vec<u8>) -> (String, Value) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let request = request(&mut stream).await;
    stream.write_all(&reply).await.unwrap();
    stream.shutdown().await.unwrap();
    request
}

async fn request(stream: &mut TcpStream) -> (String, Value) {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap();
        assert_ne!(read, 0, "the client hung up");
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            return (head.to_ascii_lowercase(), body);
        }
    }
}

struct Posted {
    head: String,
    body: Value,
    reply: Result<Reply, TransportError>,
    progress: Vec<String>,
    logged: Vec<String>,
}

/// What one request makes of `reply`.
async fn exchange(reply: impl Into<Vec<u8>>) -> Posted {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/mcp", listener.local_addr().unwrap())).unwrap();
    let endpoint = Endpoint::new(
        Fetcher::new(),
        url,
        Trust::Configured,
        FixedHeaders::default(),
        2000,
    );
    let credentials = Credentials::Bearer(Secret::new("hush".to_owned()));
    let http = StreamableHttp::new(
        endpoint,
        credentials,
        SharedObserver::default(),
        Retries::new(0),
        false,
    );
    let mut progress = Vec::new();
    let mut logged = Vec::new();
    let mut on_report = |report| match report {
        Report::Progress(report) => progress.push(report.progress.to_string()),
        Report::Log(message) => logged.push(message.data.get().to_owned()),
        Report::Changes(_) => {}
    };
    let token = Secret::new("hush".to_owned());
    let params = to_raw_value(&json!({ "name": "gr\u{fc}n" })).unwrap();
    let outgoing = Outgoing {
        method: "tools/call",
        name: Some("gr\u{fc}n"),
        header_arguments: &[HeaderArgument {
            header: HeaderName::from_static("mcp-param-region"),
            text: " eu".to_owned(),
        }],
        params: &params,
        progress_token: None,
        revision: Revision::V2026_07_28,
        time_limit: Duration::from_secs(30),
        listener: None,
        next_id: &AtomicI64::new(1),
    };
    let mut reports = Reports::new(&mut on_report);
    let exchange =
        Exchange::new(&http.shared, &http.aside, &outgoing, Shown::Bearer(&token)).unwrap();
    let (reply, (head, body)) =
        tokio::join!(exchange.run(&mut reports), peer(listener, reply.into()),);
    Posted {
        head,
        body,
        reply,
        progress,
        logged,
    }
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n{body}")
}

fn json_reply(status: &str, body: &str) -> String {
    reply(
        status,
        "Content-Type: application/json; charset=utf-8\r\n",
        body,
    )
}

fn stream_reply(body: &str) -> String {
    reply("200 OK", "Content-Type: text/event-stream\r\n", body)
}

fn result(reply: Result<Reply, TransportError>) -> String {
    match reply.unwrap() {
        Reply::Outcome(Outcome::Result(result)) => result.get().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_request_is_one_post_with_all_its_headers() {
    let posted = exchange(json_reply(
        "200 OK",
        r#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#,
    ))
    .await;
    assert!(posted.head.starts_with("post /mcp http/1.1\r\n"));
    for header in [
        "accept: application/json, text/event-stream",
        "authorization: bearer hush",
        "content-type: application/json",
        "mcp-method: tools/call",
        "mcp-name: =?base64?z3ldvg4=?=",
        "mcp-param-region: =?base64?igv1?=",
        "mcp-protocol-version: 2026-07-28",
    ] {
        assert!(
            posted.head.split("\r\n").any(|line| line == header),
            "{header} in {}",
            posted.head
        );
    }
    let wanted = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "gr\u{fc}n" } });
    assert_eq!(posted.body, wanted);
    assert_eq!(result(posted.reply), r#"{"a":1}"#);
}

#[tokio::test]
async fn a_stream_is_read_to_its_answer_whatever_comes_first() {
    let stream = [
        ": hello\n\n",
        "data: \n\n",
        "event: ping\ndata: not JSON\n\n",
        r#"data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#,
        "\n\n",
        r#"data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"wrong":true}}"#,
        "\n\n",
        r#"data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}"#,
        "\n\n",
        r#"data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":{"a":1}}}"#,
        "\n\n",
        r#"data: {"jsonrpc":"2.0","method":"notifications/message"}"#,
        "\n\n",
        r#"data: {"jsonrpc":"2.0","id":1,"method":"ping"}"#,
        "\n\n",
        r#"data: {"jsonrpc":"2.0","id":7,"result":{"not":"ours"}}"#,
        "\n\n",
        r#"data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":2}}"#,
        "\n\n",
        "data: {\"jsonrpc\":\"2.0\",\ndata: \"id\":1,\"result\":{\"a\":1}}\n\n",
        "data: not read any more\n\n",
    ];
    let posted = exchange(stream_reply(&stream.concat())).await;
    assert_eq!(result(posted.reply), r#"{"a":1}"#);
    assert_eq!(posted.progress, ["1", "2"]);
    assert_eq!(posted.logged, [r#"{"a":1}"#]);
}

#[tokio::test]
async fn an_error_is_an_answer_whatever_the_status() {
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#;
    let anonymous = r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"no"}}"#;
    for reply in [
        json_reply("200 OK", error),
        json_reply("400 Bad Request", error),
        json_reply("403 Forbidden", error),
        json_reply("404 Not Found", anonymous),
        stream_reply(&format!("data: {error}\n\n")),
    ] {
        match exchange(reply.clone()).await.reply {
            Ok(Reply::Outcome(Outcome::Error(error))) => assert_eq!(error.code.0, -32601),
            other => panic!("{reply}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_that_says_so() {
    let ours = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let huge = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"a":"{}"}}}}"#,
        "x".repeat(2000)
    );
    let cases = [
        (
            json_reply("200 OK", "not JSON"),
            "the reply is not a JSON-RPC message",
        ),
        (
            json_reply("200 OK", &format!("[{ours}]")),
            "the reply is not a JSON-RPC message",
        ),
        (
            json_reply("200 OK", r#"{"jsonrpc":"2.0","id":2,"result":{}}"#),
            "the reply answers another request",
        ),
        (
            json_reply("200 OK", r#"{"jsonrpc":"2.0","id":"1","result":{}}"#),
            "the reply answers another request",
        ),
        (
            json_reply("200 OK", &huge),
            "127.0.0.1 answered with more than 2000 bytes",
        ),
        (
            stream_reply(&format!("data: {huge}\n\n")),
            "an event of more than 2000 bytes came",
        ),
        (
            stream_reply(&format!("data: {ours}\n")),
            "the stream ended before the answer came",
        ),
        (
            stream_reply("data: nonsense\n\n"),
            "the reply is not a JSON-RPC message",
        ),
        (
            reply("200 OK", "Content-Type: text/html\r\n", ours),
            "the reply is of the type `text/html`",
        ),
        (reply("202 Accepted", "", ""), "the reply is of the type ``"),
        (
            reply(
                "307 Temporary Redirect",
                "Location: https://evil.example/mcp\r\n",
                "",
            ),
            "the server redirects to `https://evil.example/mcp`",
        ),
        (
            reply("500 Internal Server Error", "", "oh"),
            "the server answered with status 500",
        ),
        (
            json_reply("500 Internal Server Error", "oh"),
            "the server answered with status 500",
        ),
        (
            reply("503 Service Unavailable", "Retry-After: 7\r\n", ""),
            "the server answered with status 503; try again in 7 s",
        ),
        (
            reply(
                "403 Forbidden",
                "WWW-Authenticate: Bearer error=\"other\"\r\n",
                "",
            ),
            "the server answered with status 403",
        ),
    ];
    for (reply, wanted) in cases {
        let error = exchange(reply.clone()).await.reply.unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error}, not {wanted}");
        assert!(!error.contains("hush"));
    }
}

#[tokio::test]
async fn refusals_for_want_of_identity_and_of_scope_are_told_apart() {
    let challenge = "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"a b\"\r\n";
    match exchange(reply("403 Forbidden", challenge, "")).await.reply {
        Ok(Reply::InsufficientScope(challenge)) => {
            assert_eq!(challenge.scope.unwrap().to_string(), "a b");
        }
        other => panic!("{other:?}"),
    }
    match exchange(reply("401 Unauthorized", challenge, ""))
        .await
        .reply
    {
        Ok(Reply::Unauthorized(Some(_))) => {}
        other => panic!("{other:?}"),
    }
    match exchange(reply("401 Unauthorized", "", "")).await.reply {
        Ok(Reply::Unauthorized(None)) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/mcp", listener.local_addr().unwrap())).unwrap();
    let endpoint = Endpoint::new(
        Fetcher::new(),
        url,
        Trust::Configured,
        FixedHeaders::default(),
        2000,
    );
    let credentials = Credentials::Bearer(Secret::new("hush".to_owned()));
    let http = StreamableHttp::new(
        endpoint,
        credentials,
        SharedObserver::default(),
        Retries::new(0),
        false,
    );
    let outgoing = Outgoing {
        method: "tools/list",
        name: None,
        header_arguments: &[],
        params: &to_raw_value(&json!({})).unwrap(),
        progress_token: None,
        revision: Revision::V2026_07_28,
        time_limit: Duration::ZERO,
        listener: None,
        next_id: &AtomicI64::new(1),
    };
    let mut ignore = |_| {};
    let mut reports = Reports::new(&mut ignore);
    let exchange = Exchange::new(&http.shared, &http.aside, &outgoing, Shown::Nothing).unwrap();
    let error = exchange.run(&mut reports).await.unwrap_err();
    assert!(matches!(error, TransportError::Timeout(_)), "{error}");
}
