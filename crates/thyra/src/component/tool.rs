//! Tools: functions that a client may call.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::value::RawValue;
use thyra_auth::ScopeSet;
use thyra_protocol::{CallToolResult, ToolAnnotations};

use crate::context::{RequestScope, StateMap};
use crate::handler::{
    Call, CallError, Function, HandlerFn, Output, Requirement, Signature, Signed, ToolHandler,
};

/// A tool: what clients learn about it, who may call it, and what answers (MCP 2025-11-25, server/tools).
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
    handler: Arc<dyn ToolHandler>,
    problems: Vec<String>,
    requirements: Vec<Requirement>,
    scopes: ScopeSet,
}

/// What [`Server::tool`](crate::Server::tool) takes: a [`Tool`], or the value that `#[tool]` leaves behind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool",
    label = "not a tool",
    note = "put `#[tool]` on the function, or make a tool with `Tool::new(\"name\", function)`"
)]
pub trait IntoTool {
    /// The tool.
    fn into_tool(self) -> Tool;
}

impl Tool {
    /// The tool `name`, answered by `handler`: an async function whose parameters are all injected, its arguments as
    /// [`Args<T>`](crate::Args).
    ///
    /// A name has 1 to 128 of the characters `A-Z a-z 0-9 _ - .`; a server with a tool of another name does not start.
    pub fn new<Marker: 'static>(name: impl Into<String>, handler: impl HandlerFn<Marker>) -> Self {
        fn parts<H: HandlerFn<Marker>, Marker>(_: &H) -> (Signature, Output) {
            let mut signature = Signature::new();
            H::describe(&mut signature);
            (signature, H::output())
        }
        let (signature, output) = parts(&handler);
        let shape = output.shape;
        Self::assemble(
            name.into(),
            signature,
            output,
            Function::new(handler, shape),
        )
    }

    /// The tool `name`, answered by a handler that is not a function. `input_schema` is a JSON Schema of type `object`; the handler
    /// checks the arguments itself.
    pub fn from_handler(
        name: impl Into<String>,
        input_schema: Box<RawValue>,
        handler: impl ToolHandler + 'static,
    ) -> Self {
        let signed = Signed {
            input_schema,
            requirements: Vec::new(),
            problems: Vec::new(),
        };
        Self::from_signed(
            name.into(),
            signed,
            Output::unstructured(),
            Arc::new(handler),
        )
    }

    pub(crate) fn assemble(
        name: String,
        signature: Signature,
        output: Output,
        handler: impl ToolHandler + 'static,
    ) -> Self {
        Self::from_signed(name, signature.finish(), output, Arc::new(handler))
    }

    /// A name for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.definition.title = Some(title.into());
        self
    }

    /// What the tool does, for models.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.definition.description = Some(description.into());
        self
    }

    /// The scopes that a caller needs, all of them. On a server without tokens they are not asked for.
    #[must_use]
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().collect();
        self
    }

    /// All hints about what the tool does, in place of those that were given before.
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

    /// Hints that the tool reaches things outside of the server's own world, such as the web.
    #[must_use]
    pub fn open_world(mut self, hint: bool) -> Self {
        self.hints().open_world_hint = Some(hint);
        self
    }

    /// The JSON Schema of the structured content that the tool returns, in place of the one found by its type.
    #[must_use]
    pub fn output_schema(mut self, schema: Box<RawValue>) -> Self {
        self.definition.output_schema = Some(schema);
        self
    }

    /// The name that clients call it by.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// What clients learn about it, as `tools/list` on the newest revision has it.
    pub fn definition(&self) -> &thyra_protocol::Tool {
        &self.definition
    }

    /// The scopes that a caller needs; empty when none.
    pub fn required_scopes(&self) -> &ScopeSet {
        &self.scopes
    }

    /// What the server must have for the tool to work.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The name of a type that the tool wants as `State<T>` and that is not in `state`.
    pub fn missing_state(&self, state: &StateMap) -> Option<&'static str> {
        self.requirements
            .iter()
            .find_map(|requirement| match requirement {
                Requirement::State { type_id, type_name } if !state.contains(*type_id) => {
                    Some(*type_name)
                }
                _ => None,
            })
    }

    /// What is wrong with the tool itself, each as a sentence without its subject. A server does not start with such a tool.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Answers one call, whose scopes were checked: with what the tool returns, or with what went wrong (`isError`).
    /// Dropping the future cancels the call.
    pub fn call<'a>(
        &'a self,
        arguments: Option<&'a RawValue>,
        request: &'a RequestScope,
    ) -> impl Future<Output = CallToolResult> + Send + 'a {
        self.try_call(arguments, request)
            .map(|answer| answer.unwrap_or_else(|error| error.into_result(self.name())))
    }

    /// Like [`Tool::call`], with what went wrong as a value. A panic in the handler is an error too.
    ///
    /// # Errors
    ///
    /// [`CallError`] says what went wrong; [`CallError::into_result`] is what the client gets of it.
    pub fn try_call<'a>(
        &'a self,
        arguments: Option<&'a RawValue>,
        request: &'a RequestScope,
    ) -> impl Future<Output = Result<CallToolResult, CallError>> + Send + 'a {
        let call = Call::new(self.name(), arguments, request);
        // The request ends with the panic, and what it shared with others is theirs to keep whole.
        let answer = AssertUnwindSafe(async move { self.handler.call(call).await });
        answer.catch_unwind().map(|answer| match answer {
            Ok(answer) => answer,
            Err(panic) => Err(CallError::from_panic(&*panic)),
        })
    }

    fn from_signed(
        name: String,
        signed: Signed,
        output: Output,
        handler: Arc<dyn ToolHandler>,
    ) -> Self {
        let mut problems = signed.problems;
        problems.extend(name_problem(&name));
        let mut definition = thyra_protocol::Tool::new(name, signed.input_schema);
        definition.output_schema = output.schema;
        Self {
            definition,
            handler,
            problems,
            requirements: signed.requirements,
            scopes: ScopeSet::default(),
        }
    }

    fn hints(&mut self) -> &mut ToolAnnotations {
        self.definition.annotations.get_or_insert_default()
    }
}

impl IntoTool for Tool {
    fn into_tool(self) -> Tool {
        self
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool")
            .field("name", &self.name())
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// The rule for names of MCP 2025-11-25, server/tools.
fn name_problem(name: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let good = (1..=128).contains(&name.len()) && name.bytes().all(allowed);
    (!good).then(|| "its name is not 1 to 128 of the characters `A-Z a-z 0-9 _ - .`".to_owned())
}
