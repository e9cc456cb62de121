//! The second caller, who only wants to go on as before.

use std::io;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::ask::Ask;
use crate::wire::{self, Answer};

/// How often it calls.
const EVERY: Duration = Duration::from_millis(20);
/// How long it waits for an answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many of its failures are kept word by word.
const MOST_TOLD: usize = 3;

/// What it does each time, on new connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Calls a tool.
    Call,
    /// Calls a tool that blocks its thread for a millisecond.
    Block,
    /// Begins a task.
    Task,
    /// Opens a session, calls a tool in it, and ends it.
    Session,
}

/// Whom it calls, and how.
#[derive(Clone, Debug)]
pub(crate) struct SecondCaller {
    pub(crate) address: SocketAddr,
    pub(crate) token: Option<String>,
    /// One after the other, and again from the first.
    pub(crate) errands: Vec<Errand>,
}

/// How it went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Experience {
    /// How long each errand took that went well.
    pub(crate) took: Vec<Duration>,
    pub(crate) failures: usize,
    /// The first failures.
    pub(crate) told: Vec<String>,
}

/// A caller at work, on a thread of its own so that the attacker's work does not delay it.
#[derive(Debug)]
pub(crate) struct AtWork {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<io::Result<Experience>>,
}

impl AtWork {
    /// Waits for the errand that is under way.
    pub(crate) async fn stop(self) -> io::Result<Experience> {
        // An error means that it has stopped.
        let _ = self.stop.send(());
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await?;
        joined.map_err(|_| io::Error::other("the second caller panicked"))?
    }
}

impl SecondCaller {
    pub(crate) fn begin(self) -> AtWork {
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            Ok(runtime.block_on(self.work(stopped)))
        });
        AtWork { stop, thread }
    }

    async fn work(self, mut stopped: oneshot::Receiver<()>) -> Experience {
        let mut experience = Experience::default();
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for errand in self.errands.iter().copied().cycle() {
            tokio::select! {
                _ = &mut stopped => break,
                _ = ticks.tick() => {}
            }
            let begun = Instant::now();
            let done = match timeout(PATIENCE, self.run(errand)).await {
                Ok(Ok(())) => Ok(begun.elapsed()),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err(format!("no answer within {PATIENCE:?}")),
            };
            match done {
                Ok(took) => experience.took.push(took),
                Err(failure) => experience.failed(format!("{errand:?}: {failure}")),
            }
        }
        experience
    }

    async fn run(&self, errand: Errand) -> io::Result<()> {
        match errand {
            Errand::Call => {
                let add = Ask::tool("add", &json!({ "a": 2, "b": 40 }));
                self.ask(add, "42").await?;
            }
            Errand::Block => {
                let block = Ask::tool("block", &json!({ "milliseconds": 1 }));
                self.ask(block, "free").await?;
            }
            Errand::Task => {
                let nap = Ask::task("nap", &json!({ "seconds": 0 }));
                self.ask(nap, "taskId").await?;
            }
            Errand::Session => {
                let opened = self.ask(Ask::initialize(&json!({})), "Soak").await?;
                let session = opened.header("mcp-session-id").unwrap_or_default();
                let add = Ask::in_session(session, "add", &json!({ "a": 2, "b": 40 }));
                self.ask(add, "42").await?;
                self.ask(Ask::delete(session), "").await?;
            }
        }
        Ok(())
    }

    /// Sends `ask`, and expects a good answer that contains `expected`.
    async fn ask(&self, ask: Ask, expected: &str) -> io::Result<Answer> {
        let ask = ask.bearer(self.token.as_deref());
        let answer = wire::once(self.address, &ask).await?;
        let body = String::from_utf8_lossy(&answer.body);
        if (200..300).contains(&answer.status) && body.contains(expected) {
            return Ok(answer);
        }
        let start: String = body.chars().take(200).collect();
        Err(io::Error::other(format!("{} {start}", answer.status)))
    }
}

impl Experience {
    fn failed(&mut self, failure: String) {
        self.failures += 1;
        if self.told.len() < MOST_TOLD {
            self.told.push(failure);
        }
    }

    /// The time within which this part of the errands was done.
    pub(crate) fn within(&self, part: f64) -> Option<Duration> {
        let mut took = self.took.clone();
        took.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a part of a small number of errands"
        )]
        let index = (took.len() as f64 * part) as usize;
        took.get(index.min(took.len().saturating_sub(1))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_errand_in_a_hundred_is_within_the_whole_and_not_within_the_half() {
        let mut experience = Experience::default();
        assert_eq!(experience.within(0.99), None);
        experience.took = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(experience.within(0.5), Some(Duration::from_millis(51)));
        assert_eq!(experience.within(0.99), Some(Duration::from_millis(100)));
        assert_eq!(experience.within(1.0), Some(Duration::from_millis(100)));
    }
}
