//! Values that use every member we can write.

#[path = "samples/asked.rs"]
mod asked;
#[path = "samples/offered.rs"]
mod offered;
#[path = "samples/requests.rs"]
mod requests;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use thyra_protocol::{
    Annotations, AudioContent, BlobResourceContents, CacheScope, CallToolResult,
    ClientCapabilities, Content, DiscoverResult, ElicitationCapability, EmbeddedResource,
    ErrorCode, ErrorObject, Icon, IconTheme, ImageContent, Implementation, InitializeResult,
    ListToolsResult, LoggingLevel, LoggingMessageParams, Priority, ProgressParams,
    PromptsCapability, RequestId, ResourceLink, ResourcesCapability, ResultType, Revision, Role,
    RootsCapability, SamplingCapability, ServerCapabilities, TaskSupport, TextContent,
    TextResourceContents, Tool, ToolAnnotations, ToolExecution, ToolsCapability,
    write_notification, write_request, write_result,
};

pub(crate) use asked::{
    create_results, elicit_results, input_requests, input_required_results, input_responses,
    roots_result, sampling_messages,
};
pub(crate) use offered::{
    change_notifications, complete_results, filter, get_results, prompt_pages, read_results,
    resource_pages, template_pages,
};
pub(crate) use requests::requests;

pub(crate) fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

pub(crate) fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).unwrap()
}

pub(crate) fn meta() -> Map<String, Value> {
    map(json!({"com.example/key": "value"}))
}

pub(crate) fn icons() -> Vec<Icon> {
    vec![
        Icon::new("https://example.com/a.png"),
        Icon {
            src: "data:image/png;base64,AA==".to_owned(),
            mime_type: Some("image/png".to_owned()),
            sizes: vec!["48x48".to_owned(), "any".to_owned()],
            theme: Some(IconTheme::Light),
        },
    ]
}

pub(crate) fn annotations() -> Annotations {
    Annotations {
        audience: vec![Role::User, Role::Assistant],
        priority: Some(Priority::new(0.25).unwrap()),
        last_modified: Some("2025-01-12T15:00:58Z".to_owned()),
    }
}

pub(crate) fn bare_implementation() -> Implementation {
    Implementation::new("server", "1.0.0")
}

pub(crate) fn implementation() -> Implementation {
    Implementation {
        title: Some("A server".to_owned()),
        description: Some("Serves".to_owned()),
        website_url: Some("https://example.com/".to_owned()),
        icons: icons(),
        ..bare_implementation()
    }
}

/// The first one holds everything.
pub(crate) fn tools() -> Vec<Tool> {
    let schema = raw(&json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"any": true, "none": false, "city": {"type": "string"}},
        "required": ["city"],
    }));
    let full = Tool {
        title: Some("Weather".to_owned()),
        description: Some("The weather in a city".to_owned()),
        icons: icons(),
        output_schema: Some(schema.clone()),
        annotations: Some(ToolAnnotations {
            title: Some("Weather".to_owned()),
            read_only_hint: Some(true),
            destructive_hint: Some(false),
            idempotent_hint: Some(true),
            open_world_hint: Some(true),
        }),
        execution: Some(ToolExecution {
            task_support: Some(TaskSupport::Optional),
        }),
        meta: Some(meta()),
        ..Tool::new("weather", schema)
    };
    let listing = Tool {
        output_schema: Some(raw(&json!({"type": "array", "items": true}))),
        ..Tool::new("list", raw(&json!({"type": "object"})))
    };
    let bare = Tool::new("bare", raw(&json!({"type": "object", "oneOf": [{}]})));
    vec![full, listing, bare]
}

pub(crate) fn blocks() -> Vec<Content> {
    let annotations = Some(annotations());
    let meta = Some(meta());
    vec![
        Content::Text(TextContent {
            text: "hello".to_owned(),
            annotations: annotations.clone(),
            meta: meta.clone(),
        }),
        Content::Image(ImageContent {
            data: "AA==".to_owned(),
            mime_type: "image/png".to_owned(),
            annotations: annotations.clone(),
            meta: meta.clone(),
        }),
        Content::Audio(AudioContent {
            data: "AA==".to_owned(),
            mime_type: "audio/wav".to_owned(),
            annotations: annotations.clone(),
            meta: meta.clone(),
        }),
        Content::ResourceLink(ResourceLink {
            title: Some("A".to_owned()),
            description: Some("The first".to_owned()),
            mime_type: Some("text/plain".to_owned()),
            size: Some(3),
            icons: icons(),
            annotations: annotations.clone(),
            meta: meta.clone(),
            ..ResourceLink::new("file:///a", "a")
        }),
        Content::Resource(EmbeddedResource {
            resource: TextResourceContents {
                uri: "file:///a".to_owned(),
                mime_type: Some("text/plain".to_owned()),
                text: "a".to_owned(),
                meta: meta.clone(),
            }
            .into(),
            annotations,
            meta: meta.clone(),
        }),
        Content::resource(BlobResourceContents {
            uri: "file:///b".to_owned(),
            mime_type: Some("image/png".to_owned()),
            blob: "AA==".to_owned(),
            meta,
        }),
        Content::text("bare"),
        Content::image("AA==", "image/png"),
        Content::audio("AA==", "audio/wav"),
        Content::resource_link("file:///c", "c"),
    ]
}

/// The value with more in it.
pub(crate) fn with<T>(mut value: T, fill: impl FnOnce(&mut T)) -> T {
    fill(&mut value);
    value
}

pub(crate) fn call_results() -> Vec<CallToolResult> {
    vec![
        with(CallToolResult::new(blocks()), |result| {
            result.result_type = Some(ResultType::Complete);
            result.structured_content = Some(raw(&json!({"a": 1})));
            result.is_error = true;
            result.meta = Some(meta());
        }),
        CallToolResult::structured(raw(&json!([1, "two", null]))),
        CallToolResult::structured(raw(&json!(null))),
        CallToolResult::error("no"),
        CallToolResult::default(),
    ]
}

pub(crate) fn pages() -> Vec<ListToolsResult> {
    vec![
        with(ListToolsResult::new(tools()), |page| {
            page.result_type = Some(ResultType::Complete);
            page.next_cursor = Some("next".to_owned());
            page.ttl_ms = Some(60_000);
            page.cache_scope = Some(CacheScope::Public);
            page.meta = Some(meta());
        }),
        ListToolsResult::new(Vec::new()),
    ]
}

pub(crate) fn server_capabilities() -> ServerCapabilities {
    ServerCapabilities {
        completions: Some(Map::new()),
        experimental: map(json!({"x": {"a": 1}})),
        extensions: map(json!({"com.example/y": {"b": true}})),
        logging: Some(Map::new()),
        prompts: Some(PromptsCapability { list_changed: true }),
        resources: Some(ResourcesCapability {
            subscribe: true,
            list_changed: true,
        }),
        tasks: Some(map(
            json!({"list": {}, "requests": {"tools": {"call": {}}}}),
        )),
        tools: Some(ToolsCapability { list_changed: true }),
    }
}

pub(crate) fn client_capabilities() -> ClientCapabilities {
    ClientCapabilities {
        elicitation: Some(ElicitationCapability {
            form: Some(Map::new()),
            url: Some(Map::new()),
        }),
        experimental: map(json!({"x": {"a": 1}})),
        extensions: map(json!({"com.example/y": {"b": true}})),
        roots: Some(RootsCapability { list_changed: true }),
        sampling: Some(SamplingCapability {
            context: Some(Map::new()),
            tools: Some(Map::new()),
        }),
        tasks: Some(map(json!({"cancel": {}}))),
    }
}

pub(crate) fn initialize_result(revision: Revision) -> InitializeResult {
    let plain = InitializeResult::new(revision, server_capabilities(), implementation());
    with(plain, |result| {
        result.instructions = Some("Call weather".to_owned());
        result.meta = Some(meta());
    })
}

pub(crate) fn discover_result() -> DiscoverResult {
    with(DiscoverResult::new(server_capabilities()), |result| {
        result.instructions = Some("Call weather".to_owned());
        result.meta = Some(meta());
    })
}

pub(crate) fn progress() -> ProgressParams {
    ProgressParams {
        total: Some(2.into()),
        message: Some("half way".to_owned()),
        ..ProgressParams::new("token".into(), 1)
    }
}

pub(crate) fn log_message() -> LoggingMessageParams {
    LoggingMessageParams {
        level: LoggingLevel::Warning,
        logger: Some("weather".to_owned()),
        data: raw(&json!({"a": [1]})),
        meta: None,
    }
}

pub(crate) fn errors() -> Vec<ErrorObject> {
    vec![
        ErrorObject::new(ErrorCode::INVALID_REQUEST, "x"),
        ErrorObject::method_not_found(),
        ErrorObject::invalid_meta("x"),
        ErrorObject::internal("x").with_data(raw(&json!({"a": null}))),
        ErrorObject::unsupported_version("x"),
    ]
}

pub(crate) fn notification(method: &str, params: &impl Serialize) -> Value {
    let mut buf = Vec::new();
    write_notification(&mut buf, method, params).unwrap();
    serde_json::from_slice(&buf).unwrap()
}

pub(crate) fn response(result: &impl Serialize) -> Value {
    let mut buf = Vec::new();
    write_result(&mut buf, &RequestId::from("a"), result).unwrap();
    serde_json::from_slice(&buf).unwrap()
}

pub(crate) fn request(method: &str, params: &impl Serialize) -> Value {
    let mut buf = Vec::new();
    write_request(&mut buf, &RequestId::Number(1), method, params).unwrap();
    serde_json::from_slice(&buf).unwrap()
}
