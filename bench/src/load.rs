//! A load generator: it repeats one request on several keep-alive connections and checks every
//! response.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Sends `request` `each` times on each of `connections` connections to `address`.
///
/// # Errors
///
/// If a connection breaks, or a response is not a 200 that contains `expected`.
pub async fn run(
    address: SocketAddr,
    request: Arc<[u8]>,
    expected: &'static str,
    connections: usize,
    each: usize,
) -> io::Result<()> {
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let request = Arc::clone(&request);
        tasks.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let mut buffer = Vec::with_capacity(4096);
            for _ in 0..each {
                stream.write_all(&request).await?;
                read_answer(&mut stream, &mut buffer, expected).await?;
            }
            io::Result::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(io::Error::other)??;
    }
    Ok(())
}

async fn read_answer(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    expected: &str,
) -> io::Result<()> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::Error::other("the server closed the connection"));
        }
        let Some(body) = body(buffer) else { continue };
        if !buffer.starts_with(b"HTTP/1.1 200") || !contains(body, expected.as_bytes()) {
            return Err(io::Error::other(
                String::from_utf8_lossy(buffer).into_owned(),
            ));
        }
        return Ok(());
    }
}

/// The body of the response in `buffer`, once it is complete.
fn body(buffer: &[u8]) -> Option<&[u8]> {
    let end = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let (head, body) = buffer.split_at_checked(end)?;
    let length: usize = std::str::from_utf8(head)
        .ok()?
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?
        .1
        .trim()
        .parse()
        .ok()?;
    (body.len() >= length).then_some(body)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}
