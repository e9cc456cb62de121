//! Whether a key is still its issuer's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether an issuer has withdrawn a key. Clones are of the same key, so whoever was admitted with
/// it can be asked again later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Retirement(Arc<AtomicBool>);

impl Retirement {
    /// The issuer no longer publishes the key.
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
