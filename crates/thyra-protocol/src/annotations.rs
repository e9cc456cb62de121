//! Hints for the client on content and resources (MCP `server/resources`, annotations).

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Number;

use crate::form::{Form, Members, Written, filled, for_revision};
use crate::revision::Revision;

/// Who should see a piece of content, and how much it matters.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotations {
    /// The intended audience; empty if not stated.
    #[serde(default)]
    pub audience: Vec<Role>,
    /// How much it matters.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// When it last changed, as an ISO 8601 time (from 2025-06-18).
    #[serde(default)]
    pub last_modified: Option<String>,
}

for_revision!(Annotations);

impl Written for Annotations {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put_some("audience", filled(&self.audience))?;
        members.put_some("priority", self.priority.as_ref())?;
        members.put_since(
            Revision::has_last_modified,
            "lastModified",
            self.last_modified.as_ref(),
        )?;
        members.end()
    }
}

/// One side of the conversation with a language model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// The model.
    Assistant,
    /// The person.
    User,
}

/// How much something matters, from 0 (entirely optional) to 1 (required).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Priority(Number);

impl Priority {
    /// The priority `value`.
    ///
    /// # Errors
    ///
    /// [`PriorityOutOfRange`] when it is not from 0 to 1.
    pub fn new(value: f64) -> Result<Self, PriorityOutOfRange> {
        Number::from_f64(value)
            .ok_or(PriorityOutOfRange)
            .and_then(Priority::checked)
    }

    /// The value, from 0 to 1.
    pub fn value(&self) -> f64 {
        // Every number that `checked` lets through converts.
        self.0.as_f64().unwrap_or_default()
    }

    fn checked(number: Number) -> Result<Self, PriorityOutOfRange> {
        match number.as_f64() {
            Some(value) if (0.0..=1.0).contains(&value) => Ok(Priority(number)),
            _ => Err(PriorityOutOfRange),
        }
    }
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Priority::checked(Number::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A priority that is not from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a priority is a number from 0 to 1")]
pub struct PriorityOutOfRange;

#[cfg(test)]
mod tests;
