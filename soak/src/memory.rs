//! What a process keeps in memory while something goes on.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use bench::usage::resident_kib;
use tokio::time::{Instant, interval, sleep};

const SAMPLE: Duration = Duration::from_millis(50);
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Does `work`, and returns with its value the most that the process `id` held meanwhile, in KiB.
pub(crate) async fn peak<T>(id: u32, work: impl Future<Output = T>) -> io::Result<(T, u64)> {
    let mut work = pin!(work);
    let mut most = resident_kib(id)?;
    let mut samples = interval(SAMPLE);
    loop {
        tokio::select! {
            value = &mut work => return Ok((value, most)),
            _ = samples.tick() => most = most.max(resident_kib(id)?),
        }
    }
}

/// Waits until the process `id` holds at most `bound` KiB, but no longer than `patience`. Returns
/// what it holds then.
pub(crate) async fn falls_to(id: u32, bound: u64, patience: Duration) -> io::Result<u64> {
    let end = Instant::now() + patience;
    loop {
        let held = resident_kib(id)?;
        if held <= bound || Instant::now() >= end {
            return Ok(held);
        }
        sleep(LOOK_AGAIN).await;
    }
}
