//! Attacks by number: many requests, each complete.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Map, Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::Tally;
use crate::ask::Ask;
use crate::wire::{self, Answer};

/// How many requests of a flood are under way at once.
const WIDTH: usize = 32;

/// How large the bodies without a token are.
const BODY: usize = 2_000_000;

pub(super) async fn tasks(address: SocketAddr, token: &str, count: usize) -> Tally {
    let ask = Ask::task("nap", &json!({ "seconds": 10 })).bearer(Some(token));
    let tally = each(count, WIDTH, |_| wire::once(address, &ask)).await;
    super::hold::a_while().await;
    tally
}

pub(super) async fn sessions(address: SocketAddr, tokens: &[String], count: usize) -> Tally {
    let ask = Ask::initialize(&json!({}));
    each(count, WIDTH, |piece| {
        let token = tokens.get(piece % tokens.len().max(1));
        let ask = ask.clone().bearer(token.map(String::as_str));
        async move { wire::once(address, &ask).await }
    })
    .await
}

/// Ten kilobytes of text that are many times as much as a tree.
pub(super) async fn capabilities(address: SocketAddr, count: usize) -> Tally {
    let members = (0..1_000).map(|number| (format!("a{number}"), json!({})));
    let many: Map<String, Value> = members.collect();
    let ask = Ask::initialize(&json!({ "experimental": many }));
    each(count, WIDTH, |_| wire::once(address, &ask)).await
}

pub(super) async fn blocking_calls(address: SocketAddr, token: &str, count: usize) -> Tally {
    let ask = Ask::tool("block", &json!({ "milliseconds": 2_000 })).bearer(Some(token));
    each(count, count, |_| wire::once(address, &ask)).await
}

pub(super) async fn bodies_without_token(address: SocketAddr, count: usize) -> Tally {
    let head = Ask::tool("add", &json!({})).head(&address.to_string(), BODY);
    let body = vec![b' '; BODY];
    let sent = |_| async {
        let mut stream = wire::open(address, head.as_bytes()).await?;
        // As simple clients do, it reads only when all is sent.
        stream.write_all(&body).await?;
        Answer::read(&mut stream).await
    };
    each(count, 4, sent).await
}

/// Each token is another one, and all are sent on a few connections.
pub(super) async fn refused_tokens(address: SocketAddr, good: &str, count: usize) -> Tally {
    const CONNECTIONS: usize = 16;
    // A signature of this form that verifies would be a miracle.
    let cut = good.len().saturating_sub(12);
    let stem = good.get(..cut).unwrap_or_default();
    let each = |connection: usize| async move {
        let mut tally = Tally::default();
        let mut stream: Option<TcpStream> = None;
        for piece in (connection..count).step_by(CONNECTIONS) {
            let token = format!("{stem}{piece:012}");
            let ask = Ask::tool("add", &json!({ "a": 2, "b": 40 })).bearer(Some(&token));
            let bytes = ask.bytes(&address.to_string());
            let (answer, kept) = again(stream.take(), address, &bytes).await;
            tally.answer(&answer);
            stream = kept;
        }
        tally
    };
    let tallies: Vec<Tally> = futures_util::future::join_all((0..CONNECTIONS).map(each)).await;
    let mut all = Tally::default();
    for tally in &tallies {
        all.add(tally);
    }
    all
}

/// Sends `bytes` on `stream` or a new connection, which is kept if the server keeps it.
async fn again(
    stream: Option<TcpStream>,
    address: SocketAddr,
    bytes: &[u8],
) -> (io::Result<Answer>, Option<TcpStream>) {
    let sent = match stream {
        Some(mut stream) => stream.write_all(bytes).await.map(|()| stream),
        None => wire::open(address, bytes).await,
    };
    let mut stream = match sent {
        Ok(stream) => stream,
        Err(error) => return (Err(error), None),
    };
    let answer = Answer::read(&mut stream).await;
    let is_kept = answer
        .as_ref()
        .is_ok_and(|answer| answer.header("connection") != Some("close"));
    (answer, is_kept.then_some(stream))
}

/// Sends `count` requests, `width` at once.
async fn each<F>(count: usize, width: usize, send: impl Fn(usize) -> F) -> Tally
where
    F: Future<Output = io::Result<Answer>>,
{
    let answers = stream::iter(0..count).map(send).buffer_unordered(width);
    answers
        .fold(Tally::default(), async |mut tally, answer| {
            tally.answer(&answer);
            tally
        })
        .await
}
