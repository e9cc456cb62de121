//! Callers who are refused although their token is good.

use std::fmt;
use std::sync::Arc;

use crate::principal::Principal;

/// Asks about a caller; `true` refuses them.
#[derive(Clone)]
pub(crate) struct Denial(Arc<dyn Fn(&Principal) -> bool + Send + Sync>);

impl Denial {
    pub(crate) fn new(hook: impl Fn(&Principal) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(hook))
    }

    pub(crate) fn denies(&self, principal: &Principal) -> bool {
        (self.0)(principal)
    }
}

impl fmt::Debug for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Denial")
    }
}
