//! A registration, as the store keeps it.

use serde::{Deserialize, Serialize};
use thyra_oauth::ScopeSet;

use crate::client::{ApplicationType, GrantTypes, RedirectUri};

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

    pub(super) fn write(&self) -> Vec<u8> {
        // Texts, numbers and lists of texts serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
