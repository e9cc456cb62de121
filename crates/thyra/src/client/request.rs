//! One request to the server, with the token that it needs.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::{ProgressParams, ProgressToken, RequestMeta, ResultType, Revision};

use super::Client;
use super::error::{ClientError, unauthorized};
use super::hop::Hop;
use super::oauth::{Need, Obtained};
use super::printable::printable;
use super::transport::{Incoming, Outgoing, Report};

/// How often one operation may log in for want of a token, and for want of scopes.
const MAX_LOGINS: u32 = 1;
const MAX_STEP_UPS: u32 = 2;

/// Takes the progress reports of one call as they come.
pub(super) type OnProgress<'a> = &'a mut (dyn FnMut(&ProgressParams) + Send);

impl Client {
    /// A request that has one answer: the server must not ask anything.
    pub(super) async fn request<P: Serialize, R: DeserializeOwned>(
        &self,
        method: &str,
        params: &P,
    ) -> Result<R, ClientError> {
        let result = self.result(method, params).await?;
        self.answered(method, None, &result)
    }

    /// The same, the result not yet read.
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

    /// Sends a request as often as it takes to have the token that it needs, within bounds. `name` is what `Mcp-Name` repeats.
    pub(super) async fn send<P: Serialize>(
        &self,
        method: &str,
        name: Option<&str>,
        params: &P,
        on_progress: OnProgress<'_>,
    ) -> Result<Box<RawValue>, ClientError> {
        let outgoing = Outgoing {
            method,
            name,
            params,
        };
        let mut on_report = |report| match (report, &self.log) {
            (Report::Log(message), Some(log)) => log.hear(message),
            (Report::Log(_), None) => {}
            (Report::Progress(progress), _) => on_progress(&progress),
        };
        let mut logins = 0;
        let mut step_ups = 0;
        loop {
            let tokens = self.credentials.tokens().await?;
            let token = self.credentials.token(tokens.as_ref());
            let incoming = self
                .transport
                .exchange(&outgoing, token, &mut on_report)
                .await;
            let challenged = |status, challenge| {
                let with_token = token.is_some();
                self.observer.hop(&Hop::Challenged {
                    method,
                    name,
                    status,
                    with_token,
                    challenge,
                });
            };
            match incoming.map_err(|source| ClientError::Transport {
                method: method.to_owned(),
                source,
            })? {
                Incoming::Result(result) => return Ok(result),
                Incoming::Error(error) => {
                    return Err(ClientError::Rpc {
                        method: method.to_owned(),
                        error: Box::new(error),
                    });
                }
                Incoming::Forbidden { needed } => {
                    return Err(ClientError::Forbidden {
                        method: method.to_owned(),
                        needed: Some(needed),
                    });
                }
                Incoming::Unauthorized(challenge) => {
                    challenged(401, challenge.as_ref());
                    let login = self.credentials.login(method)?;
                    if logins == MAX_LOGINS {
                        return Err(unauthorized(
                            method,
                            "the server does not accept the token that its authorization server has just issued; \
                             compare their settings for audience and issuer",
                        ));
                    }
                    logins += 1;
                    login
                        .obtain(Need::Token(challenge.as_ref()), tokens.as_ref())
                        .await?;
                }
                Incoming::InsufficientScope(challenge) => {
                    challenged(403, Some(&challenge));
                    let forbidden = || ClientError::Forbidden {
                        method: method.to_owned(),
                        needed: challenge.scope.clone(),
                    };
                    let Ok(login) = self.credentials.login(method) else {
                        return Err(forbidden());
                    };
                    let granted = tokens.as_ref().and_then(|tokens| tokens.scopes.as_ref());
                    let would_help = match (granted, &challenge.scope) {
                        (Some(granted), Some(needed)) => !needed.is_subset(granted),
                        _ => true,
                    };
                    if step_ups == MAX_STEP_UPS || (step_ups > 0 && !would_help) {
                        return Err(forbidden());
                    }
                    let obtained = login
                        .obtain(Need::Scopes(&challenge), tokens.as_ref())
                        .await?;
                    // A token that another request asked for may lack what this one needs.
                    step_ups += u32::from(obtained == Obtained::Anew);
                }
            }
        }
    }

    /// The result as its own type; the observer hears that the request is done.
    pub(super) fn answered<R: DeserializeOwned>(
        &self,
        method: &str,
        name: Option<&str>,
        result: &RawValue,
    ) -> Result<R, ClientError> {
        let result = serde_json::from_str(result.get())
            .map_err(|error| unusable(method, &error.to_string()))?;
        self.observer.hop(&Hop::Answered { method, name });
        Ok(result)
    }

    /// What a request says about itself.
    pub(super) fn meta(&self, progress_token: Option<ProgressToken>) -> RequestMeta<'_> {
        RequestMeta {
            protocol_version: Some(Cow::Borrowed(Revision::V2026_07_28.as_str())),
            client_info: Some(&self.introduction.info),
            client_capabilities: Some(&self.introduction.capabilities),
            progress_token,
            log_level: self
                .log
                .as_ref()
                .map(|log| Cow::Borrowed(log.level().as_str())),
            ..RequestMeta::default()
        }
    }
}

/// What kind of result it is. One that is not known is not usable.
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

/// Arguments as they are sent; none for `()`.
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
