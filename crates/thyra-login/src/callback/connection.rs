//! One connection from the browser: the head of one request comes in, one page goes out.

use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use http::{Method, Request, Response, StatusCode, Uri, Version};
use httpdate::HttpDate;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The largest request head, in bytes.
pub(super) const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 100;
const HEAD_TIME: Duration = Duration::from_secs(10);

/// Why a connection brought no request.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeadError {
    #[error("the connection broke off")]
    Io(#[from] io::Error),
    #[error("the request took longer than {HEAD_TIME:?}")]
    Slow,
    #[error("the request is larger than {MAX_HEAD} bytes or has more than {MAX_HEADERS} headers")]
    TooLarge,
    #[error("the request is not HTTP")]
    Http(#[source] httparse::Error),
    #[error("the request target is not a URI")]
    Target(#[source] http::uri::InvalidUri),
    #[error("the method is not a token")]
    Method(#[from] http::method::InvalidMethod),
}

impl HeadError {
    /// The status to answer with. A connection that broke off or is too slow gets no answer.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Io(_) | Self::Slow => None,
            Self::TooLarge => Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
            Self::Http(_) | Self::Target(_) | Self::Method(_) => Some(StatusCode::BAD_REQUEST),
        }
    }
}

/// Reads the head of a request, which may come in pieces. A body is never read.
pub(super) async fn receive(stream: &mut TcpStream) -> Result<Request<()>, HeadError> {
    let head = async {
        let mut head = Vec::with_capacity(2048);
        loop {
            let room = MAX_HEAD.saturating_sub(head.len());
            if room == 0 {
                return Err(HeadError::TooLarge);
            }
            let mut bounded = (&mut *stream).take(room as u64);
            if bounded.read_buf(&mut head).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            if let Some(request) = parse(&head)? {
                return Ok(request);
            }
        }
    };
    timeout(HEAD_TIME, head)
        .await
        .unwrap_or(Err(HeadError::Slow))
}

/// `None` if the head is not complete.
fn parse(head: &[u8]) -> Result<Option<Request<()>>, HeadError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let status = parsed.parse(head).map_err(|error| match error {
        httparse::Error::TooManyHeaders => HeadError::TooLarge,
        error => HeadError::Http(error),
    })?;
    if status.is_partial() {
        return Ok(None);
    }
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(parsed.method.unwrap_or_default().as_bytes())?;
    *request.uri_mut() =
        Uri::try_from(parsed.path.unwrap_or_default()).map_err(HeadError::Target)?;
    if parsed.version == Some(0) {
        *request.version_mut() = Version::HTTP_10;
    }
    Ok(Some(request))
}

/// Sends `page` as the only answer on this connection.
pub(super) async fn send(
    stream: &mut TcpStream,
    version: Version,
    method: &Method,
    page: &Response<String>,
) -> io::Result<()> {
    let body = page.body();
    let mut bytes = Vec::with_capacity(1024);
    write!(bytes, "{version:?} {}\r\n", page.status())?;
    for (name, value) in page.headers() {
        write!(bytes, "{name}: ")?;
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let date = HttpDate::from(SystemTime::now());
    write!(
        bytes,
        "content-length: {}\r\nconnection: close\r\ndate: {date}\r\n\r\n",
        body.len()
    )?;
    // RFC 9110 section 9.3.2: the answer to HEAD has no content.
    if *method != Method::HEAD {
        bytes.extend_from_slice(body.as_bytes());
    }
    stream.write_all(&bytes).await?;
    stream.shutdown().await
}
