//! `tasks/get`, `tasks/update` and `tasks/cancel`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::decode;
use crate::meta::RequestMeta;
use crate::params::ParamsError;

/// The params of `tasks/get`: the task to ask about.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetTaskParams<'a> {
    /// The request's `_meta`.
    #[serde(
        rename = "_meta",
        borrow,
        default,
        skip_serializing_if = "RequestMeta::is_empty"
    )]
    pub meta: RequestMeta<'a>,
    /// The id of the task.
    #[serde(borrow)]
    pub task_id: Cow<'a, str>,
}

/// The params of `tasks/cancel`: the task to stop.
pub type CancelTaskParams<'a> = GetTaskParams<'a>;

/// The params of `tasks/update`: the task that gets input.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateTaskParams<'a> {
    /// The request's `_meta`.
    #[serde(
        rename = "_meta",
        borrow,
        default,
        skip_serializing_if = "RequestMeta::is_empty"
    )]
    pub meta: RequestMeta<'a>,
    /// The id of the task.
    #[serde(borrow)]
    pub task_id: Cow<'a, str>,
    /// The input: a JSON object, to be read with
    /// [`InputResponses::parse`](crate::InputResponses::parse).
    #[serde(borrow, deserialize_with = "crate::present::required_object")]
    pub input_responses: &'a RawValue,
}

impl<'a> GetTaskParams<'a> {
    /// Decodes the params of a `tasks/get` or `tasks/cancel` request.
    ///
    /// # Errors
    ///
    /// When there are no params or no task id, or a member appears twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}

impl<'a> UpdateTaskParams<'a> {
    /// Decodes the params of a `tasks/update` request.
    ///
    /// # Errors
    ///
    /// When there are no params, or a member is missing, appears twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}
