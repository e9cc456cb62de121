//! Ctrl-C.

use crate::failure::Failure;

/// Does `work` unless the person who runs the program interrupts it, which drops it.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        outcome = work => outcome,
        interrupted = interrupted() => Err(interrupted),
    }
}

/// Ready when the person interrupts the program.
pub(crate) async fn interrupted() -> Failure {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Failure::Interrupted,
        Err(error) => Failure::Machine(format!("cannot wait for Ctrl-C: {error}")),
    }
}
