//! Log messages of servers.

use std::fmt;
use std::sync::Arc;

use thyra_oauth::printable;
use thyra_protocol::{LoggingLevel, LoggingMessageParams};

/// How much of a text the program's own log shows, in bytes.
const LOGGED: usize = 4096;

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

/// Puts a message into the log of this program.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is a function that hears messages"
)]
pub(crate) fn trace(message: LoggingMessageParams) {
    macro_rules! event {
        ($level:ident, $message:expr) => {
            tracing::event!(
                target: "thyra_client::server",
                tracing::Level::$level,
                level = $message.level.as_str(),
                logger = $message.logger.as_deref().map(shown),
                data = shown($message.data.get()),
                "a server logs"
            )
        };
    }

    match message.level {
        LoggingLevel::Debug => event!(DEBUG, message),
        LoggingLevel::Info | LoggingLevel::Notice => event!(INFO, message),
        LoggingLevel::Warning => event!(WARN, message),
        _ => event!(ERROR, message),
    }
}

fn shown(text: &str) -> String {
    let cut = text.floor_char_boundary(LOGGED);
    printable(text.get(..cut).unwrap_or_default())
}

#[cfg(test)]
mod tests;
