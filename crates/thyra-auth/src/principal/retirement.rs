//! Whether a key is still its issuer's, or a token still its caller's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether an issuer has withdrawn a key, or a token. Clones are of the same one, so whoever was
/// admitted with it can be asked again later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Retirement(Arc<AtomicBool>);

impl Retirement {
    /// The issuer no longer publishes the key, or no longer knows the token.
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
