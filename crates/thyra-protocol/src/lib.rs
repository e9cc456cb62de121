//! The Model Context Protocol on the wire: what a message looks like, in all five protocol
//! revisions. It does no I/O: it turns bytes into typed values and back.
//!
//! * [`Message::parse`] reads one JSON-RPC message without copying it; `params` stay raw until the
//!   type of their method decodes them ([`CallToolParams::parse`], [`ListToolsParams::parse`]).
//! * [`write_result`], [`write_error`], [`write_request`] and [`write_notification`] append one
//!   whole message to a buffer.
//! * [`Revision`] names the protocol revisions and their differences; `for_revision` on a type
//!   writes it in the form of that revision, without what the revision does not know.
//! * [`ErrorObject`] and [`ErrorCode`] carry errors, and say which HTTP status goes with one.
//!
//! Parsing is strict in shape: a message that is not exactly one JSON-RPC 2.0 message is refused
//! with an [`EnvelopeError`] that says what is wrong and keeps the request id when it could be
//! read. Members that the specification does not name are skipped.

mod annotations;
mod cache_scope;
mod cancelled;
mod capabilities;
mod completion;
mod content;
mod decode;
mod discover;
mod elicitation;
mod error;
mod form;
mod header_parameter;
mod icon;
mod implementation;
mod initialize;
mod jsonrpc;
mod logging;
mod meta;
mod meta_key;
pub mod method;
mod mrtr;
mod page;
mod params;
mod present;
mod progress;
mod prompts;
mod resources;
mod result;
mod revision;
mod roots;
mod sampling;
mod schema;
mod string_or_integer;
mod subscriptions;
mod tasks;
mod text;
mod tools;

pub use annotations::{Annotations, Priority, PriorityOutOfRange, Role};
pub use cache_scope::CacheScope;
pub use cancelled::CancelledParams;
pub use capabilities::{
    ClientCapabilities, ElicitationCapability, PromptsCapability, ResourcesCapability,
    RootsCapability, SamplingCapability, ServerCapabilities, ToolsCapability,
};
pub use completion::{CompleteParams, CompleteResult, CompletionArgument, CompletionReference};
pub use content::{
    AudioContent, BlobResourceContents, Content, EmbeddedResource, ImageContent, ResourceContents,
    ResourceLink, TextContent, TextResourceContents,
};
pub use discover::DiscoverResult;
pub use elicitation::{
    ElicitAction, ElicitFormParams, ElicitParams, ElicitResult, ElicitUrlParams,
    ElicitationCompleteParams, TextFormat,
};
pub use error::{ErrorCode, ErrorObject};
pub use form::ForRevision;
pub use header_parameter::{HeaderKind, HeaderParameter, Obscured};
pub use icon::{Icon, IconTheme};
pub use implementation::Implementation;
pub use initialize::{InitializeParams, InitializeResult, RawInitializeParams};
pub use jsonrpc::{
    EnvelopeError, EnvelopeFault, Member, Message, Notification, Request, RequestId, Response,
    write_error, write_notification, write_request, write_result,
};
pub use logging::{LoggingLevel, LoggingMessageParams, SetLevelParams, UnknownLoggingLevel};
pub use meta::RequestMeta;
pub use meta_key::{META_SERVER_INFO, META_SUBSCRIPTION_ID, is_reserved_meta_key};
pub use mrtr::{
    InputRequest, InputRequestParams, InputRequests, InputRequiredResult, InputResponses,
};
pub use params::{EmptyParams, ParamsError};
pub use progress::{ProgressParams, ProgressToken};
pub use prompts::{
    GetPromptParams, GetPromptResult, ListPromptsParams, ListPromptsResult, Prompt, PromptArgument,
    PromptMessage,
};
pub use resources::{
    ListResourceTemplatesParams, ListResourceTemplatesResult, ListResourcesParams,
    ListResourcesResult, ReadResourceParams, ReadResourceResult, Resource, ResourceTemplate,
    ResourceUpdatedParams, SubscribeParams, UnsubscribeParams,
};
pub use result::{EmptyResult, ResultType};
pub use revision::{Era, Revision, UnsupportedRevision};
pub use roots::{ListRootsResult, Root};
pub use sampling::{
    CreateMessageParams, CreateMessageResult, IncludeContext, ModelHint, ModelPreferences,
    SamplingContent, SamplingMessage, ToolChoice, ToolChoiceMode, ToolResultContent,
    ToolUseContent,
};
pub use subscriptions::{
    ListChangedParams, SubscriptionFilter, SubscriptionsAcknowledgedParams,
    SubscriptionsListenParams, SubscriptionsListenResult,
};
pub use tasks::{
    CancelTaskParams, CreateTaskResult, DetailedTask, GetTaskParams, GetTaskResult,
    TASKS_EXTENSION, Task, TaskState, TaskStatus, UpdateTaskParams,
};
pub use tools::{
    CallToolParams, CallToolResult, ListToolsParams, ListToolsResult, TaskSupport, Tool,
    ToolAnnotations, ToolExecution,
};
