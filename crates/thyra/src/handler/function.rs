//! Plain functions and closures as handlers: each parameter extracts itself from the call.

use std::future::Future;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;
use thyra_protocol::{CallToolResult, GetPromptResult, ReadResourceResult};

use super::parameters::Parameters;
use super::{Call, CallError, FromCall, Handler, IntoContents, IntoMessages, IntoReply, Output};

/// A result that handlers answer calls with.
pub trait HandlerResult: Sized + Send + 'static {
    /// What the return type of a function tells about all its results, before any call.
    type Known;

    /// Whether the result tells of a failure.
    fn is_failure(&self) -> bool {
        false
    }
}

impl HandlerResult for CallToolResult {
    type Known = Output;

    fn is_failure(&self) -> bool {
        self.is_error
    }
}

impl HandlerResult for ReadResourceResult {
    /// The media type.
    type Known = Option<&'static str>;
}

impl HandlerResult for GetPromptResult {
    type Known = ();
}

/// An async function of up to eight injected parameters that returns something which becomes an
/// `R`: a tool's [`CallToolResult`], a resource's [`ReadResourceResult`] or a prompt's
/// [`GetPromptResult`].
///
/// [`Args`](super::Args) is the parameter that holds the arguments of the call.
#[diagnostic::on_unimplemented(
    message = "this function cannot be the handler of a component",
    note = "a handler is `async`, has at most eight parameters, each of which implements `FromCall` (take arguments as `Args(args): Args<MyArgs>`), and is `Send`",
    note = "it returns something that implements `IntoReply` for a tool, `IntoContents` for a resource, `IntoMessages` for a prompt"
)]
pub trait HandlerFn<R: HandlerResult, Marker>: Clone + Send + Sync + 'static {
    /// Adds what the function takes.
    fn describe(parameters: &mut Parameters);

    /// What the function returns.
    fn output() -> R::Known;

    /// Calls the function.
    fn call(&self, call: Call<'_>) -> impl Future<Output = Result<R, CallError>> + Send;
}

/// A function as a [`Handler`].
pub(crate) struct Function<F, R, Marker> {
    inner: F,
    marker: PhantomData<fn() -> (R, Marker)>,
}

impl<F, R, Marker> Function<F, R, Marker> {
    pub(crate) fn new(function: F) -> Self {
        Self {
            inner: function,
            marker: PhantomData,
        }
    }
}

impl<F: HandlerFn<R, Marker>, R: HandlerResult, Marker> Handler<R> for Function<F, R, Marker> {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<R, CallError>> {
        Box::pin(self.inner.call(call))
    }
}

/// What is known of a function without calling it.
pub(crate) fn described<R: HandlerResult, F: HandlerFn<R, Marker>, Marker>(
    _: &F,
) -> (Parameters, R::Known) {
    let mut parameters = Parameters::new();
    F::describe(&mut parameters);
    (parameters, F::output())
}

macro_rules! handler_fn {
    (@known nothing, $returned:ident) => { () };
    (@known $output:ident, $returned:ident) => { $returned::$output() };
    ($($parameter:ident),*) => {
        handler_fn!(CallToolResult, IntoReply, output, |answer, call| answer.into_reply(call.shape()), [$($parameter),*]);
        handler_fn!(ReadResourceResult, IntoContents, mime_type, |answer, call| answer.into_contents(), [$($parameter),*]);
        handler_fn!(GetPromptResult, IntoMessages, nothing, |answer, call| answer.into_messages(), [$($parameter),*]);
    };
    ($result:ty, $into:ident, $output:ident, |$answer:ident, $call:ident| $convert:expr, [$($parameter:ident),*]) => {
        #[allow(non_snake_case, unused_variables, reason = "one body for all arities")]
        impl<F, Future_, Returned, Marker, $($parameter),*>
            HandlerFn<$result, (Marker, Returned, $($parameter,)*)> for F
        where
            F: Fn($($parameter),*) -> Future_ + Clone + Send + Sync + 'static,
            Future_: Future<Output = Returned> + Send,
            Returned: $into<Marker>,
            $($parameter: FromCall + Send,)*
        {
            fn describe(parameters: &mut Parameters) {
                $($parameter::describe(parameters);)*
            }

            fn output() -> <$result as HandlerResult>::Known {
                handler_fn!(@known $output, Returned)
            }

            async fn call(&self, $call: Call<'_>) -> Result<$result, CallError> {
                $(let $parameter = $parameter::from_call(&$call).await?;)*
                let $answer = self($($parameter),*).await;
                $convert
            }
        }
    };
}

handler_fn!();
handler_fn!(A);
handler_fn!(A, B);
handler_fn!(A, B, C);
handler_fn!(A, B, C, D);
handler_fn!(A, B, C, D, E);
handler_fn!(A, B, C, D, E, G);
handler_fn!(A, B, C, D, E, G, H);
handler_fn!(A, B, C, D, E, G, H, I);
