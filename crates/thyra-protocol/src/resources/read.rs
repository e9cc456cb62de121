//! `resources/read`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::cache_scope::CacheScope;
use crate::content::ResourceContents;
use crate::decode;
use crate::form::{Form, Members, Written, for_revision, with_server_info};
use crate::meta::RequestMeta;
use crate::params::ParamsError;
use crate::result::{ResultType, written_type};

/// The params of `resources/read`: the resource to read. Borrowed from the request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadResourceParams<'a> {
    /// The request's `_meta`.
    #[serde(
        rename = "_meta",
        borrow,
        default,
        skip_serializing_if = "RequestMeta::is_empty"
    )]
    pub meta: RequestMeta<'a>,
    /// The URI of the resource. It is not checked here: it may be anything.
    #[serde(borrow)]
    pub uri: Cow<'a, str>,
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

impl<'a> ReadResourceParams<'a> {
    /// Decodes the params of a `resources/read` request.
    ///
    /// # Errors
    ///
    /// When there are no params or no URI, or a member appears twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}

/// What a resource holds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReadResourceResult {
    /// The kind of result; `for_revision` writes `complete` for `None`.
    #[serde(default)]
    pub result_type: Option<ResultType>,
    /// The contents. If the resource does not exist, answer with an error instead, see
    /// [`ErrorObject::resource_not_found`](crate::ErrorObject::resource_not_found).
    pub contents: Vec<ResourceContents>,
    /// How long clients may cache them, in milliseconds; `for_revision` writes 0 (do not cache) for
    /// `None` (from 2026-07-28).
    #[serde(default, deserialize_with = "crate::cache_scope::ttl")]
    pub ttl_ms: Option<u64>,
    /// Who may share them; `for_revision` writes `private` for `None` (from 2026-07-28).
    #[serde(default, deserialize_with = "crate::cache_scope::scope")]
    pub cache_scope: Option<CacheScope>,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl ReadResourceResult {
    /// A result with these contents, not to be cached.
    pub fn new(contents: Vec<ResourceContents>) -> Self {
        ReadResourceResult {
            contents,
            ..ReadResourceResult::default()
        }
    }
}

for_revision!(ReadResourceResult);
with_server_info!(() ReadResourceResult);

impl Written for ReadResourceResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put_some("resultType", written_type(self.result_type, form).as_ref())?;
        members.put_each("contents", self.contents.iter())?;
        members.put_cache_hints(self.ttl_ms, self.cache_scope)?;
        members.put_result_meta(self.meta.as_ref())?;
        members.end()
    }
}
