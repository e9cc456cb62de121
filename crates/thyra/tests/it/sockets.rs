//! Connections that say nothing do not keep others out.

use std::time::Duration;

use serde_json::json;
use thyra::{Limits, Revision};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::fixture::{self, Sign};
use crate::program::{Program, example};
use crate::support::{Ask, Running, soon};

/// So long that no test would end if it waited for this.
const LONG: Duration = Duration::from_hours(1);

fn limits(connections: usize) -> Limits {
    Limits::default()
        .connections(connections)
        .header_time(LONG)
        .body_time(LONG)
}

async fn start(limits: Limits) -> Running {
    Running::start(fixture::server().0.limits(limits)).await
}

async fn connect(server: &Running, first: &str) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(first.as_bytes()).await.unwrap();
    stream
}

fn add() -> Ask {
    Ask::call(Revision::V2026_07_28, "add", json!({ "a": 2, "b": 3 }))
}

/// A call that goes on until the test ends it; its answer begins at once.
fn hold() -> Ask {
    let call = Ask::call(Revision::V2026_07_28, "hold", json!({}));
    call.meta("progressToken", json!("token"))
}

/// A GET that the server answers with 404, and the status line of what it answers.
async fn asks(stream: &mut BufReader<TcpStream>) -> String {
    let request = "GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut status = String::new();
    soon("a status", stream.read_line(&mut status))
        .await
        .unwrap();
    status.trim_end().to_owned()
}

async fn is_over(stream: &mut (impl AsyncReadExt + Unpin)) {
    // Either way of ending will do.
    let _ = soon("the end", stream.read_to_end(&mut Vec::new())).await;
}

#[tokio::test]
async fn silent_and_slow_connections_make_room() {
    for first in ["", "POST /mcp HTTP/1.1\r\nhost: "] {
        let server = start(limits(4)).await;
        let mut crowd = Vec::new();
        for _ in 0..40 {
            crowd.push(connect(&server, first).await);
        }
        assert_eq!(server.ask(&add()).await.tool_text(), "5");
        is_over(&mut crowd[0]).await;
    }
}

#[tokio::test]
async fn a_connection_between_requests_makes_room() {
    let server = start(limits(1)).await;
    let mut first = BufReader::new(server.connect().await);
    assert_eq!(asks(&mut first).await, "HTTP/1.1 404 Not Found");
    let mut second = BufReader::new(server.connect().await);
    assert_eq!(asks(&mut second).await, "HTTP/1.1 404 Not Found");
    is_over(&mut first).await;
}

#[tokio::test]
async fn a_refused_client_that_neither_sends_nor_closes_makes_room() {
    let server = start(limits(1)).await;
    let head = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50000000\r\n\r\n";
    let mut refused = BufReader::new(connect(&server, head).await);
    let mut status = String::new();
    soon("a status", refused.read_line(&mut status))
        .await
        .unwrap();
    assert_eq!(status.trim_end(), "HTTP/1.1 413 Payload Too Large");
    assert_eq!(server.ask(&add()).await.tool_text(), "5");
}

#[tokio::test]
async fn a_call_under_way_does_not_make_room_and_the_next_one_waits() {
    let (server, mut watch) = fixture::server();
    let server = Running::start(server.limits(limits(1))).await;
    let held = server.open(&hold()).await;
    assert_eq!(watch.signs.recv().await, Some(Sign::Entered));
    // This one is at the door, and more are in the listen queue.
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(BufReader::new(server.connect().await));
    }
    watch.open.notify_one();
    let text = soon("the reply", held.text()).await.unwrap();
    assert!(text.contains("released"), "{text}");
    assert_eq!(asks(&mut waiting[4]).await, "HTTP/1.1 404 Not Found");
}

/// Tells the server that one address may have two connections.
fn two_each() -> Limits {
    limits(100).connections_per_address(2)
}

#[tokio::test]
async fn one_address_has_no_more_than_its_share() {
    let (server, mut watch) = fixture::server();
    let server = Running::start(server.limits(two_each())).await;
    let held = [server.open(&hold()).await, server.open(&hold()).await];
    for _ in &held {
        assert_eq!(watch.signs.recv().await, Some(Sign::Entered));
    }
    let mut third = BufReader::new(server.connect().await);
    let mut answer = String::new();
    soon("the refusal", third.read_to_string(&mut answer))
        .await
        .unwrap();
    let (top, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        top.starts_with("HTTP/1.1 429 Too Many Requests\r\n"),
        "{top}"
    );
    assert!(
        top.contains(&format!("content-length: {}\r\n", body.len())),
        "{top}"
    );
    assert!(body.contains("too many connections"), "{body}");
    watch.open.notify_one();
    watch.open.notify_one();
    for call in held {
        soon("the reply", call.text()).await.unwrap();
    }
}

#[tokio::test]
async fn an_address_with_its_share_makes_room_for_itself() {
    let server = start(two_each()).await;
    let mut crowd = Vec::new();
    for _ in 0..10 {
        crowd.push(server.connect().await);
    }
    assert_eq!(server.ask(&add()).await.tool_text(), "5");
    is_over(&mut crowd[0]).await;
}

/// A head of exactly `length` bytes that asks for something that is not there.
fn head(length: usize) -> String {
    let start = "GET /nowhere HTTP/1.1\r\nhost: localhost\r\nx-filler: ";
    format!("{start}{}\r\n\r\n", "a".repeat(length - start.len() - 4))
}

#[tokio::test]
async fn the_limit_of_a_head_is_exact_in_one_read_and_in_many() {
    for limit in [8 * 1024, 64 * 1024] {
        let server = start(Limits::default().header_bytes(limit)).await;
        for (length, status) in [(limit, "404"), (limit + 1, "431"), (limit + 4464, "431")] {
            for piece in [length, 1000] {
                let mut stream = server.connect().await;
                for piece in head(length).as_bytes().chunks(piece) {
                    // The server may hang up before the last piece.
                    let _ = stream.write_all(piece).await;
                    tokio::task::yield_now().await;
                }
                let mut answer = BufReader::new(stream);
                let mut line = String::new();
                soon("a status", answer.read_line(&mut line)).await.unwrap();
                assert_eq!(line.split(' ').nth(1), Some(status), "{length} {piece}");
            }
        }
    }
}

#[tokio::test]
async fn the_number_of_headers_is_bounded() {
    let server = start(Limits::default()).await;
    for (number, status) in [(100, "404"), (101, "431")] {
        let more = "a: b\r\n".repeat(number - 1);
        let head = format!("GET /nowhere HTTP/1.1\r\nhost: localhost\r\n{more}\r\n");
        let answer = server.raw(head.as_bytes()).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{number}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_process_without_descriptors_makes_room() {
    let program = example("quickstart");
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "ulimit -n 40; exec \"$0\" --http 127.0.0.1:0"])
        .arg(program.get_program())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut program = Program::start(command);
    let mut lines = BufReader::new(program.take_errors()).lines();
    let announced = async {
        loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if let Some((_, rest)) = line.split_once("http://") {
                let address = rest.split('/').next().unwrap();
                return address.parse().unwrap();
            }
        }
    };
    let server = Running::at(soon("the address", announced).await);
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(server.connect().await);
    }
    let mut stream = BufReader::new(server.connect().await);
    assert_eq!(asks(&mut stream).await, "HTTP/1.1 404 Not Found");
    is_over(&mut crowd[0]).await;
}
