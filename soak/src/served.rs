//! The server that is attacked, in a process of its own.

use std::net::SocketAddr;
use std::time::Duration;

use thyra::Limits;
use thyra::auth::ScalekitProvider;
use thyra::prelude::*;

/// The resource that tokens are for.
pub(crate) const RESOURCE: &str = "res_1";

/// Add two numbers.
#[tool(read_only)]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Wait for a while.
#[tool(task)]
async fn nap(seconds: u64) -> &'static str {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    "awake"
}

/// Hold a thread for a while.
#[tool(read_only)]
fn block(milliseconds: u64) -> &'static str {
    std::thread::sleep(Duration::from_millis(milliseconds));
    "free"
}

/// Say something long.
#[tool(read_only)]
async fn large(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// Serves on `address` until it is killed: to those with a token of the issuer at `environment`, or
/// to everybody.
pub(crate) async fn serve(address: SocketAddr, environment: Option<&str>) -> thyra::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    // The second caller starts tasks all the time, and one person's kept tasks have a bound too.
    let limits = Limits::default().task_time(Duration::from_secs(30));
    let server = Server::new("Soak")
        .limits(limits)
        .tool(add)
        .tool(nap)
        .tool(block {})
        .tool(large);
    let server = match environment {
        None => server,
        Some(environment) => server.auth(
            ScalekitProvider::builder()
                .environment_url(environment)
                .resource_id(RESOURCE)
                .base_url(format!("http://{address}"))
                .build()?,
        ),
    };
    server.serve_http(address).await
}
