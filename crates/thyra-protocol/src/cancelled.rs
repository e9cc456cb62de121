//! `notifications/cancelled` (MCP `basic/patterns/cancellation`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::jsonrpc::{Notification, RequestId};
use crate::method;

/// The params: which request is cancelled, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelledParams {
    /// The request. It may be absent in 2025-11-25; without it, nothing is cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// The reason, for people and logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Metadata.
    #[serde(rename = "_meta", default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl CancelledParams {
    /// Cancels the request `id`.
    pub fn new(id: RequestId) -> Self {
        CancelledParams {
            request_id: Some(id),
            reason: None,
            meta: None,
        }
    }

    /// The request that `notification` cancels. `None` for any other notification, and for one that
    /// cannot be read.
    pub fn withdrawn_by(notification: &Notification<'_>) -> Option<RequestId> {
        if notification.method != method::CANCELLED {
            return None;
        }
        let params: Self = serde_json::from_str(notification.params?.get()).ok()?;
        params.request_id
    }
}
