//! Results that concern tasks. The result of `tasks/update` and `tasks/cancel` is an
//! [`EmptyResult`](crate::EmptyResult).

use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::form::{ForRevision, Form, Members, Written, with_server_info};
use crate::result::ResultType;
use crate::revision::Revision;
use crate::tasks::{DetailedTask, Task};

/// The answer in place of a result when the request goes on as a task.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CreateTaskResult {
    /// The task.
    pub task: Task,
    /// Metadata.
    pub meta: Option<Map<String, Value>>,
}

/// The result of `tasks/get`: the state of a task.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GetTaskResult {
    /// The task.
    pub task: DetailedTask,
    /// Metadata.
    pub meta: Option<Map<String, Value>>,
}

impl CreateTaskResult {
    /// Says that the request goes on as this task.
    pub fn new(task: Task) -> Self {
        CreateTaskResult { task, meta: None }
    }
}

impl GetTaskResult {
    /// A result with this task.
    pub fn new(task: DetailedTask) -> Self {
        GetTaskResult { task, meta: None }
    }
}

/// Implements the wire form of a result that has the members of its task beside its own.
macro_rules! flat_result {
    ($name:ident, $kind:expr, $put:expr) => {
        impl $name {
            /// The result as written in 2026-07-28, the first revision that has it.
            pub fn for_revision(&self, revision: Revision) -> ForRevision<'_, Self> {
                ForRevision::new(self, revision.max(Revision::V2026_07_28))
            }
        }

        with_server_info!(() $name);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.for_revision(Revision::LATEST).serialize(serializer)
            }
        }

        impl Written for $name {
            fn write<S: Serializer>(
                &self,
                form: Form<'_>,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let mut members = Members::begin(form, serializer)?;
                members.put("resultType", &$kind)?;
                $put(&self.task, &mut members)?;
                members.put_result_meta(self.meta.as_ref())?;
                members.end()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let Flat { task, meta } = Flat::deserialize(deserializer)?;
                Ok($name { task, meta })
            }
        }
    };
}

flat_result!(CreateTaskResult, ResultType::Task, Task::put_summary);
flat_result!(GetTaskResult, ResultType::Complete, DetailedTask::put_all);

/// A task and the `_meta` beside its members.
struct Flat<T> {
    task: T,
    meta: Option<Map<String, Value>>,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Flat<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct OnlyMeta {
            #[serde(rename = "_meta", default)]
            meta: Option<Map<String, Value>>,
        }

        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let task = serde_json::from_str(raw.get()).map_err(D::Error::custom)?;
        let OnlyMeta { meta } = serde_json::from_str(raw.get()).map_err(D::Error::custom)?;
        Ok(Flat { task, meta })
    }
}
