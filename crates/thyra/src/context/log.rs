//! Log messages for the client: only from the level on that it asked for.
//!
//! The level comes with the session in the handshake era (`logging/setLevel`), and with each
//! request in the sessionless one.

use serde::Serialize;
use serde_json::value::to_raw_value;
use thyra_protocol::{LoggingLevel, LoggingMessageParams, write_notification};

use super::Context;

use crate::throttled::throttled;

impl Context {
    /// Sends the client a log message (MCP `notifications/message`). `data` is text, or anything
    /// that serialises.
    ///
    /// Nothing is sent when the client did not ask for messages of this level. Keep credentials and
    /// other people's data out of it. Waits while the client is slow to read. For the server's own
    /// log use `tracing`.
    pub async fn log(&self, level: LoggingLevel, data: impl Serialize) {
        self.log_as(level, None, data).await;
    }

    /// Like [`Context::log`], with the name of the logger.
    pub async fn log_as(&self, level: LoggingLevel, logger: Option<&str>, data: impl Serialize) {
        if self.log_level().is_none_or(|least| level < least) {
            return;
        }
        let data = match to_raw_value(&data) {
            Ok(data) => data,
            Err(error) => {
                throttled!(warn, "a log message for the client cannot be written as JSON", about = "", %error);
                return;
            }
        };
        let params = LoggingMessageParams {
            level,
            logger: logger.map(str::to_owned),
            data,
            meta: None,
        };
        let mut bytes = Vec::with_capacity(128);
        if write_notification(&mut bytes, "notifications/message", &params).is_ok() {
            self.emit(bytes.into()).await;
        }
    }

    /// [`Context::log`] at level `debug`.
    pub async fn debug(&self, data: impl Serialize) {
        self.log(LoggingLevel::Debug, data).await;
    }

    /// [`Context::log`] at level `info`.
    pub async fn info(&self, data: impl Serialize) {
        self.log(LoggingLevel::Info, data).await;
    }

    /// [`Context::log`] at level `warning`.
    pub async fn warning(&self, data: impl Serialize) {
        self.log(LoggingLevel::Warning, data).await;
    }

    /// [`Context::log`] at level `error`.
    pub async fn error(&self, data: impl Serialize) {
        self.log(LoggingLevel::Error, data).await;
    }

    /// The lowest level that the client wants; `None` when it wants no messages.
    pub fn log_level(&self) -> Option<LoggingLevel> {
        match &self.0.known.session {
            Some(session) => session.log_level(),
            None => self.0.known.log_level,
        }
    }
}
