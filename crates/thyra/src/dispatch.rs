//! One message in, one reply out, the same for every transport.
//!
//! [`answer`] is a plain function that runs on its caller's task. It spawns nothing, and dropping
//! it cancels the call.

mod call;
mod caller;
mod carrier;
mod complete;
mod failure;
mod meta;
mod method_call;
mod prompt;
mod read;
mod round;
mod subscription;
mod task;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::value::RawValue;
use thyra_auth::{Refusal, ScopeSet};
use thyra_protocol::{EmptyResult, Era, ErrorObject, Message, RequestId, RequestMeta, Revision};
use tracing::Instrument;

pub(crate) use self::caller::Caller;
pub(crate) use self::carrier::Carrier;
use self::failure::Failure;
use self::method_call::Asked;
pub(crate) use self::method_call::MethodCall;
pub(crate) use self::subscription::{Listener, follow};
use crate::app::App;
use crate::catalog::{Entry, Index, ListError};
use crate::check::{Operation, Subject};
use crate::context::{RequestScope, RequestScopeBuilder};
use crate::conversation::{Client, NewSession};
use crate::handler::{CallError, Rejection};
use crate::middleware::{RequestInfo, Response};
use crate::outbox::Emitter;
use crate::reply::Reply;
use crate::request_state::Binding;
use crate::selector::Viewer;

/// One request, shared by the functions that answer it.
struct Request<'a> {
    app: &'a Arc<App>,
    id: &'a RequestId,
    revision: Revision,
    meta: RequestMeta<'a>,
    caller: Caller,
    carrier: &'a mut dyn Carrier,
    emitter: Emitter,
    /// The size of its message, in bytes.
    size: usize,
}

/// Answers one message.
pub(crate) async fn answer(
    app: &Arc<App>,
    message: &[u8],
    carrier: &mut dyn Carrier,
    caller: Caller,
    emitter: Emitter,
) -> Reply {
    // A message whose era cannot be determined is judged by the stricter era.
    let strict = Era::Sessionless;
    let session = caller.session().map(AsRef::as_ref);
    let (id, method, params) = match Message::parse(message) {
        Ok(Message::Request(request)) => (request.id, request.method, request.params),
        Ok(other) => {
            return match carrier.welcomes(&other, session) {
                Ok(()) => Reply::accepted(),
                Err(error) => Reply::error(None, strict, &error),
            };
        }
        Err(error) => return Reply::error(error.id(), strict, &error.error_object()),
    };
    let placed = MethodCall::decode(method.clone(), params)
        .and_then(|call| Ok((carrier.revision(&call, session)?, call)));
    let (revision, call) = match placed {
        Ok(placed) => placed,
        Err(error) => return Reply::error(Some(&id), strict, &error),
    };
    let span = meta::span(&call, revision);
    let named = call.name().filter(|_| !app.middleware.is_empty());
    let name = named.map(str::to_owned);
    let (asked, meta) = call.into_parts();
    // Nested futures store their arguments more than once, so the request is passed as one pointer.
    let request = Box::new(Request {
        app,
        id: &id,
        revision,
        meta,
        caller,
        carrier,
        emitter,
        size: message.len(),
    });
    // Panics of handlers are caught where they run. This catches those of the author's other code,
    // such as middleware: no caller may wait for ever because of a panic.
    let reply = if app.middleware.is_empty() {
        let reply = request.reply(asked).instrument(span);
        AssertUnwindSafe(reply).catch_unwind().await
    } else {
        let principal = request.caller.principal().cloned();
        let info = RequestInfo {
            method: &method,
            name: name.as_deref(),
            params,
            id: &id,
            revision,
            principal: principal.as_deref(),
        };
        let respond = request.reply(asked).map(Response::from);
        let chain = app.middleware.request(info, Box::pin(respond));
        let reply = chain.map(Response::into_reply).instrument(span);
        AssertUnwindSafe(reply).catch_unwind().await
    };
    reply.unwrap_or_else(|panic| {
        let panic = CallError::from_panic(&*panic).detailed_unless(app.mask_error_details);
        let error = panic.into_error(&method, |_| ErrorObject::internal("Internal error"));
        Reply::error(Some(&id), revision.era(), &error)
    })
}

impl<'a> Request<'a> {
    async fn reply(self: Box<Self>, asked: Asked<'a>) -> Reply {
        let (id, era) = (self.id, self.revision.era());
        match self.dispatch(asked).await {
            Ok(reply) => reply,
            Err(Failure::Refused(refusal)) => Reply::refused(id, *refusal),
            Err(Failure::Error(error)) => Reply::error(Some(id), era, &error),
        }
    }

    async fn dispatch(self: Box<Self>, asked: Asked<'a>) -> Result<Reply, Failure> {
        self.check_client()?;
        let era = self.revision.era();
        self.check_log_level(&asked)?;
        // Only the most frequent method is part of every request's future. The others are boxed,
        // because they would make it larger.
        match asked {
            Asked::CallTool(call) => call::answer(self, call).await,
            Asked::GetPrompt(params) => Box::pin(prompt::answer(self, *params)).await,
            Asked::ReadResource(params) => Box::pin(read::answer(self, *params)).await,
            Asked::Complete(params) => Box::pin(complete::answer(self, *params)).await,
            Asked::ListTools { cursor } => {
                let index = Arc::clone(&self.app.handle.catalog().tools);
                Ok(Box::pin(self.list(&index, cursor.as_deref())).await?)
            }
            Asked::ListPrompts { cursor } => {
                let index = Arc::clone(&self.app.handle.catalog().prompts);
                Ok(Box::pin(self.list(&index, cursor.as_deref())).await?)
            }
            Asked::ListResources { cursor } => {
                let index = Arc::clone(&self.app.handle.catalog().resources);
                Ok(Box::pin(self.list(&index, cursor.as_deref())).await?)
            }
            Asked::ListResourceTemplates { cursor } => {
                let index = Arc::clone(&self.app.handle.catalog().templates);
                Ok(Box::pin(self.list(&index, cursor.as_deref())).await?)
            }
            Asked::Discover if era == Era::Sessionless => {
                Ok(Reply::result(self.id, &self.app.greeting.discover))
            }
            Asked::Listen(params) if era == Era::Sessionless => {
                if self.size > subscription::LONGEST_REQUEST {
                    return Err(ErrorObject::invalid_params(format!(
                        "A request that listens has at most {} bytes, since it is kept",
                        subscription::LONGEST_REQUEST
                    ))
                    .into());
                }
                let (app, id, caller) = (self.app, self.id, self.caller);
                let listening = subscription::listen(app, id, *params, caller, &self.emitter);
                Ok(Reply::result(id, &Box::pin(listening).await?))
            }
            Asked::Task(asked) if era == Era::Sessionless => {
                Box::pin(task::answer(self, asked)).await
            }
            Asked::Initialize(params) if era == Era::Handshake => {
                let agreed = Revision::negotiate(&params.protocol_version);
                let session = NewSession::new(
                    agreed,
                    Client::new(params.capabilities, params.client_info)?,
                )
                .logging_from(self.app.client_log_level);
                let greeting = self.app.greeting.initialize(agreed);
                Ok(Reply::result(self.id, &greeting).opening(Some(Box::new(session))))
            }
            Asked::Ping if era == Era::Handshake => Ok(self.done()),
            Asked::SetLevel(level) if era == Era::Handshake => {
                self.session()?.set_log_level(level);
                Ok(self.done())
            }
            Asked::Subscribe(uri) if era == Era::Handshake => {
                Box::pin(subscription::subscribe(self, &uri)).await
            }
            Asked::Unsubscribe(uri) if era == Era::Handshake => {
                self.session()?.unsubscribe(&uri);
                Ok(self.done())
            }
            Asked::Unknown { method, params } => {
                Ok(Box::pin(self.extension(&method, params)).await?)
            }
            _ => Err(ErrorObject::method_not_found().into()),
        }
    }

    /// An empty result.
    fn done(&self) -> Reply {
        Reply::result(
            self.id,
            &EmptyResult::default()
                .for_revision(self.revision)
                .with_server_info(&self.app.greeting.server_info),
        )
    }

    async fn list<T: Entry>(
        self: Box<Self>,
        index: &Index<T>,
        cursor: Option<&str>,
    ) -> Result<Reply, ErrorObject> {
        let asks = |viewer: &Viewer<'_>| index.all_subjects(viewer);
        let viewer = self.viewer(asks, Operation::List).await;
        match index.page(cursor, &viewer, self.revision) {
            Ok(page) => Ok(Reply::result(self.id, &*page)),
            Err(ListError::Cursor) => Err(ErrorObject::invalid_params(
                "Invalid cursor: begin the list again, without one",
            )),
            Err(ListError::Unwritable) => Err(ErrorObject::internal("Internal error")),
        }
    }

    /// The conversation that the request belongs to, for methods that need one.
    fn session(&self) -> Result<&crate::conversation::Session, ErrorObject> {
        self.caller.session().map(AsRef::as_ref).ok_or_else(|| {
            ErrorObject::invalid_params(
                "this needs a session: send initialize first, and then the Mcp-Session-Id that came with its answer",
            )
        })
    }

    async fn extension(
        mut self: Box<Self>,
        method: &str,
        params: Option<&RawValue>,
    ) -> Result<Reply, ErrorObject> {
        let Some(found) = self.app.extensions.method(method, self.revision) else {
            return Err(ErrorObject::method_not_found());
        };
        let (id, app) = (self.id, self.app);
        let deadline = app.limits.call_time;
        let scope = self.scope().build();
        let call = found.call(params, &scope, &app.greeting.server_info);
        match tokio::time::timeout(deadline, call).await {
            Ok(Ok(result)) => Ok(Reply::result(id, &result)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ErrorObject::internal("The request took too long")),
        }
    }

    /// What a handler may know about this request.
    fn scope(&mut self) -> RequestScopeBuilder {
        let session = self.caller.session().cloned();
        let mut scope = RequestScope::builder(self.revision, self.id.clone());
        let log_level = match (self.revision.era(), &session) {
            (Era::Sessionless, _) => {
                scope = scope.client(&self.meta);
                let asked = self.meta.log_level.as_deref();
                asked.and_then(|level| level.parse().ok())
            }
            (Era::Handshake, None) => Some(self.app.client_log_level),
            (Era::Handshake, Some(_)) => None,
        };
        scope
            .principal(self.caller.principal().cloned())
            .headers(self.carrier.take_headers())
            .peer_addr(self.carrier.peer_addr())
            .target(self.carrier.take_target())
            .state(self.app.state.clone())
            .meta(&self.meta)
            .server(Arc::clone(&self.app.own_server))
            .view_owner(self.caller.view_owner())
            .log_level(log_level)
            .session(session)
            .progress(self.meta.progress_token.clone(), self.emitter.clone())
    }

    /// The caller as a viewer, with what the checks of those components say that `asks` finds.
    async fn viewer(
        &self,
        asks: impl FnOnce(&Viewer<'_>) -> Vec<Subject>,
        operation: Operation,
    ) -> Viewer<'_> {
        self.caller.asked_by(self.app, asks, operation).await
    }

    /// What `find` finds for `viewer`, the caller. A retry also finds a component that was hidden
    /// from its caller alone before the questions were asked, because the call that `state` belongs
    /// to may have done that itself. What was hidden afterwards is not found. `call` is that call,
    /// without the version.
    fn seen<T>(
        &self,
        viewer: &Viewer<'_>,
        state: Option<&str>,
        call: Binding<'_>,
        find: impl Fn(&Viewer<'_>) -> Option<T>,
        version: impl Fn(&T) -> Option<&str>,
    ) -> Option<T> {
        if let (Some(state), Era::Sessionless, Some(_)) = (state, self.revision.era(), &viewer.own)
        {
            let without_view = Viewer {
                own: None,
                ..viewer.clone()
            };
            let begun = find(&without_view).filter(|found| {
                let version = version(found);
                let opened = self.app.sealer.open(&Binding { version, ..call }, state);
                opened.is_ok_and(|opened| opened.standing.hidden)
            });
            if begun.is_some() {
                return begun;
            }
        }
        find(viewer)
    }

    /// The refusal of a caller for whom a handler asks for more than its component's own `scopes`:
    /// more scopes, or to know who is calling. `None` where nobody could bring it.
    fn refusal_for(&self, error: &CallError, scopes: &ScopeSet) -> Option<Refusal> {
        let needed = match error {
            CallError::InsufficientScope(needed) => needed.union(scopes),
            CallError::Rejected(Rejection::NoPrincipal) => scopes.clone(),
            _ => return None,
        };
        if self.app.door.lets_sign_in(self.caller.identity()) {
            return Some(Refusal::TokenNeeded { needed });
        }
        self.caller.principal()?;
        Some(Refusal::InsufficientScope { needed })
    }

    /// Checks that the caller has these scopes, and misses nothing by the checks of what it uses.
    fn may_use(&self, scopes: &ScopeSet, missing: Option<&ScopeSet>) -> Result<(), Refusal> {
        self.app.door.check(self.caller.identity(), scopes, missing)
    }
}

/// The beginning of a client's own text, enough to recognise it.
fn short(text: &str) -> &str {
    const LONGEST: usize = 128;
    text.get(..text.floor_char_boundary(LONGEST))
        .unwrap_or(text)
}
