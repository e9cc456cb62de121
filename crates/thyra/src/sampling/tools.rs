//! The tools that a model is given for one question, and their runs.

use std::borrow::Cow;

use futures_util::future::try_join_all;
use serde_json::value::to_raw_value;
use thyra_protocol::{
    CallToolResult, Revision, SamplingContent, Tool as Definition, ToolResultContent,
    ToolUseContent,
};

use super::answer::FINAL;
use crate::component::tool::Tool;
use crate::context::Context;
use crate::conversation::AskError;
use crate::selector::Kind;

/// The most tools that run for one message of the model.
const MOST_USES: usize = 32;

/// The tools that a model is given for one question.
#[derive(Default)]
pub(super) struct Tools(Vec<Tool>);

impl Tools {
    pub(super) fn add(&mut self, tool: Tool) {
        self.0.push(tool);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tools as the model of a client of `revision` sees them.
    pub(super) fn definitions(&self, revision: Revision) -> Vec<Definition> {
        let definitions = self.0.iter().map(|tool| tool.listed(revision, false));
        definitions.map(Cow::into_owned).collect()
    }

    /// Why the tools cannot be given to a model.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let mut rest = self.0.as_slice();
        while let [tool, others @ ..] = rest {
            if tool.name() == FINAL {
                return Some("`final_response` is the tool that takes the answer; rename yours");
            }
            if !tool.problems().is_empty() {
                return Some("one of its tools has problems, with which no server would start");
            }
            if others.iter().any(|other| other.name() == tool.name()) {
                return Some("two of its tools have the same name");
            }
            rest = others;
        }
        None
    }

    /// Runs the tools that one message of the model wants, all at the same time, each once in the
    /// call. `key` is that of the message.
    pub(super) async fn run(
        &self,
        context: &Context,
        key: &str,
        uses: &[ToolUseContent],
    ) -> Result<Vec<SamplingContent>, AskError> {
        let runs = uses.iter().enumerate().map(async |(index, asked)| {
            let key = format!("{key}.{index}");
            let result = if index < MOST_USES {
                let once = context.once(&key, self.call(context, &key, asked)).await;
                once.map_err(|source| AskError::Malformed { key, source })?
            } else {
                CallToolResult::error(format!("One message calls at most {MOST_USES} tools."))
            };
            Ok(told(asked, result))
        });
        try_join_all(runs).await
    }

    /// Calls a tool within the call of `context`. Its own works are apart from those of all others,
    /// because no other has this `key`.
    async fn call(&self, context: &Context, key: &str, asked: &ToolUseContent) -> CallToolResult {
        let Some(tool) = self.0.iter().find(|tool| tool.name() == asked.name) else {
            return CallToolResult::error(self.no_such_tool());
        };
        let arguments = match to_raw_value(&asked.input) {
            Ok(arguments) => arguments,
            Err(error) => return CallToolResult::error(format!("The input is no JSON: {error}.")),
        };
        let scope = match context.nested(Kind::Tool, key, Some(&arguments)) {
            Ok(scope) => scope,
            Err(error) => return CallToolResult::error(error.to_string()),
        };
        let scopes = tool.required_scopes();
        if let Some(server) = context.own_server()
            && server.check_scopes(&scope, scopes).is_err()
        {
            return CallToolResult::error(format!(
                "The caller may not use this tool: it needs the scopes `{scopes}`."
            ));
        }
        let call = tool.call(Some(&arguments), &scope);
        match tool.call_timeout() {
            None => call.await,
            Some(limit) => tokio::time::timeout(limit, call)
                .await
                .unwrap_or_else(|_| CallToolResult::error("The tool took too long.")),
        }
    }

    fn no_such_tool(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(Tool::name).collect();
        match names.as_slice() {
            [] => "There is no such tool.".to_owned(),
            names => format!(
                "There is no such tool. There are: `{}`.",
                names.join("`, `")
            ),
        }
    }
}

/// What the model is told of the result of a tool.
fn told(asked: &ToolUseContent, result: CallToolResult) -> SamplingContent {
    let structured = result.structured_content;
    SamplingContent::ToolResult(ToolResultContent {
        tool_use_id: asked.id.clone(),
        content: result.content,
        structured_content: structured.and_then(|value| serde_json::from_str(value.get()).ok()),
        is_error: result.is_error,
        meta: None,
    })
}
