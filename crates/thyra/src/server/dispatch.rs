//! One message in, one reply out: the same for every transport.
//!
//! This is a plain function that runs on its caller's own task. It spawns nothing, and dropping it cancels the call.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;
use thyra_auth::{Principal, Refusal};
use thyra_protocol::{
    CallToolResult, EmptyResult, Era, ErrorObject, Message, RequestId, RequestMeta, Revision,
    write_error, write_result,
};

use super::app::App;
use super::incoming::{Asked, Incoming};
use crate::component::tool::Tool;
use crate::context::{Emitter, RequestScope};

/// Who sent a message, and what came along.
#[derive(Debug)]
pub(crate) struct Caller {
    identity: Identity,
    headers: Option<HeaderMap>,
}

/// Who sent a message.
#[derive(Debug)]
enum Identity {
    /// The user who started this process, on stdio: nobody else can speak there, so no scope is asked for.
    Local,
    /// Somebody over HTTP; with a principal when the server is protected.
    Remote(Option<Arc<Principal>>),
}

impl Caller {
    pub(crate) fn local() -> Self {
        Self {
            identity: Identity::Local,
            headers: None,
        }
    }

    pub(crate) fn remote(principal: Option<Arc<Principal>>, headers: HeaderMap) -> Self {
        Self {
            identity: Identity::Remote(principal),
            headers: Some(headers),
        }
    }

    /// The headers that carried the message; none on stdio.
    pub(crate) fn headers(&self) -> Option<&HeaderMap> {
        self.headers.as_ref()
    }
}

/// What a transport knows about a message beside its bytes.
pub(crate) trait Carrier {
    /// The revision that a request speaks.
    ///
    /// # Errors
    ///
    /// When it is unknown, or what carried the request contradicts it.
    fn revision(&self, incoming: &Incoming<'_>, caller: &Caller) -> Result<Revision, ErrorObject>;

    /// Whether a message that asks for no answer is welcome.
    ///
    /// # Errors
    ///
    /// When what carried it contradicts it, or when this is no place for it.
    fn welcomes(&self, message: &Message<'_>, caller: &Caller) -> Result<(), ErrorObject>;
}

/// What is said in the end.
#[derive(Debug)]
pub(crate) struct Reply {
    message: Bytes,
    status: StatusCode,
    refusal: Option<Refusal>,
}

impl Reply {
    /// Nothing to say: a notification was taken.
    fn accepted() -> Self {
        Self {
            message: Bytes::new(),
            status: StatusCode::ACCEPTED,
            refusal: None,
        }
    }

    fn result<T: Serialize + ?Sized>(id: &RequestId, result: &T) -> Self {
        let mut message = Vec::with_capacity(512);
        match write_result(&mut message, id, result) {
            Ok(()) => Self {
                message: message.into(),
                status: StatusCode::OK,
                refusal: None,
            },
            Err(error) => {
                tracing::error!(%error, "a result could not be written");
                Self::error(
                    Some(id),
                    Era::Handshake,
                    &ErrorObject::internal("Internal error"),
                )
            }
        }
    }

    /// An error, with the HTTP status that goes with it in `era`.
    pub(crate) fn error(id: Option<&RequestId>, era: Era, error: &ErrorObject) -> Self {
        let mut message = Vec::with_capacity(256);
        write_error(&mut message, id, error);
        Self {
            message: message.into(),
            status: StatusCode::from_u16(error.http_status(era)).unwrap_or(StatusCode::OK),
            refusal: None,
        }
    }

    /// A refusal that a transport with challenges puts as one; the message is for those without.
    fn refused(id: &RequestId, refusal: Refusal) -> Self {
        let error = ErrorObject::invalid_params("The caller may not use this tool");
        Self {
            refusal: Some(refusal),
            ..Self::error(Some(id), Era::Handshake, &error)
        }
    }

    /// The whole JSON-RPC message; empty when there is nothing to say.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }

    pub(crate) fn into_message(self) -> Bytes {
        self.message
    }

    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

/// Answers one message.
pub(crate) async fn answer<C: Carrier>(
    app: &App,
    message: &[u8],
    carrier: &C,
    caller: Caller,
    emitter: Emitter,
) -> Reply {
    // A message that cannot be placed in an era is judged by the stricter one.
    let strict = Era::Sessionless;
    let (id, method, params) = match Message::parse(message) {
        Ok(Message::Request(request)) => (request.id, request.method, request.params),
        Ok(other) => {
            return match carrier.welcomes(&other, &caller) {
                Ok(()) => Reply::accepted(),
                Err(error) => Reply::error(None, strict, &error),
            };
        }
        Err(error) => return Reply::error(error.id(), strict, &error.error_object()),
    };
    let placed = Incoming::decode(method, params)
        .and_then(|incoming| Ok((carrier.revision(&incoming, &caller)?, incoming)));
    let (revision, incoming) = match placed {
        Ok(placed) => placed,
        Err(error) => return Reply::error(Some(&id), strict, &error),
    };
    match dispatch(app, &id, revision, incoming, caller, emitter).await {
        Ok(reply) => reply,
        Err(error) => Reply::error(Some(&id), revision.era(), &error),
    }
}

async fn dispatch(
    app: &App,
    id: &RequestId,
    revision: Revision,
    incoming: Incoming<'_>,
    caller: Caller,
    emitter: Emitter,
) -> Result<Reply, ErrorObject> {
    let (asked, meta) = incoming.into_parts();
    if revision.era() == Era::Sessionless && meta.client_capabilities.is_none() {
        return Err(ErrorObject::invalid_meta(
            "_meta lacks io.modelcontextprotocol/clientCapabilities; an empty object will do",
        ));
    }
    match (asked, revision.era()) {
        (Asked::CallTool { name, arguments }, _) => {
            let Some(tool) = app.catalog.tool(&name) else {
                return Err(unknown_tool(&name));
            };
            if let Err(refusal) = may_use(app, &caller, tool) {
                return Ok(Reply::refused(id, refusal));
            }
            let result = call_tool(app, id, revision, tool, arguments, meta, caller, emitter).await;
            let server_info = &app.greeting.server_info;
            Ok(Reply::result(
                id,
                &result.for_revision(revision).with_server_info(server_info),
            ))
        }
        (Asked::ListTools { cursor: Some(_) }, _) => Err(ErrorObject::invalid_params(
            "Invalid cursor: the whole list is on the first page",
        )),
        (Asked::ListTools { cursor: None }, _) => match app.catalog.list(revision) {
            Some(list) => Ok(Reply::result(id, list)),
            None => Err(ErrorObject::internal("Internal error")),
        },
        (Asked::Discover, Era::Sessionless) => Ok(Reply::result(id, &app.greeting.discover)),
        (Asked::Initialize(params), Era::Handshake) => {
            let agreed = Revision::negotiate(&params.protocol_version);
            Ok(Reply::result(id, &app.greeting.initialize(agreed)))
        }
        (Asked::Ping, Era::Handshake) => Ok(Reply::result(
            id,
            &EmptyResult::default().for_revision(revision),
        )),
        _ => Err(ErrorObject::method_not_found()),
    }
}

/// Whether the caller has the scopes that this tool asks for.
fn may_use(app: &App, caller: &Caller, tool: &Tool) -> Result<(), Refusal> {
    match (&caller.identity, &app.protection) {
        _ if tool.required_scopes().is_empty() => Ok(()),
        (Identity::Local, _) => Ok(()),
        (Identity::Remote(Some(principal)), Some(protection)) => {
            protection.check_scopes(principal, tool.required_scopes())
        }
        (Identity::Remote(_), _) => Err(Refusal::MissingToken),
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one call, each used once"
)]
async fn call_tool(
    app: &App,
    id: &RequestId,
    revision: Revision,
    tool: &Tool,
    arguments: Option<&RawValue>,
    meta: RequestMeta<'_>,
    caller: Caller,
    emitter: Emitter,
) -> CallToolResult {
    let principal = match caller.identity {
        Identity::Local => None,
        Identity::Remote(principal) => principal,
    };
    let mut scope = RequestScope::new(revision, id.clone())
        .with_principal(principal)
        .with_state(app.state.clone())
        .with_progress(meta.progress_token, emitter);
    if let Some(headers) = caller.headers {
        scope = scope.with_headers(headers);
    }
    let deadline = app.limits.call_deadline();
    match tokio::time::timeout(deadline, tool.call(arguments, &scope)).await {
        Ok(result) => result,
        Err(_) => CallToolResult::error(format!(
            "The call was stopped: it took longer than {} seconds.",
            deadline.as_secs()
        )),
    }
}

fn unknown_tool(name: &str) -> ErrorObject {
    const LONGEST: usize = 128;
    let shown = name
        .get(..name.floor_char_boundary(LONGEST))
        .unwrap_or(name);
    ErrorObject::invalid_params(format!("Unknown tool: {shown}"))
}
