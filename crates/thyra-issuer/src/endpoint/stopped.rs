//! Logins that do not go on, and whose client cannot be told.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::json;
use thiserror::Error;
use thyra_oauth::AUTHORIZATION_SERVER;

use super::accepts::accepts_html;
use crate::answer;
use crate::client::{ClientError, DocumentError, RedirectRefused};
use crate::form::FormError;
use crate::login::LoginError;
use crate::page::{self, Problem};
use crate::record::RecordError;
use crate::server::{AuthorizationServer, REGISTER};

/// Why a login does not go on, where nobody knows yet whether the client may be answered. The
/// person, or the program, at the other end is told instead.
#[derive(Debug, Error)]
pub(super) enum Stopped {
    #[error("as many logins were begun as may be")]
    Crowded { retry_after: Duration },
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error("the form does not come from a page of this server")]
    Forged,
    #[error("{0}")]
    Form(#[from] FormError),
    #[error("the login was begun in another browser")]
    OtherBrowser,
    #[error("the login is over, or was never begun")]
    Over,
    #[error("the redirect URI is not accepted: {0}")]
    RedirectUri(#[from] RedirectRefused),
    #[error("the request names no redirect URI, and the client has not exactly one")]
    RedirectUriMissing,
    #[error("the identity provider refused a login, and did not say which")]
    Refused,
    #[error("{0}")]
    Request(&'static str),
    #[error("the login cannot go on at the moment")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the client is not known")]
    UnknownClient {
        client_id: String,
        state: Option<String>,
    },
}

impl Stopped {
    /// For whoever asks: a page for a browser, JSON for a program.
    pub(super) fn answer(
        &self,
        server: &AuthorizationServer,
        asked: &HeaderMap,
    ) -> Response<Bytes> {
        if accepts_html(asked) {
            self.page(server)
        } else {
            self.json(server)
        }
    }

    /// For a person.
    pub(super) fn page(&self, server: &AuthorizationServer) -> Response<Bytes> {
        self.log();
        if let Self::UnknownClient { client_id, .. } = self {
            return page::unknown_client(&server.parts.name, client_id);
        }
        let text = self.to_string();
        let (title, text, next) = match self {
            Self::Crowded { .. } => (
                "Too many people sign in at once",
                "This server lets only so many logins begin at a time.",
                "Wait a moment, then try again from the application.",
            ),
            Self::Forged => (
                "This form is not ours",
                "The form was not sent from the page that this server showed to you.",
                "If you wanted to sign in, begin again from the application.",
            ),
            Self::OtherBrowser => (
                "This login was begun elsewhere",
                "The login that this address belongs to was not begun in this browser, or its \
                 cookie is gone.",
                "If somebody sent you this address, close the page. If you wanted to sign in, begin \
                 again from the application, and let the browser keep cookies.",
            ),
            Self::Over => (
                "This login is over",
                "It was finished already, or it took longer than fifteen minutes.",
                "If the application is still not connected, begin again there.",
            ),
            Self::RedirectUri(_) | Self::RedirectUriMissing => (
                "The answer cannot go there",
                "The application that sent you here wants its answer at a place that it may not \
                 use, so the login goes no further.",
                "If you trust the application, remove this server there and connect again.",
            ),
            Self::Refused => (
                "The identity provider refused the login",
                "It did not say which login it means, so the application cannot be told.",
                "The operator of this server finds the reason in its log.",
            ),
            Self::Unavailable(_) => (
                "This does not work at the moment",
                "The server cannot reach something that it needs for your login.",
                "Wait a moment, then load this page again.",
            ),
            Self::Document(_) | Self::Form(_) | Self::Request(_) | Self::UnknownClient { .. } => (
                "This request cannot be understood",
                &*text,
                "Begin again from the application.",
            ),
        };
        let problem = Problem {
            title,
            text,
            next: Some(next),
            reference: None,
        };
        self.with_retry(page::problem(self.status(), &problem))
    }

    fn json(&self, server: &AuthorizationServer) -> Response<Bytes> {
        self.log();
        if let Self::UnknownClient { state, .. } = self {
            return unknown_client(server, state.as_deref());
        }
        let error = match self {
            Self::Crowded { .. } | Self::Unavailable(_) => "temporarily_unavailable",
            _ => "invalid_request",
        };
        self.with_retry(answer::error(self.status(), error, &self.to_string()))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Crowded { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Forged | Self::OtherBrowser => StatusCode::FORBIDDEN,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Document(_)
            | Self::Form(_)
            | Self::Over
            | Self::RedirectUri(_)
            | Self::RedirectUriMissing
            | Self::Refused
            | Self::Request(_)
            | Self::UnknownClient { .. } => StatusCode::BAD_REQUEST,
        }
    }

    fn with_retry(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        let after = match self {
            Self::Crowded { retry_after } => *retry_after,
            Self::Unavailable(_) => Duration::from_secs(1),
            _ => return response,
        };
        let seconds = after.as_millis().div_ceil(1000).max(1);
        // Digits are always a header value.
        if let Ok(value) = HeaderValue::try_from(seconds.to_string()) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }

    /// Only what the operator can do something about; the rest is what strangers send.
    fn log(&self) {
        if let Self::Unavailable(source) = self {
            tracing::warn!(error = %source, "a login cannot go on");
        }
    }
}

/// How a program finds out where to register (OAuth 2.1 as MCP clients read it).
fn unknown_client(server: &AuthorizationServer, state: Option<&str>) -> Response<Bytes> {
    let urls = &server.parts.urls;
    let mut body = json!({
        "error": "invalid_request",
        "error_description": "this client is not known here; it must register again",
        "authorization_server_metadata": urls.url(&format!("/.well-known/{AUTHORIZATION_SERVER}")),
    });
    if let Some(state) = state {
        body["state"] = state.into();
    }
    let registration = server
        .parts
        .clients
        .register_themselves()
        .then(|| urls.url(REGISTER));
    if let Some(registration) = &registration {
        body["registration_endpoint"] = registration.as_str().into();
    }
    let mut response = answer::json(StatusCode::BAD_REQUEST, &body);
    if let Some(registration) = registration {
        let link = format!("<{registration}>; rel=\"http://oauth.net/core/2.1/#registration\"");
        // The base URL was checked to be of visible ASCII characters.
        if let Ok(link) = HeaderValue::try_from(link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    response
}

impl From<LoginError> for Stopped {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Crowded { retry_after } => Self::Crowded { retry_after },
            LoginError::Unknown => Self::Over,
            error => Self::Unavailable(error.into()),
        }
    }
}

impl From<RecordError> for Stopped {
    fn from(error: RecordError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Stopped {
    /// There is no client that could be answered.
    pub(super) fn without_client(error: ClientError, client_id: &str, state: Option<&str>) -> Self {
        match error {
            ClientError::Unknown => Self::UnknownClient {
                client_id: client_id.to_owned(),
                state: state.map(str::to_owned),
            },
            ClientError::Document(error) if !error.is_temporary() => Self::Document(error),
            error @ (ClientError::Document(_) | ClientError::Store(_)) => {
                Self::Unavailable(error.into())
            }
        }
    }
}
