//! What a transport knows about a message beside its bytes.

use http::HeaderMap;
use serde_json::value::RawValue;
use thyra_protocol::{ErrorObject, Message, Revision};

use super::MethodCall;
use crate::component::tool::Tool;
use crate::conversation::Session;

/// What carried a message. It belongs to that one message.
pub(crate) trait Carrier: Send + Sync {
    /// The revision that a request speaks, in a session or alone.
    ///
    /// # Errors
    ///
    /// When it is unknown, or what carried the request contradicts it.
    fn revision(
        &self,
        call: &MethodCall<'_>,
        session: Option<&Session>,
    ) -> Result<Revision, ErrorObject>;

    /// Whether a message that asks for no answer is welcome.
    ///
    /// # Errors
    ///
    /// When what carried it contradicts it, or when this is no place for it.
    fn welcomes(
        &self,
        message: &Message<'_>,
        session: Option<&Session>,
    ) -> Result<(), ErrorObject> {
        let _ = (message, session);
        Ok(())
    }

    /// Whether what carried a call repeats its arguments as the tool demands (`x-mcp-header`). Only
    /// HTTP can.
    ///
    /// # Errors
    ///
    /// When it lacks one, or contradicts it.
    fn parameters(&self, tool: &Tool, arguments: Option<&RawValue>) -> Result<(), ErrorObject> {
        let _ = (tool, arguments);
        Ok(())
    }

    /// The headers that carried the message, for its handler. They are taken once, and only HTTP has
    /// any.
    fn take_headers(&mut self) -> Option<HeaderMap> {
        None
    }
}
