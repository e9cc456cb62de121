//! The answer to a question.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ElicitResult {
    /// What the person did.
    pub action: ElicitAction,
    /// The fields of the form, only when the person accepted it. A page has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Map<String, Value>>,
    /// Metadata (up to 2025-11-25).
    #[serde(rename = "_meta", default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl ElicitResult {
    /// The person sent the form with these fields.
    ///
    /// ```
    /// use thyra_protocol::ElicitResult;
    ///
    /// let result = ElicitResult::accept([("name", "Ada")]);
    /// assert_eq!(result.content.unwrap()["name"], "Ada");
    /// ```
    pub fn accept<K: Into<String>, V: Into<Value>>(
        fields: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        ElicitResult {
            content: Some(fields.collect()),
            ..Self::without_content(ElicitAction::Accept)
        }
    }

    /// The person agreed to visit the page. The client does not learn what happens there.
    pub fn agree() -> Self {
        Self::without_content(ElicitAction::Accept)
    }

    /// The person said no.
    pub fn decline() -> Self {
        Self::without_content(ElicitAction::Decline)
    }

    /// The person closed the question without choosing.
    pub fn cancel() -> Self {
        Self::without_content(ElicitAction::Cancel)
    }

    fn without_content(action: ElicitAction) -> Self {
        ElicitResult {
            action,
            content: None,
            meta: None,
        }
    }
}

/// What the person did with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElicitAction {
    /// Sent the form, or agreed to visit the page.
    Accept,
    /// Closed it without choosing.
    Cancel,
    /// Said no.
    Decline,
}

/// The params of `notifications/elicitation/complete`: which question is done (2025-11-25 only).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ElicitationCompleteParams {
    /// The id of the question; see [`ElicitUrlParams`](crate::ElicitUrlParams).
    pub elicitation_id: String,
}
