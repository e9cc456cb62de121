//! Structured content, held against the schema that the server listed for it (MCP `server/tools`,
//! "Output Schema"). What does not fit is told, and is the caller's all the same.

mod schema;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use thyra_oauth::printable;
use thyra_protocol::{CallToolResult, Revision, Tool};

use self::schema::OutputSchema;
use super::Client;
use super::call::VERSIONS;
use crate::hop::Hop;

/// The most bytes of schemas that are remembered, of all tools.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The output schemas of the tools, as the server listed them last.
#[derive(Debug, Default)]
pub(crate) struct OutputSchemas(Mutex<HashMap<String, Arc<Listed>>>);

/// What the list says about the output of one tool.
#[derive(Debug)]
struct Listed {
    version: Option<String>,
    text: Box<RawValue>,
    /// Read before it is needed first; `None` if nothing can be held against it.
    schema: OnceLock<Option<OutputSchema>>,
}

impl OutputSchemas {
    fn get(&self, tool: &str) -> Option<Arc<Listed>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(tool).map(Arc::clone)
    }

    /// Forgets all but those of `tools`. A schema that is listed again is not read again.
    fn replace(&self, tools: &[Tool]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut old = std::mem::take(&mut *known);
        let mut bytes = 0_usize;
        for tool in tools {
            let Some(text) = &tool.output_schema else {
                continue;
            };
            let version = version(tool);
            let size = tool.name.len() + version.map_or(0, str::len) + text.get().len();
            if bytes + size > MOST_BYTES {
                let tool = printable(&tool.name);
                tracing::debug!(%tool, "its output schema is not remembered: the list holds too much");
                continue;
            }
            bytes += size;
            let same = old
                .remove(&tool.name)
                .filter(|old| old.text.get() == text.get() && old.version.as_deref() == version);
            let listed = same.unwrap_or_else(|| {
                Arc::new(Listed {
                    version: version.map(ToOwned::to_owned),
                    text: text.clone(),
                    schema: OnceLock::new(),
                })
            });
            known.insert(tool.name.clone(), listed);
        }
    }
}

impl Client {
    /// Remembers what the tools say about their output.
    pub(super) fn learn_outputs(&self, tools: &[Tool]) {
        // Before that, MCP has no structured content.
        let has_outputs = |revision| revision >= Revision::V2025_06_18;
        if self.0.conversation.revision().is_some_and(has_outputs) {
            self.0.output_schemas.replace(tools);
        }
    }

    /// Tells the log and the observer if the structured content of `result` does not fit. `meta` is
    /// that of the call, which may name a version of the tool; another version than the listed one
    /// is not judged.
    pub(super) fn judge(&self, tool: &str, meta: &[(String, Box<RawValue>)], result: &RawValue) {
        let Some(listed) = self.0.output_schemas.get(tool) else {
            return;
        };
        if wanted(meta).is_some_and(|wanted| Some(&wanted) != listed.version.as_ref()) {
            return;
        }
        let read = || OutputSchema::read(tool, &listed.text);
        let Some(schema) = listed.schema.get_or_init(read) else {
            return;
        };
        // What is no result is an error of the call anyway.
        let Ok(result) = serde_json::from_str::<CallToolResult>(result.get()) else {
            return;
        };
        if result.is_error {
            return;
        }
        let problem = match &result.structured_content {
            None => Some("there is none".to_owned()),
            Some(content) => schema.problem(content),
        };
        if let Some(problem) = problem {
            let name = tool;
            self.0.observer.hop(&Hop::Misfit {
                name,
                problem: &problem,
            });
            let (tool, problem) = (printable(name), printable(&problem));
            tracing::warn!(%tool, %problem, "structured content does not fit the tool's output schema");
        }
    }
}

/// The version that a list names, as Thyra's servers and those of FastMCP write it.
fn version(tool: &Tool) -> Option<&str> {
    let meta = tool.meta.as_ref()?;
    let version = meta
        .get("thyra/version")
        .or_else(|| meta.get(VERSIONS)?.get("version"));
    version.and_then(Value::as_str)
}

/// The version that a call names.
fn wanted(meta: &[(String, Box<RawValue>)]) -> Option<String> {
    #[derive(Deserialize)]
    struct Wanted {
        version: Option<String>,
    }

    let named = |wanted: &str| meta.iter().find(|(key, _)| key == wanted);
    if let Some((_, version)) = named("thyra/version") {
        return serde_json::from_str(version.get()).ok();
    }
    let (_, versions) = named(VERSIONS)?;
    let wanted: Wanted = serde_json::from_str(versions.get()).ok()?;
    wanted.version
}
