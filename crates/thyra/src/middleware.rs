//! Middleware around every request: logging, limits, caches, rules of your own.

mod response;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use thyra_auth::Principal;
use thyra_protocol::{CallToolResult, RequestId, Revision};

pub use self::response::Response;
use crate::component::tool::Tool;
use crate::context::RequestScope;
use crate::handler::CallError;

/// Wraps requests; add it with [`Server::middleware`](crate::Server::middleware). Each hook may
/// inspect the request, let it continue, change the response, or answer instead.
///
/// ```
/// use futures_util::future::BoxFuture;
/// use thyra::prelude::*;
/// use thyra::{Response, Middleware, RequestInfo};
///
/// /// Logs how each request went.
/// struct Log;
///
/// impl Middleware for Log {
///     fn on_request<'a>(
///         &'a self,
///         request: RequestInfo<'a>,
///         next: BoxFuture<'a, Response>,
///     ) -> BoxFuture<'a, Response> {
///         Box::pin(async move {
///             let response = next.await;
///             tracing::info!(method = request.method, ok = response.is_result(), "answered");
///             response
///         })
///     }
/// }
///
/// let server = Server::new("Notes").middleware(Log);
/// ```
///
/// A server without middleware pays nothing for it.
pub trait Middleware: Send + Sync + 'static {
    /// Wraps every request that has a method and a revision: calls, reads, lists, completions,
    /// `initialize`, the methods of extensions. `next` answers it; to answer instead, drop `next`
    /// ([`RequestInfo::error`], [`RequestInfo::result`]).
    ///
    /// What a handler asks of its own server passes here too ([`Context::call_tool`] and its
    /// siblings), in the form of the latest revision and with the id of the client's request.
    ///
    /// [`Context::call_tool`]: crate::Context::call_tool
    ///
    /// It is not yet checked whether the caller may use what the request names. A request that asks
    /// the user arrives once per round in 2026-07-28. One that becomes a task is answered when the
    /// task begins.
    fn on_request<'a>(
        &'a self,
        request: RequestInfo<'a>,
        next: BoxFuture<'a, Response>,
    ) -> BoxFuture<'a, Response> {
        let _ = request;
        next
    }

    /// Wraps every run of a tool, in the request or in its task. `next` runs the tool. The caller
    /// has the scopes that it needs.
    ///
    /// # Errors
    ///
    /// The same as those of the tool.
    fn on_call_tool<'a>(
        &'a self,
        call: ToolCallInfo<'a>,
        next: BoxFuture<'a, Result<CallToolResult, CallError>>,
    ) -> BoxFuture<'a, Result<CallToolResult, CallError>> {
        let _ = call;
        next
    }
}

/// A request, as [`Middleware::on_request`] sees it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RequestInfo<'a> {
    /// The method, such as `tools/call`.
    pub method: &'a str,
    /// The tool, prompt, resource or task that the method is about.
    pub name: Option<&'a str>,
    /// The raw params.
    pub params: Option<&'a RawValue>,
    /// The client's own id of the request.
    pub id: &'a RequestId,
    /// The revision that the request speaks.
    pub revision: Revision,
    /// The caller, if the server asks for a token.
    pub principal: Option<&'a Principal>,
}

/// A run of a tool, as [`Middleware::on_call_tool`] sees it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ToolCallInfo<'a> {
    /// The tool.
    pub tool: &'a Tool,
    /// The raw arguments.
    pub arguments: Option<&'a RawValue>,
    /// The request.
    pub request: &'a RequestScope,
}

/// The middleware of a server, outermost first.
#[derive(Clone, Default)]
pub(crate) struct Chain(Vec<Arc<dyn Middleware>>);

impl Chain {
    pub(crate) fn push(&mut self, middleware: impl Middleware) {
        self.0.push(Arc::new(middleware));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Wraps `respond` in all middleware.
    pub(crate) fn request<'a>(
        &'a self,
        request: RequestInfo<'a>,
        respond: BoxFuture<'a, Response>,
    ) -> BoxFuture<'a, Response> {
        let inwards = self.0.iter().rev();
        inwards.fold(respond, |next, middleware| {
            middleware.on_request(request, next)
        })
    }

    /// Runs `tool`, wrapped in all middleware.
    pub(crate) async fn call_tool(
        &self,
        tool: &Tool,
        arguments: Option<&RawValue>,
        request: &RequestScope,
    ) -> Result<CallToolResult, CallError> {
        if self.is_empty() {
            return tool.try_call(arguments, request).await;
        }
        let call = ToolCallInfo {
            tool,
            arguments,
            request,
        };
        let run: BoxFuture<'_, _> = Box::pin(tool.try_call(arguments, request));
        let inwards = self.0.iter().rev();
        inwards
            .fold(run, |next, middleware| middleware.on_call_tool(call, next))
            .await
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Chain").field(&self.0.len()).finish()
    }
}

impl fmt::Debug for RequestInfo<'_> {
    /// The params are private to the caller, so they are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestInfo")
            .field("method", &self.method)
            .field("name", &self.name)
            .field("id", &self.id)
            .field("revision", &self.revision)
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ToolCallInfo<'_> {
    /// The arguments are private to the caller, so they are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolCallInfo")
            .field("tool", &self.tool)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}
