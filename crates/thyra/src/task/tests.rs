mod asking;
mod lifecycle;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use thyra_auth::{Clock, ManualClock, Principal};
use thyra_protocol::TaskStatus;
use tokio::sync::oneshot;

use super::*;

const TTL: Duration = Duration::from_mins(5);

const WORK: RunTool<'_> = RunTool {
    name: "work",
    version: None,
    guarded: false,
};

/// Tasks of a server that runs 40 at once, four of them for one caller, with a clock that the test
/// moves.
struct House {
    clock: ManualClock,
    tasks: Tasks,
}

impl House {
    fn new() -> Self {
        let clock = ManualClock::new(Duration::from_secs(1_800_000_001));
        let store = MemoryTasks::new().clock(Arc::new(clock.clone()));
        // Ada's share is a tenth.
        let tasks = Tasks::new(Arc::new(store), Arc::new(clock.clone()), 40);
        Self { clock, tasks }
    }

    /// Starts a task that belongs to Ada.
    async fn start<F>(&self, run: F) -> TaskRecord
    where
        F: FnOnce(TaskHandle) -> BoxFuture<'static, TaskOutcome> + Send + 'static,
    {
        let begun = self.tasks.start(ada(), None, WORK, TTL, run).await;
        begun.expect("a task")
    }

    async fn get(&self, id: &str) -> TaskRecord {
        self.tasks.get(&ada(), id).await.expect("Ada's task")
    }

    async fn answer(&self, id: &str, key: &str, answer: &str) {
        let answers = [(key.to_owned(), json(answer))];
        let taken = self.tasks.update(&ada(), id, answers).await;
        taken.expect("Ada's task");
    }

    /// The record of Ada's task, as soon as `wanted` accepts it.
    async fn once(&self, id: &str, wanted: impl Fn(&TaskRecord) -> bool) -> TaskRecord {
        loop {
            let record = self.get(id).await;
            if wanted(&record) {
                return record;
            }
            let seen = record.version;
            self.tasks.records.changed(&ada(), id, seen).await;
        }
    }

    async fn once_status(&self, id: &str, status: TaskStatus) -> TaskRecord {
        self.once(id, |record| record.status() == status).await
    }
}

fn ada() -> TaskOwner {
    owner("ada")
}

fn owner(subject: &str) -> TaskOwner {
    let principal = Principal::builder("https://issuer.example", subject).build();
    TaskOwner::of(Some(&principal.id()))
}

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("JSON")
}

/// A call that never ends, and a signal that it was dropped.
fn endless() -> (
    impl FnOnce(TaskHandle) -> BoxFuture<'static, TaskOutcome> + Send + 'static,
    oneshot::Receiver<()>,
) {
    let (alive, dropped) = oneshot::channel();
    let run = |_| -> BoxFuture<'static, TaskOutcome> {
        Box::pin(async move {
            let _alive: oneshot::Sender<()> = alive;
            std::future::pending().await
        })
    };
    (run, dropped)
}

/// The unanswered questions of a task.
fn questions(record: &TaskRecord) -> Vec<&str> {
    match &record.stage {
        TaskStage::Running(running) => running.outstanding.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}
