use super::*;
use crate::scripted::{Answer, Asked};

/// Answers as `generateContent` does: calls the tool that it must call, with a signature that it
/// wants back, and says what came of it.
fn generate(asked: &Asked) -> Answer {
    assert_eq!(asked.header("x-goog-api-key"), Some("a-key"));
    let body = &asked.body;
    let last = body["contents"].as_array().unwrap().last().unwrap();
    assert_eq!(last["role"], "user");
    let response = &last["parts"][0]["functionResponse"];
    let (parts, reason) = if response.is_object() {
        let called = &body["contents"][1]["parts"][0];
        if called["thoughtSignature"] != "signed" {
            let error =
                json!({ "code": 400, "message": "the call is missing a thought_signature" });
            return Answer::json("400 Bad Request", &json!({ "error": error }));
        }
        assert_eq!(called["functionCall"]["id"], response["id"]);
        assert_eq!(called["functionCall"]["name"], response["name"]);
        let said = match &response["response"]["output"] {
            Value::String(told) => format!("It is {told}."),
            _ => "It failed.".to_owned(),
        };
        let thought = json!({ "text": "Let me see.", "thought": true });
        (json!([thought, { "text": said }]), "STOP")
    } else if body["toolConfig"]["functionCallingConfig"]["mode"] == "ANY" {
        let function = &body["tools"][0]["functionDeclarations"][0];
        let schema = &function["parametersJsonSchema"];
        assert_eq!(schema["properties"]["city"]["type"], "string");
        let call = json!({ "name": function["name"], "args": { "city": "Rome" } });
        (
            json!([{ "functionCall": call, "thoughtSignature": "signed" }]),
            "STOP",
        )
    } else {
        (json!([{ "text": "Hm." }]), "MAX_TOKENS")
    };
    let candidate = json!({
        "content": { "role": "model", "parts": parts },
        "finishReason": reason,
    });
    let answer = json!({ "candidates": [candidate], "modelVersion": "gemini-large-001" });
    Answer::json("200 OK", &answer)
}

#[tokio::test]
async fn a_question_is_passed_on_whole() {
    let server = Scripted::start(generate).await;
    let model = server.model(ModelApi::google("small").model("large", "gemini-large"), "");
    let mut question = everything();
    question.messages[0].content.push(sound("audio/ogg"));
    let answer = ask(&model, question).await.unwrap();
    assert_eq!(
        (answer.text().as_str(), answer.model.as_str()),
        ("Hm.", "gemini-large-001")
    );
    assert_eq!(answer.stop_reason.as_deref(), Some("maxTokens"));
    let asked = &server.asked()[0];
    let path = "post /v1beta/models/gemini-large:generatecontent ";
    assert!(asked.head.starts_with(path), "{}", asked.head);
    assert_eq!(
        asked.body,
        json!({
            "contents": [{ "role": "user", "parts": [
                { "text": "Look." },
                { "inlineData": { "mimeType": "image/png", "data": "AAAA" } },
                { "inlineData": { "mimeType": "audio/ogg", "data": "BBBB" } },
            ] }],
            "systemInstruction": { "parts": [{ "text": "Be brief." }] },
            "generationConfig": {
                "maxOutputTokens": 700, "temperature": 0.5, "stopSequences": ["END"],
            },
        })
    );
}

#[tokio::test]
async fn tools_are_called_with_a_signature_and_answer() {
    let server = Scripted::start(generate).await;
    use_the_tool(&server.model(ModelApi::google("m"), "")).await;
}

#[tokio::test]
async fn what_it_filters_is_an_error_with_its_reason() {
    for (answer, problem) in [
        (
            json!({ "promptFeedback": { "blockReason": "SAFETY" } }),
            "the model's provider filters it out: SAFETY",
        ),
        (
            json!({ "candidates": [{ "finishReason": "PROHIBITED_CONTENT" }] }),
            "the model's provider filters it out: PROHIBITED_CONTENT",
        ),
        (
            json!({ "candidates": [] }),
            "the model's answer cannot be used: it has no candidates",
        ),
    ] {
        let server = Scripted::start(move |_| Answer::json("200 OK", &answer)).await;
        let error = ask(&server.model(ModelApi::google("m"), ""), everything())
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), problem);
    }
}
