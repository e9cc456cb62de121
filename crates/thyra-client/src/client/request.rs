//! One request to the server.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use thyra_oauth::printable;
use thyra_protocol::{ProgressParams, ProgressToken, RequestMeta, ResultType, Revision};

use super::Client;
use crate::error::ClientError;
use crate::hop::Hop;
use crate::transport::{Outcome, Outgoing, Report, Reports};

/// Takes the progress reports of one call as they come.
pub(super) type OnProgress<'a> = &'a mut (dyn FnMut(&ProgressParams) + Send);

impl Client {
    /// Sends a request to which the server must answer without asking anything.
    pub(super) async fn request<P: Serialize, R: DeserializeOwned>(
        &self,
        method: &str,
        params: &P,
    ) -> Result<R, ClientError> {
        let result = self.result(method, params).await?;
        self.answered(method, None, &result)
    }

    /// The same, without reading the result.
    pub(super) async fn result<P: Serialize>(
        &self,
        method: &str,
        params: &P,
    ) -> Result<Box<RawValue>, ClientError> {
        let result = self.send(method, None, params, &mut |_| {}).await?;
        if kind(method, &result)? != ResultType::Complete {
            return Err(unusable(
                method,
                "the server does not answer, and MCP does not let it put this off",
            ));
        }
        Ok(result)
    }

    /// Sends a request, and waits for its result. `name` is the tool, prompt or resource that it is
    /// about.
    pub(super) async fn send<P: Serialize>(
        &self,
        method: &str,
        name: Option<&str>,
        params: &P,
        on_progress: OnProgress<'_>,
    ) -> Result<Box<RawValue>, ClientError> {
        let failed = |source| ClientError::from_transport(method, source);
        let params = to_raw_value(params).map_err(|error| failed(error.into()))?;
        let outgoing = Outgoing {
            method,
            name,
            params: &params,
            time_limit: self.0.call_time,
            next_id: &self.0.next_id,
        };
        let mut on_report = |report| match (report, &self.0.log) {
            (Report::Log(message), Some(log)) => log.hear(message),
            (Report::Log(_), None) => {}
            (Report::Progress(progress), _) => on_progress(&progress),
        };
        let exchange = self
            .0
            .transport
            .exchange(outgoing, Reports::new(&mut on_report));
        let method = method.to_owned();
        match exchange.await.map_err(failed)? {
            Outcome::Result(result) => Ok(result),
            Outcome::Error(error) => Err(ClientError::Rpc {
                method,
                error: Box::new(error),
            }),
            Outcome::Forbidden { needed } => Err(ClientError::Forbidden { method, needed }),
            Outcome::Unauthorized { advice } => Err(ClientError::Unauthorized { method, advice }),
        }
    }

    /// Reads the result, and tells the observer that the request is done.
    pub(super) fn answered<R: DeserializeOwned>(
        &self,
        method: &str,
        name: Option<&str>,
        result: &RawValue,
    ) -> Result<R, ClientError> {
        let result = serde_json::from_str(result.get())
            .map_err(|error| unusable(method, &error.to_string()))?;
        self.0.observer.hop(&Hop::Answered { method, name });
        Ok(result)
    }

    /// What a request says about itself.
    pub(super) fn meta(&self, progress_token: Option<ProgressToken>) -> RequestMeta<'_> {
        RequestMeta {
            protocol_version: Some(Cow::Borrowed(Revision::V2026_07_28.as_str())),
            client_info: Some(&self.0.introduction.info),
            client_capabilities: Some(&self.0.introduction.capabilities),
            progress_token,
            log_level: self
                .0
                .log
                .as_ref()
                .map(|log| Cow::Borrowed(log.level().as_str())),
            ..RequestMeta::default()
        }
    }
}

/// The kind of a result. A result of an unknown kind cannot be used.
pub(super) fn kind(method: &str, result: &RawValue) -> Result<ResultType, ClientError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kind {
        #[serde(default)]
        result_type: ResultType,
    }

    serde_json::from_str(result.get())
        .map(|Kind { result_type }| result_type)
        .map_err(|error| unusable(method, &error.to_string()))
}

/// The arguments as JSON, or none for `()`.
pub(super) fn arguments<A: Serialize + ?Sized>(
    name: &str,
    arguments: &A,
) -> Result<Option<Box<RawValue>>, ClientError> {
    let refused = |source| ClientError::Arguments {
        name: name.to_owned(),
        source,
    };
    let arguments = to_raw_value(arguments).map_err(|error| refused(Some(error)))?;
    match arguments.get() {
        "null" => Ok(None),
        object if object.starts_with('{') => Ok(Some(arguments)),
        _ => Err(refused(None)),
    }
}

pub(super) fn unusable(method: &str, problem: &str) -> ClientError {
    ClientError::Result {
        method: method.to_owned(),
        problem: printable(problem),
    }
}
