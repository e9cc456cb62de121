//! What faults make of an answer.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use crate::answer;
use crate::faults::{EndpointFault, Faults, TokenFault};

impl Faults {
    /// Waits as long as a slow answer takes.
    pub(crate) async fn delay(&self) {
        tokio::time::sleep(Duration::from_millis(self.slow_ms)).await;
    }

    /// What comes instead of an answer, if the endpoint has a fault.
    pub(crate) async fn of_endpoint(&self, fault: EndpointFault) -> Option<Response> {
        match fault {
            EndpointFault::Empty => Some(Json(json!({})).into_response()),
            EndpointFault::Garbage => Some(Html("<html>try again later</html>").into_response()),
            EndpointFault::HangUp => Some(answer::hang_up()),
            EndpointFault::Ok => None,
            EndpointFault::Slow => {
                self.delay().await;
                None
            }
            EndpointFault::Status403 => {
                let text = "you have exceeded a secondary rate limit; wait a few minutes";
                let mut response = self.later(StatusCode::FORBIDDEN, text);
                let remaining = HeaderValue::from_static("0");
                let headers = response.headers_mut();
                headers.insert("x-ratelimit-remaining", remaining);
                Some(response)
            }
            EndpointFault::Status429 => Some(self.too_many_requests()),
            EndpointFault::Status500 => Some(answer::rest_error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the endpoint is out of order",
            )),
        }
    }

    /// What comes instead of tokens, if the token endpoint has a fault.
    pub(crate) async fn of_token_endpoint(&self) -> Option<Response> {
        let same = match self.token {
            TokenFault::Garbage => EndpointFault::Garbage,
            TokenFault::HangUp => EndpointFault::HangUp,
            TokenFault::Ok | TokenFault::RefreshRefused => EndpointFault::Ok,
            TokenFault::Page => {
                return Some((StatusCode::FORBIDDEN, Html("<p>Blocked.</p>")).into_response());
            }
            TokenFault::Slow => EndpointFault::Slow,
            TokenFault::Status429 => EndpointFault::Status429,
            TokenFault::Status500 => EndpointFault::Status500,
        };
        self.of_endpoint(same).await
    }

    pub(crate) fn too_many_requests(&self) -> Response {
        self.later(
            StatusCode::TOO_MANY_REQUESTS,
            "too many requests; ask later",
        )
    }

    fn later(&self, status: StatusCode, text: &str) -> Response {
        let mut response = answer::rest_error(status, text);
        let seconds = HeaderValue::from(self.retry_after);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
        response
    }
}
