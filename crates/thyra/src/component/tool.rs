//! Tools: functions that a client may call.

mod forms;
mod schema;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use schemars::Schema;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::{CallToolResult, HeaderParameter, ToolAnnotations};

use self::forms::OtherForms;
use super::described::ComponentFn;
use super::{Facets, component_methods, name_problem};
use crate::context::RequestScope;
use crate::handler::{
    Call, CallError, Forms, Function, Handler, HandlerFn, Input, Output, Parameters, Shape,
    ToolError, answer, described, wrapped,
};

/// A tool: what clients learn about it, who may call it, and what answers (MCP 2025-11-25,
/// server/tools).
///
/// `#[tool]` makes one of a function. Without the macro:
///
/// ```
/// use thyra::prelude::*;
///
/// let now = Tool::new("now", |context: Context| async move {
///     format!("This request speaks {}.", context.revision())
/// })
/// .description("Tells the protocol revision.")
/// .read_only(true);
/// ```
#[derive(Clone)]
pub struct Tool {
    definition: thyra_protocol::Tool,
    /// The schemas that some lists have in place of the definition's.
    other_forms: OtherForms,
    facets: Facets,
    handler: Arc<dyn Handler<CallToolResult>>,
    header_parameters: Vec<HeaderParameter>,
    /// What its author says of it.
    repeatable: Option<bool>,
    /// The shape that the return type implies.
    returned: Shape,
    shape: Shape,
    task_mode: TaskMode,
}

/// Whether clients may run a tool as a task (Tasks extension): the call returns at once, and the
/// client fetches the result later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskMode {
    /// Never.
    #[default]
    Forbidden,
    /// When the client can.
    Optional,
    /// Always: a client that cannot is refused.
    Required,
    /// When the client can, from the moment when the handler says so
    /// ([`Context::continue_as_task`](crate::Context::continue_as_task)).
    Deferred,
}

/// Becomes a tool, for [`Server::tool`](crate::Server::tool): a [`Tool`], or what `#[tool]`
/// makes of a function: `add` of an `async fn add`, `add {}` of a `fn add`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool",
    label = "not a tool",
    note = "put `#[tool]` on the function, or make a tool with `Tool::new(\"name\", function)`",
    note = "if it is there, and the function is not `async`, write braces after its name: `.tool(add {{}})`"
)]
pub trait IntoTool<Marker = ()> {
    /// The tool.
    fn into_tool(self) -> Tool;
}

impl Tool {
    /// The tool `name`, answered by `handler`: an async function whose parameters are all injected,
    /// its arguments as [`Args<T>`](crate::Args).
    ///
    /// A name has 1 to 128 of the characters `A-Z a-z 0-9 _ - .`; a server with a tool of another
    /// name does not start.
    pub fn new<Marker: 'static>(
        name: impl Into<String>,
        handler: impl HandlerFn<CallToolResult, Marker>,
    ) -> Self {
        let (parameters, output) = described(&handler);
        Self::assemble(name.into(), parameters, output, Function::new(handler))
    }

    /// The tool `name`, answered by a handler that is not a function. `input_schema` is a JSON
    /// Schema with `"type": "object"`; a server with a tool of another does not start. The handler
    /// checks the arguments itself.
    pub fn from_handler(
        name: impl Into<String>,
        input_schema: Box<RawValue>,
        handler: impl Handler<CallToolResult> + 'static,
    ) -> Self {
        let input = Input {
            arguments: Vec::new(),
            problems: schema::input_problem(&input_schema).into_iter().collect(),
            schema: Forms::as_written(input_schema),
            is_open: true,
            known: None,
            requirements: Vec::new(),
        };
        Self::from_input(name.into(), input, Output::custom(), Arc::new(handler))
    }

    pub(crate) fn assemble(
        name: String,
        parameters: Parameters,
        output: Output,
        handler: impl Handler<CallToolResult> + 'static,
    ) -> Self {
        Self::from_input(name, parameters.finish(), output, Arc::new(handler))
    }

    /// Sets all hints about what the tool does at once.
    #[must_use]
    pub fn annotations(mut self, annotations: ToolAnnotations) -> Self {
        self.definition.annotations = Some(annotations);
        self
    }

    /// Hints that the tool changes nothing. Clients may call such a tool without asking their user.
    #[must_use]
    pub fn read_only(mut self, hint: bool) -> Self {
        self.hints().read_only_hint = Some(hint);
        self
    }

    /// Hints that the tool may destroy something; `false` when all it does is add.
    #[must_use]
    pub fn destructive(mut self, hint: bool) -> Self {
        self.hints().destructive_hint = Some(hint);
        self
    }

    /// Hints that a second call with the same arguments changes nothing more.
    #[must_use]
    pub fn idempotent(mut self, hint: bool) -> Self {
        self.hints().idempotent_hint = Some(hint);
        self
    }

    /// Hints that the tool reaches things outside of the server, such as the web.
    #[must_use]
    pub fn open_world(mut self, hint: bool) -> Self {
        self.hints().open_world_hint = Some(hint);
        self
    }

    /// Sets whether a call may continue several times from what its user answered once (MCP
    /// 2026-07-28, "Multi Round-Trip Requests"), within the lifetime of a
    /// [`RequestState`](crate::RequestState).
    ///
    /// By default only a tool that is [`read_only`](Self::read_only) or
    /// [`idempotent`](Self::idempotent) may. Any other continues once: a repeated request is an
    /// error that tells the client to begin again.
    #[must_use]
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = Some(repeatable);
        self
    }

    /// Whether a call may continue several times from one answer, if its author says so.
    pub(crate) fn is_repeatable(&self) -> Option<bool> {
        self.repeatable
    }

    /// Whether a second call changes nothing, as far as its hints tell.
    pub(crate) fn is_harmless(&self) -> bool {
        let hints = self.definition.annotations.as_ref();
        hints.is_some_and(|hints| {
            hints.read_only_hint == Some(true) || hints.idempotent_hint == Some(true)
        })
    }

    /// Sets the JSON Schema of the structured content, in place of the one that the return type
    /// implies.
    ///
    /// It describes what the handler returns. If that is no object, as a number or a list, clients
    /// before 2026-07-28 get the value as the member `result` of an object, and the schema of that;
    /// a schema with `"type": "object"` describes this object, and then every client gets it.
    ///
    /// A server does not start if the schema cannot fit: a struct needs one of objects, a type that
    /// has no structured content (such as `String`) can have none, and `null` is no structured
    /// content. Where only a call can tell ([`CallToolResult`], [`serde_json::Value`]), a result
    /// without structured content fails the call.
    #[must_use]
    pub fn output_schema(mut self, schema: impl Into<Value>) -> Self {
        let value = schema.into();
        if let Some(written) = self.written("output", &value) {
            self.drop_output_schema();
            match schema::shape(&value, self.returned) {
                Ok(shape) => {
                    self.shape = shape;
                    let wrapped = Schema::try_from(value).ok().map(wrapped);
                    if let (Shape::Whole, Some(wrapped)) = (shape, wrapped) {
                        self.other_forms.wrapped_output = self
                            .written("output", wrapped.as_value())
                            .map(Forms::as_written);
                    }
                }
                Err(problem) => self.facets.problems.push(problem),
            }
            self.definition.output_schema = Some(written);
        }
        self
    }

    /// Promises no structured content. A value that the handler returns is still sent as structured
    /// content where it can be told from the text: an object always, other values from 2026-07-28
    /// on.
    #[must_use]
    pub fn no_output_schema(mut self) -> Self {
        self.drop_output_schema();
        self.shape = match self.returned {
            Shape::Object | Shape::Whole | Shape::Wrapped => Shape::Open,
            shape => shape,
        };
        self
    }

    /// Sets the JSON Schema of the arguments that clients see, in place of the one that the types
    /// imply. The types still check the arguments. Its root has `"type": "object"`; a server with a
    /// tool of another does not start.
    #[must_use]
    pub fn input_schema(mut self, schema: impl Into<Value>) -> Self {
        if let Some(schema) = self.written("input", &schema.into()) {
            let before = &self.definition.input_schema;
            let (_, gone) = HeaderParameter::of_schema(before);
            let gone = gone.into_iter().chain(schema::input_problem(before));
            self.replace_problems(gone, schema::input_problem(&schema));
            self.definition.input_schema = schema;
            self.other_forms.input = None;
            self.find_header_parameters();
        }
        self
    }

    /// Sets whether clients may run it as a task. By default they may not.
    #[must_use]
    pub fn task(mut self, mode: TaskMode) -> Self {
        self.task_mode = mode;
        self
    }

    /// Whether clients may run it as a task.
    pub fn task_mode(&self) -> TaskMode {
        self.task_mode
    }

    /// The arguments that HTTP clients repeat in headers (MCP 2026-07-28, `x-mcp-header`).
    pub fn header_parameters(&self) -> &[HeaderParameter] {
        &self.header_parameters
    }

    /// Answers one call with what the tool returns, or with what went wrong (`isError`). The caller
    /// has checked the scopes. Dropping the future cancels the call.
    pub fn call<'a>(
        &'a self,
        arguments: Option<&'a RawValue>,
        request: &'a RequestScope,
    ) -> impl Future<Output = CallToolResult> + Send + 'a {
        self.try_call(arguments, request)
            .map(|answer| answer.unwrap_or_else(|error| error.into_result(self.name())))
    }

    /// Like [`Tool::call`], but a failure is an error. A panic in the handler is one too.
    ///
    /// # Errors
    ///
    /// [`CallError`] says what went wrong; [`CallError::into_result`] is what the client gets of
    /// it.
    pub fn try_call<'a>(
        &'a self,
        arguments: Option<&'a RawValue>,
        request: &'a RequestScope,
    ) -> impl Future<Output = Result<CallToolResult, CallError>> + Send + 'a {
        let shape = self.shape.on(request.revision());
        let call = Call::new(self.name(), arguments, request)
            .knowing(self.facets.known.as_deref())
            .shaped(shape);
        answer(&*self.handler, call, |result| self.as_promised(result))
    }

    fn from_input(
        name: String,
        mut input: Input,
        output: Output,
        handler: Arc<dyn Handler<CallToolResult>>,
    ) -> Self {
        let mut facets = Facets::new(&mut input);
        facets.problems.extend(name_problem(&name));
        let mut definition = thyra_protocol::Tool::new(name, input.schema.plain);
        let mut other_forms = OtherForms {
            input: input.schema.literal,
            ..OtherForms::default()
        };
        if let Some(schema) = output.schema {
            definition.output_schema = Some(schema.whole.plain);
            other_forms.output = schema.whole.literal;
            other_forms.wrapped_output = schema.wrapped;
        }
        let mut tool = Self {
            definition,
            other_forms,
            facets,
            handler,
            header_parameters: Vec::new(),
            repeatable: None,
            returned: output.shape,
            shape: output.shape,
            task_mode: TaskMode::default(),
        };
        tool.find_header_parameters();
        tool
    }

    /// Clients refuse a result without the structured content that the output schema promises, and
    /// say less of why.
    fn as_promised(&self, result: CallToolResult) -> Result<CallToolResult, CallError> {
        let breaks_promise = self.definition.output_schema.is_some()
            && result.structured_content.is_none()
            && !result.is_error;
        if breaks_promise {
            return Err(ToolError::internal(
                "the tool's result has no structured content, and its output schema says that it has",
            )
            .into());
        }
        Ok(result)
    }

    /// Takes the output schema away, and with it what was wrong with it.
    fn drop_output_schema(&mut self) {
        self.other_forms.output = None;
        self.other_forms.wrapped_output = None;
        let before = self.definition.output_schema.take();
        let problem = before
            .and_then(|before| serde_json::from_str(before.get()).ok())
            .and_then(|before: Value| schema::shape(&before, self.returned).err());
        self.replace_problems(problem, None);
    }

    /// The schema as it goes out.
    fn written(&mut self, which: &str, schema: &Value) -> Option<Box<RawValue>> {
        to_raw_value(schema)
            .map_err(|error| {
                let problem = format!("its {which} schema cannot be written: {error}");
                self.facets.problems.push(problem);
            })
            .ok()
    }

    /// What a schema had wrong is gone with it.
    fn replace_problems(
        &mut self,
        gone: impl IntoIterator<Item = String>,
        come: impl IntoIterator<Item = String>,
    ) {
        let gone: Vec<String> = gone.into_iter().collect();
        self.facets
            .problems
            .retain(|problem| !gone.contains(problem));
        self.facets.problems.extend(come);
    }

    fn find_header_parameters(&mut self) {
        let (parameters, problems) = HeaderParameter::of_schema(&self.definition.input_schema);
        self.header_parameters = parameters;
        self.facets.problems.extend(problems);
    }

    fn hints(&mut self) -> &mut ToolAnnotations {
        self.definition.annotations.get_or_insert_default()
    }
}

component_methods!(Tool, "tool");

impl IntoTool for Tool {
    fn into_tool(self) -> Tool {
        self
    }
}

impl<F: ComponentFn<Marker>, Marker> IntoTool<fn(Marker)> for F
where
    F::Component: IntoTool,
{
    fn into_tool(self) -> Tool {
        F::Component::default().into_tool()
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool")
            .field("name", &self.name())
            .field("scopes", &self.facets.scopes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
