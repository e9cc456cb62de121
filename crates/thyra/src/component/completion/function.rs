//! Functions that complete an argument: the typed text comes first, then what the server injects.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::value::to_raw_value;

use super::{Completer, Completion, IntoCompletion};
use crate::context::RequestScope;
use crate::handler::{
    Call, CallError, Callee, FromCall, Handler, HandlerResult, Parameters, ToolError, answer,
};

/// Becomes a completer, for `#[arg(complete = ...)]` and the components' `completion`: a
/// [`Completer`], or an async function of the typed text.
///
/// After the text may come the arguments that were filled in before, as a `BTreeMap` of texts, and
/// then up to six values that the server injects, as into any handler. `Marker` is inferred.
///
/// ```
/// use thyra::prelude::*;
///
/// struct Cities(Vec<String>);
///
/// async fn cities(typed: String, State(known): State<Cities>) -> Vec<String> {
///     let fitting = known.0.iter().filter(|city| city.starts_with(&typed));
///     fitting.cloned().collect()
/// }
///
/// /// Plans a journey.
/// #[prompt]
/// async fn journey(#[arg(complete = cities)] to: String) -> String {
///     format!("Plan a journey to {to}.")
/// }
/// # let _ = journey;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot complete an argument",
    note = "a completer is an async function: `async fn cities(typed: String) -> Vec<String>`; after the text may come the other arguments, as `BTreeMap<String, String>`, and injected values, such as `State<T>`",
    note = "it returns `Vec<String>`, `Vec<&'static str>`, `Completion` or a `Result` of one of these; or the completer is what `completion_values` makes"
)]
pub trait IntoCompleter<Marker> {
    /// The completer of an argument of `component`, by its name.
    fn into_completer(self, component: &str) -> Arc<dyn Completer>;

    /// Adds what it needs the server to have.
    fn describe(parameters: &mut Parameters) {
        let _ = parameters;
    }
}

/// The marker of what is a completer by itself.
#[derive(Debug)]
pub enum ByItself {}

/// The marker of a function of the typed text and what is injected.
#[derive(Debug)]
pub enum OfText {}

/// The marker of a function of the typed text, the other arguments, and what is injected.
#[derive(Debug)]
pub enum OfArguments {}

impl<C: Completer + 'static> IntoCompleter<ByItself> for C {
    fn into_completer(self, _: &str) -> Arc<dyn Completer> {
        Arc::new(self)
    }
}

/// What is typed, and what was filled in before.
#[derive(Clone, Copy)]
struct Typed<'a> {
    text: &'a str,
    others: &'a BTreeMap<String, String>,
}

/// A function that gets what it wants out of a call.
struct FunctionCompleter<F> {
    component: String,
    complete: F,
}

/// One call of it.
struct Completing<'a, F> {
    complete: &'a F,
    typed: Typed<'a>,
}

impl HandlerResult for Completion {
    type Known = ();
}

impl<F> Handler<Completion> for Completing<'_, F>
where
    F: for<'a> Fn(Typed<'a>, Call<'a>) -> BoxFuture<'a, Result<Completion, CallError>>
        + Send
        + Sync,
{
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<Completion, CallError>> {
        (self.complete)(self.typed, call)
    }
}

impl<F> Completer for FunctionCompleter<F>
where
    F: for<'a> Fn(Typed<'a>, Call<'a>) -> BoxFuture<'a, Result<Completion, CallError>>
        + Send
        + Sync,
{
    fn complete<'a>(
        &'a self,
        partial: &'a str,
        others: &'a BTreeMap<String, String>,
        request: &'a RequestScope,
    ) -> BoxFuture<'a, Result<Completion, CallError>> {
        Box::pin(async move {
            let arguments = to_raw_value(others).map_err(ToolError::internal)?;
            let call = Call::new(&self.component, Some(&arguments), request).of(Callee::Prompt);
            let typed = Typed {
                text: partial,
                others,
            };
            let completing = Completing {
                complete: &self.complete,
                typed,
            };
            answer(&completing, call, Ok).await
        })
    }
}

fn completer<F>(component: &str, complete: F) -> Arc<dyn Completer>
where
    F: for<'a> Fn(Typed<'a>, Call<'a>) -> BoxFuture<'a, Result<Completion, CallError>>
        + Send
        + Sync
        + 'static,
{
    let component = component.to_owned();
    Arc::new(FunctionCompleter {
        component,
        complete,
    })
}

macro_rules! completer_fn {
    ($($injected:ident),*) => {
        completer_fn!(OfText, (String), |typed| (typed.text.to_owned()), [$($injected),*]);
    };
    ($marker:ident, ($($taken:ty),*), |$typed:ident| ($($given:expr),*), [$($injected:ident),*]) => {
        #[allow(non_snake_case, unused_variables, reason = "one body for all arities")]
        impl<F, Answer, $($injected),*> IntoCompleter<($marker, Answer, $($injected,)*)> for F
        where
            F: Fn($($taken,)* $($injected),*) -> Answer + Clone + Send + Sync + 'static,
            Answer: Future<Output: IntoCompletion> + Send,
            $($injected: FromCall + Send,)*
        {
            fn into_completer(self, component: &str) -> Arc<dyn Completer> {
                completer(component, move |$typed, call| {
                    let function = self.clone();
                    Box::pin(async move {
                        $(let $injected = $injected::from_call(&call).await?;)*
                        function($($given,)* $($injected),*).await.into_completion()
                    })
                })
            }

            fn describe(parameters: &mut Parameters) {
                $($injected::describe(parameters);)*
            }
        }
    };
    // Without anything injected, such a function is a completer by itself.
    (others: $($injected:ident),+) => {
        completer_fn!(
            OfArguments,
            (String, BTreeMap<String, String>),
            |typed| (typed.text.to_owned(), typed.others.clone()),
            [$($injected),+]
        );
    };
}

completer_fn!();
completer_fn!(A);
completer_fn!(A, B);
completer_fn!(A, B, C);
completer_fn!(A, B, C, D);
completer_fn!(A, B, C, D, E);
completer_fn!(A, B, C, D, E, G);
completer_fn!(others: A);
completer_fn!(others: A, B);
completer_fn!(others: A, B, C);
completer_fn!(others: A, B, C, D);
completer_fn!(others: A, B, C, D, E);
completer_fn!(others: A, B, C, D, E, G);
