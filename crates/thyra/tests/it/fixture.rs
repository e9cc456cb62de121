//! The server that most tests talk to.

use std::sync::Arc;

use thyra::prelude::*;
use tokio::sync::{Notify, mpsc};

/// What happens to a call of `hold`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Entered,
    /// The call is over: it returned, or it was dropped.
    Left,
}

/// Where a test sees the calls of `hold`, and lets them go on.
pub(crate) struct Gate {
    signs: mpsc::Sender<Sign>,
    open: Arc<Notify>,
}

/// The test's side of a [`Gate`].
pub(crate) struct Watch {
    pub(crate) signs: mpsc::Receiver<Sign>,
    pub(crate) open: Arc<Notify>,
}

struct Visit(mpsc::Sender<Sign>);

impl Drop for Visit {
    fn drop(&mut self) {
        // A test that does not look has no room left, and needs none.
        let _ = self.0.try_send(Sign::Left);
    }
}

/// Add two numbers.
#[tool(read_only)]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Count to three, and say so each time.
#[tool]
async fn count(ctx: Context) -> String {
    for done in 1..=3 {
        ctx.progress_message(done, 3, format!("step {done}")).await;
    }
    "counted".to_owned()
}

/// Fails in a way that the caller should know of.
#[tool]
async fn fail() -> Result<String, ToolError> {
    Err(ToolError::new("There is no paper left."))
}

/// Waits until the test lets it go on.
#[tool]
async fn hold(ctx: Context, State(gate): State<Gate>) -> String {
    let _visit = Visit(gate.signs.clone());
    ctx.progress(1, 2).await;
    let _ = gate.signs.try_send(Sign::Entered);
    gate.open.notified().await;
    "released".to_owned()
}

pub(crate) fn server() -> (Server, Watch) {
    let (sender, signs) = mpsc::channel(64);
    let open = Arc::new(Notify::new());
    let gate = Gate {
        signs: sender,
        open: Arc::clone(&open),
    };
    let server = Server::new("Fixture")
        .version("1.2.3")
        .instructions("For tests.")
        .tool(add)
        .tool(count)
        .tool(fail)
        .tool(hold)
        .state(gate);
    (server, Watch { signs, open })
}
