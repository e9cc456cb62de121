//! `resources/subscribe` and `resources/unsubscribe` (up to 2025-11-25).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::decode;
use crate::meta::RequestMeta;
use crate::params::ParamsError;

/// The params of `resources/subscribe`: the resource to watch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SubscribeParams<'a> {
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
}

/// The params of `resources/unsubscribe`: the resource to stop watching.
pub type UnsubscribeParams<'a> = SubscribeParams<'a>;

impl<'a> SubscribeParams<'a> {
    /// Decodes the params of a `resources/subscribe` or `resources/unsubscribe` request.
    ///
    /// # Errors
    ///
    /// When there are no params or no URI, or a member appears twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}
