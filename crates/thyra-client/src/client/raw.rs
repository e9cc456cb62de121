//! Messages for which the client has no operation of its own, such as those of extensions.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use thyra_protocol::{Era, RequestMeta, method as methods};

use super::Client;
use super::request::{Subject, own_meta};
use super::rounds::Target;
use crate::error::ClientError;
use crate::transport::TransportError;

/// Parameters as the caller gave them.
struct Given {
    meta: Vec<(String, Box<RawValue>)>,
    others: Map<String, Value>,
}

#[derive(Serialize)]
struct Params<'a> {
    #[serde(rename = "_meta", skip_serializing_if = "RequestMeta::is_empty")]
    meta: RequestMeta<'a>,
    #[serde(flatten)]
    others: &'a Map<String, Value>,
}

impl Client {
    /// Asks whether the server answers: with `ping` up to 2025-11-25, and later, where MCP has no
    /// such method, with `server/discover`. What is kept of answers is not used.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when it does not answer, or when it refuses.
    pub async fn ping(&self) -> Result<(), ClientError> {
        let none = Map::new();
        let method = match self.revision().await?.era() {
            Era::Handshake => methods::PING,
            Era::Sessionless => methods::DISCOVER,
        };
        let params = |meta, _| Params {
            meta,
            others: &none,
        };
        let done = self.request(method, params).await;
        done.map(|serde::de::IgnoredAny| ())
    }

    /// Sends a request of any method, such as one of an extension, and returns its result as it
    /// came, whatever its `resultType` is: questions in it are not answered, and a task is not
    /// followed. `params` must serialise as a JSON object, or be `()`; what the client says in the
    /// `_meta` of all its requests is added.
    ///
    /// ```no_run
    /// # async fn example(client: thyra_client::Client) -> Result<(), thyra_client::ClientError> {
    /// let params = serde_json::json!({ "since": "2026-01-01" });
    /// let entries = client.request_raw("com.example/audit/list", &params).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ClientError::Raw`] for a method that belongs to the client itself or to JSON-RPC,
    /// [`ClientError::Arguments`] and [`ClientError::Meta`] for params that cannot be sent, and
    /// every other [`ClientError`].
    pub async fn request_raw(
        &self,
        method: &str,
        params: &(impl Serialize + ?Sized),
    ) -> Result<Value, ClientError> {
        check(method)?;
        let refused = |problem| Err(raw(method, problem));
        match method {
            methods::INITIALIZE => return refused("the client opens its sessions itself"),
            methods::SUBSCRIPTIONS_LISTEN => return refused("use `subscribe`"),
            _ if method.starts_with("notifications/") => {
                return refused("a notification has no result; use `notify_raw`");
            }
            _ => {}
        }
        let given = Given::read(method, params)?;
        let name = given.name(method);
        let arguments = given.others.get("arguments").map(to_raw_value);
        let arguments = arguments.transpose().ok().flatten();
        // Over HTTP, headers repeat what such a request is about.
        let header_arguments = match name {
            Some(name) if method == methods::TOOLS_CALL => self.header_arguments(&Target::Tool {
                name,
                arguments: arguments.as_deref(),
            }),
            _ => Vec::new(),
        };
        let subject = Subject {
            name,
            meta: &given.meta,
            header_arguments: &header_arguments,
            ..Subject::of(method)
        };
        let params = |meta, _| Params {
            meta,
            others: &given.others,
        };
        let result = self.send(subject, params, &mut |_| {}).await?;
        self.answered(method, name, &result)
    }

    /// Sends a notification of any method. `params` must serialise as a JSON object, or be `()`.
    /// That it was sent does not say that the server knows it.
    ///
    /// # Errors
    ///
    /// As [`Client::request_raw`]; [`TransportError::NoNotifications`] as the source if the
    /// transport has none.
    pub async fn notify_raw(
        &self,
        method: &str,
        params: &(impl Serialize + ?Sized),
    ) -> Result<(), ClientError> {
        check(method)?;
        if [methods::INITIALIZED, methods::CANCELLED].contains(&method) {
            return Err(raw(method, "the client sends it itself"));
        }
        let given = Given::read(method, params)?;
        let failed = |source| ClientError::from_transport(method, source);
        let mut meta = RequestMeta::default();
        meta.others
            .extend(given.meta.iter().map(|(key, value)| (key.into(), &**value)));
        let params = to_raw_value(&Params {
            meta,
            others: &given.others,
        })
        .map_err(|error| failed(error.into()))?;
        let mut is_repeated = false;
        loop {
            let (opening, agreement) = self.opened().await?;
            let outgoing = self.outgoing(agreement.revision, Subject::of(method), &params);
            let sent = self.0.transport.send(outgoing).await;
            if let Err(TransportError::SessionLost) = sent {
                self.0.conversation.reopen(&opening);
                if !std::mem::replace(&mut is_repeated, true) {
                    continue;
                }
            }
            return sent.map_err(failed);
        }
    }
}

impl Given {
    fn read(method: &str, params: &(impl Serialize + ?Sized)) -> Result<Self, ClientError> {
        let refused = |source| ClientError::Arguments {
            name: method.to_owned(),
            source,
        };
        let mut others = match serde_json::to_value(params) {
            Ok(Value::Null) => Map::new(),
            Ok(Value::Object(members)) => members,
            Ok(_) => return Err(refused(None)),
            Err(error) => return Err(refused(Some(error))),
        };
        let meta = match others.remove("_meta") {
            None => Map::new(),
            Some(Value::Object(meta)) => meta,
            Some(_) => return Err(raw(method, "its `_meta` must be a JSON object")),
        };
        Ok(Self {
            meta: own_meta(method, meta)?,
            others,
        })
    }

    /// What `Mcp-Name` repeats.
    fn name(&self, method: &str) -> Option<&str> {
        let member = match method {
            methods::TOOLS_CALL | methods::PROMPTS_GET => "name",
            methods::RESOURCES_READ => "uri",
            methods::TASKS_GET | methods::TASKS_UPDATE | methods::TASKS_CANCEL => "taskId",
            _ => return None,
        };
        self.others.get(member).and_then(Value::as_str)
    }
}

/// Refuses what cannot be a method.
fn check(method: &str) -> Result<(), ClientError> {
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem = "the name of a method is made of letters, digits and signs of ASCII";
        return Err(raw(method, problem));
    }
    if method.starts_with("rpc.") {
        return Err(raw(
            method,
            "JSON-RPC reserves names that begin with `rpc.`",
        ));
    }
    Ok(())
}

fn raw(method: &str, problem: &'static str) -> ClientError {
    ClientError::Raw {
        method: method.to_owned(),
        problem,
    }
}
