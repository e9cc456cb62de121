use std::collections::VecDeque;
use std::pin::pin;

use bytes::Bytes;
use http::Request;
use tokio::time::Instant;

use super::*;

/// Frames that are there, and whether the end comes after them.
struct Frames {
    ready: VecDeque<Result<Bytes, &'static str>>,
    ends: bool,
    announced: u64,
}

impl Frames {
    fn new(pieces: &[&'static [u8]], ends: bool) -> Self {
        let pieces = pieces.iter().map(|piece| Ok(Bytes::from_static(piece)));
        Self {
            ready: pieces.collect(),
            ends,
            announced: 0,
        }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        match self.ready.pop_front() {
            Some(piece) => Poll::Ready(Some(piece.map(Frame::data))),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::default();
        hint.set_lower(self.announced);
        hint
    }
}

const FIVE: Drain = Drain {
    bytes: 5,
    time: Duration::from_secs(2),
};

fn parts(version: Version, expect: Option<&'static str>) -> Parts {
    let mut request = Request::builder().version(version);
    if let Some(expect) = expect {
        request = request.header(header::EXPECT, expect);
    }
    request.body(()).unwrap().into_parts().0
}

/// Whether the answer closes the connection, and how many frames were left unread.
async fn settle(parts: &Parts, body: Frames) -> (bool, usize) {
    let mut body = pin!(TrackedBody::new(parts, body));
    let mut answer = HeaderMap::new();
    FIVE.before(body.as_mut(), &mut answer).await;
    let closes = answer.get(header::CONNECTION).map(HeaderValue::as_bytes) == Some(b"close");
    (closes, body.body.ready.len())
}

#[tokio::test(start_paused = true)]
async fn a_rest_within_the_bounds_is_read_and_the_connection_goes_on() {
    for version in [Version::HTTP_10, Version::HTTP_11] {
        let parts = parts(version, None);
        assert_eq!(
            settle(&parts, Frames::new(&[b"ab", b"", b"cde"], true)).await,
            (false, 0)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_rest_beyond_the_bounds_closes_the_connection() {
    let parts = parts(Version::HTTP_11, None);
    let long = Frames::new(&[b"abc", b"def", b"g"], true);
    assert_eq!(settle(&parts, long).await, (true, 1));

    let mut announced = Frames::new(&[b"abc"], true);
    announced.announced = 6;
    assert_eq!(settle(&parts, announced).await, (true, 1));

    let mut broken = Frames::new(&[b"abc"], true);
    broken.ready.push_back(Err("reset"));
    assert_eq!(settle(&parts, broken).await, (true, 0));

    let began = Instant::now();
    assert_eq!(settle(&parts, Frames::new(&[b"a"], false)).await, (true, 0));
    assert_eq!(began.elapsed(), FIVE.time);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_to_go_on_is_not_waited_for() {
    let began = Instant::now();
    for expect in ["100-continue", "100-Continue"] {
        let parts = parts(Version::HTTP_11, Some(expect));
        assert_eq!(
            settle(&parts, Frames::new(&[b"ab"], false)).await,
            (true, 1)
        );
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    // There is no such waiting in HTTP/1.0 (RFC 9110 section 10.1.1).
    let older = parts(Version::HTTP_10, Some("100-continue"));
    assert_eq!(
        settle(&older, Frames::new(&[b"ab"], true)).await,
        (false, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_read_or_given_up_is_not_waited_for() {
    let began = Instant::now();
    let parts = parts(Version::HTTP_11, Some("100-continue"));
    let mut read = pin!(TrackedBody::new(&parts, Frames::new(&[b"ab"], true)));
    while poll_fn(|cx| read.as_mut().poll_frame(cx)).await.is_some() {}
    let mut answer = HeaderMap::new();
    FIVE.before(read.as_mut(), &mut answer).await;
    assert!(answer.is_empty());

    let mut slow = pin!(TrackedBody::new(&parts, Frames::new(&[b"ab"], false)));
    slow.as_mut().give_up();
    FIVE.before(slow.as_mut(), &mut answer).await;
    assert_eq!(answer[header::CONNECTION], "close");
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_its_own_is_left_alone() {
    let parts = parts(Version::HTTP_2, None);
    assert_eq!(
        settle(&parts, Frames::new(&[b"abc"], false)).await,
        (false, 1)
    );
}
