//! Arguments that are repeated in headers, so that proxies can route by them (MCP
//! `basic/transports/streamable-http`, `x-mcp-header`, from 2026-07-28).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::value::RawValue;
use thyra_oauth::printable;
use thyra_protocol::{Era, HeaderParameter, Tool};

use super::Client;
use super::rounds::Target;
use crate::cache::CacheMode;
use crate::transport::HeaderArgument;

/// The most header parameters that are remembered, of all tools.
const MOST: usize = 10_000;

/// Which arguments of which tool are repeated, as the server listed its tools last. A tool of which
/// none is repeated is not in it.
#[derive(Debug, Default)]
pub(crate) struct HeaderParameters(Mutex<HashMap<String, Vec<HeaderParameter>>>);

impl HeaderParameters {
    fn replace(&self, new: HashMap<String, Vec<HeaderParameter>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = new;
    }

    /// What is repeated in a call of the tool `name` with `arguments`.
    fn arguments(&self, name: &str, arguments: Option<&RawValue>) -> Vec<HeaderArgument> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let parameters = known.get(name).map_or(&[][..], Vec::as_slice);
        let repeated = parameters.iter().filter_map(|parameter| {
            // What is not where it should be cannot be repeated. The server refuses the call.
            let value = parameter.value(arguments).ok()??;
            Some(HeaderArgument {
                header: parameter.header().clone(),
                text: parameter.text(value)?.into_owned(),
            })
        });
        repeated.collect()
    }
}

impl Client {
    /// Remembers which arguments are repeated, and leaves out the tools whose arguments cannot be.
    pub(super) fn learn(&self, mut tools: Vec<Tool>) -> Vec<Tool> {
        let revision = self.0.conversation.revision();
        let is_due = revision.is_some_and(|revision| revision.era() == Era::Sessionless)
            && self.0.transport.repeats_arguments();
        if !is_due {
            return tools;
        }
        let mut known = HashMap::new();
        let mut count = 0_usize;
        tools.retain(|tool| {
            let (parameters, problems) = HeaderParameter::of_schema(&tool.input_schema);
            if let Some(problem) = problems.first() {
                let (tool, problem) = (printable(&tool.name), printable(problem));
                tracing::warn!(%tool, %problem, "a tool is left out of the list");
                return false;
            }
            if !parameters.is_empty() {
                count += parameters.len();
                if count <= MOST {
                    known.insert(tool.name.clone(), parameters);
                }
            }
            true
        });
        if count > MOST {
            tracing::warn!(
                "the tools repeat more than {MOST} arguments in headers; calls of the last ones may be refused"
            );
        }
        self.0.header_parameters.replace(known);
        tools
    }

    /// What is repeated in headers, as far as the client knows.
    pub(super) fn header_arguments(&self, target: &Target<'_>) -> Vec<HeaderArgument> {
        match target {
            Target::Tool { name, arguments } => {
                self.0.header_parameters.arguments(name, *arguments)
            }
            Target::Prompt { .. } | Target::Resource { .. } => Vec::new(),
        }
    }

    /// Lists the tools after a call whose headers were refused. Whether other headers are due now.
    pub(super) async fn learns_anew(
        &self,
        target: &Target<'_>,
        sent: &mut Vec<HeaderArgument>,
    ) -> bool {
        let is_tool = matches!(target, Target::Tool { .. });
        if !is_tool || !self.0.transport.repeats_arguments() {
            return false;
        }
        // The refusal says more than what fails here.
        let asked = self.cached(CacheMode::Refresh);
        if asked.list_tools().await.is_err() {
            return false;
        }
        let due = self.header_arguments(target);
        let is_new = due != *sent;
        *sent = due;
        is_new
    }
}
