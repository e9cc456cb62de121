//! The result that asks.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::form::{ForRevision, Form, Members, Written, with_server_info};
use crate::mrtr::InputRequests;
use crate::result::ResultType;
use crate::revision::Revision;

/// What a server must know before it can answer `tools/call`, `prompts/get` or `resources/read`.
/// The client then sends the same request again, with the answers and the state.
///
/// It must hold requests or a state; otherwise the client has no reason to try again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InputRequiredResult {
    /// What the client must answer.
    #[serde(default)]
    pub input_requests: InputRequests,
    /// The state that the client must send back. The client can read and change it, so seal it.
    #[serde(default)]
    pub request_state: Option<String>,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl InputRequiredResult {
    /// A result with these requests and this state.
    pub fn new(input_requests: InputRequests, request_state: Option<String>) -> Self {
        InputRequiredResult {
            input_requests,
            request_state,
            meta: None,
        }
    }

    /// The result as written in 2026-07-28, the first revision that has it.
    pub fn for_revision(&self, revision: Revision) -> ForRevision<'_, Self> {
        ForRevision::new(self, revision.max(Revision::V2026_07_28))
    }
}

with_server_info!(() InputRequiredResult);

impl Serialize for InputRequiredResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.for_revision(Revision::LATEST).serialize(serializer)
    }
}

impl Written for InputRequiredResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("resultType", &ResultType::InputRequired)?;
        if !self.input_requests.is_empty() {
            members.put_entries("inputRequests", &self.input_requests)?;
        }
        members.put_some("requestState", self.request_state.as_ref())?;
        members.put_result_meta(self.meta.as_ref())?;
        members.end()
    }
}
