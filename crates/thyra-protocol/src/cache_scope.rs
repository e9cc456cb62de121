//! Who may share a cached result (MCP `server/utilities/caching`).

use serde::{Deserialize, Serialize};

/// Who may share a cached result (from 2026-07-28).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheScope {
    /// Only the authorization context that asked.
    #[default]
    Private,
    /// Anyone.
    Public,
}
