//! Accepts TCP connections for hyper, up to a limit and with a graceful shutdown.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use super::McpService;
use crate::limits::Limits;

/// How long to wait before the next `accept` after one failed, for example because the system has
/// no file descriptors left.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Serves `service` on `listener` until `shutdown` is ready, then lets the calls in flight end
/// within the shutdown time.
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
        .max_buf_size(limits.header_bytes);

    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);

    loop {
        let accepted = async {
            // The semaphore is never closed, so this always yields a place.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = accepted => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection; trying again");
                tokio::time::sleep(EXHAUSTED).await;
                continue;
            }
        };
        // Nagle's algorithm and the client's delayed acknowledgement would delay each small reply
        // by 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        // Without this, a client that stops reading would keep its place, and the call that writes
        // to it, for ever.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write_time));
        let service = service.clone().for_peer(peer);
        let connection = http.serve_connection(
            TokioIo::new(Box::pin(stream)),
            service_fn(move |request| {
                #[cfg(feature = "axum")]
                let answer = service.answer_all(request);
                #[cfg(not(feature = "axum"))]
                let answer = service.answer(request);
                answer
            }),
        );
        let connection = graceful.watch(connection);
        connections.spawn(async move {
            let _place = place;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
        });
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
