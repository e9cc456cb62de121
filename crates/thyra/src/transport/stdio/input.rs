//! Standard input, for a server that may end before its input does.

use std::future::Future;
use std::io::{self, ErrorKind, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

/// How many bytes are read at once.
const CHUNK: usize = 16 * 1024;

/// Input that a thread of its own reads. It also ends when the server does.
///
/// The runtime's own standard input is read by a thread that the runtime waits for at its end. A
/// program that is told to stop would hang until its client sends something.
pub(crate) struct Input {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    rest: Bytes,
    /// Ready when the server is about to end; `None` afterwards.
    closed: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Input {
    /// Reads `source` until it ends, or until `closed` is ready.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub(crate) fn read(
        source: impl Read + Send + 'static,
        closed: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, chunks) = mpsc::channel(1);
        // A blocking read cannot be cancelled. The thread ends with its source, when it notices
        // that nobody reads any more, or with the process.
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || pump(source, &sender))?;
        Ok(Self {
            chunks,
            rest: Bytes::new(),
            closed: Some(Box::pin(closed)),
        })
    }
}

impl AsyncRead for Input {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(closed) = &mut this.closed else {
            return Poll::Ready(Ok(()));
        };
        if closed.as_mut().poll(cx).is_ready() {
            this.closed = None;
            return Poll::Ready(Ok(()));
        }
        if this.rest.is_empty() {
            match ready!(this.chunks.poll_recv(cx)) {
                None => return Poll::Ready(Ok(())),
                Some(chunk) => this.rest = chunk?,
            }
        }
        let length = this.rest.len().min(buffer.remaining());
        buffer.put_slice(this.rest.get(..length).unwrap_or_default());
        this.rest.advance(length);
        Poll::Ready(Ok(()))
    }
}

fn pump(mut source: impl Read, sender: &mpsc::Sender<io::Result<Bytes>>) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let chunk = match source.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => Ok(Bytes::copy_from_slice(
                buffer.get(..length).unwrap_or_default(),
            )),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = chunk.is_err();
        if sender.blocking_send(chunk).is_err() || failed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::io::AsyncReadExt;

    use super::*;

    /// Fails after its bytes.
    struct Broken(io::Cursor<Vec<u8>>);

    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match Read::read(&mut self.0, buffer)? {
                0 => Err(io::Error::other("pulled out")),
                length => Ok(length),
            }
        }
    }

    /// Never has anything to read, and says so when nobody waits any more.
    struct Silent(std::sync::mpsc::Receiver<()>);

    impl Read for Silent {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(0)
        }
    }

    #[tokio::test]
    async fn everything_arrives_in_order() {
        let text: Vec<u8> = (0..=250).cycle().take(3 * CHUNK).collect();
        let source = io::Cursor::new(text.clone());
        let mut input = Input::read(source, pending()).unwrap();
        let mut read = Vec::new();
        input.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, text);
    }

    #[tokio::test]
    async fn an_error_comes_after_what_was_read() {
        let source = Broken(io::Cursor::new(b"hello".to_vec()));
        let mut input = Input::read(source, pending()).unwrap();
        let mut read = Vec::new();
        let error = input.read_to_end(&mut read).await.unwrap_err();
        assert_eq!(
            (read.as_slice(), error.to_string().as_str()),
            (&b"hello"[..], "pulled out")
        );
    }

    #[tokio::test]
    async fn it_ends_with_the_server_while_its_source_is_silent() {
        let (_hold, silence) = std::sync::mpsc::channel();
        let mut input = Input::read(Silent(silence), ready(())).unwrap();
        assert_eq!(input.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(input.read(&mut [0; 8]).await.unwrap(), 0);
    }
}
