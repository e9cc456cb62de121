//! What a client sends.

use serde_json::{Value, json};
use thyra_protocol::{
    CallToolParams, CompleteParams, CompletionArgument, CompletionReference, EmptyParams,
    GetPromptParams, InitializeParams, ListToolsParams, LoggingLevel, ReadResourceParams,
    RequestMeta, Revision, SetLevelParams, SubscribeParams, SubscriptionsListenParams, method,
};

use super::{client_capabilities, filter, implementation, input_responses, raw, request};

/// What a client sends in `revision`: the schema's definition, and the message.
pub(crate) fn requests(revision: Revision) -> Vec<(&'static str, Value)> {
    let info = raw(&json!(implementation().for_revision(revision)));
    let capabilities = raw(&json!(client_capabilities().for_revision(revision)));
    let mut meta = RequestMeta {
        progress_token: Some(5.into()),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        ..RequestMeta::default()
    };
    if revision == Revision::V2026_07_28 {
        meta.protocol_version = Some(revision.as_str().into());
        meta.client_info = Some(&info);
        meta.client_capabilities = Some(&capabilities);
        meta.log_level = Some("debug".into());
    }
    let mut requests = lists(&meta);
    requests.extend(calls(&meta, revision));
    requests.extend(completions(&meta, revision));
    requests.extend(if revision == Revision::V2026_07_28 {
        of_the_sessionless_era(meta)
    } else {
        of_the_handshake_era(meta, revision)
    });
    requests
}

fn lists(meta: &RequestMeta<'_>) -> Vec<(&'static str, Value)> {
    let list = ListToolsParams {
        meta: meta.clone(),
        cursor: Some("next".into()),
    };
    [
        ("ListToolsRequest", method::TOOLS_LIST),
        ("ListPromptsRequest", method::PROMPTS_LIST),
        ("ListResourcesRequest", method::RESOURCES_LIST),
        (
            "ListResourceTemplatesRequest",
            method::RESOURCES_TEMPLATES_LIST,
        ),
    ]
    .map(|(definition, method)| (definition, request(method, &list)))
    .into()
}

fn calls(meta: &RequestMeta<'_>, revision: Revision) -> Vec<(&'static str, Value)> {
    let arguments = raw(&json!({"city": "Oslo"}));
    let responses = (revision == Revision::V2026_07_28).then(|| raw(&json!(input_responses())));
    let call = CallToolParams {
        meta: meta.clone(),
        name: "weather".into(),
        arguments: Some(&arguments),
        input_responses: responses.as_deref(),
        request_state: responses.as_ref().map(|_| "sealed".into()),
    };
    let read = ReadResourceParams {
        meta: meta.clone(),
        uri: "file:///a".into(),
        input_responses: responses.as_deref(),
        request_state: responses.as_ref().map(|_| "sealed".into()),
    };
    let get = GetPromptParams {
        meta: meta.clone(),
        name: "greet".into(),
        arguments: Some(&arguments),
        input_responses: responses.as_deref(),
        request_state: responses.as_ref().map(|_| "sealed".into()),
    };
    vec![
        ("CallToolRequest", request(method::TOOLS_CALL, &call)),
        (
            "ReadResourceRequest",
            request(method::RESOURCES_READ, &read),
        ),
        ("GetPromptRequest", request(method::PROMPTS_GET, &get)),
    ]
}

fn completions(meta: &RequestMeta<'_>, revision: Revision) -> Vec<(&'static str, Value)> {
    let prompt = CompletionReference::Prompt {
        name: "greet".into(),
    };
    let resource = CompletionReference::Resource {
        uri: "weather://{city}".into(),
    };
    [prompt, resource]
        .map(|reference| {
            let params = CompleteParams {
                meta: meta.clone(),
                reference,
                argument: CompletionArgument {
                    name: "city".into(),
                    value: "O".into(),
                },
                context: [("country".into(), "Norway".into())].into(),
            };
            let message = request(method::COMPLETION_COMPLETE, &params.for_revision(revision));
            ("CompleteRequest", message)
        })
        .into()
}

fn of_the_sessionless_era(meta: RequestMeta<'_>) -> Vec<(&'static str, Value)> {
    let discover = json!({"_meta": meta});
    let listen = SubscriptionsListenParams {
        meta,
        notifications: filter(),
    };
    vec![
        ("DiscoverRequest", request(method::DISCOVER, &discover)),
        (
            "SubscriptionsListenRequest",
            request(method::SUBSCRIPTIONS_LISTEN, &listen),
        ),
    ]
}

fn of_the_handshake_era(meta: RequestMeta<'_>, revision: Revision) -> Vec<(&'static str, Value)> {
    let initialize = InitializeParams {
        protocol_version: revision.to_string(),
        capabilities: client_capabilities(),
        client_info: implementation(),
        meta: None,
    };
    let set_level = SetLevelParams {
        level: LoggingLevel::Info,
    };
    let subscribe = SubscribeParams {
        meta,
        uri: "file:///a".into(),
    };
    vec![
        (
            "SubscribeRequest",
            request(method::RESOURCES_SUBSCRIBE, &subscribe),
        ),
        (
            "UnsubscribeRequest",
            request(method::RESOURCES_UNSUBSCRIBE, &subscribe),
        ),
        (
            "InitializeRequest",
            request(method::INITIALIZE, &initialize),
        ),
        ("PingRequest", request(method::PING, &EmptyParams {})),
        ("SetLevelRequest", request(method::SET_LEVEL, &set_level)),
    ]
}
