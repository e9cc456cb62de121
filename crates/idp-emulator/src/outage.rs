//! What faults make of an answer.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use crate::answer;
use crate::faults::{EndpointFault, Faults};

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
            EndpointFault::Status429 => Some(self.too_many_requests()),
            EndpointFault::Status500 => Some(answer::rest_error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the endpoint is out of order",
            )),
        }
    }

    pub(crate) fn too_many_requests(&self) -> Response {
        let mut response = answer::rest_error(
            StatusCode::TOO_MANY_REQUESTS,
            "too many requests; ask later",
        );
        let seconds = HeaderValue::from(self.retry_after);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
        response
    }
}
