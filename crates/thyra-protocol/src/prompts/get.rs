//! `prompts/get`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::annotations::Role;
use crate::content::Content;
use crate::decode;
use crate::form::{Form, Members, Written, for_revision, with_server_info};
use crate::meta::RequestMeta;
use crate::params::ParamsError;
use crate::result::{ResultType, written_type};

/// The params of `prompts/get`: a prompt and its arguments. Borrowed from the request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPromptParams<'a> {
    /// The request's `_meta`.
    #[serde(
        rename = "_meta",
        borrow,
        default,
        skip_serializing_if = "RequestMeta::is_empty"
    )]
    pub meta: RequestMeta<'a>,
    /// The name of the prompt.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its arguments: a JSON object, not decoded yet. Its values should be strings; the caller
    /// checks that.
    #[serde(
        borrow,
        default,
        deserialize_with = "crate::present::object",
        skip_serializing_if = "Option::is_none"
    )]
    pub arguments: Option<&'a RawValue>,
    /// The answers to the server's questions in the previous result (from 2026-07-28): a JSON
    /// object, to be read with [`InputResponses::parse`](crate::InputResponses::parse).
    #[serde(
        borrow,
        default,
        deserialize_with = "crate::present::object",
        skip_serializing_if = "Option::is_none"
    )]
    pub input_responses: Option<&'a RawValue>,
    /// The state that the server sent along with its questions (from 2026-07-28). The client may
    /// have changed it.
    #[serde(
        borrow,
        default,
        deserialize_with = "crate::present::text",
        skip_serializing_if = "Option::is_none"
    )]
    pub request_state: Option<Cow<'a, str>>,
}

impl<'a> GetPromptParams<'a> {
    /// Decodes the params of a `prompts/get` request.
    ///
    /// # Errors
    ///
    /// When there are no params or no name, or a member appears twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}

/// A prompt, filled in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GetPromptResult {
    /// The kind of result; `for_revision` writes `complete` for `None`.
    #[serde(default)]
    pub result_type: Option<ResultType>,
    /// A description.
    #[serde(default)]
    pub description: Option<String>,
    /// The messages, in order.
    pub messages: Vec<PromptMessage>,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PromptMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Content,
}

impl GetPromptResult {
    /// A result with these messages.
    pub fn new(messages: Vec<PromptMessage>) -> Self {
        GetPromptResult {
            messages,
            ..GetPromptResult::default()
        }
    }
}

impl PromptMessage {
    /// A message from the person.
    pub fn user(content: impl Into<Content>) -> Self {
        PromptMessage {
            role: Role::User,
            content: content.into(),
        }
    }

    /// A message from the model.
    pub fn assistant(content: impl Into<Content>) -> Self {
        PromptMessage {
            role: Role::Assistant,
            content: content.into(),
        }
    }
}

for_revision!(GetPromptResult, PromptMessage);
with_server_info!(() GetPromptResult);

impl Written for GetPromptResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put_some("resultType", written_type(self.result_type, form).as_ref())?;
        members.put_some("description", self.description.as_ref())?;
        members.put_each("messages", self.messages.iter())?;
        members.put_result_meta(self.meta.as_ref())?;
        members.end()
    }
}

impl Written for PromptMessage {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("role", &self.role)?;
        members.put_written("content", Some(&self.content))?;
        members.end()
    }
}
