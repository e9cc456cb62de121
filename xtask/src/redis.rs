//! The Redis of the tests of `thyra-store` and of what stands on it, those in `tests/interop` as
//! well.

use crate::machine;
use crate::steps::{Outcome, Steps};

/// Makes sure that there is a `redis-server`. The tests start their own.
pub(crate) fn install(steps: &mut Steps) -> Outcome {
    if machine::runs("redis-server") {
        return Ok(());
    }
    machine::apt_install(steps, "redis-server", &["redis-server"])
}
