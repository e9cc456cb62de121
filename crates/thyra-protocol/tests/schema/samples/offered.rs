//! What a server offers besides tools.

use serde_json::{Value, json};
use thyra_protocol::{
    BlobResourceContents, CacheScope, CompleteResult, ElicitationCompleteParams, GetPromptResult,
    ListChangedParams, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, Prompt,
    PromptArgument, PromptMessage, ReadResourceResult, Resource, ResourceTemplate,
    ResourceUpdatedParams, ResultType, Revision, Role, SubscriptionFilter,
    SubscriptionsAcknowledgedParams, TextResourceContents, method,
};

use super::{annotations, blocks, icons, map, meta, notification, with};

pub(crate) fn resource_pages() -> Vec<ListResourcesResult> {
    let full = Resource {
        title: Some("A".to_owned()),
        description: Some("The first".to_owned()),
        mime_type: Some("text/plain".to_owned()),
        size: Some(3),
        icons: icons(),
        annotations: Some(annotations()),
        meta: Some(meta()),
        ..Resource::new("file:///a", "a")
    };
    vec![
        with(
            ListResourcesResult::new(vec![full, Resource::new("file:///b", "b")]),
            |page| {
                page.result_type = Some(ResultType::Complete);
                page.next_cursor = Some("next".to_owned());
                page.ttl_ms = Some(60_000);
                page.cache_scope = Some(CacheScope::Public);
                page.meta = Some(meta());
            },
        ),
        ListResourcesResult::new(Vec::new()),
    ]
}

pub(crate) fn template_pages() -> Vec<ListResourceTemplatesResult> {
    let full = ResourceTemplate {
        title: Some("A".to_owned()),
        description: Some("All".to_owned()),
        mime_type: Some("text/plain".to_owned()),
        icons: icons(),
        annotations: Some(annotations()),
        meta: Some(meta()),
        ..ResourceTemplate::new("file:///{+path}", "files")
    };
    let bare = ResourceTemplate::new("weather://{city}", "weather");
    vec![
        ListResourceTemplatesResult::new(vec![full, bare]),
        ListResourceTemplatesResult::new(Vec::new()),
    ]
}

pub(crate) fn prompt_pages() -> Vec<ListPromptsResult> {
    let full = Prompt {
        title: Some("Greet".to_owned()),
        description: Some("Greets somebody".to_owned()),
        arguments: vec![
            PromptArgument {
                title: Some("Name".to_owned()),
                description: Some("Whom".to_owned()),
                required: Some(true),
                ..PromptArgument::new("name")
            },
            PromptArgument::new("tone"),
        ],
        icons: icons(),
        meta: Some(meta()),
        ..Prompt::new("greet")
    };
    vec![
        ListPromptsResult::new(vec![full, Prompt::new("bare")]),
        ListPromptsResult::new(Vec::new()),
    ]
}

pub(crate) fn read_results() -> Vec<ReadResourceResult> {
    let text = TextResourceContents {
        uri: "file:///a".to_owned(),
        mime_type: Some("text/plain".to_owned()),
        text: "a".to_owned(),
        meta: Some(meta()),
    };
    let blob = BlobResourceContents {
        uri: "file:///b".to_owned(),
        blob: "AA==".to_owned(),
        ..BlobResourceContents::default()
    };
    vec![
        with(
            ReadResourceResult::new(vec![text.into(), blob.into()]),
            |result| {
                result.ttl_ms = Some(5);
                result.cache_scope = Some(CacheScope::Public);
                result.meta = Some(meta());
            },
        ),
        ReadResourceResult::new(Vec::new()),
    ]
}

pub(crate) fn get_results() -> Vec<GetPromptResult> {
    let messages = blocks()
        .into_iter()
        .map(|content| PromptMessage {
            role: Role::Assistant,
            content,
        })
        .collect();
    vec![
        with(GetPromptResult::new(messages), |result| {
            result.description = Some("Greets".to_owned());
            result.meta = Some(meta());
        }),
        GetPromptResult::new(vec![PromptMessage::user("hello")]),
        GetPromptResult::default(),
    ]
}

pub(crate) fn complete_results() -> Vec<CompleteResult> {
    vec![
        with(CompleteResult::new(vec!["Oslo".to_owned()]), |result| {
            result.total = Some(2);
            result.has_more = Some(true);
            result.meta = Some(meta());
        }),
        CompleteResult::new((0..150).map(|number| number.to_string()).collect()),
        CompleteResult::default(),
    ]
}

pub(crate) fn filter() -> SubscriptionFilter {
    SubscriptionFilter {
        tools_list_changed: true,
        prompts_list_changed: true,
        resources_list_changed: true,
        resource_subscriptions: vec!["file:///a".to_owned()],
    }
}

/// Notifications of changes: the schema's definition, and the message.
pub(crate) fn change_notifications(revision: Revision) -> Vec<(&'static str, Value)> {
    let id = "listen".into();
    let subscription = (revision == Revision::V2026_07_28).then_some(&id);
    let changed = ListChangedParams::new(subscription);
    let updated = ResourceUpdatedParams::new("file:///a", subscription);
    let acknowledged = SubscriptionsAcknowledgedParams::new(&id, filter());
    let complete = ElicitationCompleteParams {
        elicitation_id: "e".to_owned(),
    };
    let roots_changed = ListChangedParams {
        meta: Some(map(json!({"com.example/key": 1}))),
    };
    vec![
        (
            "ToolListChangedNotification",
            notification(method::TOOLS_LIST_CHANGED, &changed),
        ),
        (
            "PromptListChangedNotification",
            notification(method::PROMPTS_LIST_CHANGED, &changed),
        ),
        (
            "ResourceListChangedNotification",
            notification(method::RESOURCES_LIST_CHANGED, &changed),
        ),
        (
            "RootsListChangedNotification",
            notification(method::ROOTS_LIST_CHANGED, &roots_changed),
        ),
        (
            "ResourceUpdatedNotification",
            notification(method::RESOURCES_UPDATED, &updated),
        ),
        (
            "SubscriptionsAcknowledgedNotification",
            notification(method::SUBSCRIPTIONS_ACKNOWLEDGED, &acknowledged),
        ),
        (
            "ElicitationCompleteNotification",
            notification(method::ELICITATION_COMPLETE, &complete),
        ),
    ]
}
