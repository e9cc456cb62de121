//! An answer whose body is read as it comes.

use std::fmt;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};

use super::{FetchError, Fetched, HttpBody, failure};

/// An answer whose body has not been read yet, whatever its status; redirects included.
pub struct Streamed {
    host: String,
    response: Response,
}

/// An answer, and who reads it.
enum Response {
    Given(http::Response<HttpBody>),
    Ours(reqwest::Response),
}

impl Streamed {
    pub(super) fn ours(host: String, response: reqwest::Response) -> Self {
        Self {
            host,
            response: Response::Ours(response),
        }
    }

    pub(super) fn given(host: String, response: http::Response<HttpBody>) -> Self {
        Self {
            host,
            response: Response::Given(response),
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        match &self.response {
            Response::Given(response) => response.status(),
            Response::Ours(response) => response.status(),
        }
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        match &self.response {
            Response::Given(response) => response.headers(),
            Response::Ours(response) => response.headers(),
        }
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    ///
    /// [`FetchError::Failed`] when the server breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        match &mut self.response {
            Response::Given(response) => {
                let chunk = response.body_mut().next().await.transpose();
                chunk.map_err(|source| FetchError::Failed {
                    host: self.host.clone(),
                    source,
                })
            }
            Response::Ours(response) => {
                let chunk = response.chunk().await;
                chunk.map_err(|source| failure(&self.host, source))
            }
        }
    }

    /// The whole answer, if its body has at most `max_bytes`.
    ///
    /// # Errors
    ///
    /// [`FetchError::TooLarge`] when it has more, [`FetchError::Failed`] when the server breaks
    /// off.
    pub async fn read(mut self, max_bytes: usize) -> Result<Fetched, FetchError> {
        let announced = self.headers().get(CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
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
            status: self.status(),
            headers: match &mut self.response {
                Response::Given(response) => std::mem::take(response.headers_mut()),
                Response::Ours(response) => std::mem::take(response.headers_mut()),
            },
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
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
