//! Suggested values for an argument.

use serde::de::Deserializer;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::form::{Form, Members, Written, for_revision, with_server_info};
use crate::result::{ResultType, written_type};

/// Suggested values for an argument, best first.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CompleteResult {
    /// The kind of result; `for_revision` writes `complete` for `None`.
    pub result_type: Option<ResultType>,
    /// The values. At most [`CompleteResult::MOST_VALUES`] are written; if that leaves some out,
    /// `hasMore` is true.
    pub values: Vec<String>,
    /// The total number of values, when known; it may exceed the length of `values`.
    pub total: Option<u64>,
    /// Whether there are more, when known.
    pub has_more: Option<bool>,
    /// Metadata.
    pub meta: Option<Map<String, Value>>,
}

impl CompleteResult {
    /// The most values that one result may carry.
    pub const MOST_VALUES: usize = 100;

    /// A result with these values.
    pub fn new(values: Vec<String>) -> Self {
        CompleteResult {
            values,
            ..CompleteResult::default()
        }
    }
}

for_revision!(CompleteResult);
with_server_info!(() CompleteResult);

impl Written for CompleteResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Completion<'a> {
            values: &'a [String],
            #[serde(skip_serializing_if = "Option::is_none")]
            total: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            has_more: Option<bool>,
        }

        let (values, rest) = self
            .values
            .split_at_checked(CompleteResult::MOST_VALUES)
            .unwrap_or((&self.values, &[]));
        let completion = Completion {
            values,
            total: self.total,
            has_more: if rest.is_empty() {
                self.has_more
            } else {
                Some(true)
            },
        };
        let mut members = Members::begin(form, serializer)?;
        members.put_some("resultType", written_type(self.result_type, form).as_ref())?;
        members.put("completion", &completion)?;
        members.put_result_meta(self.meta.as_ref())?;
        members.end()
    }
}

impl<'de> Deserialize<'de> for CompleteResult {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Whole {
            #[serde(default)]
            result_type: Option<ResultType>,
            completion: Completion,
            #[serde(rename = "_meta", default)]
            meta: Option<Map<String, Value>>,
        }

        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Completion {
            values: Vec<String>,
            #[serde(default)]
            total: Option<u64>,
            #[serde(default)]
            has_more: Option<bool>,
        }

        let whole = Whole::deserialize(deserializer)?;
        Ok(CompleteResult {
            result_type: whole.result_type,
            values: whole.completion.values,
            total: whole.completion.total,
            has_more: whole.completion.has_more,
            meta: whole.meta,
        })
    }
}
