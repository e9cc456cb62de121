//! The way of a handler's own request through the middleware.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use thyra_auth::Principal;
use thyra_oauth::Printable;
use thyra_protocol::{Era, ErrorObject, Revision};
use tracing::Instrument;

use super::OwnApp;
use crate::context::{OwnServerError, RequestScope};
use crate::middleware::{RequestInfo, Response};
use crate::reply::Reply;
use crate::throttled::throttled;

/// What a handler asks of its server, as the message of a client would say it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    method: &'a str,
    params: Params<'a>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
enum Params<'a> {
    Named {
        name: &'a str,
        arguments: &'a RawValue,
    },
    Read {
        uri: &'a str,
    },
    List {},
}

impl<'a> Asked<'a> {
    pub(super) fn by_name(method: &'a str, name: &'a str, arguments: &'a RawValue) -> Self {
        let params = Params::Named { name, arguments };
        Self { method, params }
    }

    pub(super) fn by_uri(method: &'a str, uri: &'a str) -> Self {
        let params = Params::Read { uri };
        Self { method, params }
    }

    pub(super) fn list(method: &'a str) -> Self {
        let params = Params::List {};
        Self { method, params }
    }

    /// What is called or read.
    fn name(&self) -> Option<&'a str> {
        match self.params {
            Params::Named { name, .. } => Some(name),
            Params::Read { uri } => Some(uri),
            Params::List {} => None,
        }
    }
}

impl OwnApp {
    /// Lets `respond` answer, with middleware around it. What comes back is its own answer, unless
    /// middleware changed what `write` made of it.
    pub(super) async fn pass<T: DeserializeOwned + Send>(
        &self,
        asked: Asked<'_>,
        request: &RequestScope,
        respond: impl Future<Output = Result<T, OwnServerError>> + Send,
        write: impl Fn(&T) -> Reply + Send + Sync,
    ) -> Result<T, OwnServerError> {
        let span = tracing::info_span!(
            "mcp",
            mcp.method.name = asked.method,
            mcp.target = asked.name(),
        );
        if self.middleware.is_empty() {
            return respond.instrument(span).await;
        }
        let id = request.request_id();
        let params = to_raw_value(&asked.params).ok();
        let info = RequestInfo {
            method: asked.method,
            name: asked.name(),
            params: params.as_deref(),
            id,
            revision: Revision::LATEST,
            principal: request.principal().map(AsRef::<Principal>::as_ref),
        };
        let given = Mutex::new(None);
        let next = async {
            let answer = respond.await;
            let reply = match &answer {
                Ok(result) => write(result),
                Err(error) => Reply::error(Some(id), Era::Sessionless, &error_object(error)),
            };
            let written = reply.message().to_vec();
            *given.lock().unwrap_or_else(PoisonError::into_inner) = Some((written, answer));
            Response::from(reply)
        };
        let response = self.middleware.request(info, Box::pin(next));
        let response = response.instrument(span).await;
        match given.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((written, answer)) if response.message() == written => answer,
            _ => read(asked, &response),
        }
    }
}

/// What a client gets to read of it.
fn error_object(error: &OwnServerError) -> ErrorObject {
    match error {
        OwnServerError::Failed { error, .. } => error.clone(),
        error => ErrorObject::invalid_params(error.to_string()),
    }
}

/// What middleware answered.
fn read<T: DeserializeOwned>(asked: Asked<'_>, response: &Response) -> Result<T, OwnServerError> {
    let error = match response.result() {
        Some(result) => match serde_json::from_str(result.get()) {
            Ok(result) => return Ok(result),
            Err(error) => {
                throttled!(error, "the result of middleware cannot be read", about = "", error = %Printable(error), asked.method);
                None
            }
        },
        None => response.error(),
    };
    Err(OwnServerError::Failed {
        subject: asked.name().unwrap_or(asked.method).to_owned(),
        error: error.unwrap_or_else(|| ErrorObject::internal("Internal error")),
    })
}
