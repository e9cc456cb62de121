//! One request to the server.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use thyra_oauth::printable;
use thyra_protocol::{
    EmptyParams, Era, ErrorCode, ProgressParams, ProgressToken, RequestMeta, ResultType, Revision,
    is_reserved_meta_key, method as methods,
};

use super::Client;
use super::conversation::{Agreement, Opening};
use super::negotiation::is_unknown;
use crate::error::ClientError;
use crate::hop::Hop;
use crate::transport::{HeaderArgument, Outcome, Outgoing, Report, Reports, TransportError};

/// Takes the progress reports of one call as they come.
pub(super) type OnProgress<'a> = &'a mut (dyn FnMut(&ProgressParams) + Send);

/// What a request is about, beside its parameters.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) method: &'a str,
    /// The tool, prompt or resource.
    pub(super) name: Option<&'a str>,
    pub(super) header_arguments: &'a [HeaderArgument],
    /// What its `_meta` says beside what the client says in all its requests.
    pub(super) meta: &'a [(String, Box<RawValue>)],
    pub(super) progress_token: Option<&'a ProgressToken>,
    /// Whether a call is to become a task (2025-11-25).
    pub(super) is_task: bool,
    /// How long the server may take; `None` is as long as for other requests of the client.
    pub(super) time_limit: Option<Duration>,
}

impl<'a> Subject<'a> {
    /// A request that is about nothing in particular.
    pub(super) fn of(method: &'a str) -> Self {
        Self {
            method,
            name: None,
            header_arguments: &[],
            meta: &[],
            progress_token: None,
            is_task: false,
            time_limit: None,
        }
    }
}

impl Client {
    /// Sends a request to which the server must answer without asking anything.
    pub(super) async fn request<'s, P: Serialize, R: DeserializeOwned>(
        &'s self,
        method: &'s str,
        params: impl Fn(RequestMeta<'s>, Revision) -> P,
    ) -> Result<R, ClientError> {
        let result = self.result(method, params).await?;
        self.answered(method, None, &result)
    }

    /// The same, without reading the result.
    pub(super) async fn result<'s, P: Serialize>(
        &'s self,
        method: &'s str,
        params: impl Fn(RequestMeta<'s>, Revision) -> P,
    ) -> Result<Box<RawValue>, ClientError> {
        let result = self.send(Subject::of(method), params, &mut |_| {}).await?;
        if kind(method, &result)? != ResultType::Complete {
            return Err(unusable(
                method,
                "the server does not answer, and MCP does not let it put this off",
            ));
        }
        Ok(result)
    }

    /// Sends a request, and waits for its result. `params` writes its parameters for the revision
    /// that is spoken.
    ///
    /// A server that has forgotten the session, or no longer speaks the revision, has not carried
    /// out the request. The conversation is then opened again, and the request sent once more.
    pub(super) async fn send<'s, P: Serialize>(
        &'s self,
        subject: Subject<'s>,
        params: impl Fn(RequestMeta<'s>, Revision) -> P,
        on_progress: OnProgress<'_>,
    ) -> Result<Box<RawValue>, ClientError> {
        let method = subject.method;
        let failed = |source| ClientError::from_transport(method, source);
        let mut is_repeated = false;
        loop {
            let (opening, Agreement { revision, .. }) = self.opened().await?;
            let mut meta = self.meta(revision, subject.progress_token.cloned());
            let own = subject.meta.iter();
            meta.others
                .extend(own.map(|(key, value)| (Cow::Borrowed(key.as_str()), &**value)));
            let params = params(meta, revision);
            let params = to_raw_value(&params).map_err(|error| failed(error.into()))?;
            let outgoing = self.outgoing(revision, subject, &params);
            let mut on_report = |report| match (report, &self.0.log) {
                (Report::Log(message), Some(log)) => log.hear(message),
                (Report::Log(_), None) | (Report::Changes(_), _) => {}
                (Report::Progress(progress), _) => on_progress(&progress),
            };
            let transport = &self.0.transport;
            let reports = Reports::new(&mut on_report);
            let outcome = transport.exchange(outgoing, reports).await;
            let is_lost = match &outcome {
                Err(TransportError::SessionLost) => true,
                Ok(Outcome::Error(error)) => {
                    error.code == ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
                        && !self.0.conversation.is_pinned()
                }
                _ => false,
            };
            if is_lost {
                self.0.conversation.reopen(&opening);
                if !std::mem::replace(&mut is_repeated, true) {
                    continue;
                }
            }
            if !is_repeated && self.is_another(&opening, revision, &outcome).await {
                is_repeated = true;
                continue;
            }
            return match outcome {
                Ok(Outcome::Result(result)) => Ok(result),
                other => Err(failure(method, other)),
            };
        }
    }

    /// Whether another program answers than the one that they agreed on `revision` with. Such a
    /// program does not know what it is asked, and has not carried it out.
    async fn is_another(
        &self,
        opening: &Arc<Opening>,
        revision: Revision,
        outcome: &Result<Outcome, TransportError>,
    ) -> bool {
        if self.0.conversation.is_pinned() || !is_unknown(outcome) {
            return false;
        }
        // Servers have these codes for errors of their own, too. One that still knows the client
        // must not be opened a second time: it would lose its session, or refuse.
        if revision.era() == Era::Handshake
            && matches!(outcome, Ok(Outcome::Error(_)))
            && self.knows_client(revision).await
        {
            return false;
        }
        self.0.conversation.reopen(opening);
        let Ok((_, now)) = self.opened().await else {
            return false;
        };
        // The same revision may want a session that the other program did not want.
        let wants_session = now.revision.era() == Era::Handshake && outcome.is_err();
        wants_session || now.revision != revision
    }

    /// Whether the server of the handshake era answers a ping.
    async fn knows_client(&self, revision: Revision) -> bool {
        let ping = self.exchange_now(revision, methods::PING, &EmptyParams {});
        matches!(ping.await, Ok(Outcome::Result(_)))
    }

    /// A message of the client on its way to the server.
    pub(super) fn outgoing<'a>(
        &'a self,
        revision: Revision,
        subject: Subject<'a>,
        params: &'a RawValue,
    ) -> Outgoing<'a> {
        Outgoing {
            method: subject.method,
            name: subject.name,
            header_arguments: subject.header_arguments,
            params,
            progress_token: subject.progress_token,
            revision,
            time_limit: subject.time_limit.unwrap_or(self.0.call_time),
            listener: None,
            next_id: &self.0.next_id,
        }
    }

    /// Reads the result, and tells the observer that the request is done.
    pub(super) fn answered<R: DeserializeOwned>(
        &self,
        method: &str,
        name: Option<&str>,
        result: &RawValue,
    ) -> Result<R, ClientError> {
        let result = parsed(method, result)?;
        self.0.observer.hop(&Hop::Answered { method, name });
        Ok(result)
    }
}

/// The error of a request that ended in any way but with a result.
pub(super) fn failure(method: &str, outcome: Result<Outcome, TransportError>) -> ClientError {
    let named = method.to_owned();
    match outcome {
        Ok(Outcome::Error(error)) => ClientError::Rpc {
            method: named,
            error: Box::new(error),
        },
        Ok(Outcome::Forbidden { needed }) => ClientError::Forbidden {
            method: named,
            needed,
        },
        Ok(Outcome::Unauthorized { advice }) => ClientError::Unauthorized {
            method: named,
            advice,
        },
        Ok(Outcome::Result(_)) => unusable(method, "it is no failure"),
        Err(source) => ClientError::from_transport(method, source),
    }
}

/// Reads a result.
pub(super) fn parsed<R: DeserializeOwned>(
    method: &str,
    result: &RawValue,
) -> Result<R, ClientError> {
    serde_json::from_str(result.get()).map_err(|error| unusable(method, &error.to_string()))
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

/// What a request about `name` says in its `_meta` beside what the client says in all of them.
pub(super) fn own_meta(
    name: &str,
    meta: Map<String, Value>,
) -> Result<Vec<(String, Box<RawValue>)>, ClientError> {
    let refused = |key, problem| ClientError::Meta {
        name: name.to_owned(),
        key,
        problem,
    };
    let mut own = Vec::with_capacity(meta.len());
    for (key, value) in meta {
        if is_reserved_meta_key(&key) {
            let problem =
                "is reserved by MCP; give your key a prefix of your own, such as `com.example/`";
            return Err(refused(key, problem));
        }
        let Ok(value) = to_raw_value(&value) else {
            return Err(refused(key, "cannot be written as JSON"));
        };
        own.push((key, value));
    }
    Ok(own)
}

pub(super) fn unusable(method: &str, problem: &str) -> ClientError {
    ClientError::Result {
        method: method.to_owned(),
        problem: printable(problem),
    }
}
