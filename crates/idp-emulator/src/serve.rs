//! The accept loop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::answer::HangUp;

/// Connections open at a time; one more waits.
const MAX_CONNECTIONS: usize = 512;

/// Serves until dropped; connections end with it.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    // The semaphore is never closed, so a permit always comes.
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of file descriptors is the usual cause, and accepting again at once would
                // spin.
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |request| {
            let answer = router.call(request);
            async move {
                match answer.await {
                    Ok(response) if response.extensions().get::<HangUp>().is_some() => {
                        Err(io::Error::from(io::ErrorKind::ConnectionReset))
                    }
                    Ok(response) => Ok(response),
                    Err(never) => match never {},
                }
            }
        });
        connections.spawn(async move {
            // No timer: a test that stops tokio's clock would see its connections time out at once.
            let served = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(slot);
        });
        while connections.try_join_next().is_some() {}
    }
}
