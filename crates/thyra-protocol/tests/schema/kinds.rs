//! How each kind of example is read and written again.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use thyra_protocol::{
    CallToolParams, CallToolResult, CancelledParams, ClientCapabilities, CompleteParams,
    CompleteResult, Content, CreateMessageParams, CreateMessageResult, DiscoverResult,
    ElicitParams, ElicitResult, ErrorObject, GetPromptParams, GetPromptResult, InputRequest,
    InputRequests, InputRequiredResult, InputResponses, ListChangedParams, ListPromptsParams,
    ListPromptsResult, ListResourceTemplatesParams, ListResourceTemplatesResult,
    ListResourcesParams, ListResourcesResult, ListRootsResult, ListToolsParams, ListToolsResult,
    LoggingMessageParams, Message, ModelPreferences, ProgressParams, ReadResourceParams,
    ReadResourceResult, RequestMeta, Resource, ResourceContents, ResourceUpdatedParams, Root,
    SamplingContent, SamplingMessage, ServerCapabilities, SubscriptionsAcknowledgedParams,
    SubscriptionsListenParams, SubscriptionsListenResult, Tool, write_error, write_notification,
    write_request, write_result,
};

/// How to read and write again one kind of example.
pub(crate) type Again = fn(&str) -> Value;

/// The kinds of examples that we have types for.
pub(crate) const KINDS: &[(&str, Again)] = &[
    ("AudioContent", again::<Content>),
    ("BlobResourceContents", again::<ResourceContents>),
    ("CallToolRequest", |text| message(text, call_params)),
    ("CallToolRequestParams", call_params),
    ("CallToolResult", again::<CallToolResult>),
    ("CallToolResultResponse", |text| {
        message(text, again::<CallToolResult>)
    }),
    ("CancelledNotification", |text| {
        message(text, again::<CancelledParams>)
    }),
    ("CancelledNotificationParams", again::<CancelledParams>),
    ("ClientCapabilities", again::<ClientCapabilities>),
    ("DiscoverRequest", |text| message(text, only_meta)),
    ("DiscoverResult", again::<DiscoverResult>),
    ("DiscoverResultResponse", |text| {
        message(text, again::<DiscoverResult>)
    }),
    ("EmbeddedResource", again::<Content>),
    ("HeaderMismatchError", |text| message(text, verbatim)),
    ("ImageContent", again::<Content>),
    ("InternalError", again::<ErrorObject>),
    ("InvalidParamsError", again::<ErrorObject>),
    ("ListToolsRequest", |text| message(text, list_params)),
    ("ListToolsResult", again::<ListToolsResult>),
    ("ListToolsResultResponse", |text| {
        message(text, again::<ListToolsResult>)
    }),
    ("LoggingMessageNotification", |text| {
        message(text, again::<LoggingMessageParams>)
    }),
    (
        "LoggingMessageNotificationParams",
        again::<LoggingMessageParams>,
    ),
    ("MethodNotFoundError", again::<ErrorObject>),
    ("MissingRequiredClientCapabilityError", |text| {
        message(text, verbatim)
    }),
    ("PaginatedRequestParams", list_params),
    ("ParseError", again::<ErrorObject>),
    ("ProgressNotification", |text| {
        message(text, again::<ProgressParams>)
    }),
    ("ProgressNotificationParams", again::<ProgressParams>),
    ("ResourceLink", again::<Content>),
    ("ServerCapabilities", again::<ServerCapabilities>),
    ("TextContent", again::<Content>),
    ("TextResourceContents", again::<ResourceContents>),
    ("Tool", again::<Tool>),
    ("ToolListChangedNotification", |text| {
        message(text, again::<ListChangedParams>)
    }),
    ("UnsupportedProtocolVersionError", |text| {
        message(text, verbatim)
    }),
    ("CompleteRequest", |text| message(text, complete_params)),
    ("CompleteRequestParams", complete_params),
    ("CompleteResult", again::<CompleteResult>),
    ("CompleteResultResponse", |text| {
        message(text, again::<CompleteResult>)
    }),
    ("CreateMessageRequest", again::<InputRequest>),
    ("CreateMessageRequestParams", again::<CreateMessageParams>),
    ("CreateMessageResult", again::<CreateMessageResult>),
    ("ElicitRequest", again::<InputRequest>),
    ("ElicitRequestFormParams", again::<ElicitParams>),
    ("ElicitRequestURLParams", again::<ElicitParams>),
    ("ElicitResult", again::<ElicitResult>),
    ("GetPromptRequest", |text| message(text, get_params)),
    ("GetPromptRequestParams", get_params),
    ("GetPromptResult", again::<GetPromptResult>),
    ("GetPromptResultResponse", |text| {
        message(text, again::<GetPromptResult>)
    }),
    ("InputRequests", again::<InputRequests>),
    ("InputRequiredResult", again::<InputRequiredResult>),
    ("InputResponses", again::<InputResponses>),
    ("ListPromptsRequest", |text| {
        message(text, list_prompts_params)
    }),
    ("ListPromptsResult", again::<ListPromptsResult>),
    ("ListPromptsResultResponse", |text| {
        message(text, again::<ListPromptsResult>)
    }),
    ("ListResourceTemplatesRequest", |text| {
        message(text, list_templates_params)
    }),
    (
        "ListResourceTemplatesResult",
        again::<ListResourceTemplatesResult>,
    ),
    ("ListResourceTemplatesResultResponse", |text| {
        message(text, again::<ListResourceTemplatesResult>)
    }),
    ("ListResourcesRequest", |text| {
        message(text, list_resources_params)
    }),
    ("ListResourcesResult", again::<ListResourcesResult>),
    ("ListResourcesResultResponse", |text| {
        message(text, again::<ListResourcesResult>)
    }),
    ("ListRootsResult", again::<ListRootsResult>),
    ("ModelPreferences", again::<ModelPreferences>),
    ("PromptListChangedNotification", |text| {
        message(text, again::<ListChangedParams>)
    }),
    ("ReadResourceRequest", |text| message(text, read_params)),
    ("ReadResourceResult", again::<ReadResourceResult>),
    ("ReadResourceResultResponse", |text| {
        message(text, again::<ReadResourceResult>)
    }),
    ("Resource", again::<Resource>),
    ("ResourceListChangedNotification", |text| {
        message(text, again::<ListChangedParams>)
    }),
    ("ResourceUpdatedNotification", |text| {
        message(text, again::<ResourceUpdatedParams>)
    }),
    (
        "ResourceUpdatedNotificationParams",
        again::<ResourceUpdatedParams>,
    ),
    ("Root", again::<Root>),
    ("SamplingMessage", again::<SamplingMessage>),
    ("SubscriptionsAcknowledgedNotification", |text| {
        message(text, again::<SubscriptionsAcknowledgedParams>)
    }),
    ("SubscriptionsListenRequest", |text| {
        message(text, listen_params)
    }),
    (
        "SubscriptionsListenResult",
        again::<SubscriptionsListenResult>,
    ),
    ("SubscriptionsListenResultResponse", |text| {
        message(text, again::<SubscriptionsListenResult>)
    }),
    ("ToolResultContent", again::<SamplingContent>),
    ("ToolUseContent", again::<SamplingContent>),
];

/// Reads `text` as a `T` and writes it again.
fn again<T: for<'de> Deserialize<'de> + Serialize>(text: &str) -> Value {
    serde_json::to_value(serde_json::from_str::<T>(text).unwrap()).unwrap()
}

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

fn call_params(text: &str) -> Value {
    serde_json::to_value(CallToolParams::parse(Some(raw(text))).unwrap()).unwrap()
}

fn list_params(text: &str) -> Value {
    serde_json::to_value(ListToolsParams::parse(Some(raw(text))).unwrap()).unwrap()
}

/// Makes functions that read params and write them again.
macro_rules! params_again {
    ($($name:ident, $params:ident;)+) => {$(
        fn $name(text: &str) -> Value {
            serde_json::to_value($params::parse(Some(raw(text))).unwrap()).unwrap()
        }
    )+};
}

params_again! {
    complete_params, CompleteParams;
    get_params, GetPromptParams;
    list_prompts_params, ListPromptsParams;
    list_resources_params, ListResourcesParams;
    list_templates_params, ListResourceTemplatesParams;
    listen_params, SubscriptionsListenParams;
    read_params, ReadResourceParams;
}

fn only_meta(text: &str) -> Value {
    json!({"_meta": RequestMeta::of_params(Some(raw(text))).unwrap()})
}

pub(crate) fn verbatim(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Reads a whole message, its params or result by `inner`, and writes all again.
pub(crate) fn message(text: &str, inner: fn(&str) -> Value) -> Value {
    let mut buf = Vec::new();
    match Message::parse(text.as_bytes()).unwrap() {
        Message::Request(it) => {
            let params = it.params.map(|params| inner(params.get()));
            write_request(&mut buf, &it.id, &it.method, &params).unwrap();
        }
        Message::Notification(it) => {
            let params = it.params.map(|params| inner(params.get()));
            write_notification(&mut buf, &it.method, &params).unwrap();
        }
        Message::Response(it) => match it.outcome {
            Ok(result) => {
                write_result(&mut buf, &it.id.unwrap(), &inner(result.get())).unwrap();
            }
            Err(error) => write_error(&mut buf, it.id.as_ref(), &error),
        },
    }
    serde_json::from_slice(&buf).unwrap()
}

/// `isError: false` and no `isError` mean the same; we write the shorter.
pub(crate) fn without_false_is_error(mut value: Value) -> Value {
    for at in ["", "/result"] {
        if let Some(Value::Object(members)) = value.pointer_mut(at)
            && members.get("isError") == Some(&Value::Bool(false))
        {
            members.remove("isError");
        }
    }
    value
}

/// A form is what a question without a `mode` asks for; we write it out.
pub(crate) fn with_form_mode(mut value: Value) -> Value {
    let members = value.as_object_mut();
    for request in members
        .and_then(|members| members.get_mut("inputRequests"))
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|requests| requests.values_mut())
    {
        if let Some(Value::Object(params)) = request.get_mut("params")
            && params.contains_key("requestedSchema")
        {
            params.entry("mode").or_insert(json!("form"));
        }
    }
    value
}
