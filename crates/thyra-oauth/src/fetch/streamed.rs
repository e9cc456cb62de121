//! An answer whose body is read as it comes.

use std::fmt;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use reqwest::Response;

use super::{FetchError, Fetched, failure};

/// An answer whose body has not been read yet, whatever its status; redirects included.
pub struct Streamed {
    host: String,
    response: Response,
}

impl Streamed {
    pub(super) fn new(host: &str, response: Response) -> Self {
        Self {
            host: host.to_owned(),
            response,
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    ///
    /// [`FetchError::Failed`] when the server breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        let chunk = self.response.chunk().await;
        chunk.map_err(|source| failure(&self.host, source))
    }

    /// The whole answer, if its body has at most `max_bytes`.
    ///
    /// # Errors
    ///
    /// [`FetchError::TooLarge`] when it has more, [`FetchError::Failed`] when the server breaks
    /// off.
    pub async fn read(mut self, max_bytes: usize) -> Result<Fetched, FetchError> {
        let announced = self.response.content_length();
        if announced
            .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > max_bytes))
        {
            return Err(self.too_large(max_bytes));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if chunk.len() > max_bytes.saturating_sub(body.len()) {
                return Err(self.too_large(max_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched {
            status: self.response.status(),
            headers: std::mem::take(self.response.headers_mut()),
            body: body.freeze(),
        })
    }

    fn too_large(&self, max_bytes: usize) -> FetchError {
        FetchError::TooLarge {
            host: self.host.clone(),
            max_bytes,
        }
    }
}

impl fmt::Debug for Streamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streamed")
            .field("host", &self.host)
            .field("status", &self.response.status())
            .finish_non_exhaustive()
    }
}
