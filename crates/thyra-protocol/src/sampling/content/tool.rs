//! Tools in messages to and from a model.

use serde::{Deserialize, Serializer};
use serde_json::{Map, Value};

use crate::content::Content;
use crate::form::{Form, Members, Written};
use crate::revision::Revision;

/// A request by the model to call a tool.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ToolUseContent {
    /// The id that ties the tool's answer to this request.
    pub id: String,
    /// The name of the tool.
    pub name: String,
    /// The arguments.
    pub input: Map<String, Value>,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

/// What a tool answered the model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResultContent {
    /// The id of the model's request to call it.
    pub tool_use_id: String,
    /// The answer for the model.
    pub content: Vec<Content>,
    /// The answer for programs. Before 2026-07-28 it is written only when it is an object.
    #[serde(default, deserialize_with = "crate::present::value")]
    pub structured_content: Option<Value>,
    /// Whether the tool failed. Written only when true: absent means false.
    #[serde(default)]
    pub is_error: bool,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl Written for ToolUseContent {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("type", "tool_use")?;
        members.put("id", &self.id)?;
        members.put("name", &self.name)?;
        members.put("input", &self.input)?;
        members.put_some("_meta", self.meta.as_ref())?;
        members.end()
    }
}

impl Written for ToolResultContent {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let any = form.writes(Revision::has_any_structured_output);
        let structured_content = self
            .structured_content
            .as_ref()
            .filter(|value| any || value.is_object());
        let mut members = Members::begin(form, serializer)?;
        members.put("type", "tool_result")?;
        members.put("toolUseId", &self.tool_use_id)?;
        members.put_each("content", self.content.iter())?;
        members.put_some("structuredContent", structured_content)?;
        members.put_some("isError", self.is_error.then_some(&true))?;
        members.put_some("_meta", self.meta.as_ref())?;
        members.end()
    }
}
