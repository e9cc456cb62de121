//! Prompts: messages for a model that people choose and fill in (MCP `server/prompts`).

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde_json::value::RawValue;
use thyra_protocol::{GetPromptResult, PromptArgument};

use super::completion::{Completer, Completers, IntoCompleter};
use super::described::ComponentFn;
use super::{Facets, component_methods, name_problem};
use crate::context::RequestScope;
use crate::handler::{
    Call, CallError, Callee, Function, Handler, HandlerFn, Input, InputArgument, Parameters,
    answer, described,
};

/// A prompt: what clients learn about it, who may get it, and what fills it in.
///
/// `#[prompt]` makes one of a function. Without the macro:
///
/// ```
/// use thyra::prelude::*;
/// use thyra::{schemars, serde};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// # #[serde(crate = "thyra::serde")]
/// # #[schemars(crate = "thyra::schemars")]
/// struct Review {
///     /// The code to look at
///     code: String,
/// }
///
/// let review = Prompt::new("review", |Args(review): Args<Review>| async move {
///     format!("Review this code:\n\n{}", review.code)
/// })
/// .description("Asks for a code review.");
/// # assert!(review.problems().is_empty());
/// ```
///
/// The protocol sends each argument as text. Where the function wants something else, the text is
/// JSON: `"42"` is a number.
#[derive(Clone)]
pub struct Prompt {
    completers: Completers,
    definition: thyra_protocol::Prompt,
    facets: Facets,
    handler: Arc<dyn Handler<GetPromptResult>>,
}

/// Becomes a prompt, for [`Server::prompt`](crate::Server::prompt): a [`Prompt`], or what
/// `#[prompt]` makes of a function: `review` of an `async fn review`, `review {}` of a `fn review`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a prompt",
    label = "not a prompt",
    note = "put `#[prompt]` on the function, or make a prompt with `Prompt::new(\"name\", function)`",
    note = "if it is there, and the function is not `async`, write braces after its name: `.prompt(review {{}})`"
)]
pub trait IntoPrompt<Marker = ()> {
    /// The prompt.
    fn into_prompt(self) -> Prompt;
}

impl Prompt {
    /// The prompt `name`, filled in by `handler`: an async function whose parameters are all
    /// injected, its arguments as [`Args<T>`](crate::Args).
    ///
    /// A name has 1 to 128 of the characters `A-Z a-z 0-9 _ - .`; a server with a prompt of another
    /// name does not start.
    pub fn new<Marker: 'static>(
        name: impl Into<String>,
        handler: impl HandlerFn<GetPromptResult, Marker>,
    ) -> Self {
        let (parameters, ()) = described(&handler);
        Self::assemble(name.into(), parameters, Function::new(handler))
    }

    /// The prompt `name` with these arguments, filled in by a handler that is not a function and
    /// checks the arguments itself.
    pub fn from_handler(
        name: impl Into<String>,
        arguments: Vec<PromptArgument>,
        handler: impl Handler<GetPromptResult> + 'static,
    ) -> Self {
        let mut completers = Completers::default();
        for argument in &arguments {
            completers.know(&argument.name);
        }
        let facets = Facets::default();
        Self::from_parts(
            name.into(),
            arguments,
            completers,
            facets,
            Arc::new(handler),
        )
    }

    pub(crate) fn assemble(
        name: String,
        parameters: Parameters,
        handler: impl Handler<GetPromptResult> + 'static,
    ) -> Self {
        let mut input: Input = parameters.finish();
        let completers = Completers::new(&input);
        let facets = Facets::new(&mut input);
        let arguments = input.arguments.into_iter().map(argument).collect();
        Self::from_parts(name, arguments, completers, facets, Arc::new(handler))
    }

    /// Completes the argument `argument`. Enums and `bool` are completed without saying so.
    #[must_use]
    pub fn completion<Marker>(
        mut self,
        argument: &str,
        completer: impl IntoCompleter<Marker>,
    ) -> Self {
        let (name, facets) = (&self.definition.name, &mut self.facets);
        self.completers.set(name, facets, argument, completer);
        self
    }

    /// Sets the name that people see for the argument `argument` (from 2025-06-18).
    #[must_use]
    pub fn argument_title(mut self, argument: &str, title: impl Into<String>) -> Self {
        let mut arguments = self.definition.arguments.iter_mut();
        match arguments.find(|known| known.name == argument) {
            Some(known) => known.title = Some(title.into()),
            None => self.facets.problems.push(format!(
                "it has no argument `{argument}` to give a title to"
            )),
        }
        self
    }

    /// Whether there is an argument of this name.
    pub fn has_argument(&self, name: &str) -> bool {
        self.completers.has(name)
    }

    /// What completes the argument `name`, if anything does.
    pub fn completer(&self, name: &str) -> Option<Arc<dyn Completer>> {
        self.completers.get(name)
    }

    /// Fills the prompt in for one request, whose scopes were checked. Dropping the future cancels
    /// it.
    ///
    /// # Errors
    ///
    /// [`CallError`] says what went wrong; [`CallError::into_error`] is what the client gets of it.
    pub fn get<'a>(
        &'a self,
        arguments: Option<&'a RawValue>,
        request: &'a RequestScope,
    ) -> impl Future<Output = Result<GetPromptResult, CallError>> + Send + 'a {
        let call = Call::new(self.name(), arguments, request)
            .knowing(self.facets.known.as_deref())
            .of(Callee::Prompt);
        async move {
            let mut result = answer(&*self.handler, call, Ok).await?;
            if result.description.is_none() {
                result.description.clone_from(&self.definition.description);
            }
            Ok(result)
        }
    }

    fn from_parts(
        name: String,
        arguments: Vec<PromptArgument>,
        completers: Completers,
        mut facets: Facets,
        handler: Arc<dyn Handler<GetPromptResult>>,
    ) -> Self {
        facets.problems.extend(name_problem(&name));
        let mut definition = thyra_protocol::Prompt::new(name);
        definition.arguments = arguments;
        Self {
            completers,
            definition,
            facets,
            handler,
        }
    }
}

component_methods!(Prompt, "prompt");

impl IntoPrompt for Prompt {
    fn into_prompt(self) -> Prompt {
        self
    }
}

impl<F: ComponentFn<Marker>, Marker> IntoPrompt<fn(Marker)> for F
where
    F::Component: IntoPrompt,
{
    fn into_prompt(self) -> Prompt {
        F::Component::default().into_prompt()
    }
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt")
            .field("name", &self.name())
            .field("scopes", &self.facets.scopes)
            .finish_non_exhaustive()
    }
}

/// An argument as clients see it, which know of nothing but text.
fn argument(declared: InputArgument) -> PromptArgument {
    let json = declared.json.map(|(expected, schema)| match expected {
        "an integer" | "a number" | "true or false" => format!("Write {expected}."),
        _ => format!("Write JSON that fits this schema: {schema}"),
    });
    let description = match (declared.description, json) {
        (Some(description), Some(json)) => Some(format!("{description}\n\n{json}")),
        (description, json) => description.or(json),
    };
    let mut argument = PromptArgument::new(declared.name);
    argument.description = description;
    argument.required = Some(declared.required);
    argument
}

#[cfg(test)]
mod tests;
