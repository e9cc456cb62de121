//! `notifications/tools/list_changed` and its like for prompts and resources.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::jsonrpc::RequestId;
use crate::meta::of_subscription;

/// The params of a notification that a list has changed; the method says which list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListChangedParams {
    /// Metadata; from 2026-07-28 it names the subscription that this belongs to.
    #[serde(rename = "_meta", default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl ListChangedParams {
    /// The list has changed. `subscription` is the id of the `subscriptions/listen` request that
    /// this belongs to; `None` in the handshake era.
    pub fn new(subscription: Option<&RequestId>) -> Self {
        ListChangedParams {
            meta: subscription.map(of_subscription),
        }
    }
}
