//! A server that asks, a client that passes it on to a provider of models, and a provider that is
//! emulated: the whole way, with a tool of the server.

use std::net::SocketAddr;

use axum::Json;
use axum::routing::post;
use serde_json::{Value, json};
use thyra::client::protocol::Revision;
use thyra::client::{Client, ClientError, CreateMessageParams, ModelApi, ModelError};
use thyra::prelude::*;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::{Running, soon};

/// The weather in a city.
#[tool]
async fn weather(city: String) -> String {
    format!("It rains in {city}.")
}

/// What to wear.
#[tool]
async fn advise(city: String, ctx: Context) -> Result<String, ToolError> {
    let question = CreateMessageParams::text(format!("What to wear in {city}?"), 100);
    let answer = ctx
        .sampling("advice", question)
        .tool(weather)
        .message()
        .await?;
    Ok(answer.text())
}

/// A provider on a port of this machine.
struct Provider {
    address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Provider {
    async fn start(path: &str, answer: fn(&Value) -> Value) -> Self {
        let answer = move |Json(body): Json<Value>| async move { Json(answer(&body)) };
        let router = axum::Router::new().route(path, post(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            _serving: serving,
        }
    }

    fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Messages of Anthropic's shape: calls the first tool, and says what came of it.
fn messages(body: &Value) -> Value {
    let last = body["messages"].as_array().unwrap().last().unwrap();
    let (content, reason) = match &last["content"][0] {
        result if result["type"] == "tool_result" => {
            let told = result["content"][0]["text"].as_str().unwrap();
            let text = format!("{told} Take an umbrella.");
            (json!({ "type": "text", "text": text }), "end_turn")
        }
        said => {
            let city = said["text"]
                .as_str()
                .unwrap()
                .trim_start_matches("What to wear in ");
            let input = json!({ "city": city.trim_end_matches('?') });
            let name = &body["tools"][0]["name"];
            let call = json!({ "type": "tool_use", "id": "toolu_1", "name": name, "input": input });
            (call, "tool_use")
        }
    };
    json!({ "model": body["model"], "content": [content], "stop_reason": reason })
}

/// `generateContent` of Google's shape, which wants its signature back.
fn generate(body: &Value) -> Value {
    let contents = body["contents"].as_array().unwrap();
    let response = &contents.last().unwrap()["parts"][0]["functionResponse"];
    let part = if response.is_object() {
        assert_eq!(contents[1]["parts"][0]["thoughtSignature"], "signed");
        let told = response["response"]["output"].as_str().unwrap();
        json!({ "text": format!("{told} Take an umbrella.") })
    } else {
        let name = &body["tools"][0]["functionDeclarations"][0]["name"];
        let call = json!({ "name": name, "args": { "city": "Rome" } });
        json!({ "functionCall": call, "thoughtSignature": "signed" })
    };
    let content = json!({ "role": "model", "parts": [part] });
    json!({ "candidates": [{ "content": content, "finishReason": "STOP" }] })
}

#[tokio::test]
async fn the_model_of_a_provider_uses_the_tools_of_the_server_in_both_eras() {
    let server = Running::start(Server::new("Advice").tool(advise)).await;
    let anthropic = Provider::start("/v1/messages", messages).await;
    let google = Provider::start("/v1beta/models/m:generateContent", generate).await;
    for model in [
        ModelApi::anthropic("m")
            .base_url(&anthropic.base())
            .unwrap(),
        ModelApi::google("m").base_url(&google.base()).unwrap(),
    ] {
        for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
            let client = Client::builder(server.url())
                .revision(revision)
                .sampler(model.clone());
            let client = client.build().unwrap();
            let arguments = json!({ "city": "Rome" });
            let call = client.call_tool_as("advise", &arguments);
            let said: String = soon("advice", call).await.unwrap();
            assert_eq!(
                said, "It rains in Rome. Take an umbrella.",
                "{model:?} {revision}"
            );
        }
    }
}

#[tokio::test]
async fn the_caller_hears_what_is_wrong_with_the_model() {
    let server = Server::new("Advice").tool(advise);
    let provider = Provider::start("/elsewhere", messages).await;
    let model = ModelApi::openai("m").base_url(&provider.base()).unwrap();
    let client = Client::over(server.in_process().unwrap())
        .sampler(model)
        .build();
    let arguments = json!({ "city": "Rome" });
    let error = client.call_tool("advise", &arguments).await.unwrap_err();
    let ClientError::Answer { source, .. } = error else {
        panic!("{error}");
    };
    let error = source.downcast::<ModelError>().unwrap();
    assert!(
        matches!(*error, ModelError::Refused { status: 404, .. }),
        "{error}"
    );
}
