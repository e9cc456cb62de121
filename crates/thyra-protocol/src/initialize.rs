//! `initialize`, which opens a session in the handshake era (MCP `basic/lifecycle` up to
//! 2025-11-25).

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::capabilities::{ClientCapabilities, ServerCapabilities};
use crate::decode;
use crate::form::{ForRevision, Form, Members, Written};
use crate::implementation::Implementation;
use crate::params::ParamsError;
use crate::revision::Revision;

/// The params of `initialize`: what a client opens the session with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeParams {
    /// The revision that the client asks for; we may not know it. See [`Revision::negotiate`].
    pub protocol_version: String,
    /// What the client can do.
    pub capabilities: ClientCapabilities,
    /// Who the client says it is.
    pub client_info: Implementation,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl InitializeParams {
    /// Decodes the params of an `initialize` request.
    ///
    /// # Errors
    ///
    /// When there are none, or a member is missing or has the wrong type.
    pub fn parse(params: Option<&RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}

/// The params of `initialize`, borrowed from the request, with what the client says about itself
/// not decoded yet: a server may want to know how large that is before.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RawInitializeParams<'a> {
    /// The revision that the client asks for; see [`InitializeParams::protocol_version`].
    #[serde(borrow)]
    pub protocol_version: Cow<'a, str>,
    /// What the client can do: [`ClientCapabilities`].
    #[serde(borrow)]
    pub capabilities: &'a RawValue,
    /// Who the client says it is: an [`Implementation`].
    #[serde(borrow)]
    pub client_info: &'a RawValue,
}

impl<'a> RawInitializeParams<'a> {
    /// Decodes the params of an `initialize` request.
    ///
    /// # Errors
    ///
    /// When there are none, or a member is missing or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}

/// Written in the form of the revision that it asks for. If we do not know that one, all members
/// are written.
impl Serialize for InitializeParams {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.protocol_version.parse() {
            Ok(revision) => ForRevision::new(self, revision).serialize(serializer),
            Err(_) => self.write(Form::VERBATIM, serializer),
        }
    }
}

impl Written for InitializeParams {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("protocolVersion", &self.protocol_version)?;
        members.put_written("capabilities", Some(&self.capabilities))?;
        members.put_written("clientInfo", Some(&self.client_info))?;
        members.put_some("_meta", self.meta.as_ref())?;
        members.end()
    }
}

/// The result of `initialize`: what a server answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InitializeResult {
    /// The revision of the session from here on.
    pub protocol_version: Revision,
    /// What the server can do.
    pub capabilities: ServerCapabilities,
    /// Who the server says it is.
    pub server_info: Implementation,
    /// How to use the server, for the model.
    #[serde(default)]
    pub instructions: Option<String>,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl InitializeResult {
    /// A result without instructions.
    pub fn new(
        protocol_version: Revision,
        capabilities: ServerCapabilities,
        server_info: Implementation,
    ) -> Self {
        InitializeResult {
            protocol_version,
            capabilities,
            server_info,
            instructions: None,
            meta: None,
        }
    }
}

/// Written in the form of its own `protocol_version`.
impl Serialize for InitializeResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ForRevision::new(self, self.protocol_version).serialize(serializer)
    }
}

impl Written for InitializeResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("protocolVersion", &self.protocol_version)?;
        members.put_written("capabilities", Some(&self.capabilities))?;
        members.put_written("serverInfo", Some(&self.server_info))?;
        members.put_some("instructions", self.instructions.as_ref())?;
        members.put_some("_meta", self.meta.as_ref())?;
        members.end()
    }
}

#[cfg(test)]
mod tests;
