//! `tools/call`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::content::Content;
use crate::decode;
use crate::form::{Form, Members, Written, for_revision, with_server_info};
use crate::meta::{RequestMeta, object, set, text};
use crate::params::ParamsError;
use crate::result::{ResultType, written_type};
use crate::revision::Revision;
use crate::text::Text;

/// The params of `tools/call`: a tool and its arguments. Borrowed from the request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallToolParams<'a> {
    /// The request's `_meta`.
    #[serde(rename = "_meta", skip_serializing_if = "RequestMeta::is_empty")]
    pub meta: RequestMeta<'a>,
    /// The name of the tool.
    pub name: Cow<'a, str>,
    /// Its arguments: a JSON object, not decoded yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<&'a RawValue>,
    /// The answers to the server's questions in the previous result (from 2026-07-28): a JSON
    /// object, to be read with [`InputResponses::parse`](crate::InputResponses::parse).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_responses: Option<&'a RawValue>,
    /// The state that the server sent along with its questions (from 2026-07-28). The client may
    /// have changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_state: Option<Cow<'a, str>>,
}

impl<'a> CallToolParams<'a> {
    /// Decodes the params of a `tools/call` request in one pass. Members that are not listed here
    /// are skipped.
    ///
    /// # Errors
    ///
    /// When there are no params or no name, or a member appears twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for CallToolParams<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ParamsVisitor;

        impl<'de> Visitor<'de> for ParamsVisitor {
            type Value = CallToolParams<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the params of tools/call: an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut name = None;
                let mut arguments = None;
                let mut input_responses = None;
                let mut request_state = None;
                let mut meta = None;
                while let Some(Text(key)) = map.next_key()? {
                    match &*key {
                        "name" => set(&mut name, "name", text(&mut map)?)?,
                        "arguments" => {
                            set(&mut arguments, "arguments", object(&mut map, "arguments")?)?;
                        }
                        "inputResponses" => {
                            let raw = object(&mut map, "inputResponses")?;
                            set(&mut input_responses, "inputResponses", raw)?;
                        }
                        "requestState" => {
                            set(&mut request_state, "requestState", text(&mut map)?)?;
                        }
                        "_meta" => set(&mut meta, "_meta", map.next_value()?)?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(CallToolParams {
                    meta: meta.unwrap_or_default(),
                    name: name.ok_or_else(|| de::Error::missing_field("name"))?,
                    arguments,
                    input_responses,
                    request_state,
                })
            }
        }

        deserializer.deserialize_map(ParamsVisitor)
    }
}

/// The result of `tools/call`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CallToolResult {
    /// The kind of result; `for_revision` writes `complete` for `None`.
    #[serde(default)]
    pub result_type: Option<ResultType>,
    /// The answer for the model.
    pub content: Vec<Content>,
    /// The answer for programs (from 2025-06-18). Before 2026-07-28 it is written only when it is
    /// an object; `content` should say the same as text.
    #[serde(default, deserialize_with = "crate::present::raw")]
    pub structured_content: Option<Box<RawValue>>,
    /// Whether the tool failed; `content` then says how, so that the model can do better. It is
    /// written only when true: absent means false.
    #[serde(default)]
    pub is_error: bool,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl CallToolResult {
    /// An answer with these blocks.
    pub fn new(content: Vec<Content>) -> Self {
        CallToolResult {
            content,
            ..CallToolResult::default()
        }
    }

    /// An answer with one text block.
    pub fn text(text: impl Into<String>) -> Self {
        CallToolResult::new(vec![Content::text(text)])
    }

    /// A failure for the model to read.
    pub fn error(text: impl Into<String>) -> Self {
        CallToolResult {
            is_error: true,
            ..CallToolResult::text(text)
        }
    }

    /// An answer for programs, with the same JSON as a text block for the model.
    pub fn structured(value: Box<RawValue>) -> Self {
        CallToolResult {
            structured_content: Some(value.clone()),
            ..CallToolResult::text(Box::<str>::from(value))
        }
    }
}

for_revision!(CallToolResult);
with_server_info!(() CallToolResult);

impl Written for CallToolResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let any_output = form.writes(Revision::has_any_structured_output);
        let structured_content = self
            .structured_content
            .as_deref()
            .filter(|value| any_output || value.get().starts_with('{'));

        let mut members = Members::begin(form, serializer)?;
        members.put_some("resultType", written_type(self.result_type, form).as_ref())?;
        members.put_each("content", self.content.iter())?;
        members.put_since(
            Revision::has_structured_output,
            "structuredContent",
            structured_content,
        )?;
        members.put_some("isError", self.is_error.then_some(&true))?;
        members.put_result_meta(self.meta.as_ref())?;
        members.end()
    }
}
