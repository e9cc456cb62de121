//! Log messages of servers.

use std::fmt;
use std::sync::Arc;

use thyra_protocol::{LoggingLevel, LoggingMessageParams};

/// Hears what servers log.
#[derive(Clone)]
pub(crate) struct Log {
    level: LoggingLevel,
    hear: Arc<dyn Fn(LoggingMessageParams) + Send + Sync>,
}

impl Log {
    pub(crate) fn new(
        level: LoggingLevel,
        hear: impl Fn(LoggingMessageParams) + Send + Sync + 'static,
    ) -> Self {
        Self {
            level,
            hear: Arc::new(hear),
        }
    }

    /// The lowest level that is wanted.
    pub(crate) fn level(&self) -> LoggingLevel {
        self.level
    }

    /// Passes on a message, unless its level is too low.
    pub(crate) fn hear(&self, message: LoggingMessageParams) {
        if message.level >= self.level {
            (self.hear)(message);
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}
