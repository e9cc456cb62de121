//! The body of a request that somebody else may read or not.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body as HttpBody, Frame, SizeHint};
use thyra_auth::TrackedBody;
use tokio::sync::oneshot;

/// A body that comes back when its reader lets go of it.
pub(super) struct Lent<B> {
    /// It is there until this is dropped.
    body: Option<Pin<Box<TrackedBody<B>>>>,
    back: Option<oneshot::Sender<Pin<Box<TrackedBody<B>>>>>,
}

impl<B> Lent<B> {
    pub(super) fn new(
        body: Pin<Box<TrackedBody<B>>>,
    ) -> (Self, oneshot::Receiver<Pin<Box<TrackedBody<B>>>>) {
        let (back, returned) = oneshot::channel();
        let lent = Self {
            body: Some(body),
            back: Some(back),
        };
        (lent, returned)
    }
}

impl<B> Drop for Lent<B> {
    fn drop(&mut self) {
        if let (Some(body), Some(back)) = (self.body.take(), self.back.take()) {
            // If nobody waits for it, it ends here.
            let _ = back.send(body);
        }
    }
}

impl<B: HttpBody> HttpBody for Lent<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match &mut self.get_mut().body {
            Some(body) => body.as_mut().poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}
