//! Attacks by waiting: sockets that are held open, each with as little as it takes.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::Tally;
use crate::ask::Ask;
use crate::wire;

const HOLD: Duration = Duration::from_secs(6);

/// Longer than the server waits for the head of a request.
const LONG_HOLD: Duration = Duration::from_secs(12);

/// How many sockets are opened at once.
const WIDTH: usize = 64;

/// How long a socket may take that the server does not take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The default bound of a body.
const LARGEST: usize = 4 * 1024 * 1024;

pub(super) async fn a_while() {
    sleep(HOLD).await;
}

pub(super) async fn half_bodies(address: SocketAddr, count: usize) -> Tally {
    let begun = Ask::tool("add", &json!({})).head(&address.to_string(), LARGEST);
    let body = vec![b' '; LARGEST - 1];
    let (held, tally) = hold(count, |_| async {
        let mut stream = wire::open(address, begun.as_bytes()).await?;
        stream.write_all(&body).await?;
        Ok(stream)
    })
    .await;
    a_while().await;
    drop(held);
    tally
}

pub(super) async fn unread_replies(address: SocketAddr, token: &str, count: usize) -> Tally {
    let ask = Ask::tool("large", &json!({ "bytes": 8_000_000 })).bearer(Some(token));
    let bytes = ask.bytes(&address.to_string());
    let (held, tally) = hold(count, |_| wire::open(address, &bytes)).await;
    a_while().await;
    drop(held);
    tally
}

pub(super) async fn idle_sockets(address: SocketAddr, count: usize) -> Tally {
    let (held, tally) = hold(count, |_| TcpStream::connect(address)).await;
    sleep(LONG_HOLD).await;
    drop(held);
    tally
}

pub(super) async fn slow_heads(address: SocketAddr, count: usize) -> Tally {
    let (mut held, mut tally) =
        hold(count, |_| wire::open(address, b"POST /mcp HTTP/1.1\r\nx: ")).await;
    for _ in 0..LONG_HOLD.as_secs() {
        sleep(Duration::from_secs(1)).await;
        let mut still = Vec::with_capacity(held.len());
        for mut stream in held {
            match stream.write_all(b"x").await {
                Ok(()) => still.push(stream),
                Err(_) => tally.note("ended by the server"),
            }
        }
        held = still;
    }
    tally
}

/// Opens `count` sockets, and returns those that were opened.
async fn hold<F>(count: usize, open: impl Fn(usize) -> F) -> (Vec<TcpStream>, Tally)
where
    F: Future<Output = io::Result<TcpStream>>,
{
    let opening = stream::iter(0..count)
        .map(|piece| timeout(PATIENCE, open(piece)))
        .buffer_unordered(WIDTH);
    opening
        .fold(
            (Vec::new(), Tally::default()),
            async |(mut held, mut tally), opened| {
                match opened {
                    Ok(Ok(stream)) => {
                        tally.note("held");
                        held.push(stream);
                    }
                    Ok(Err(error)) => tally.note(format!("{:?}", error.kind())),
                    Err(_) => tally.note("not taken"),
                }
                (held, tally)
            },
        )
        .await
}
