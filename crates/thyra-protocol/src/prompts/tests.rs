use serde_json::json;
use serde_json::value::RawValue;

use super::*;
use crate::content::Content;
use crate::revision::Revision;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

#[test]
fn get_params_keep_arguments_raw() {
    let params = GetPromptParams::parse(Some(raw(
        r#"{"name":"greet","arguments":{"n": "42"},"requestState":"s"}"#,
    )))
    .unwrap();
    assert_eq!(params.name, "greet");
    assert_eq!(params.arguments.unwrap().get(), r#"{"n": "42"}"#);
    assert_eq!(params.request_state.as_deref(), Some("s"));
    for bad in [
        "{}",
        r#"{"name":null}"#,
        r#"{"name":"a","arguments":[]}"#,
        r#"{"name":"a","arguments":null}"#,
        r#"{"name":"a","arguments":{},"arguments":{}}"#,
    ] {
        assert!(GetPromptParams::parse(Some(raw(bad))).is_err(), "{bad}");
    }
}

#[test]
fn prompts_per_revision() {
    let prompt = Prompt {
        title: Some("Greet".to_owned()),
        arguments: vec![PromptArgument {
            title: Some("Name".to_owned()),
            required: Some(false),
            ..PromptArgument::new("name")
        }],
        ..Prompt::new("greet")
    };
    assert_eq!(
        serde_json::to_value(prompt.for_revision(Revision::V2025_03_26)).unwrap(),
        json!({"name": "greet", "arguments": [{"name": "name", "required": false}]})
    );
    let whole = json!({
        "name": "greet", "title": "Greet",
        "arguments": [{"name": "name", "title": "Name", "required": false}],
    });
    assert_eq!(
        serde_json::to_value(prompt.for_revision(Revision::LATEST)).unwrap(),
        whole
    );
    assert_eq!(serde_json::from_value::<Prompt>(whole).unwrap(), prompt);
}

#[test]
fn messages_say_what_an_old_revision_can_hear() {
    let result = GetPromptResult::new(vec![
        PromptMessage::user("hello"),
        PromptMessage::assistant(Content::audio("AA==", "audio/wav")),
    ]);
    let written = serde_json::to_value(result.for_revision(Revision::V2024_11_05)).unwrap();
    assert_eq!(
        written["messages"][0],
        json!({"role": "user", "content": {"type": "text", "text": "hello"}})
    );
    assert_eq!(written["messages"][1]["role"], "assistant");
    assert_eq!(written["messages"][1]["content"]["type"], "text");
    assert!(written.get("resultType").is_none());
}
