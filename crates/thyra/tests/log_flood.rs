//! What the log says of a flood. A program of its own: lines are counted for a whole process.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::json;
use thyra::prelude::*;

use self::captured::{LOG, logged};

#[path = "log/captured.rs"]
mod captured;

#[derive(Debug, thiserror::Error, CallerError)]
#[error("the store at db.internal failed")]
struct Down;

/// Fails whenever it is called.
#[tool]
async fn flooded() -> Result<String, Down> {
    Err(Down)
}

/// Fails as well, and is rarely called.
#[tool]
async fn rare() -> Result<String, Down> {
    Err(Down)
}

/// Panics whenever it is read.
#[resource("panics://{id}")]
async fn panics(id: u64) -> String {
    panic!("it is {id}")
}

/// The time stands still but for what the test says.
#[tokio::test(start_paused = true)]
async fn a_flood_of_failures_is_a_few_lines_and_their_number_and_hides_no_other() {
    LazyLock::force(&LOG);
    let server = Server::new("Flooded")
        .tool(flooded)
        .tool(rare)
        .resource(panics);
    let client = server.connect().unwrap();
    let none = json!({});
    for _ in 0..10_000 {
        client.call_tool("flooded", &none).await.unwrap();
    }
    client.call_tool("rare", &none).await.unwrap();
    // Each has a URI of its own.
    for id in 0..1000 {
        let read = client.read_resource(&format!("panics://{id}")).await;
        assert!(read.is_err(), "{id}");
    }
    assert_eq!(logged(r#"component="flooded""#).len(), 5);
    assert_eq!(logged(r#"component="rare""#).len(), 1);
    assert_eq!(logged("component=\"panics://").len(), 5);

    tokio::time::advance(Duration::from_mins(1)).await;
    client.call_tool("rare", &none).await.unwrap();
    let sums = logged("there were more of these: a component failed");
    for sum in [
        r#"component="flooded" more=9995"#,
        r#"component="" more=995"#,
    ] {
        let said = sums.iter().filter(|line| line.contains(sum));
        assert_eq!(said.count(), 1, "{sum}: {sums:?}");
    }
}
