//! The request whose handler runs, as what the handler runs elsewhere finds it.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;

use super::{Call, CallError, Handler};
use crate::context::RequestScope;

thread_local! {
    static REQUEST: RefCell<Option<RequestScope>> = const { RefCell::new(None) };
}

/// A call of a handler. While it is polled, [`request`] knows its request.
///
/// It is part of every call's future, so it has no room for anything else.
pub(super) enum Running<'a, R> {
    Begins(&'a dyn Handler<R>, Call<'a>),
    Runs(BoxFuture<'a, Result<R, CallError>>, &'a RequestScope),
}

/// Brings back the request whose handler calls another component of its server.
struct Within(Option<RequestScope>);

impl<'a, R> Running<'a, R> {
    /// The call begins when it is first polled.
    pub(super) fn new(handler: &'a dyn Handler<R>, call: Call<'a>) -> Self {
        Self::Begins(handler, call)
    }
}

impl<R> Future for Running<'_, R> {
    type Output = Result<R, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut *self {
                Self::Begins(handler, call) => {
                    let request = call.request();
                    let _within = Within::enter(request);
                    *self = Self::Runs(handler.call(*call), request);
                }
                Self::Runs(future, request) => {
                    let _within = Within::enter(request);
                    return future.as_mut().poll(cx);
                }
            }
        }
    }
}

impl Within {
    fn enter(request: &RequestScope) -> Self {
        Self(REQUEST.replace(Some(request.clone())))
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        REQUEST.set(self.0.take());
    }
}

/// What `look` finds in the request whose handler is polled now on this thread, if there is one.
pub(super) fn request<T>(look: impl FnOnce(&RequestScope) -> T) -> Option<T> {
    REQUEST.with_borrow(|request| request.as_ref().map(look))
}
