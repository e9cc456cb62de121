//! The head of a request, byte by byte.

use std::time::Duration;

use thyra::{Limits, Revision};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{MARK, add, start, still_answers};
use crate::fixture;
use crate::support::{Running, soon};

fn status_of(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn headers_over_the_limit_are_refused() {
    let server = start().await;
    for filler in [
        format!("x-filler: {MARK}{}\r\n", "a".repeat(200_000)),
        format!("x-filler: {MARK}\r\n").repeat(10_000),
        format!("{MARK}{}: x\r\n", "a".repeat(200_000)),
    ] {
        let head = format!("POST /mcp HTTP/1.1\r\nhost: localhost\r\n{filler}\r\n");
        let answer = server.raw(head.as_bytes()).await;
        assert_eq!(status_of(&answer), "431", "{answer}");
        assert!(!answer.contains(MARK), "{answer}");
        still_answers(&server).await;
    }
    let line = format!(
        "GET /{}{MARK} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "a".repeat(200_000)
    );
    let answer = server.raw(line.as_bytes()).await;
    assert!(matches!(status_of(&answer), "414" | "431"), "{answer}");
    assert!(!answer.contains(MARK), "{answer}");
    still_answers(&server).await;
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let server = start().await;
    for bytes in [
        format!("{MARK}\r\n\r\n").as_bytes(),
        b"POST /mcp HTTP/9.9\r\nhost: localhost\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nhost localhost\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let answer = server.raw(bytes).await;
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(status_of(&answer), "400", "{shown}: {answer}");
        assert!(!answer.contains(MARK), "{answer}");
        still_answers(&server).await;
    }
}

#[tokio::test]
async fn a_request_without_one_host_is_turned_away() {
    let server = start().await;
    for hosts in ["", "host: localhost\r\nhost: localhost\r\n", "host: \r\n"] {
        let head = format!("POST /mcp HTTP/1.1\r\n{hosts}content-length: 0\r\n\r\n");
        let answer = server.raw(head.as_bytes()).await;
        assert_eq!(status_of(&answer), "421", "{hosts}: {answer}");
    }
    still_answers(&server).await;
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_the_body_comes() {
    let server = start().await;
    let mut connection = server.connect().await;
    connection
        .write_all(b"POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5000000\r\n\r\n{")
        .await
        .unwrap();
    let mut status = [0; 12];
    soon("the refusal", connection.read_exact(&mut status))
        .await
        .unwrap();
    assert_eq!(&status, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_request() {
    let server = start().await;
    let body = add(Revision::V2025_11_25)
        .request("http://localhost")
        .into_body();
    let mut bytes = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len() + 1
    )
    .into_bytes();
    bytes.extend_from_slice(&body);
    let answer = server.raw(&bytes).await;
    assert!(matches!(status_of(&answer), "400" | "none"), "{answer}");
    still_answers(&server).await;
}

#[tokio::test]
async fn a_client_that_sends_its_head_or_its_body_too_slowly_is_let_go() {
    let limits = Limits::default()
        .header_time(Duration::from_millis(50))
        .body_time(Duration::from_millis(50));
    let server = Running::start(fixture::server().0.limits(limits)).await;

    let mut silent = server.connect().await;
    silent
        .write_all(b"POST /mcp HTTP/1.1\r\nhost: ")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // The server closes: this ends.
    let _ = soon("the end of a slow head", silent.read_to_end(&mut answer)).await;

    let mut slow = server.connect().await;
    slow.write_all(
        b"POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
    )
    .await
    .unwrap();
    let mut status = [0; 12];
    soon("the refusal", slow.read_exact(&mut status))
        .await
        .unwrap();
    assert_eq!(&status, b"HTTP/1.1 408");
    still_answers(&server).await;
}
