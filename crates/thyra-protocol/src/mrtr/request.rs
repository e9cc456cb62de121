//! A question of a server to its client.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::elicitation::ElicitParams;
use crate::form::{Form, Members, Written, for_revision};
use crate::method;
use crate::params::EmptyParams;
use crate::revision::Revision;
use crate::sampling::CreateMessageParams;

/// A question of a server to its client: in the handshake era a JSON-RPC request, later part of an
/// [`InputRequiredResult`](crate::InputRequiredResult) or of a task.
///
/// It serialises as `method` and `params`, as an `InputRequest` of 2026-07-28 is written. For a
/// JSON-RPC request see [`InputRequest::method`] and [`InputRequest::params_for_revision`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum InputRequest {
    /// Input from the person.
    Elicitation(ElicitParams),
    /// The client's file system roots.
    Roots,
    /// A message from the client's model.
    Sampling(Box<CreateMessageParams>),
}

/// Requests, in the order of their keys. Each answer comes back under the same key.
pub type InputRequests = BTreeMap<String, InputRequest>;

impl InputRequest {
    /// Asks for input from the person.
    pub fn elicitation(params: ElicitParams) -> Self {
        InputRequest::Elicitation(params)
    }

    /// Asks for the client's file system roots.
    pub fn roots() -> Self {
        InputRequest::Roots
    }

    /// Asks the client's model.
    pub fn sampling(params: CreateMessageParams) -> Self {
        InputRequest::Sampling(Box::new(params))
    }

    /// Reads the params of a request with this method, as a server of the handshake era asks.
    ///
    /// # Errors
    ///
    /// When the method asks for no input, or the params are not its own.
    pub fn parse(method: &str, params: Option<&RawValue>) -> Result<Self, serde_json::Error> {
        fn decode<T: serde::de::DeserializeOwned>(
            params: Option<&RawValue>,
        ) -> Result<T, serde_json::Error> {
            let params = params.ok_or_else(|| serde_json::Error::missing_field("params"))?;
            serde_json::from_str(params.get())
        }

        match method {
            method::ELICITATION_CREATE => decode(params).map(InputRequest::Elicitation),
            method::ROOTS_LIST => Ok(InputRequest::Roots),
            method::SAMPLING_CREATE_MESSAGE => decode(params).map(InputRequest::Sampling),
            _ => Err(serde_json::Error::custom(
                "an input request is one of elicitation/create, roots/list, sampling/createMessage",
            )),
        }
    }

    /// The name of the method.
    pub fn method(&self) -> &'static str {
        match self {
            InputRequest::Elicitation(_) => method::ELICITATION_CREATE,
            InputRequest::Roots => method::ROOTS_LIST,
            InputRequest::Sampling(_) => method::SAMPLING_CREATE_MESSAGE,
        }
    }

    /// The params of the method, in the form of `revision`.
    pub fn params_for_revision(&self, revision: Revision) -> InputRequestParams<'_> {
        InputRequestParams {
            request: self,
            revision,
        }
    }
}

for_revision!(InputRequest);

impl Written for InputRequest {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("method", self.method())?;
        match self {
            // These params may be absent, and hold nothing.
            InputRequest::Roots => {}
            InputRequest::Elicitation(params) => members.put_written("params", Some(params))?,
            InputRequest::Sampling(params) => members.put_written("params", Some(&**params))?,
        }
        members.end()
    }
}

impl<'de> Deserialize<'de> for InputRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Which method the params belong to, we know only after reading all members.
        #[derive(Deserialize)]
        struct Request<'a> {
            #[serde(borrow)]
            method: Cow<'a, str>,
            #[serde(default)]
            params: Option<Box<RawValue>>,
        }

        let Request { method, params } = Request::deserialize(deserializer)?;
        InputRequest::parse(&method, params.as_deref()).map_err(D::Error::custom)
    }
}

/// The params of an [`InputRequest`], in the form of one revision.
#[derive(Clone, Copy, Debug)]
pub struct InputRequestParams<'a> {
    request: &'a InputRequest,
    revision: Revision,
}

impl Serialize for InputRequestParams<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.request {
            InputRequest::Elicitation(params) => {
                params.for_revision(self.revision).serialize(serializer)
            }
            InputRequest::Roots => EmptyParams {}.serialize(serializer),
            InputRequest::Sampling(params) => {
                params.for_revision(self.revision).serialize(serializer)
            }
        }
    }
}
