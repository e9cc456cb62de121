//! Answers, as they come over a socket.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::ask::Ask;

const MOST_HEADERS: usize = 64;
/// The largest answer that is read.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// An answer with a body of a known length, or one that ends with its connection.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Reads the next answer on `stream`.
    pub(crate) async fn read(stream: &mut TcpStream) -> io::Result<Self> {
        let mut buffer = Vec::with_capacity(4096);
        loop {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some((mut answer, head)) = head(&buffer)? else {
                continue;
            };
            let length = match answer.header("content-length") {
                Some(length) => Some(length.parse().map_err(io::Error::other)?),
                None => None,
            };
            let wanted = length.map_or(MOST_BYTES, |length: usize| head + length);
            while buffer.len() < wanted.min(MOST_BYTES) {
                if stream.read_buf(&mut buffer).await? == 0 {
                    if length.is_some() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    break;
                }
            }
            answer.body = buffer.split_off(head);
            return Ok(answer);
        }
    }
}

/// The head of the answer in `buffer` and its length, once it is complete.
fn head(buffer: &[u8]) -> io::Result<Option<(Answer, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(buffer).map_err(io::Error::other)? {
        httparse::Status::Partial => Ok(None),
        httparse::Status::Complete(length) => {
            let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
            let headers = response.headers.iter();
            let answer = Answer {
                status: response.code.unwrap_or_default(),
                headers: headers
                    .map(|header| (header.name.to_owned(), text(header.value)))
                    .collect(),
                body: Vec::new(),
            };
            Ok(Some((answer, length)))
        }
    }
}

/// Connects, and sends `bytes`.
pub(crate) async fn open(address: SocketAddr, bytes: &[u8]) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(bytes).await?;
    Ok(stream)
}

/// Sends `ask` on a connection of its own, and reads the answer.
pub(crate) async fn once(address: SocketAddr, ask: &Ask) -> io::Result<Answer> {
    let ask = ask.clone().header("connection", "close");
    let mut stream = open(address, &ask.bytes(&address.to_string())).await?;
    Answer::read(&mut stream).await
}
