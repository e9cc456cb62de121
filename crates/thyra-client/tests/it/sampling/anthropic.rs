use super::*;
use crate::scripted::{Answer, Asked};

/// Answers as messages do: calls the tool that it must call, and says what came of it.
fn messages(asked: &Asked) -> Answer {
    assert!(
        asked.head.starts_with("post /v1/messages "),
        "{}",
        asked.head
    );
    assert_eq!(asked.header("x-api-key"), Some("a-key"));
    assert_eq!(asked.header("anthropic-version"), Some("2023-06-01"));
    let body = &asked.body;
    let last = body["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(last["role"], "user");
    let block = &last["content"][0];
    let (content, reason) = match block["type"].as_str().unwrap() {
        "tool_result" => {
            let called = &body["messages"][1]["content"][1];
            assert_eq!(called["id"], block["tool_use_id"]);
            assert_eq!(called["input"], json!({ "city": "Rome" }));
            let said = match (&block["is_error"], &block["content"][0]["text"]) {
                (Value::Bool(true), _) => "It failed.".to_owned(),
                (_, told) => format!("It is {}.", told.as_str().unwrap()),
            };
            (json!([{ "type": "text", "text": said }]), "end_turn")
        }
        _ if body["tool_choice"]["type"] == "any" => {
            let tool = &body["tools"][0];
            assert_eq!(tool["input_schema"]["properties"]["city"]["type"], "string");
            let thought = json!({ "type": "thinking", "thinking": "hm", "signature": "s" });
            let said = json!({ "type": "text", "text": "I look it up." });
            let call = json!({
                "type": "tool_use", "id": "toolu_1", "name": tool["name"],
                "input": { "city": "Rome" },
            });
            (json!([thought, said, call]), "tool_use")
        }
        _ => (json!([{ "type": "text", "text": "Hm." }]), "stop_sequence"),
    };
    let answer = json!({
        "type": "message", "role": "assistant", "model": body["model"],
        "content": content, "stop_reason": reason,
    });
    Answer::json("200 OK", &answer)
}

#[tokio::test]
async fn a_question_is_passed_on_whole() {
    let server = Scripted::start(messages).await;
    let model = server.model(ModelApi::anthropic("small").model("large", "opus"), "");
    let answer = ask(&model, everything()).await.unwrap();
    assert_eq!(
        (answer.text().as_str(), answer.model.as_str()),
        ("Hm.", "opus")
    );
    assert_eq!(answer.stop_reason.as_deref(), Some("stopSequence"));
    let source = json!({ "type": "base64", "media_type": "image/png", "data": "AAAA" });
    assert_eq!(
        server.asked()[0].body,
        json!({
            "model": "opus",
            "max_tokens": 700,
            "temperature": 0.5,
            "stop_sequences": ["END"],
            "system": "Be brief.",
            "messages": [{ "role": "user", "content": [
                { "type": "text", "text": "Look." },
                { "type": "image", "source": source },
            ] }],
        })
    );
}

#[tokio::test]
async fn tools_are_called_and_answer() {
    let server = Scripted::start(messages).await;
    use_the_tool(&server.model(ModelApi::anthropic("m"), "")).await;
}

#[tokio::test]
async fn results_of_tools_come_first_and_may_be_pictures() {
    let server = Scripted::start(messages).await;
    let model = server.model(ModelApi::anthropic("m"), "");
    let answer = ask(&model, weather()).await.unwrap();
    let mut question = with_result(&answer, "sunny", false);
    let told = question.messages.last_mut().unwrap();
    let SamplingContent::ToolResult(result) = &mut told.content[0] else {
        panic!("{told:?}");
    };
    result.content.push(Content::image("AAAA", "image/png"));
    told.content.insert(0, "And?".into());
    ask(&model, question).await.unwrap();
    let content = server.asked()[1].body["messages"][2]["content"].clone();
    assert_eq!(content[0]["type"], "tool_result");
    assert_eq!(content[0]["content"][1]["source"]["data"], "AAAA");
    assert_eq!(content[1]["text"], "And?");
}

#[tokio::test]
async fn sound_is_not_sent() {
    let server = Scripted::start(messages).await;
    let model = server.model(ModelApi::anthropic("m"), "");
    let question = CreateMessageParams::new(vec![said_by_user(vec![sound("audio/wav")])], 10);
    let error = ask(&model, question).await.unwrap_err();
    assert!(matches!(error, ModelError::Unsupported { .. }), "{error}");
    assert!(server.asked().is_empty());
}
