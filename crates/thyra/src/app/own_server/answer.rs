//! What the server answers to its own handlers.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use thyra_auth::{Refusal, ScopeSet, TokenRejected};
use thyra_protocol::{
    CallToolResult, Era, ErrorObject, GetPromptResult, ReadResourceResult, Revision, method,
};

use super::passage::Asked;
use super::{OwnApp, caller};
use crate::catalog::{Catalog, Entry, Index, Readable};
use crate::check::{Operation, Subject};
use crate::context::{MissingScopes, OwnServerError, RequestScope};
use crate::handler::CallError;
use crate::reply::Reply;
use crate::selector::{Kind, Viewer};

/// What replies to a handler's own requests are written in.
const FORM: Revision = Revision::LATEST;

impl OwnApp {
    pub(super) async fn answer_tool(
        &self,
        name: &str,
        arguments: &RawValue,
        request: &RequestScope,
    ) -> Result<CallToolResult, OwnServerError> {
        let respond = async {
            let catalog = self.handle.snapshot();
            let asks = |viewer: &Viewer<'_>| catalog.tools.subjects(name, viewer);
            let viewer = self.viewer(request, asks, Operation::Call).await;
            let tool = catalog.tools.find(name, None, &viewer);
            let tool = tool.ok_or_else(|| not_found(Kind::Tool, name))?;
            let scopes = tool.required_scopes();
            self.admit(request, scopes, viewer.asked.missing(&tool))?;
            let call = self.middleware.call_tool(&tool, Some(arguments), request);
            let answer = self.in_time(Kind::Tool, name, tool.call_timeout(), call);
            match answer.await? {
                Ok(result) => Ok(result),
                Err(CallError::InsufficientScope(needed)) => Err(missing(&needed, scopes)),
                Err(CallError::Protocol(error)) => Err(failed(name, error)),
                Err(error) => Ok(error
                    .detailed_unless(self.mask_error_details)
                    .into_result(name)),
            }
        };
        let write = |result: &CallToolResult| {
            let result = result
                .for_revision(FORM)
                .with_server_info(&self.server_info);
            Reply::result(request.request_id(), &result)
        };
        let asked = Asked::by_name(method::TOOLS_CALL, name, arguments);
        self.pass(asked, request, respond, write).await
    }

    pub(super) async fn answer_prompt(
        &self,
        name: &str,
        arguments: &RawValue,
        request: &RequestScope,
    ) -> Result<GetPromptResult, OwnServerError> {
        let respond = async {
            let catalog = self.handle.snapshot();
            let asks = |viewer: &Viewer<'_>| catalog.prompts.subjects(name, viewer);
            let viewer = self.viewer(request, asks, Operation::Get).await;
            let prompt = catalog.prompts.find(name, None, &viewer);
            let prompt = prompt.ok_or_else(|| not_found(Kind::Prompt, name))?;
            let scopes = prompt.required_scopes();
            self.admit(request, scopes, viewer.asked.missing(&prompt))?;
            let call = prompt.get(Some(arguments), request);
            let answer = self.in_time(Kind::Prompt, name, prompt.call_timeout(), call);
            let error = match answer.await? {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            Err(self.error_of(error, Kind::Prompt, name, scopes))
        };
        let write = |result: &GetPromptResult| {
            let result = result
                .for_revision(FORM)
                .with_server_info(&self.server_info);
            Reply::result(request.request_id(), &result)
        };
        let asked = Asked::by_name(method::PROMPTS_GET, name, arguments);
        self.pass(asked, request, respond, write).await
    }

    pub(super) async fn answer_read(
        &self,
        uri: &str,
        request: &RequestScope,
    ) -> Result<ReadResourceResult, OwnServerError> {
        let respond = async {
            let catalog = self.handle.snapshot();
            let asks = |viewer: &Viewer<'_>| catalog.readable_subjects(uri, viewer);
            let viewer = self.viewer(request, asks, Operation::Read).await;
            let readable = catalog.readable(uri, None, &viewer);
            let readable = readable.ok_or_else(|| not_found(Kind::Resource, uri))?;
            let scopes = readable.required_scopes();
            self.admit(request, scopes, readable.missing(&viewer))?;
            let call = async {
                match &readable {
                    Readable::Resource(resource) => resource.read(uri, request).await,
                    Readable::Template(template, arguments) => {
                        template.read(uri, arguments, request).await
                    }
                }
            };
            let answer = self.in_time(Kind::Resource, uri, readable.call_timeout(), call);
            let error = match answer.await? {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            Err(self.error_of(error, Kind::Resource, uri, scopes))
        };
        let write = |result: &ReadResourceResult| {
            let result = result
                .for_revision(FORM)
                .with_server_info(&self.server_info);
            Reply::result(request.request_id(), &result)
        };
        let asked = Asked::by_uri(method::RESOURCES_READ, uri);
        self.pass(asked, request, respond, write).await
    }

    /// The whole list of one kind, as the caller sees it.
    pub(super) async fn list<T: Entry, L: DeserializeOwned + Send>(
        &self,
        method: &str,
        request: &RequestScope,
        index: impl Fn(&Catalog) -> &Arc<Index<T>> + Send + Sync,
    ) -> Result<L, OwnServerError> {
        let unusable = || failed(method, ErrorObject::internal("the list cannot be written"));
        let respond = async {
            let catalog = self.handle.snapshot();
            let index = index(&catalog);
            let asks = |viewer: &Viewer<'_>| index.all_subjects(viewer);
            let viewer = self.viewer(request, asks, Operation::List).await;
            index.whole(&viewer).map_err(|_| unusable())
        };
        let write = |list: &_| Reply::result(request.request_id(), list);
        let list = self
            .pass(Asked::list(method), request, respond, write)
            .await?;
        serde_json::from_str(list.get()).map_err(|_| unusable())
    }

    /// The caller as a viewer, with what the checks of those components say that `asks` finds.
    async fn viewer<'r>(
        &self,
        request: &'r RequestScope,
        asks: impl FnOnce(&Viewer<'_>) -> Vec<Subject>,
        operation: Operation,
    ) -> Viewer<'r> {
        let viewer = request.viewer(self.handle.views());
        let subjects = asks(&viewer);
        let who = caller(request);
        self.door
            .asked(&who, viewer, subjects, operation, self.check_time)
            .await
    }

    /// Checks the scopes of what is called, and what its checks found missing. The handler may have
    /// run for long, and a token that was revoked meanwhile grants nothing.
    fn admit(
        &self,
        request: &RequestScope,
        scopes: &ScopeSet,
        missing: Option<&ScopeSet>,
    ) -> Result<(), OwnServerError> {
        let who = caller(request);
        if self.door.has_revoked(&who) {
            let refusal = Refusal::InvalidToken(TokenRejected::Denied);
            return Err(MissingScopes::of(refusal, scopes).into());
        }
        self.door
            .check(&who, scopes, missing)
            .map_err(|refusal| MissingScopes::of(refusal, scopes).into())
    }

    /// Waits for the answer as long as the component may take.
    async fn in_time<R>(
        &self,
        kind: Kind,
        name: &str,
        own: Option<Duration>,
        answer: impl Future<Output = R>,
    ) -> Result<R, OwnServerError> {
        let deadline = own.unwrap_or(self.call_time);
        tokio::time::timeout(deadline, answer)
            .await
            .map_err(|_| OwnServerError::TimedOut {
                kind,
                name: name.to_owned(),
                seconds: deadline.as_secs_f64(),
            })
    }

    /// Why a prompt or a resource with these `scopes` has no result.
    fn error_of(
        &self,
        error: CallError,
        kind: Kind,
        name: &str,
        scopes: &ScopeSet,
    ) -> OwnServerError {
        match error {
            CallError::InsufficientScope(needed) => missing(&needed, scopes),
            CallError::Failed(error) if error.is_not_found() => not_found(kind, name),
            error => {
                let error = error.detailed_unless(self.mask_error_details);
                let error = error.into_error(name, |_| {
                    ErrorObject::resource_not_found(name, Era::Sessionless)
                });
                failed(name, error)
            }
        }
    }
}

fn not_found(kind: Kind, name: &str) -> OwnServerError {
    OwnServerError::NotFound {
        kind,
        name: name.to_owned(),
    }
}

fn failed(subject: &str, error: ErrorObject) -> OwnServerError {
    OwnServerError::Failed {
        subject: subject.to_owned(),
        error,
    }
}

/// All scopes that the call needs: those that it found missing, and those of its component.
fn missing(needed: &ScopeSet, scopes: &ScopeSet) -> OwnServerError {
    MissingScopes {
        needed: needed.union(scopes),
    }
    .into()
}
