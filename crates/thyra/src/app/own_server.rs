//! A running server, as its own handlers use it.

mod answer;
mod passage;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use thyra_auth::{Refusal, ScopeSet, TokenRejected};
use thyra_protocol::{
    CallToolResult, GetPromptResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, Prompt, ReadResourceResult, Resource, ResourceTemplate,
    Tool, method,
};

use super::{Door, Identity};
use crate::blocking::Threads;
use crate::catalog::live::ServerHandle;
use crate::context::{Context, OwnAnswer, OwnServer, RequestScope};
use crate::middleware::Chain;
use crate::selector::{Kind, Viewer};
use crate::session_state::SessionStates;
use crate::views::{ViewOwner, Views};

/// What the handlers of a server may use of it. It holds no sessions and no tasks: those end with
/// the server, and a task holds this.
#[derive(Debug)]
pub(crate) struct OwnApp {
    /// How long a component may take that sets no time of its own.
    pub(crate) call_time: Duration,
    /// How long the checks of one call may take together.
    pub(crate) check_time: Duration,
    pub(crate) door: Arc<Door>,
    pub(crate) handle: ServerHandle,
    pub(crate) mask_error_details: bool,
    pub(crate) middleware: Chain,
    pub(crate) server_info: Box<RawValue>,
    pub(crate) session_states: SessionStates,
    pub(crate) threads: Threads,
}

impl Context {
    /// The server that runs this call. Every call that reaches a handler through a server has one,
    /// over each transport and within the process. It is `None` only where a
    /// [`RequestScope`](crate::extend::RequestScope) was made by hand, as a test does that calls a
    /// handler without a server.
    pub fn server(&self) -> Option<&ServerHandle> {
        self.own_server()?.handle().downcast_ref()
    }
}

impl OwnServer for OwnApp {
    fn handle(&self) -> &(dyn Any + Send + Sync) {
        &self.handle
    }

    fn views(&self) -> &Views {
        self.handle.views()
    }

    fn next_rule(&self) -> u64 {
        self.handle.next_rule_for_one()
    }

    fn differs_between(&self, one: &Viewer<'_>, other: &Viewer<'_>) -> Vec<Kind> {
        self.handle.catalog().differs_between(one, other)
    }

    fn threads(&self) -> &Threads {
        &self.threads
    }

    fn session_states(&self) -> &SessionStates {
        &self.session_states
    }

    fn check_scopes(&self, request: &RequestScope, scopes: &ScopeSet) -> Result<(), Refusal> {
        let who = caller(request);
        // The call may have gone on for long. A token that was revoked meanwhile grants nothing.
        if !scopes.is_empty() && self.door.has_revoked(&who) {
            return Err(Refusal::InvalidToken(TokenRejected::Denied));
        }
        self.door.check_scopes(&who, scopes)
    }

    fn call_tool<'a>(
        &'a self,
        name: &'a str,
        arguments: &'a RawValue,
        request: &'a RequestScope,
    ) -> OwnAnswer<'a, CallToolResult> {
        Box::pin(self.answer_tool(name, arguments, request))
    }

    fn get_prompt<'a>(
        &'a self,
        name: &'a str,
        arguments: &'a RawValue,
        request: &'a RequestScope,
    ) -> OwnAnswer<'a, GetPromptResult> {
        Box::pin(self.answer_prompt(name, arguments, request))
    }

    fn read_resource<'a>(
        &'a self,
        uri: &'a str,
        request: &'a RequestScope,
    ) -> OwnAnswer<'a, ReadResourceResult> {
        Box::pin(self.answer_read(uri, request))
    }

    fn list_tools<'a>(&'a self, request: &'a RequestScope) -> OwnAnswer<'a, Vec<Tool>> {
        Box::pin(async {
            let list: ListToolsResult = self
                .list(method::TOOLS_LIST, request, |catalog| &catalog.tools)
                .await?;
            Ok(list.tools)
        })
    }

    fn list_prompts<'a>(&'a self, request: &'a RequestScope) -> OwnAnswer<'a, Vec<Prompt>> {
        Box::pin(async {
            let list: ListPromptsResult = self
                .list(method::PROMPTS_LIST, request, |catalog| &catalog.prompts)
                .await?;
            Ok(list.prompts)
        })
    }

    fn list_resources<'a>(&'a self, request: &'a RequestScope) -> OwnAnswer<'a, Vec<Resource>> {
        Box::pin(async {
            let list: ListResourcesResult = self
                .list(method::RESOURCES_LIST, request, |catalog| {
                    &catalog.resources
                })
                .await?;
            Ok(list.resources)
        })
    }

    fn list_resource_templates<'a>(
        &'a self,
        request: &'a RequestScope,
    ) -> OwnAnswer<'a, Vec<ResourceTemplate>> {
        Box::pin(async {
            let list: ListResourceTemplatesResult = self
                .list(method::RESOURCES_TEMPLATES_LIST, request, |catalog| {
                    &catalog.templates
                })
                .await?;
            Ok(list.resource_templates)
        })
    }
}

/// Who sent the request that the handler answers.
fn caller(request: &RequestScope) -> Identity {
    match (request.principal(), request.view_owner()) {
        (Some(principal), _) => Identity::Principal(Arc::clone(principal)),
        (None, Some(ViewOwner::Local)) => Identity::Local,
        (None, _) => Identity::Anybody,
    }
}
