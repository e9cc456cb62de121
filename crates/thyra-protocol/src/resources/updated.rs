//! `notifications/resources/updated`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::jsonrpc::RequestId;
use crate::meta::of_subscription;

/// The params of `notifications/resources/updated`: which resource has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceUpdatedParams {
    /// Its URI; it may be below the one that the client subscribed to.
    pub uri: String,
    /// Metadata; from 2026-07-28 it names the subscription that this belongs to.
    #[serde(rename = "_meta", default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl ResourceUpdatedParams {
    /// The resource at `uri` has changed. `subscription` is the id of the `subscriptions/listen`
    /// request that this belongs to; `None` in the handshake era.
    pub fn new(uri: impl Into<String>, subscription: Option<&RequestId>) -> Self {
        ResourceUpdatedParams {
            uri: uri.into(),
            meta: subscription.map(of_subscription),
        }
    }
}
