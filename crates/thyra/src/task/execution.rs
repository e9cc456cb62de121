//! Runs one task, from its start until its record says how it ended.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thyra_protocol::ErrorObject;

use super::TaskOutcome;
use super::handle::TaskHandle;
use super::record::TaskStage;

use crate::throttled::throttled;

/// Runs the call until it ends, is cancelled, or its time is over.
pub(super) async fn carry_out<F>(handle: TaskHandle, ttl: Duration, run: F)
where
    F: FnOnce(TaskHandle) -> BoxFuture<'static, TaskOutcome> + Send,
{
    let within = handle.clone();
    // Whatever a panic leaves half done belongs to the call alone, and is dropped with it.
    let call = AssertUnwindSafe(async move { run(within).await }).catch_unwind();
    let ended = async {
        tokio::select! {
            ended = call => Some(ended),
            () = handle.stopped() => None,
        }
    };
    match tokio::time::timeout(ttl, ended).await {
        Ok(Some(ended)) => handle.end(stage(ended)).await,
        Ok(None) => {}
        Err(_) => handle.forget().await,
    }
}

fn stage(ended: Result<TaskOutcome, Box<dyn Any + Send>>) -> TaskStage {
    match ended {
        Ok(Ok(result)) => TaskStage::Completed(result),
        Ok(Err(error)) => TaskStage::Failed(error),
        Err(_) => {
            throttled!(error, "a tool panicked while it ran as a task", about = "");
            TaskStage::Failed(ErrorObject::internal("Internal error"))
        }
    }
}
