//! What a client still sends of a body that nobody wants.
//!
//! A server that answers and closes while its client sends makes the client's system throw the
//! answer away with the connection (RFC 9112 section 9.6). So the rest of the body is read first,
//! within bounds; beyond them, the answer says that the connection ends with it.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Buf;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Version, header};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a request, which knows whether more of it is to come.
    #[derive(Debug)]
    pub struct TrackedBody<B> {
        #[pin]
        body: B,
        rest: Rest,
    }
}

/// What is to come of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Nothing: it was read to its end.
    Nothing,
    /// It comes whether it is wanted or not.
    Coming,
    /// It comes once the client is told to go on, which reading it does (RFC 9110 section 10.1.1).
    Held,
    /// Its end cannot be found any more.
    Lost,
    /// It has a stream to itself, so it is in nobody's way: HTTP/2 and later.
    Apart,
}

impl<B> TrackedBody<B> {
    /// The body of the request with the head `parts`.
    pub fn new(parts: &Parts, body: B) -> Self {
        let rest = match parts.version {
            Version::HTTP_11 if expects_continue(&parts.headers) => Rest::Held,
            Version::HTTP_09 | Version::HTTP_10 | Version::HTTP_11 => Rest::Coming,
            _ => Rest::Apart,
        };
        Self { body, rest }
    }

    /// Says that the body took too long, so that nobody waits for its end again.
    pub fn give_up(self: Pin<&mut Self>) {
        let rest = self.project().rest;
        if *rest != Rest::Apart {
            *rest = Rest::Lost;
        }
    }
}

impl<B: Body> TrackedBody<B> {
    /// Whether this body is over, so that the next request of its connection can be read.
    pub fn is_out_of_the_way(&self) -> bool {
        match self.rest {
            Rest::Nothing | Rest::Apart => true,
            Rest::Coming | Rest::Held => self.body.is_end_stream(),
            Rest::Lost => false,
        }
    }
}

impl<B: Body> Body for TrackedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        if *this.rest == Rest::Held {
            *this.rest = Rest::Coming;
        }
        let frame = ready!(this.body.poll_frame(cx));
        if *this.rest == Rest::Coming {
            match &frame {
                None => *this.rest = Rest::Nothing,
                Some(Err(_)) => *this.rest = Rest::Lost,
                Some(Ok(_)) => {}
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The bounds within which the rest of an unwanted body is read and thrown away.
#[derive(Clone, Copy, Debug)]
pub struct Drain {
    bytes: u64,
    time: Duration,
}

impl Drain {
    /// Reads at most `bytes`, for at most `time`.
    pub fn new(bytes: u64, time: Duration) -> Self {
        Self { bytes, time }
    }

    /// Reads what is left of `body` before an answer with the headers `answer` goes out. If its end
    /// is not reached, the answer says `connection: close`.
    ///
    /// Nothing is kept of what is read. A client that waits to be told to go on is not waited for:
    /// the answer tells it not to send the body.
    pub async fn before<B: Body>(self, body: Pin<&mut TrackedBody<B>>, answer: &mut HeaderMap) {
        if body.is_out_of_the_way() {
            return;
        }
        if !self.reaches_end(body).await {
            answer.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }

    async fn reaches_end<B: Body>(self, mut body: Pin<&mut TrackedBody<B>>) -> bool {
        let announced = body.size_hint().lower();
        if matches!(body.rest, Rest::Held | Rest::Lost) || announced > self.bytes {
            return false;
        }
        let mut left = self.bytes;
        let reading = async {
            while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
                let Ok(frame) = frame else { return false };
                let length = frame.data_ref().map_or(0, Buf::remaining) as u64;
                match left.checked_sub(length) {
                    Some(less) => left = less,
                    None => return false,
                }
            }
            true
        };
        tokio::time::timeout(self.time, reading)
            .await
            .unwrap_or(false)
    }
}

/// 8 MiB in 2 seconds: enough for the largest message that servers usually take, and little enough
/// that it is no burden.
impl Default for Drain {
    fn default() -> Self {
        Self::new(8 * 1024 * 1024, Duration::from_secs(2))
    }
}

fn expects_continue(headers: &HeaderMap) -> bool {
    headers
        .get(header::EXPECT)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

#[cfg(test)]
mod tests;
