//! Accepts TCP connections for hyper, up to a limit and with a graceful shutdown.

mod answered;
mod guests;
mod seats;
mod socket;

use std::convert::Infallible;
use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_io_timeout::TimeoutStream;

use self::answered::Answered;
use self::guests::{Entry, Guests};
use self::socket::{Bounds, Socket};
use super::{McpService, announces_close};
use crate::limits::Limits;
use crate::throttled::throttled;

/// How long to wait before the next `accept` after one failed, for example because the system has
/// no file descriptors left.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// What is sent to one connection too many from the same address, which is not served.
const TOO_MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 60\r\nretry-after: 5\r\n\r\n\
    There are too many connections from your address. End some.\n";

/// Serves `service` on `listener` until `shutdown` is ready, then lets the calls in flight end
/// within the shutdown time.
///
/// While all places are taken, connections that are idle make room for new ones; if none is, the
/// next one waits.
///
/// This future owns the tasks of all connections, so dropping it closes them.
pub(crate) async fn serve(
    listener: TcpListener,
    service: McpService,
    limits: &Limits,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        // hyper may fill more than this buffer; the second limit is exact.
        .max_buf_size(limits.header_bytes)
        .max_header_size(limits.header_bytes);

    let graceful = GracefulShutdown::new();
    let mut guests = Guests::new(limits.connections, limits.connections_per_address);
    let mut connections = JoinSet::new();
    let mut at_the_door: Option<(TcpStream, SocketAddr)> = None;
    let mut exhausted_until = None;
    let mut shutdown = pin!(shutdown);

    loop {
        let mut waits = false;
        if let Some((stream, peer)) = at_the_door.take() {
            match guests.admit(peer.ip()) {
                Entry::Later => {
                    at_the_door = Some((stream, peer));
                    waits = true;
                }
                Entry::TooMany => turn_away(&stream),
                Entry::Free(place) => {
                    let service = service.clone().for_peer(peer);
                    let seat = place.seat.clone();
                    let socket = Socket::new(prepared(stream, limits), seat, Bounds::new(limits));
                    let seat = place.seat.clone();
                    let connection = http.serve_connection(
                        TokioIo::new(socket),
                        service_fn(move |request| {
                            let begins = seat.begins();
                            let seat = seat.clone();
                            #[cfg(feature = "axum")]
                            let answer = service.answer_all(request);
                            #[cfg(not(feature = "axum"))]
                            let answer = service.answer(request);
                            async move {
                                if !begins {
                                    // This connection is about to be dropped.
                                    pending::<()>().await;
                                }
                                let response = answer.await?;
                                let last = announces_close(&response);
                                Ok::<_, Infallible>(
                                    response.map(|body| Answered::new(body, seat, last)),
                                )
                            }
                        }),
                    );
                    let connection = graceful.watch(connection);
                    let task = connections.spawn(async move {
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "connection ended");
                        }
                    });
                    guests.seat(&place, task);
                }
            }
        }
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = connections.join_next_with_id() => {
                guests.leave(ended.map_or_else(|error: JoinError| error.id(), |(id, ())| id));
                exhausted_until = None;
                continue;
            }
            () = guests.vacancy(), if waits => continue,
            () = until(exhausted_until) => {
                exhausted_until = None;
                continue;
            }
            accepted = listener.accept(), if !waits && exhausted_until.is_none() => accepted,
        };
        match accepted {
            Ok(accepted) => at_the_door = Some(accepted),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // One idle connection less is one descriptor more.
                let room = guests.make_room();
                throttled!(warn, "cannot accept a connection; trying again", about = "", %error, room);
                exhausted_until = Some(Instant::now() + EXHAUSTED);
            }
        }
    }

    drop(listener);
    service.close();
    if tokio::time::timeout(limits.shutdown_time, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            connections = connections.len(),
            "calls still running at the end of the shutdown time are dropped"
        );
    }
    connections.shutdown().await;
    Ok(())
}

/// The stream of a new connection, set up.
fn prepared(stream: TcpStream, limits: &Limits) -> TimeoutStream<TcpStream> {
    // Nagle's algorithm and the client's delayed acknowledgement would delay each small reply by
    // 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    // Without this, a client that stops reading would keep its place, and the call that writes to
    // it, for ever.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_time));
    stream
}

/// Says why a connection is not served, if that can be done at once.
fn turn_away(stream: &TcpStream) {
    if let Err(error) = stream.try_write(TOO_MANY) {
        tracing::debug!(%error, "cannot say that there are too many connections");
    }
}

/// Ready at `time`; never without one.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => pending().await,
    }
}

/// Whether a failed accept concerns only the connection that was being accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
