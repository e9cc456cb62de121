use serde_json::{Map, json};

use super::*;
use crate::content::Content;
use crate::revision::Revision;

fn tool_use() -> SamplingContent {
    SamplingContent::ToolUse(ToolUseContent {
        id: "u".to_owned(),
        name: "add".to_owned(),
        input: Map::new(),
        meta: None,
    })
}

fn tool_result() -> SamplingContent {
    SamplingContent::ToolResult(ToolResultContent {
        tool_use_id: "u".to_owned(),
        content: vec![Content::text("one"), Content::text("two")],
        ..ToolResultContent::default()
    })
}

#[test]
fn several_blocks_are_several_messages_where_a_message_has_one() {
    let message = SamplingMessage {
        content: vec!["a".into(), tool_use(), tool_result()],
        ..SamplingMessage::assistant("")
    };
    let params = CreateMessageParams::new(vec![message, SamplingMessage::user("b")], 5);
    let old = serde_json::to_value(params.for_revision(Revision::V2025_06_18)).unwrap();
    let text =
        |role: &str, text: &str| json!({"role": role, "content": {"type": "text", "text": text}});
    assert_eq!(
        old,
        json!({
            "messages": [
                text("assistant", "a"),
                text(
                    "assistant",
                    "[Call of the tool add, left out: this protocol revision has no tools in sampling]",
                ),
                text("assistant", "one\ntwo"),
                text("user", "b"),
            ],
            "maxTokens": 5,
        })
    );
    let new = serde_json::to_value(params.for_revision(Revision::V2025_11_25)).unwrap();
    assert_eq!(new["messages"].as_array().unwrap().len(), 2);
    assert_eq!(new["messages"][0]["content"].as_array().unwrap().len(), 3);
    assert_eq!(new["messages"][1], text("user", "b"));
}

#[test]
fn tools_go_only_to_revisions_that_have_them() {
    let params = CreateMessageParams {
        tools: Some(Vec::new()),
        tool_choice: Some(ToolChoice {
            mode: Some(ToolChoiceMode::None),
        }),
        include_context: Some(IncludeContext::None),
        ..CreateMessageParams::text("a", 1)
    };
    for revision in Revision::ALL {
        let written = serde_json::to_value(params.for_revision(revision)).unwrap();
        let has_tools = revision >= Revision::V2025_11_25;
        assert_eq!(written.get("tools").is_some(), has_tools, "{revision}");
        assert_eq!(written.get("toolChoice").is_some(), has_tools, "{revision}");
        assert_eq!(written["includeContext"], "none", "{revision}");
    }
}

#[test]
fn content_is_one_block_or_a_list() {
    let one = json!({"role": "user", "content": {"type": "text", "text": "a"}});
    let message: SamplingMessage = serde_json::from_value(one.clone()).unwrap();
    assert_eq!(message, SamplingMessage::user("a"));
    assert_eq!(serde_json::to_value(&message).unwrap(), one);
    let list = json!({"role": "user", "content": []});
    let message: SamplingMessage = serde_json::from_value(list.clone()).unwrap();
    assert_eq!(serde_json::to_value(&message).unwrap(), list);
    for bad in [
        r#"{"role":"user","content":"a"}"#,
        r#"{"role":"user","content":["a"]}"#,
        r#"{"role":"user","content":{"type":"resource","resource":{"uri":"a:b","text":""}}}"#,
        r#"{"role":"user","content":{"type":"tool_use","id":"u","name":"a","input":[]}}"#,
        r#"{"role":"system","content":[]}"#,
        r#"{"role":"user"}"#,
    ] {
        assert!(
            serde_json::from_str::<SamplingMessage>(bad).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn answers_have_their_text_in_one_piece() {
    let result: CreateMessageResult = serde_json::from_value(json!({
        "role": "assistant", "model": "m",
        "content": [
            {"type": "text", "text": "a"},
            {"type": "image", "data": "AA==", "mimeType": "image/png"},
            {"type": "text", "text": "b"},
        ],
    }))
    .unwrap();
    assert_eq!(result.text(), "ab");
    let old = serde_json::to_value(result.for_revision(Revision::V2024_11_05)).unwrap();
    assert_eq!(old["content"], json!({"type": "text", "text": "a"}));
}
