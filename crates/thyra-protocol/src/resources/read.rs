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

/// Which resource is read; borrowed from the request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadResourceParams<'a> {
    /// What the request says about itself.
    #[serde(
        rename = "_meta",
        borrow,
        default,
        skip_serializing_if = "RequestMeta::is_empty"
    )]
    pub meta: RequestMeta<'a>,
    /// Where the resource is. Not checked here: it may be anything.
    #[serde(borrow)]
    pub uri: Cow<'a, str>,
    /// The answers to what the server asked last time (from 2026-07-28): a JSON object, to be
    /// read with [`InputResponses::parse`](crate::InputResponses::parse).
    #[serde(
        borrow,
        default,
        deserialize_with = "crate::present::object",
        skip_serializing_if = "Option::is_none"
    )]
    pub input_responses: Option<&'a RawValue>,
    /// What the server wanted to be reminded of (from 2026-07-28). It was in the client's hands.
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
    /// When there are no params or no URI, a member comes twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}

/// What a resource holds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReadResourceResult {
    /// What kind of result it is; `for_revision` writes `complete` when it is `None`.
    #[serde(default)]
    pub result_type: Option<ResultType>,
    /// The contents. A resource that does not exist is an error instead, see
    /// [`ErrorObject::resource_not_found`](crate::ErrorObject::resource_not_found).
    pub contents: Vec<ResourceContents>,
    /// For how long they stay fresh, in milliseconds; `for_revision` writes 0 (not at all) when
    /// it is `None` (from 2026-07-28).
    #[serde(default)]
    pub ttl_ms: Option<u64>,
    /// Who may share them; `for_revision` writes `private` when it is `None` (from 2026-07-28).
    #[serde(default)]
    pub cache_scope: Option<CacheScope>,
    /// Anything more.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl ReadResourceResult {
    /// These contents, not to be cached.
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
