//! A registration, as the store keeps it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thyra_oauth::ScopeSet;

use crate::client::{ApplicationType, GrantTypes, RedirectUri};

/// How long a use of a registration counts before it is noted again.
pub(super) const NOTED_FOR: Duration = Duration::from_hours(24);

/// What is kept of a client that registered.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Registration {
    #[serde(default)]
    pub(super) client_name: Option<String>,
    pub(super) redirect_uris: Vec<RedirectUri>,
    #[serde(default)]
    pub(super) application_type: ApplicationType,
    pub(super) grant_types: GrantTypes,
    #[serde(default)]
    pub(super) scope: Option<ScopeSet>,
    /// In seconds since 1970.
    pub(super) issued_at: u64,
    /// In seconds since 1970.
    pub(super) used_at: u64,
    /// Whether somebody has logged in with it.
    pub(super) is_confirmed: bool,
}

impl Registration {
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Whether its last use is so long ago that another must be noted. `now` is the time since
    /// 1970.
    pub(super) fn is_stale(&self, now: Duration) -> bool {
        now.as_secs().saturating_sub(self.used_at) >= NOTED_FOR.as_secs()
    }

    pub(super) fn write(&self) -> Vec<u8> {
        // Texts, numbers and lists of texts serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
