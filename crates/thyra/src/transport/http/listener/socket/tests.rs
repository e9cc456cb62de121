use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;

use super::super::seats::Seats;
use super::*;

const BOUNDS: Bounds = Bounds {
    bytes: 10,
    time: Duration::from_secs(30),
};

/// A connection whose client has sent something, and the client.
fn connection() -> (Socket<DuplexStream>, Seat, DuplexStream) {
    let (client, server) = duplex(64);
    let seat = Arc::new(Seats::new(1)).take(0);
    let socket = Socket::new(server, seat.clone(), BOUNDS);
    assert!(seat.hears());
    (socket, seat, client)
}

/// Ends the connection. The clock goes on when nothing else does.
fn closing(mut socket: Socket<DuplexStream>) -> JoinHandle<Duration> {
    tokio::spawn(async move {
        let began = Instant::now();
        socket.shutdown().await.unwrap();
        began.elapsed()
    })
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_is_not_waited_for() {
    let (socket, _, mut client) = connection();
    let closing = closing(socket);
    client.write_all(b"more").await.unwrap();
    drop(client);
    assert_eq!(closing.await.unwrap(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_reads_the_end_first_and_is_bounded_in_bytes() {
    let (socket, _, mut client) = connection();
    let closing = closing(socket);
    assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
    client.write_all(b"0123456789").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!closing.is_finished());
    client.write_all(b"x").await.unwrap();
    assert_eq!(closing.await.unwrap(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_client_is_bounded_in_silence_and_in_all() {
    let (socket, _, client) = connection();
    assert_eq!(closing(socket).await.unwrap(), SILENCE);
    drop(client);

    let (mut socket, _, mut client) = connection();
    socket.bounds.bytes = usize::MAX;
    let closing = closing(socket);
    while client.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(closing.await.unwrap(), BOUNDS.time);
}

#[tokio::test(start_paused = true)]
async fn after_a_whole_exchange_nothing_is_waited_for() {
    let (socket, seat, client) = connection();
    assert!(seat.begins());
    seat.answers(false);
    seat.flushes();
    assert_eq!(closing(socket).await.unwrap(), Duration::ZERO);
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn after_the_last_answer_of_a_refusal_the_rest_is_waited_for() {
    let (socket, seat, client) = connection();
    assert!(seat.begins());
    seat.answers(true);
    assert_eq!(closing(socket).await.unwrap(), SILENCE);
    drop(client);
}
