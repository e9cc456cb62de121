//! Values that are made once per call, shared by all who want them, and released after the call.

mod circle;
mod held;

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub(super) use self::circle::{Wanted, in_words};
pub(crate) use self::held::Dependencies;
use super::parameters::Parameters;
use super::{Call, FromCall, Rejection, ToolError};

/// Something that handlers need for one call, such as a transaction or the caller's tenant.
///
/// Handlers take it as [`Depends<T>`]. The server makes it when it is first wanted, once per call,
/// and everything that wants it shares it: parameters, extractors and other dependencies. A
/// dependency takes what it needs itself as a handler does, with `from_call`.
///
/// ```
/// use std::sync::Arc;
///
/// use thyra::extend::Parameters;
/// use thyra::prelude::*;
/// use thyra::{Call, CallEnd, Dependency, Depends, FromCall, Rejection};
///
/// # struct Pool;
/// # impl Pool {
/// #     async fn begin(&self) -> Result<Transaction, std::io::Error> { Ok(Transaction) }
/// # }
/// # struct Transaction;
/// # impl Transaction {
/// #     async fn insert(&self, _: &str) -> Result<u64, std::io::Error> { Ok(1) }
/// #     async fn commit(self) -> Result<(), std::io::Error> { Ok(()) }
/// # }
/// impl Dependency for Transaction {
///     async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
///         let pool = State::<Pool>::from_call(call).await?;
///         pool.begin().await.map_err(Rejection::failed)
///     }
///
///     async fn release(self: Arc<Self>, end: CallEnd) -> Result<(), ToolError> {
///         // A transaction that is dropped rolls back.
///         if let (CallEnd::Answered, Some(transaction)) = (end, Arc::into_inner(self)) {
///             transaction.commit().await?;
///         }
///         Ok(())
///     }
///
///     fn describe(parameters: &mut Parameters) {
///         State::<Pool>::describe(parameters);
///     }
/// }
///
/// /// Writes a note.
/// #[tool]
/// async fn write_note(text: String, notes: Depends<Transaction>) -> Result<u64, ToolError> {
///     Ok(notes.insert(&text).await?)
/// }
/// # let _ = write_note;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a dependency of a call",
    label = "the server does not know how to make it",
    note = "implement `thyra::Dependency` for it; a value that lives as long as the server is `State<T>`"
)]
pub trait Dependency: Sized + Send + Sync + 'static {
    /// Makes the value. It may wait, which counts against the call's timeout. In an implementation,
    /// write `async fn resolve`.
    ///
    /// # Errors
    ///
    /// [`Rejection`] says why there is none. The call fails with it, and the caller reads its text.
    /// Whoever wants the value next has it made again.
    fn resolve(call: &Call<'_>) -> impl Future<Output = Result<Self, Rejection>> + Send;

    /// Cleans up after the call, whether it was answered or failed. The one that was made last is
    /// released first. It may wait, which counts against the call's timeout, but not ask the user.
    /// In an implementation, write `async fn release`.
    ///
    /// A call that ends in another way is dropped, and all its dependencies with it, without this:
    /// it was cancelled or took too long, or its question ended the round (2026-07-28), after which
    /// everything is made anew. So let `Drop` undo, and let this complete.
    ///
    /// # Errors
    ///
    /// The call fails with this error if it was answered; if it failed before, the error goes to
    /// the log.
    fn release(
        self: Arc<Self>,
        end: CallEnd,
    ) -> impl Future<Output = Result<(), ToolError>> + Send {
        let _ = end;
        async { Ok(()) }
    }

    /// Declares, once, what the value needs the server to have. A server that lacks it does not
    /// start, nor does one with a circle of dependencies that all declare each other.
    fn describe(parameters: &mut Parameters) {
        let _ = parameters;
    }
}

/// How the handler of a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallEnd {
    /// With a result.
    Answered,
    /// With an error, a result that says it is one (`isError`), or a panic; or the call was refused
    /// before its handler ran.
    Failed,
}

/// A [`Dependency`], injected: made once per call, and shared.
///
/// In a test, make it by hand: `Depends(Arc::new(tenant))`.
pub struct Depends<T>(pub Arc<T>);

impl<T: Dependency> FromCall for Depends<T> {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        // Boxed, because dependencies may want each other, and a type cannot contain itself.
        let made: BoxFuture<'_, Result<Arc<T>, Rejection>> = Box::pin(held::get(call));
        made.await.map(Self)
    }

    fn describe(parameters: &mut Parameters) {
        parameters.dependency(Wanted::of::<T>(), T::describe);
    }
}

impl<T> Deref for Depends<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for Depends<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Depends<T> {
    /// The type only: the value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Depends<{}>", std::any::type_name::<T>())
    }
}
