//! What a handler may ask of the server that serves its call.

mod error;

use std::any::Any;
use std::fmt::Debug;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use thyra_auth::{Refusal, ScopeSet};
use thyra_protocol::{
    CallToolResult, GetPromptResult, Prompt, ReadResourceResult, Resource, ResourceTemplate, Tool,
};

pub use self::error::OwnServerError;
use super::RequestScope;
use crate::blocking::Threads;
use crate::selector::{Kind, Viewer};
use crate::session_state::SessionStates;
use crate::views::Views;

/// What the server answers to its own handler.
pub(crate) type OwnAnswer<'a, T> = BoxFuture<'a, Result<T, OwnServerError>>;

/// The server that serves a call, as far as its handlers may use it.
///
/// The context stands below the server, so it knows this much and no more; a room above implements
/// it. What handlers are to do with their server next becomes a method here.
///
/// A `request` is the scope of what is called, or of the list: the caller is the handler's own.
pub(crate) trait OwnServer: Debug + Send + Sync {
    /// What `Context::server` hands out; the room that implements this knows its type.
    fn handle(&self) -> &(dyn Any + Send + Sync);

    /// The views of callers whose calls stand alone.
    fn views(&self) -> &Views;

    /// The number of a change to what one caller sees: the later change has the larger one.
    fn next_rule(&self) -> u64;

    /// The kinds of components of which `one` does not see the same as `other`.
    fn differs_between(&self, one: &Viewer<'_>, other: &Viewer<'_>) -> Vec<Kind>;

    /// Where its functions that block run.
    fn threads(&self) -> &Threads;

    /// What handlers remember for its sessions.
    fn session_states(&self) -> &SessionStates;

    /// Checks that the caller of `request` has these scopes.
    ///
    /// # Errors
    ///
    /// The refusal, which says what is needed.
    fn check_scopes(&self, request: &RequestScope, scopes: &ScopeSet) -> Result<(), Refusal>;

    /// Calls the tool `name`.
    fn call_tool<'a>(
        &'a self,
        name: &'a str,
        arguments: &'a RawValue,
        request: &'a RequestScope,
    ) -> OwnAnswer<'a, CallToolResult>;

    /// Fills in the prompt `name`.
    fn get_prompt<'a>(
        &'a self,
        name: &'a str,
        arguments: &'a RawValue,
        request: &'a RequestScope,
    ) -> OwnAnswer<'a, GetPromptResult>;

    /// Reads the resource at `uri`.
    fn read_resource<'a>(
        &'a self,
        uri: &'a str,
        request: &'a RequestScope,
    ) -> OwnAnswer<'a, ReadResourceResult>;

    /// All tools that the caller sees.
    fn list_tools<'a>(&'a self, request: &'a RequestScope) -> OwnAnswer<'a, Vec<Tool>>;

    /// All prompts that the caller sees.
    fn list_prompts<'a>(&'a self, request: &'a RequestScope) -> OwnAnswer<'a, Vec<Prompt>>;

    /// All resources that the caller sees.
    fn list_resources<'a>(&'a self, request: &'a RequestScope) -> OwnAnswer<'a, Vec<Resource>>;

    /// All templates of resources that the caller sees.
    fn list_resource_templates<'a>(
        &'a self,
        request: &'a RequestScope,
    ) -> OwnAnswer<'a, Vec<ResourceTemplate>>;
}
