//! `tasks/get`, `tasks/update` and `tasks/cancel`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::decode;
use crate::meta::RequestMeta;
use crate::params::ParamsError;

/// Which task is asked about.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetTaskParams<'a> {
    /// What the request says about itself.
    #[serde(
        rename = "_meta",
        borrow,
        default,
        skip_serializing_if = "RequestMeta::is_empty"
    )]
    pub meta: RequestMeta<'a>,
    /// The task.
    #[serde(borrow)]
    pub task_id: Cow<'a, str>,
}

/// Which task should stop.
pub type CancelTaskParams<'a> = GetTaskParams<'a>;

/// Which task gets input.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateTaskParams<'a> {
    /// What the request says about itself.
    #[serde(
        rename = "_meta",
        borrow,
        default,
        skip_serializing_if = "RequestMeta::is_empty"
    )]
    pub meta: RequestMeta<'a>,
    /// The task.
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
    /// When there are no params or no task id, a member comes twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}

impl<'a> UpdateTaskParams<'a> {
    /// Decodes the params of a `tasks/update` request.
    ///
    /// # Errors
    ///
    /// When there are no params, a member is missing, comes twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}
