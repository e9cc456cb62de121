//! Which model a server would like.

use serde::{Deserialize, Serialize};

use crate::annotations::Priority;

/// Which model a server would like; the client chooses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelPreferences {
    /// What to look for, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<ModelHint>,
    /// How much a low price matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_priority: Option<Priority>,
    /// How much a quick answer matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_priority: Option<Priority>,
    /// How much a good answer matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intelligence_priority: Option<Priority>,
}

/// What to look for in a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelHint {
    /// A part of the name, such as `sonnet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
