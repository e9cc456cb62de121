//! Standard output, for a server that may end before its client reads.

use std::io::{self, ErrorKind, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::io::{AsyncReadExt as _, AsyncWrite, DuplexStream, duplex};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How many bytes are written at once, and how many may wait for that.
const CHUNK: usize = 16 * 1024;

/// Output that a thread of its own writes. Its end waits until everything is written.
///
/// The runtime's own standard output is written by a thread that the runtime waits for at its end.
/// A program that is told to stop would hang while its client does not read.
pub(crate) struct Output {
    pipe: DuplexStream,
    /// How the writing went; `None` once that was said.
    written: Option<oneshot::Receiver<io::Result<()>>>,
}

impl Output {
    /// Writes to `target`. Must be called within a runtime.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub(crate) fn write(target: impl Write + Send + 'static) -> io::Result<Self> {
        let (pipe, waiting) = duplex(CHUNK);
        let (tell, written) = oneshot::channel();
        let runtime = Handle::current();
        // A blocking write cannot be cancelled. The thread ends when there is nothing more to
        // write, or with the process.
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                // Nobody may want to know any more.
                let _ = tell.send(pump(&runtime, waiting, target));
            })?;
        Ok(Self {
            pipe,
            written: Some(written),
        })
    }
}

impl AsyncWrite for Output {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    /// Ready when everything is written.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.pipe).poll_shutdown(cx))?;
        let Some(written) = &mut self.written else {
            return Poll::Ready(Ok(()));
        };
        let outcome = ready!(Pin::new(written).poll(cx));
        self.written = None;
        Poll::Ready(outcome.unwrap_or_else(|_| Err(ErrorKind::BrokenPipe.into())))
    }
}

fn pump(runtime: &Handle, mut waiting: DuplexStream, mut target: impl Write) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = runtime.block_on(waiting.read(&mut buffer))?;
        if length == 0 {
            return Ok(());
        }
        target.write_all(buffer.get(..length).unwrap_or_default())?;
        target.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Tells what is written, and fails when nobody listens.
    struct Told(mpsc::SyncSender<Vec<u8>>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let sent = self.0.send(bytes.to_vec());
            sent.map_err(|_| ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn everything_is_written_in_order_before_its_end() {
        let text: Vec<u8> = (0..=250).cycle().take(5 * CHUNK + 1).collect();
        let (tell, told) = mpsc::sync_channel(100);
        let mut output = Output::write(Told(tell)).unwrap();
        output.write_all(&text).await.unwrap();
        output.shutdown().await.unwrap();
        assert_eq!(told.try_iter().flatten().collect::<Vec<_>>(), text);
        // Once more does no harm.
        output.shutdown().await.unwrap();
    }

    #[tokio::test]
    async fn a_reader_that_is_gone_is_an_error() {
        let (tell, told) = mpsc::sync_channel(1);
        drop(told);
        let mut output = Output::write(Told(tell)).unwrap();
        output.write_all(b"hello").await.unwrap();
        let error = output.shutdown().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        let late = output.write_all(&vec![0; 2 * CHUNK]).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_runtime_ends_while_nobody_reads() {
        let (tell, _told) = mpsc::sync_channel(0);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut output = Output::write(Told(tell)).unwrap();
            output.write_all(b"hello").await.unwrap();
        });
        drop(runtime);
    }
}
