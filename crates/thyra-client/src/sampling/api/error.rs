//! Why a model does not answer.

use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use thyra_oauth::{FetchError, Fetched, Secret, printable};

/// Why a model behind HTTP does not answer. No text of it holds the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The answer is not one of this interface.
    #[error("the model's answer cannot be used: {problem}")]
    Answer {
        /// What is wrong, safe to print.
        problem: String,
    },
    /// The base URL cannot be one.
    #[error("`{url}` cannot be the base URL of a model: {problem}")]
    BaseUrl {
        /// What was given, safe to print.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The provider holds back the answer, or does not let the model read the question.
    #[error("the model's provider filters it out: {reason}")]
    Filtered {
        /// The provider's word for it, safe to print.
        reason: String,
    },
    /// The provider does not take the key, or wants one.
    #[error(
        "the model's provider refuses with status {status}; give the model another key with .key(...)"
    )]
    Key {
        /// 401 or 403.
        status: u16,
    },
    /// The key holds what no header can hold.
    #[error("the model's key holds characters that cannot be sent; look for a line break in it")]
    KeyUnsendable,
    /// The provider is asked too often, or has no more quota.
    #[error("the model's provider is asked too often{}: {message}", later(*.retry_after))]
    Limited {
        /// How long to wait, if the provider says so.
        retry_after: Option<Duration>,
        /// What the provider says, safe to print.
        message: String,
    },
    /// The provider does not take the request.
    #[error("the model's provider refuses with status {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the provider says, safe to print.
        message: String,
    },
    /// The provider was not reached, or broke off.
    #[error(transparent)]
    Transport(#[from] FetchError),
    /// The provider has a fault, or is overloaded.
    #[error("the model's provider fails with status {status}{}: {message}", later(*.retry_after))]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// How long to wait, if the provider says so.
        retry_after: Option<Duration>,
        /// What the provider says, safe to print.
        message: String,
    },
    /// The interface has nothing for a part of the question.
    #[error("the interface of this model does not take {what}")]
    Unsupported {
        /// The part, safe to print.
        what: String,
    },
}

impl ModelError {
    /// The error of a response that is no success.
    pub(super) fn refusal(answer: &Fetched, key: Option<&Secret>) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let error = body.get("error").or_else(|| body.get(0)?.get("error"));
        if error
            .and_then(|error| error.get("code"))
            .is_some_and(|code| code == "content_filter")
        {
            return Self::filtered("content_filter");
        }
        let message = message(error.unwrap_or(&body), key);
        let retry_after = retry_after(&answer.headers);
        let status = answer.status.as_u16();
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::Key { status },
            StatusCode::TOO_MANY_REQUESTS => Self::Limited {
                retry_after,
                message,
            },
            StatusCode::REQUEST_TIMEOUT => Self::Unavailable {
                status,
                retry_after,
                message,
            },
            failed if failed.is_server_error() => Self::Unavailable {
                status,
                retry_after,
                message,
            },
            _ => Self::Refused { status, message },
        }
    }

    pub(super) fn filtered(reason: &str) -> Self {
        Self::Filtered {
            reason: printable(reason),
        }
    }

    pub(super) fn answer(problem: &str) -> Self {
        Self::Answer {
            problem: printable(problem),
        }
    }

    pub(super) fn unsupported(what: &str) -> Self {
        Self::Unsupported {
            what: printable(what),
        }
    }
}

impl From<serde_json::Error> for ModelError {
    fn from(error: serde_json::Error) -> Self {
        Self::answer(&error.to_string())
    }
}

/// What the provider says went wrong. Some repeat the key.
fn message(error: &Value, key: Option<&Secret>) -> String {
    let said = error.get("message").unwrap_or(error).as_str();
    let said = said.unwrap_or("it does not say why");
    match key.map(|key| key.expose().as_str()) {
        Some(key) if !key.is_empty() => printable(&said.replace(key, "***")),
        _ => printable(said),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

fn later(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(time) => format!("; try again in {} seconds", time.as_secs()),
        None => String::new(),
    }
}
