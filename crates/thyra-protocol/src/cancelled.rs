//! `notifications/cancelled` (MCP `basic/patterns/cancellation`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::jsonrpc::{Notification, RequestId};
use crate::method;

/// Which request is withdrawn, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelledParams {
    /// The request. 2025-11-25 lets it be absent; such a notification withdraws nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// Why, for people and logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Anything more.
    #[serde(rename = "_meta", default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl CancelledParams {
    /// Withdraws the request `id`.
    pub fn new(id: RequestId) -> Self {
        CancelledParams {
            request_id: Some(id),
            reason: None,
            meta: None,
        }
    }

    /// The request that `notification` withdraws, if that is what it does. One that cannot be read withdraws nothing.
    pub fn withdrawn_by(notification: &Notification<'_>) -> Option<RequestId> {
        if notification.method != method::CANCELLED {
            return None;
        }
        let params: Self = serde_json::from_str(notification.params?.get()).ok()?;
        params.request_id
    }
}
