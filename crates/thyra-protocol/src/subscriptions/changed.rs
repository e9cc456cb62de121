//! `notifications/tools/list_changed` and its like for prompts and resources.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::jsonrpc::RequestId;
use crate::meta::of_subscription;

/// A list has changed; which one, the method says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListChangedParams {
    /// Anything more; from 2026-07-28 the subscription that it belongs to.
    #[serde(rename = "_meta", default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl ListChangedParams {
    /// The list has changed. `subscription` is the id of the `subscriptions/listen` request that
    /// hears of it; none in the handshake era.
    pub fn new(subscription: Option<&RequestId>) -> Self {
        ListChangedParams {
            meta: subscription.map(of_subscription),
        }
    }
}
