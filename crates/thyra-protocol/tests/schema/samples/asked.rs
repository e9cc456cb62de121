//! What a server asks of a client, and what the client answers.

use serde_json::{Map, json};
use thyra_protocol::{
    AudioContent, Content, CreateMessageParams, CreateMessageResult, ElicitParams, ElicitResult,
    ImageContent, IncludeContext, InputRequest, InputRequests, InputRequiredResult, InputResponses,
    ListRootsResult, ModelHint, ModelPreferences, Priority, Role, Root, SamplingContent,
    SamplingMessage, TextContent, ToolChoice, ToolChoiceMode, ToolResultContent, ToolUseContent,
};

use super::{annotations, blocks, map, meta, raw, tools, with};

fn form() -> ElicitParams {
    let schema = json!({
        "type": "object",
        "properties": {"name": {"type": "string", "title": "Name"}, "age": {"type": "integer"}},
        "required": ["name"],
    });
    ElicitParams::form("Who are you?", raw(&schema))
}

pub(crate) fn sampling_messages() -> Vec<SamplingMessage> {
    let use_of_tool = SamplingContent::ToolUse(ToolUseContent {
        id: "u".to_owned(),
        name: "weather".to_owned(),
        input: map(json!({"city": "Oslo"})),
        meta: Some(meta()),
    });
    let answers = [json!({"a": 1}), json!([1]), json!(null)].map(|structured| {
        SamplingContent::ToolResult(ToolResultContent {
            tool_use_id: "u".to_owned(),
            content: blocks(),
            structured_content: Some(structured),
            is_error: true,
            meta: Some(meta()),
        })
    });
    let text = SamplingContent::Text(TextContent {
        text: "hello".to_owned(),
        annotations: Some(annotations()),
        meta: Some(meta()),
    });
    let Content::Image(image) = Content::image("AA==", "image/png") else {
        panic!("not an image");
    };
    vec![
        SamplingMessage {
            role: Role::User,
            content: vec![
                text,
                SamplingContent::Image(ImageContent {
                    annotations: Some(annotations()),
                    ..image
                }),
                SamplingContent::Audio(AudioContent {
                    data: "AA==".to_owned(),
                    mime_type: "audio/wav".to_owned(),
                    ..AudioContent::default()
                }),
            ],
            meta: Some(meta()),
        },
        SamplingMessage::assistant(use_of_tool),
        SamplingMessage {
            content: answers.into(),
            ..SamplingMessage::user("")
        },
        SamplingMessage::user("bare"),
    ]
}

fn sampling() -> CreateMessageParams {
    let [cost, speed, intelligence] =
        [0.0, 0.5, 1.0].map(|value| Some(Priority::new(value).unwrap()));
    CreateMessageParams {
        model_preferences: Some(ModelPreferences {
            hints: vec![
                ModelHint {
                    name: Some("sonnet".to_owned()),
                },
                ModelHint::default(),
            ],
            cost_priority: cost,
            speed_priority: speed,
            intelligence_priority: intelligence,
        }),
        system_prompt: Some("Be kind".to_owned()),
        include_context: Some(IncludeContext::ThisServer),
        temperature: Some(1.into()),
        stop_sequences: vec!["stop".to_owned()],
        metadata: Some(map(json!({"provider": {"a": 1}}))),
        tools: Some(tools()),
        tool_choice: Some(ToolChoice {
            mode: Some(ToolChoiceMode::Required),
        }),
        ..CreateMessageParams::new(sampling_messages(), 100)
    }
}

/// The schema's definition of the request, and the request.
pub(crate) fn input_requests() -> Vec<(&'static str, InputRequest)> {
    vec![
        ("ElicitRequest", InputRequest::elicitation(form())),
        (
            "ElicitRequest",
            InputRequest::elicitation(ElicitParams::url("Pay", "https://example.com/pay", "e")),
        ),
        ("CreateMessageRequest", InputRequest::sampling(sampling())),
        (
            "CreateMessageRequest",
            InputRequest::sampling(CreateMessageParams::text("bare", 1)),
        ),
        ("ListRootsRequest", InputRequest::roots()),
    ]
}

pub(crate) fn input_required_results() -> Vec<InputRequiredResult> {
    let requests: InputRequests = input_requests()
        .into_iter()
        .enumerate()
        .map(|(index, (_, request))| (index.to_string(), request))
        .collect();
    vec![
        with(
            InputRequiredResult::new(requests, Some("sealed".to_owned())),
            |result| result.meta = Some(meta()),
        ),
        InputRequiredResult::new(InputRequests::new(), Some("sealed".to_owned())),
    ]
}

pub(crate) fn input_responses() -> InputResponses {
    let mut responses = InputResponses::default();
    responses.insert("name", raw(&json!(elicit_results()[0])));
    responses.insert("roots", raw(&json!({"roots": [{"uri": "file:///a"}]})));
    responses
}

pub(crate) fn elicit_results() -> Vec<ElicitResult> {
    let content = json!({"name": "Ada", "age": 36, "member": true});
    vec![
        ElicitResult::accept(map(content)),
        ElicitResult::decline(),
        ElicitResult::agree(),
        with(ElicitResult::cancel(), |result| {
            result.content = Some(Map::new());
        }),
    ]
}

pub(crate) fn create_results() -> Vec<CreateMessageResult> {
    sampling_messages()
        .into_iter()
        .map(|message| {
            with(CreateMessageResult::new("model", Vec::new()), |result| {
                result.role = message.role;
                result.content = message.content;
                result.stop_reason = Some("endTurn".to_owned());
                result.meta = Some(meta());
            })
        })
        .collect()
}

pub(crate) fn roots_result() -> ListRootsResult {
    ListRootsResult::new(vec![
        Root {
            name: Some("A".to_owned()),
            meta: Some(meta()),
            ..Root::new("file:///a")
        },
        Root::new("file:///b"),
    ])
}
