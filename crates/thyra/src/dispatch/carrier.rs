//! What a transport knows about a message besides its bytes.

use std::net::SocketAddr;

use http::HeaderMap;
use http::uri::PathAndQuery;
use serde_json::value::RawValue;
use thyra_protocol::{ErrorObject, Message, Revision};

use super::MethodCall;
use crate::component::tool::Tool;
use crate::conversation::Session;

/// What carried one message, such as the headers of an HTTP request.
pub(crate) trait Carrier: Send + Sync {
    /// The protocol revision of a request, in a session or alone.
    ///
    /// # Errors
    ///
    /// When the revision is unknown, or the carrier contradicts it.
    fn revision(
        &self,
        call: &MethodCall<'_>,
        session: Option<&Session>,
    ) -> Result<Revision, ErrorObject>;

    /// Checks whether a message that expects no answer may be sent here.
    ///
    /// # Errors
    ///
    /// When the carrier contradicts the message, or the message does not belong here.
    fn welcomes(
        &self,
        message: &Message<'_>,
        session: Option<&Session>,
    ) -> Result<(), ErrorObject> {
        let _ = (message, session);
        Ok(())
    }

    /// Checks that the carrier repeats the arguments of a call as the tool demands
    /// (`x-mcp-header`). Only HTTP can.
    ///
    /// # Errors
    ///
    /// When the carrier lacks an argument, or contradicts it.
    fn parameters(&self, tool: &Tool, arguments: Option<&RawValue>) -> Result<(), ErrorObject> {
        let _ = (tool, arguments);
        Ok(())
    }

    /// Takes the headers that carried the message, for its handler. Only HTTP has any, and they can
    /// be taken only once.
    fn take_headers(&mut self) -> Option<HeaderMap> {
        None
    }

    /// Where the message comes from, as far as the transport knows.
    fn peer_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// Takes the path and the query that the message was sent to. They can be taken only once.
    fn take_target(&mut self) -> Option<PathAndQuery> {
        None
    }
}
