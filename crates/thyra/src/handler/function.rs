//! Plain functions and closures as handlers: each parameter extracts itself from the call.

use std::future::Future;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;
use thyra_protocol::{CallToolResult, GetPromptResult, ReadResourceResult};

use super::signature::Signature;
use super::{
    Call, CallError, FromCall, Handler, IntoContents, IntoPrompt, IntoReply, Output, Shape,
};

/// A result that handlers answer with, and what is known of it before any call.
pub trait Answer: Sized + Send + 'static {
    /// What the type that a function returns tells about all its results.
    type Known;
    /// What a call needs of that.
    type Form: Copy + Send + Sync + 'static;
}

impl Answer for CallToolResult {
    type Known = Output;
    type Form = Shape;
}

impl Answer for ReadResourceResult {
    /// The media type.
    type Known = Option<&'static str>;
    type Form = ();
}

impl Answer for GetPromptResult {
    type Known = ();
    type Form = ();
}

/// An async function of up to eight injected parameters that returns something which becomes an `R`: a tool's
/// [`CallToolResult`], a resource's [`ReadResourceResult`] or a prompt's [`GetPromptResult`].
///
/// [`Args`](super::Args) is the parameter that holds the arguments of the call.
#[diagnostic::on_unimplemented(
    message = "this function cannot be the handler of a component",
    note = "a handler is `async`, has at most eight parameters, each of which implements `FromCall` (take arguments as `Args(args): Args<MyArgs>`), and is `Send`",
    note = "it returns something that implements `IntoReply` for a tool, `IntoContents` for a resource, `IntoPrompt` for a prompt"
)]
pub trait HandlerFn<R: Answer, Marker>: Clone + Send + Sync + 'static {
    /// Adds the parameters to a signature.
    fn describe(signature: &mut Signature);

    /// What the function returns.
    fn output() -> R::Known;

    /// Calls the function.
    fn call(
        &self,
        call: Call<'_>,
        form: R::Form,
    ) -> impl Future<Output = Result<R, CallError>> + Send;
}

/// A function that knows the form of its output.
pub(crate) struct Function<F, R: Answer, Marker> {
    inner: F,
    form: R::Form,
    marker: PhantomData<fn() -> (R, Marker)>,
}

impl<F, R: Answer, Marker> Function<F, R, Marker> {
    pub(crate) fn new(function: F, form: R::Form) -> Self {
        Self {
            inner: function,
            form,
            marker: PhantomData,
        }
    }
}

impl<F: HandlerFn<R, Marker>, R: Answer, Marker> Handler<R> for Function<F, R, Marker> {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<R, CallError>> {
        Box::pin(self.inner.call(call, self.form))
    }
}

/// What is known of a function without calling it.
pub(crate) fn described<R: Answer, F: HandlerFn<R, Marker>, Marker>(
    _: &F,
) -> (Signature, R::Known) {
    let mut signature = Signature::new();
    F::describe(&mut signature);
    (signature, F::output())
}

macro_rules! handler_fn {
    (@known nothing, $returned:ident) => { () };
    (@known $output:ident, $returned:ident) => { $returned::$output() };
    ($($parameter:ident),*) => {
        handler_fn!(CallToolResult, IntoReply, output, |answer, shape| answer.into_reply(shape), [$($parameter),*]);
        handler_fn!(ReadResourceResult, IntoContents, mime_type, |answer, _form| answer.into_contents(), [$($parameter),*]);
        handler_fn!(GetPromptResult, IntoPrompt, nothing, |answer, _form| answer.into_prompt(), [$($parameter),*]);
    };
    ($result:ty, $into:ident, $output:ident, |$answer:ident, $form:ident| $convert:expr, [$($parameter:ident),*]) => {
        #[allow(non_snake_case, unused_variables, reason = "one body for all arities")]
        impl<F, Future_, Returned, Marker, $($parameter),*>
            HandlerFn<$result, (Marker, Returned, $($parameter,)*)> for F
        where
            F: Fn($($parameter),*) -> Future_ + Clone + Send + Sync + 'static,
            Future_: Future<Output = Returned> + Send,
            Returned: $into<Marker>,
            $($parameter: FromCall + Send,)*
        {
            fn describe(signature: &mut Signature) {
                $($parameter::describe(signature);)*
            }

            fn output() -> <$result as Answer>::Known {
                handler_fn!(@known $output, Returned)
            }

            async fn call(
                &self,
                call: Call<'_>,
                $form: <$result as Answer>::Form,
            ) -> Result<$result, CallError> {
                let answer = {
                    $(let $parameter = $parameter::from_call(&call)?;)*
                    self($($parameter),*)
                };
                let $answer = answer.await;
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
