//! The body of an answer, which tells the seat of its connection when it was written.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::seats::Seat;

pin_project! {
    /// The body of an answer. Dropping it means that hyper has all of it.
    #[derive(Debug)]
    pub(super) struct Answered<B> {
        #[pin]
        body: B,
        _end: End,
    }
}

#[derive(Debug)]
struct End {
    seat: Seat,
    /// Whether the connection ends with this answer.
    last: bool,
}

impl<B> Answered<B> {
    pub(super) fn new(body: B, seat: Seat, last: bool) -> Self {
        Self {
            body,
            _end: End { seat, last },
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.seat.answers(self.last);
    }
}

impl<B: Body> Body for Answered<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
