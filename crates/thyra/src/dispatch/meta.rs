//! What a request's `_meta` asks of the server itself.

use thyra_protocol::{Era, ErrorObject, LoggingLevel, Revision};
use tracing::Span;

use super::method_call::{Asked, MethodCall};
use super::{Request, short};
use crate::conversation::{Abilities, check_size};

impl Request<'_> {
    /// Checks that a request of the sessionless era declares its client, and not at any length.
    pub(super) fn check_client(&self) -> Result<(), ErrorObject> {
        match self.meta.client_capabilities {
            Some(capabilities) => check_size(capabilities).map_err(ErrorObject::invalid_meta),
            None if self.revision.era() == Era::Sessionless => Err(ErrorObject::invalid_meta(
                "_meta lacks io.modelcontextprotocol/clientCapabilities; an empty object will do",
            )),
            None => Ok(()),
        }
    }

    /// Checks that the log level in `_meta` is a valid level (MCP 2026-07-28, "Logging").
    pub(super) fn check_log_level(&self, asked: &Asked<'_>) -> Result<(), ErrorObject> {
        let matters =
            self.revision.era() == Era::Sessionless && !matches!(asked, Asked::Unknown { .. });
        match &self.meta.log_level {
            Some(level) if matters && level.parse::<LoggingLevel>().is_err() => {
                Err(ErrorObject::invalid_params(
                    "the log level in _meta is none of debug, info, notice, warning, error, critical, alert and emergency",
                ))
            }
            _ => Ok(()),
        }
    }

    /// The version of a component that the client asks for in `_meta`.
    pub(super) fn wanted_version(&self) -> Result<Option<String>, ErrorObject> {
        /// The form that FastMCP's clients use.
        #[derive(serde::Deserialize)]
        struct FastMcp {
            version: Option<String>,
        }

        let not_a_text = |_| ErrorObject::invalid_params("the version in _meta must be a string");
        if let Some(version) = self.meta.get("thyra/version") {
            return serde_json::from_str(version.get())
                .map(Some)
                .map_err(not_a_text);
        }
        let Some(fastmcp) = self.meta.get("fastmcp") else {
            return Ok(None);
        };
        serde_json::from_str::<FastMcp>(fastmcp.get())
            .map(|wanted| wanted.version)
            .map_err(not_a_text)
    }

    /// Which capabilities the client has, for dispatch's own decisions.
    pub(super) fn abilities(&self) -> Abilities {
        match (self.caller.session(), self.meta.client_capabilities) {
            (Some(session), _) => session.client().abilities(),
            (None, Some(declared)) => serde_json::from_str(declared.get()).map_or_else(
                |_| Abilities::default(),
                |declared| Abilities::of(&declared),
            ),
            (None, None) => Abilities::default(),
        }
    }
}

/// The tracing span of a request. Its fields have the names that OpenTelemetry gives to those of
/// MCP.
pub(super) fn span(call: &MethodCall<'_>, revision: Revision) -> Span {
    tracing::info_span!(
        "mcp",
        mcp.method.name = short(call.method()),
        mcp.protocol.version = revision.as_str(),
        // What is called or read, by the name that the client used.
        mcp.target = call.name().map(short),
        traceparent = call.meta().traceparent.as_deref().map(short),
    )
}
