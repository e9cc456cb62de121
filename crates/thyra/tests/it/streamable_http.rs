//! Streamable HTTP, on every revision.

mod guard;
mod handshake;
mod messages;
mod peer;
mod sessionless;
mod streams;
mod time;

use crate::fixture;
use crate::support::Running;

async fn start() -> Running {
    Running::start(fixture::server().0).await
}
