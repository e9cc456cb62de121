//! Completion: what an argument of a prompt or of a resource template may be, as its value is typed
//! (MCP `completion/complete`).

mod function;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use self::function::IntoCompleter;
use super::Facets;
use crate::context::RequestScope;
use crate::handler::{CallError, CallerError, Input, Parameters};

/// Completes the values of one argument.
///
/// Async closures are completers:
///
/// ```
/// use std::collections::BTreeMap;
///
/// use thyra::Prompt;
///
/// let plan = Prompt::new("plan", || async { "Plan a journey." })
///     .description("Plans a journey.");
/// # let _ = plan;
/// let cities = |partial: String, _others: BTreeMap<String, String>| async move {
///     let cities = ["Athens", "Berlin", "Bern"];
///     cities.into_iter().filter(|city| city.starts_with(&partial)).collect::<Vec<_>>()
/// };
/// # fn is_completer(_: impl thyra::Completer) {}
/// # is_completer(cities);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot complete an argument",
    note = "a completer is `|partial: String, others: BTreeMap<String, String>| ..` as an async closure that returns `Vec<String>`, `Vec<&'static str>`, `Completion` or a `Result` of these, or it is what `completion_values` makes"
)]
pub trait Completer: Send + Sync {
    /// The values that `partial` could become. `others` are the arguments that were filled in
    /// before.
    ///
    /// # Errors
    ///
    /// [`CallError`] says what went wrong.
    fn complete<'a>(
        &'a self,
        partial: &'a str,
        others: &'a BTreeMap<String, String>,
        request: &'a RequestScope,
    ) -> BoxFuture<'a, Result<Completion, CallError>>;
}

/// The values that an argument may have. The server sends at most a hundred, and says when there
/// are more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The values, the best first.
    pub values: Vec<String>,
    /// The number of all values, if it is known and `values` is only a part.
    pub total: Option<u64>,
}

/// What a completer may return.
#[diagnostic::on_unimplemented(
    message = "a completer cannot return `{Self}`",
    note = "return `Vec<String>`, `Vec<&'static str>`, `Completion`, or a `Result` of one of these"
)]
pub trait IntoCompletion {
    /// The completion.
    ///
    /// # Errors
    ///
    /// The value is a failure.
    fn into_completion(self) -> Result<Completion, CallError>;
}

/// Always the same values; made by [`completion_values`].
#[derive(Clone, Debug)]
pub struct CompletionValues(Vec<String>);

/// Completes to those of `values` that start with the typed text, regardless of case.
pub fn completion_values<S: Into<String>>(values: impl IntoIterator<Item = S>) -> CompletionValues {
    CompletionValues(values.into_iter().map(Into::into).collect())
}

impl Completer for CompletionValues {
    fn complete<'a>(
        &'a self,
        partial: &'a str,
        _: &'a BTreeMap<String, String>,
        _: &'a RequestScope,
    ) -> BoxFuture<'a, Result<Completion, CallError>> {
        let typed = partial.to_lowercase();
        let values = self.0.iter();
        let values = values
            .filter(|value| value.to_lowercase().starts_with(&typed))
            .cloned();
        let values = values.collect();
        Box::pin(async move {
            Ok(Completion {
                values,
                total: None,
            })
        })
    }
}

impl<F, Answer> Completer for F
where
    F: Fn(String, BTreeMap<String, String>) -> Answer + Send + Sync,
    Answer: Future + Send,
    Answer::Output: IntoCompletion,
{
    fn complete<'a>(
        &'a self,
        partial: &'a str,
        others: &'a BTreeMap<String, String>,
        _: &'a RequestScope,
    ) -> BoxFuture<'a, Result<Completion, CallError>> {
        Box::pin(async move {
            self(partial.to_owned(), others.clone())
                .await
                .into_completion()
        })
    }
}

impl IntoCompletion for Completion {
    fn into_completion(self) -> Result<Completion, CallError> {
        Ok(self)
    }
}

impl IntoCompletion for Vec<String> {
    fn into_completion(self) -> Result<Completion, CallError> {
        Ok(Completion {
            values: self,
            total: None,
        })
    }
}

impl IntoCompletion for Vec<&'static str> {
    fn into_completion(self) -> Result<Completion, CallError> {
        let values: Vec<String> = self.into_iter().map(str::to_owned).collect();
        values.into_completion()
    }
}

impl<T: IntoCompletion, E: CallerError> IntoCompletion for Result<T, E> {
    fn into_completion(self) -> Result<Completion, CallError> {
        match self {
            Ok(values) => values.into_completion(),
            Err(error) => Err(error.into_tool_error().into()),
        }
    }
}

/// The arguments of a prompt or of a resource template, and who completes them.
#[derive(Clone, Default)]
pub(super) struct Completers(BTreeMap<String, Option<Arc<dyn Completer>>>);

impl Completers {
    /// Those of the arguments, as far as their types tell.
    pub(super) fn new(input: &Input) -> Self {
        let completers = input.arguments.iter().map(|argument| {
            let values = argument.choices.clone();
            let completer = values.map(|values| Arc::new(completion_values(values)) as _);
            (argument.name.clone(), completer)
        });
        Self(completers.collect())
    }

    /// Adds a name that can be completed.
    pub(super) fn know(&mut self, argument: &str) {
        self.0.entry(argument.to_owned()).or_default();
    }

    /// Sets the completer of an argument of `component`, which has these `facets`: they learn what
    /// the completer needs, and if there is no such argument.
    pub(super) fn set<C: IntoCompleter<Marker>, Marker>(
        &mut self,
        component: &str,
        facets: &mut Facets,
        argument: &str,
        completer: C,
    ) {
        match self.0.get_mut(argument) {
            Some(slot) => {
                let mut parameters = Parameters::new();
                C::describe(&mut parameters);
                facets.need(parameters);
                *slot = Some(completer.into_completer(component));
            }
            None => facets.problems.push(format!(
                "it completes `{argument}`, and it has no such argument"
            )),
        }
    }

    pub(super) fn has(&self, argument: &str) -> bool {
        self.0.contains_key(argument)
    }

    pub(super) fn get(&self, argument: &str) -> Option<Arc<dyn Completer>> {
        self.0.get(argument)?.clone()
    }
}

impl fmt::Debug for Completers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests;
