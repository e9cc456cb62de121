//! A client that writes all it has before it reads anything, as many do.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::support::{Running, soon};

/// The head of a request to `localhost`.
#[derive(Clone)]
pub(super) struct Head(String);

impl Head {
    /// A request line, and header lines with their ends.
    pub(super) fn new(line: &str, headers: &str) -> Self {
        Self(format!("{line}\r\nhost: localhost\r\n{headers}"))
    }

    pub(super) fn header(mut self, line: &str) -> Self {
        self.0.push_str(line);
        self.0.push_str("\r\n");
        self
    }
}

/// What is seen of an answer.
pub(super) struct Seen {
    pub(super) status: u16,
    /// Whether it says that it is the last on its connection.
    pub(super) closes: bool,
}

/// One connection.
pub(super) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(super) async fn to(server: &Running) -> Self {
        Self(BufReader::new(server.connect().await))
    }

    /// Sends the head of a request.
    pub(super) async fn send(&mut self, head: &Head) {
        let bytes = format!("{}\r\n", head.0);
        soon("a head to be taken", self.0.write_all(bytes.as_bytes()))
            .await
            .unwrap();
    }

    /// Sends a body of `length` bytes.
    pub(super) async fn fill(&mut self, length: usize) -> io::Result<()> {
        let body = vec![b'a'; length];
        soon("a body to be taken", self.0.write_all(&body)).await
    }

    /// Sends a body of `length` bytes in chunks.
    pub(super) async fn chunks(&mut self, length: usize) {
        let chunk = format!("3e8\r\n{}\r\n", "a".repeat(1000));
        let body = format!("{}0\r\n\r\n", chunk.repeat(length.div_ceil(1000)));
        soon("the chunks to be taken", self.0.write_all(body.as_bytes()))
            .await
            .unwrap();
    }

    /// One line of the head of an answer.
    pub(super) async fn line(&mut self) -> String {
        let mut line = String::new();
        soon("a line", self.0.read_line(&mut line)).await.unwrap();
        line.trim_end().to_owned()
    }

    /// Reads an answer to its end.
    pub(super) async fn answer(&mut self) -> Seen {
        let status = self.line().await;
        let status = status.split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = 0;
        let mut closes = false;
        loop {
            let line = self.line().await.to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("connection", value)) => closes = value == "close",
                Some(_) => {}
                None => break,
            }
        }
        soon("a body", self.0.read_exact(&mut vec![0; length]))
            .await
            .unwrap();
        Seen { status, closes }
    }

    /// Checks that the server has said all, and has not reset the connection.
    pub(super) async fn is_closed(&mut self) {
        let mut rest = Vec::new();
        soon("the end", self.0.read_to_end(&mut rest))
            .await
            .unwrap();
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    }
}
