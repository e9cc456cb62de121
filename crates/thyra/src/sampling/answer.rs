//! The value that a model is asked for: how it is told, and how its answer is read.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use thyra_protocol::{
    Content, CreateMessageParams, CreateMessageResult, SamplingContent, Tool, ToolUseContent,
};

use crate::context::Context;
use crate::handler::{Argument, ArgumentReader, Call, CallError, Parameters, argument};

/// The tool that takes the answer.
pub(super) const FINAL: &str = "final_response";

/// The argument of that tool.
const RESULT: &str = "result";

/// A value of type `T` that a model is asked for.
pub(super) struct Answer<T> {
    /// The schema of an object whose member `result` is the value.
    schema: Box<RawValue>,
    marker: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + JsonSchema> Answer<T> {
    pub(super) fn new() -> Self {
        let mut parameters = Parameters::new();
        let result = Argument {
            name: RESULT,
            ..Argument::default()
        };
        parameters.argument::<T>(result, true);
        Self {
            schema: parameters.finish().schema.plain,
            marker: PhantomData,
        }
    }

    /// The tool that the model calls with its answer.
    pub(super) fn tool(&self) -> Tool {
        let mut tool = Tool::new(FINAL, self.schema.clone());
        let description = "Takes your final answer. Call it once, when you need nothing else.";
        tool.description = Some(description.to_owned());
        tool
    }

    /// Asks for the value in words, where the model has no tools.
    pub(super) fn explain(&self, params: &mut CreateMessageParams) {
        let words = format!(
            "Answer with one JSON object and nothing else. It fits this JSON Schema: {}",
            self.schema
        );
        params.system_prompt = Some(match params.system_prompt.take() {
            Some(prompt) => format!("{prompt}\n\n{words}"),
            None => words,
        });
    }

    /// The value in what the model said; `None` when it wants other tools first.
    ///
    /// # Errors
    ///
    /// Tells the model what is wrong with its answer.
    pub(super) async fn read(
        &self,
        context: &Context,
        said: &CreateMessageResult,
    ) -> Result<Option<T>, String> {
        let (mut wants_tools, mut given) = (false, None);
        for block in &said.content {
            if let SamplingContent::ToolUse(asked) = block {
                wants_tools = true;
                if asked.name == FINAL && given.is_none() {
                    given = Some(Value::from(asked.input.clone()).to_string());
                }
            }
        }
        match given {
            None if wants_tools => Ok(None),
            None => decoded(context, object_in(&said.text())).await.map(Some),
            Some(given) => decoded(context, &given).await.map(Some),
        }
    }
}

/// Tells the model what is wrong with its calls of the tool that takes the answer.
pub(super) fn tell(uses: &[ToolUseContent], results: &mut [SamplingContent], misfit: &str) {
    for (asked, result) in uses.iter().zip(results) {
        if let (FINAL, SamplingContent::ToolResult(result)) = (asked.name.as_str(), result) {
            result.content = vec![Content::text(misfit)];
            result.is_error = true;
        }
    }
}

/// Decodes the arguments of the tool that takes the answer.
async fn decoded<T: DeserializeOwned + JsonSchema>(
    context: &Context,
    arguments: &str,
) -> Result<T, String> {
    let Ok(arguments) = RawValue::from_string(arguments.to_owned()) else {
        return Err(format!(
            "That is no answer. Call `{FINAL}` with it, or answer with one JSON object if you have no tools."
        ));
    };
    let scope = context.scope();
    let call = Call::new(FINAL, Some(&arguments), &scope);
    let mut reader = ArgumentReader::<1>::new(&call, &[RESULT]);
    let value = reader.read(0, argument::<T>()).await;
    match (value, reader.finish()) {
        (Some(value), Ok(())) => Ok(value),
        (_, Err(CallError::Arguments(errors))) => {
            let mistakes = errors.errors().iter().map(|error| format!("\n- {error}"));
            let mistakes: String = mistakes.collect();
            Err(format!("The answer does not fit its schema:{mistakes}"))
        }
        _ => Err("The answer does not fit its schema.".to_owned()),
    }
}

/// The JSON object in a text, which models like to put into a code block.
fn object_in(text: &str) -> &str {
    let object = text.find('{').zip(text.rfind('}'));
    object
        .and_then(|(start, end)| text.get(start..=end))
        .unwrap_or_default()
}
