//! Plain functions and closures as handlers: each parameter extracts itself from the call.

use std::future::Future;

use futures_util::future::BoxFuture;
use thyra_protocol::CallToolResult;

use super::signature::Signature;
use super::{Call, CallError, FromCall, IntoReply, Output, Shape, ToolHandler};

/// An async function of up to eight injected parameters that returns something which becomes a result.
///
/// [`Args`](super::Args) is the parameter that holds the arguments of the call.
#[diagnostic::on_unimplemented(
    message = "this function cannot be the handler of a tool",
    note = "a handler is `async`, has at most eight parameters, each of which implements `FromCall` (take arguments as `Args(args): Args<MyArgs>`), returns something that implements `IntoReply`, and is `Send`"
)]
pub trait HandlerFn<Marker>: Clone + Send + Sync + 'static {
    /// Adds the parameters to a signature.
    fn describe(signature: &mut Signature);

    /// What the function returns.
    fn output() -> Output;

    /// Calls the function.
    fn call(
        &self,
        call: Call<'_>,
        shape: Shape,
    ) -> impl Future<Output = Result<CallToolResult, CallError>> + Send;
}

/// A function that knows the shape of its output.
pub(crate) struct Function<F, Marker> {
    inner: F,
    shape: Shape,
    marker: std::marker::PhantomData<fn() -> Marker>,
}

impl<F, Marker> Function<F, Marker> {
    pub(crate) fn new(function: F, shape: Shape) -> Self {
        Self {
            inner: function,
            shape,
            marker: std::marker::PhantomData,
        }
    }
}

impl<F: HandlerFn<Marker>, Marker> ToolHandler for Function<F, Marker> {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<CallToolResult, CallError>> {
        Box::pin(self.inner.call(call, self.shape))
    }
}

macro_rules! handler_fn {
    ($($parameter:ident),*) => {
        #[allow(non_snake_case, unused_variables, reason = "one body for all arities")]
        impl<F, Answer, Reply, Marker, $($parameter),*> HandlerFn<(Marker, Reply, $($parameter,)*)> for F
        where
            F: Fn($($parameter),*) -> Answer + Clone + Send + Sync + 'static,
            Answer: Future<Output = Reply> + Send,
            Reply: IntoReply<Marker>,
            $($parameter: FromCall + Send,)*
        {
            fn describe(signature: &mut Signature) {
                $($parameter::describe(signature);)*
            }

            fn output() -> Output {
                Reply::output()
            }

            async fn call(&self, call: Call<'_>, shape: Shape) -> Result<CallToolResult, CallError> {
                let answer = {
                    $(let $parameter = $parameter::from_call(&call)?;)*
                    self($($parameter),*)
                };
                answer.await.into_reply(shape)
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
