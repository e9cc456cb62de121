//! `notifications/progress` (MCP `basic/patterns/progress`).

use serde::{Deserialize, Serializer};
use serde_json::{Map, Number, Value};

use crate::form::{Form, Members, Written, for_revision};
use crate::revision::Revision;
use crate::string_or_integer::string_or_integer;

string_or_integer! {
    /// What ties progress reports to the request that asked for them.
    ProgressToken, "a progress token"
}

/// How far a request has come.
///
/// The numbers are kept as JSON numbers, so 50 is not written as 50.0, and they cannot be infinite.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressParams {
    /// The token that the request gave.
    pub progress_token: ProgressToken,
    /// The progress so far; it must grow from one report to the next.
    pub progress: Number,
    /// The progress at the end, when known.
    #[serde(default)]
    pub total: Option<Number>,
    /// What is going on, for people (from 2025-03-26).
    #[serde(default)]
    pub message: Option<String>,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl ProgressParams {
    /// A report without total and message.
    pub fn new(progress_token: ProgressToken, progress: impl Into<Number>) -> Self {
        ProgressParams {
            progress_token,
            progress: progress.into(),
            total: None,
            message: None,
            meta: None,
        }
    }
}

for_revision!(ProgressParams);

impl Written for ProgressParams {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("progressToken", &self.progress_token)?;
        members.put("progress", &self.progress)?;
        members.put_some("total", self.total.as_ref())?;
        members.put_since(
            Revision::has_progress_messages,
            "message",
            self.message.as_ref(),
        )?;
        members.put_some("_meta", self.meta.as_ref())?;
        members.end()
    }
}
