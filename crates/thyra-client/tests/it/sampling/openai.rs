use thyra_client::protocol::SamplingMessage;

use super::*;
use crate::scripted::{Answer, Asked};

/// Answers as chat completions do: calls the tool that it must call, and says what came of it.
fn completions(asked: &Asked) -> Answer {
    assert!(
        asked.head.starts_with("post /v1/chat/completions "),
        "{}",
        asked.head
    );
    assert_eq!(asked.header("authorization"), Some("bearer a-key"));
    let body = &asked.body;
    let last = body["messages"].as_array().unwrap().last().unwrap();
    let (message, reason) = match last["role"].as_str().unwrap() {
        "tool" => {
            let calls = &body["messages"][1]["tool_calls"];
            assert_eq!(calls[0]["id"], last["tool_call_id"]);
            assert_eq!(calls[0]["function"]["arguments"], r#"{"city":"Rome"}"#);
            let said = match last["content"].as_str().unwrap() {
                "The tool failed: no data" => "It failed.".to_owned(),
                told => format!("It is {told}."),
            };
            (json!({ "role": "assistant", "content": said }), "stop")
        }
        "user" if body["tool_choice"] == "required" => {
            let function = &body["tools"][0]["function"];
            assert_eq!(
                function["parameters"]["properties"]["city"]["type"],
                "string"
            );
            assert_eq!(function["description"], "The weather");
            let function = json!({ "name": function["name"], "arguments": r#"{"city":"Rome"}"# });
            let call = json!({ "id": "call_abc", "type": "function", "function": function });
            (
                json!({ "role": "assistant", "content": null, "tool_calls": [call] }),
                "tool_calls",
            )
        }
        "user" => (json!({ "role": "assistant", "content": "Hm." }), "length"),
        other => unreachable!("{other}"),
    };
    let choice = json!({ "index": 0, "message": message, "finish_reason": reason });
    let answer =
        json!({ "object": "chat.completion", "model": body["model"], "choices": [choice] });
    Answer::json("200 OK", &answer)
}

#[tokio::test]
async fn a_question_is_passed_on_whole() {
    let server = Scripted::start(completions).await;
    let model = server.model(ModelApi::openai("small").model("large", "gpt-large"), "/v1");
    let mut question = everything();
    question.messages.push(SamplingMessage::assistant("A cat."));
    question
        .messages
        .push(said_by_user(vec![sound("audio/wav")]));
    let answer = ask(&model.max_tokens(500), question).await.unwrap();
    assert_eq!(answer.text(), "Hm.");
    assert_eq!(answer.model, "gpt-large");
    assert_eq!(answer.stop_reason.as_deref(), Some("maxTokens"));
    let picture =
        json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } });
    let sound =
        json!({ "type": "input_audio", "input_audio": { "data": "BBBB", "format": "wav" } });
    assert_eq!(
        server.asked()[0].body,
        json!({
            "model": "gpt-large",
            "max_tokens": 500,
            "temperature": 0.5,
            "stop": ["END"],
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": [{ "type": "text", "text": "Look." }, picture] },
                { "role": "assistant", "content": "A cat." },
                { "role": "user", "content": [sound] },
            ],
        })
    );
}

#[tokio::test]
async fn tools_are_called_and_answer() {
    let server = Scripted::start(completions).await;
    use_the_tool(&server.model(ModelApi::openai("m"), "/v1/")).await;
    assert_eq!(
        server.asked()[0].body["tools"][0]["function"]["name"],
        "weather_now"
    );
}

#[tokio::test]
async fn what_servers_write_less_exactly_is_read() {
    for (message, text) in [
        (
            json!({ "content": null, "refusal": "I will not." }),
            "I will not.",
        ),
        (json!({ "content": "" }), ""),
    ] {
        let choices = json!([{ "message": message }]);
        let server =
            Scripted::start(move |_| Answer::json("200 OK", &json!({ "choices": choices }))).await;
        let answer = ask(&server.model(ModelApi::openai("m"), ""), weather())
            .await
            .unwrap();
        assert_eq!((answer.text().as_str(), answer.model.as_str()), (text, "m"));
        assert_eq!(answer.content.len(), 1);
    }
    let call = json!({ "function": { "name": "weather_now", "arguments": { "city": "Rome" } } });
    let choices = json!([{ "message": { "tool_calls": [call] }, "finish_reason": "stop" }]);
    let server =
        Scripted::start(move |_| Answer::json("200 OK", &json!({ "choices": choices }))).await;
    let model = server.model(ModelApi::openai("m"), "");
    let first = ask(&model, weather()).await.unwrap();
    assert_eq!(super::call(&first).id, "call_0");
    let second = ask(&model, with_result(&first, "sunny", false))
        .await
        .unwrap();
    assert_eq!(super::call(&second).id, "call_1");
}

#[tokio::test]
async fn what_it_has_nothing_for_is_not_sent() {
    let server = Scripted::start(completions).await;
    let model = server.model(ModelApi::openai("m"), "/v1");
    let said = SamplingMessage {
        content: vec![picture()],
        ..SamplingMessage::assistant("")
    };
    for (message, what) in [
        (
            said_by_user(vec![sound("audio/ogg")]),
            "sound of type audio/ogg",
        ),
        (
            said,
            "pictures, sound or results of tools in what the model said",
        ),
    ] {
        let question = CreateMessageParams::new(vec![message], 10);
        let error = ask(&model, question).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the interface of this model does not take {what}")
        );
    }
    assert!(server.asked().is_empty());
}
