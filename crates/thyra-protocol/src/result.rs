//! Members that all results have (MCP `basic`, responses).

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::form::{Form, Members, Written, for_revision, with_server_info};
use crate::revision::Revision;

/// The kind of a result (from 2026-07-28). Absent means [`ResultType::Complete`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResultType {
    /// The request is complete.
    #[default]
    Complete,
    /// The client must provide something and ask again.
    InputRequired,
    /// The request goes on as a task (Tasks extension).
    Task,
}

/// A result that only says that the request is done, such as the answer to `ping`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EmptyResult {
    /// The kind of result; `for_revision` writes `complete` for `None`.
    #[serde(default)]
    pub result_type: Option<ResultType>,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

for_revision!(EmptyResult);
with_server_info!(() EmptyResult);

impl Written for EmptyResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put_some("resultType", written_type(self.result_type, form).as_ref())?;
        members.put_result_meta(self.meta.as_ref())?;
        members.end()
    }
}

/// The `resultType` to write: the result's own, or `complete` if the revision requires one.
pub(crate) fn written_type(held: Option<ResultType>, form: Form<'_>) -> Option<ResultType> {
    if form.requires(Revision::has_result_type) {
        Some(held.unwrap_or_default())
    } else {
        held.filter(|_| form.writes(Revision::has_result_type))
    }
}
