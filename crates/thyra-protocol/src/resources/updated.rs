//! `notifications/resources/updated`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::jsonrpc::RequestId;
use crate::meta::of_subscription;

/// Which resource has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceUpdatedParams {
    /// Where it is; perhaps below what the client subscribed to.
    pub uri: String,
    /// Anything more; from 2026-07-28 the subscription that it belongs to.
    #[serde(rename = "_meta", default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl ResourceUpdatedParams {
    /// The resource at `uri` has changed. `subscription` is the id of the `subscriptions/listen`
    /// request that hears of it; none in the handshake era.
    pub fn new(uri: impl Into<String>, subscription: Option<&RequestId>) -> Self {
        ResourceUpdatedParams {
            uri: uri.into(),
            meta: subscription.map(of_subscription),
        }
    }
}
