//! The pages to which servers have sent the user, until they say that the user is done there (MCP
//! 2025-11-25, `client/elicitation`, completion notifications).

use std::collections::VecDeque;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The visits that are underway, a bounded number. A clone has the same.
#[derive(Clone, Default)]
pub(crate) struct Visits(Arc<Inner>);

type Hear = Box<dyn Fn(&str) + Send + Sync>;

#[derive(Default)]
struct Inner {
    /// Hears of each that ends.
    hear: Option<Hear>,
    /// Their ids, oldest first.
    open: Mutex<VecDeque<String>>,
    ended: Notify,
}

impl Visits {
    /// The most that are underway. Beyond them, the oldest are forgotten.
    pub(crate) const MOST: usize = 256;

    /// The longest id that is kept, in bytes.
    const LONGEST_ID: usize = 1024;

    /// No visits; `hear` is told the id of each one that ends.
    pub(crate) fn heard_by(hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            hear: Some(Box::new(hear)),
            ..Inner::default()
        }))
    }

    /// The server sends the user to a page.
    pub(crate) fn begin(&self, id: &str) {
        if id.len() > Self::LONGEST_ID {
            return;
        }
        let mut open = self.open();
        if !open.iter().any(|known| known == id) {
            if open.len() == Self::MOST {
                open.pop_front();
            }
            open.push_back(id.to_owned());
        }
    }

    /// The user does not go there.
    pub(crate) fn forget(&self, id: &str) {
        self.open().retain(|known| known != id);
    }

    /// The server says that the user is done there. It may only speak of visits that are underway.
    pub(crate) fn end(&self, id: &str) {
        let is_known = {
            let mut open = self.open();
            let before = open.len();
            open.retain(|known| known != id);
            open.len() < before
        };
        if is_known {
            self.0.ended.notify_waiters();
            if let Some(hear) = &self.0.hear {
                hear(id);
            }
        }
    }

    /// Waits until none of these is underway.
    pub(crate) async fn ended(&self, ids: &[&str]) {
        loop {
            let mut ended = pin!(self.0.ended.notified());
            // From here on no end is missed.
            ended.as_mut().enable();
            if !self.open().iter().any(|open| ids.contains(&open.as_str())) {
                return;
            }
            ended.await;
        }
    }

    fn open(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Visits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visits")
            .field("open", &self.open())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
