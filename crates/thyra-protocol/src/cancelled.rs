//! `notifications/cancelled` (MCP `basic/patterns/cancellation`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::jsonrpc::RequestId;

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
}
