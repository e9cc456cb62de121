//! A client that asks and does not read what it is told.

use std::time::Duration;

use thyra::Limits;
use tokio::io::AsyncWriteExt;

use super::still_answers;
use crate::fixture;
use crate::support::{Running, soon};

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_connection() {
    let limits = Limits::default().write_time(Duration::from_millis(200));
    let server = Running::start(fixture::server().0.limits(limits)).await;
    let mut stream = server.connect().await;
    let asks = "GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(1000);
    // All buffers on the way fill up; then the server waits for us, and has to give up before we
    // can.
    let hung_up = async { while stream.write_all(asks.as_bytes()).await.is_ok() {} };
    soon("the server to hang up", hung_up).await;
    still_answers(&server).await;
}
