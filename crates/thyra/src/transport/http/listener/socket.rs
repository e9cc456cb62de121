//! The socket of a connection: it tells its seat what happens, and lingers before it closes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::seats::{Doing, Seat};
use crate::limits::Limits;

/// How long a client that has its last answer may be silent before its connection is closed.
const SILENCE: Duration = Duration::from_secs(5);

/// A socket that a client still sends to is not closed at once: that would make the client's system
/// throw the answer away. First the side that writes is shut, and what comes is thrown away, within
/// bounds (RFC 9112 section 9.6).
#[derive(Debug)]
pub(super) struct Socket<S> {
    stream: Pin<Box<S>>,
    seat: Seat,
    bounds: Bounds,
    /// It is there from when nothing more is written.
    linger: Option<Linger>,
}

/// How much is thrown away of what a client sends after its last answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    bytes: usize,
    time: Duration,
}

impl Bounds {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            bytes: limits.body_bytes.saturating_mul(4),
            time: limits.body_time,
        }
    }
}

#[derive(Debug)]
struct Linger {
    left: usize,
    until: Instant,
    /// Until when the client may be silent. `None` if it is not known to send anything.
    silent: Option<Pin<Box<Sleep>>>,
}

impl<S> Socket<S> {
    pub(super) fn new(stream: S, seat: Seat, bounds: Bounds) -> Self {
        Self {
            stream: Box::pin(stream),
            seat,
            bounds,
            linger: None,
        }
    }
}

impl Linger {
    fn new(before: Doing, bounds: Bounds) -> Self {
        let until = Instant::now() + bounds.time;
        // What was cut off may still be coming.
        let expects_more = matches!(before, Doing::Head | Doing::LastAnswered);
        Self {
            left: bounds.bytes,
            until,
            silent: expects_more.then(|| Box::pin(tokio::time::sleep_until(patience(until)))),
        }
    }

    /// Throws away what comes until the client closes or a bound is reached.
    fn poll(&mut self, mut stream: Pin<&mut impl AsyncRead>, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0; 8 * 1024];
        loop {
            let mut piece = ReadBuf::new(&mut scratch);
            match stream.as_mut().poll_read(cx, &mut piece) {
                Poll::Pending => break,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(())) => {}
            }
            let length = piece.filled().len();
            match self.left.checked_sub(length) {
                Some(left) if length > 0 => self.left = left,
                _ => return Poll::Ready(()),
            }
            let patience = patience(self.until);
            match &mut self.silent {
                Some(silent) => silent.as_mut().reset(patience),
                silent => *silent = Some(Box::pin(tokio::time::sleep_until(patience))),
            }
        }
        match &mut self.silent {
            Some(silent) => silent.as_mut().poll(cx),
            None => Poll::Ready(()),
        }
    }
}

fn patience(until: Instant) -> Instant {
    until.min(Instant::now() + SILENCE)
}

impl<S: AsyncRead> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(self.stream.as_mut().poll_read(cx, buffer))?;
        if buffer.filled().len() > before && !self.seat.hears() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncWrite for Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper asks for this when it has written all that it has.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.stream.as_mut().poll_flush(cx))?;
        self.seat.flushes();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let linger = match &mut this.linger {
            Some(linger) => linger,
            linger => {
                ready!(this.stream.as_mut().poll_shutdown(cx))?;
                linger.insert(Linger::new(this.seat.lingers(), this.bounds))
            }
        };
        linger.poll(this.stream.as_mut(), cx).map(Ok)
    }
}

#[cfg(test)]
mod tests;
