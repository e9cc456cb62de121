//! Web documents as resources.

use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use thyra_auth::{FetchLimits, Fetcher, Trust};
use thyra_oauth::is_loopback;
use thyra_protocol::ReadResourceResult;
use url::Url;

use super::{Resource, name_of};
use crate::handler::media::contents;
use crate::handler::{Call, CallError, Handler, ToolError};

const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 16 * 1024 * 1024,
    timeout: Duration::from_secs(30),
};

struct Document {
    fetcher: Fetcher,
    /// None when the URL is none, which is one of the problems.
    url: Option<Url>,
}

impl Resource {
    /// The resource at `uri` that holds the document at `url`, which is fetched again for each
    /// request. The web server's media type decides between text and bytes. The document may have
    /// 16 MiB, and may take 30 seconds. Redirects are not followed.
    ///
    /// The URL must be `https`, or `http` for a loopback host, or the server does not start.
    pub fn http(uri: impl Into<String>, url: &str) -> Self {
        let uri = uri.into();
        let (url, problem) = match Url::parse(url) {
            Err(error) => (None, Some(format!("its URL is none: {error}"))),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => (
                None,
                Some("its URL is neither `https` nor `http`".to_owned()),
            ),
            Ok(url) if url.scheme() == "http" && !is_loopback(&url) => (
                None,
                Some(
                    "its URL is `http` for a host that is not this machine: use `https`".to_owned(),
                ),
            ),
            Ok(url) => (Some(url), None),
        };
        let document = Document {
            fetcher: Fetcher::new(),
            url,
        };
        let mut resource = Self::from_handler(uri.clone(), name_of(&uri), document);
        resource.facets.problems.extend(problem);
        resource
    }
}

impl Handler<ReadResourceResult> for Document {
    fn call<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, Result<ReadResourceResult, CallError>> {
        Box::pin(async move {
            let url = self.url.as_ref().ok_or_else(ToolError::not_found)?;
            let fetched = self.fetcher.get(url, LIMITS, Trust::Configured).await;
            let fetched = fetched.map_err(ToolError::internal)?;
            match fetched.status {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND | StatusCode::GONE => {
                    return Err(ToolError::not_found().into());
                }
                status => {
                    let error = format!("the web server answered with {status}");
                    return Err(ToolError::internal(error).into());
                }
            }
            let mime_type = mime_type(&fetched.headers);
            let contents = contents(fetched.body.into(), String::new(), mime_type);
            Ok(ReadResourceResult::new(vec![contents]))
        })
    }
}

/// What `Content-Type` says, without its parameters.
fn mime_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.contains('/').then(|| essence.to_ascii_lowercase())
}

#[cfg(all(test, feature = "axum"))]
mod tests;
