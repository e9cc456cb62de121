//! What the program offers: its lists, the contents of its answers, its resources and its prompts.

use rmcp::ServiceError;
use rmcp::model::GetPromptResult;
use rmcp::model::{
    ErrorCode, GetPromptRequestParams, ReadResourceRequestParams, ReadResourceResult,
};
use serde_json::{Value, json};

use super::visitor::{Visitor, Wire, able, code, everyone, object, written};
use crate::support::soon;

/// The first bytes of every PNG, in Base64.
const PNG: &str = "iVBORw0KGgo";
/// `RIFF`, with which a WAV file begins, in Base64.
const RIFF: &str = "UklGR";

#[tokio::test]
async fn lists_its_tools() {
    everyone(able(), async |visitor: &mut Visitor| {
        let tools = soon("the tools", visitor.client.list_all_tools()).await;
        let tools = tools.unwrap();
        assert_eq!(tools[0].name, "test_simple_text");
        assert!(tools.iter().all(|tool| tool.description.is_some()));
        let find = |name| written(tools.iter().find(|tool| tool.name == name).unwrap());
        let weather = find("test_structured_content");
        assert_eq!(weather["inputSchema"]["required"], json!(["city"]));
        let output = weather["outputSchema"]["properties"].as_object().unwrap();
        assert!(output.keys().eq(["conditions", "temperature"]));
        assert_eq!(weather["annotations"]["readOnlyHint"], true);
        let contact = find("json_schema_2020_12_tool");
        let address = &contact["inputSchema"]["$defs"]["address"];
        assert_eq!(address["$anchor"], "addressDef");
    })
    .await;
}

#[tokio::test]
async fn answers_with_contents_of_every_kind() {
    everyone(able(), async |visitor: &mut Visitor| {
        assert_eq!(
            visitor.text("test_simple_text", json!({})).await,
            "This is a simple text response for testing."
        );

        let image = visitor.result("test_image_content", json!({})).await;
        let image = &image["content"][0];
        assert_eq!(image["type"], "image");
        assert_eq!(image["mimeType"], "image/png");
        assert!(image["data"].as_str().unwrap().starts_with(PNG));

        let audio = visitor.result("test_audio_content", json!({})).await;
        let audio = &audio["content"][0];
        assert_eq!(audio["type"], "audio");
        assert_eq!(audio["mimeType"], "audio/wav");
        assert!(audio["data"].as_str().unwrap().starts_with(RIFF));

        let embedded = visitor.result("test_embedded_resource", json!({})).await;
        assert_eq!(
            embedded["content"][0],
            json!({
                "type": "resource",
                "resource": {
                    "uri": "test://embedded-resource",
                    "mimeType": "text/plain",
                    "text": "This is an embedded resource content.",
                },
            })
        );

        let mixed = visitor.call("test_multiple_content_types", json!({})).await;
        let mixed = mixed.unwrap().content;
        assert_eq!(mixed.len(), 3);
        let text = mixed[0].as_text().unwrap();
        assert_eq!(text.text, "Multiple content types test:");
        assert!(mixed[1].as_image().unwrap().data.starts_with(PNG));
        let resource = mixed[2].as_resource().unwrap().get_text();
        assert_eq!(resource, r#"{"test":"data","value":123}"#);
    })
    .await;
}

#[tokio::test]
async fn answers_with_a_structure() {
    everyone(able(), async |visitor: &mut Visitor| {
        let city = json!({ "city": "Basel" });
        let weather = visitor.result("test_structured_content", city).await;
        let expected = json!({ "temperature": 22.5, "conditions": "Sunny in Basel" });
        assert_eq!(weather["structuredContent"], expected);
        let text = weather["content"][0]["text"].as_str().unwrap();
        let text: Value = serde_json::from_str(text).unwrap();
        assert_eq!(text, expected);
    })
    .await;
}

#[tokio::test]
async fn wants_an_argument_repeated_in_a_header() {
    everyone(able(), async |visitor: &mut Visitor| {
        let region = json!({ "region": "Zürich", "limit": 5 });
        if visitor.kind.is_sessionless() && visitor.kind.wire == Wire::Http {
            // The client knows from the list which arguments to repeat.
            let unheard = visitor.call("test_x_mcp_header", region.clone()).await;
            assert_eq!(code(unheard), ErrorCode::HEADER_MISMATCH);
        }
        soon("the tools", visitor.client.list_all_tools())
            .await
            .unwrap();
        let found = visitor.text("test_x_mcp_header", region).await;
        assert_eq!(found, "Looked in Zürich, at most 5");
        let spaces = json!({ "region": " us " });
        let found = visitor.text("test_x_mcp_header", spaces).await;
        assert_eq!(found, "Looked in  us , at most 10");
    })
    .await;
}

#[tokio::test]
async fn tells_failures_of_a_tool_from_failures_of_a_request() {
    everyone(able(), async |visitor: &mut Visitor| {
        let refused = visitor.result("test_error_handling", json!({})).await;
        assert_eq!(refused["isError"], true);
        assert_eq!(
            refused["content"][0]["text"],
            "This tool intentionally returns an error for testing"
        );
        let wrong = visitor.result("greet", json!({ "name": 7 })).await;
        assert_eq!(wrong["isError"], true);
        let said = wrong["content"][0]["text"].as_str().unwrap();
        assert!(said.contains("`name`: expected a string"), "{said}");

        let nobody = visitor.call("no_such_tool", json!({})).await;
        assert_eq!(code(nobody), ErrorCode::INVALID_PARAMS);
        let nowhere = read(visitor, "test://no-such-resource").await;
        let expected = if visitor.kind.is_sessionless() {
            ErrorCode::INVALID_PARAMS
        } else {
            ErrorCode::RESOURCE_NOT_FOUND
        };
        assert_eq!(code(nowhere), expected);
        let nothing = prompt(visitor, "no_such_prompt", json!({})).await;
        assert_eq!(code(nothing), ErrorCode::INVALID_PARAMS);
        let half = json!({ "arg1": "hello" });
        let half = prompt(visitor, "test_prompt_with_arguments", half).await;
        assert_eq!(code(half), ErrorCode::INVALID_PARAMS);
    })
    .await;
}

#[tokio::test]
async fn has_resources() {
    everyone(able(), async |visitor: &mut Visitor| {
        let client = &visitor.client;
        let listed = soon("the resources", client.list_all_resources()).await;
        let listed = listed.unwrap();
        let uris: Vec<_> = listed.iter().map(|entry| entry.uri.as_str()).collect();
        assert_eq!(
            uris,
            [
                "test://static-text",
                "test://static-binary",
                "test://watched-resource"
            ]
        );
        let text = contents(visitor, "test://static-text").await;
        assert_eq!(
            text,
            json!({
                "uri": "test://static-text",
                "mimeType": "text/plain",
                "text": "This is the content of the static text resource.",
            })
        );
        let binary = contents(visitor, "test://static-binary").await;
        assert_eq!(binary["mimeType"], "image/png");
        assert!(binary["blob"].as_str().unwrap().starts_with(PNG));

        let listed = soon("the templates", client.list_all_resource_templates()).await;
        let listed = listed.unwrap();
        let templates = listed.iter().map(|entry| entry.uri_template.as_str());
        assert!(templates.eq(["test://template/{id}/data"]));
        let data = contents(visitor, "test://template/a%20b/data").await;
        assert_eq!(data["uri"], "test://template/a%20b/data");
        let data: Value = serde_json::from_str(data["text"].as_str().unwrap()).unwrap();
        assert_eq!(
            data,
            json!({ "id": "a b", "templateTest": true, "data": "Data for ID: a b" })
        );
    })
    .await;
}

#[tokio::test]
async fn has_prompts() {
    everyone(able(), async |visitor: &mut Visitor| {
        let listed = soon("the prompts", visitor.client.list_all_prompts()).await;
        let listed = listed.unwrap();
        assert_eq!(listed[0].name, "test_simple_prompt");
        assert_eq!(listed[1].name, "test_prompt_with_arguments");
        let arguments = listed[1].arguments.as_ref().unwrap().iter();
        let arguments = arguments.map(|argument| (argument.name.as_str(), argument.required));
        assert!(arguments.eq([("arg1", Some(true)), ("arg2", Some(true))]));

        let simple = messages(visitor, "test_simple_prompt", json!({})).await;
        let text = "This is a simple prompt for testing.";
        let content = json!({ "type": "text", "text": text });
        assert_eq!(simple, json!([{ "role": "user", "content": content }]));
        let filled = json!({ "arg1": "hello", "arg2": "world" });
        let filled = messages(visitor, "test_prompt_with_arguments", filled).await;
        assert_eq!(
            filled[0]["content"]["text"],
            "Prompt with arguments: arg1='hello', arg2='world'"
        );
        let uri = json!({ "resourceUri": "test://example-resource" });
        let embedding = messages(visitor, "test_prompt_with_embedded_resource", uri).await;
        assert_eq!(
            embedding[0]["content"]["resource"],
            json!({
                "uri": "test://example-resource",
                "mimeType": "text/plain",
                "text": "Embedded resource content for testing.",
            })
        );
        let showing = messages(visitor, "test_prompt_with_image", json!({})).await;
        let image = showing[0]["content"]["data"].as_str().unwrap();
        assert!(image.starts_with(PNG));
    })
    .await;
}

#[tokio::test]
async fn completes_arguments() {
    everyone(able(), async |visitor: &mut Visitor| {
        let expected: [(&str, &str, &[&str]); 3] = [
            ("arg1", "par", &["paris", "park", "party"]),
            ("arg1", "park", &["park"]),
            ("arg2", "par", &[]),
        ];
        for (argument, begun, values) in expected {
            let prompt = "test_prompt_with_arguments";
            let completed = visitor
                .client
                .complete_prompt_simple(prompt, argument, begun);
            let completed = soon("the values", completed).await.unwrap();
            assert_eq!(completed, values);
        }
        let template = "test://template/{id}/data";
        let completed = visitor.client.complete_resource_simple(template, "id", "a");
        let completed = soon("the values", completed).await.unwrap();
        assert!(completed.is_empty(), "{completed:?}");
    })
    .await;
}

async fn read(visitor: &Visitor, uri: &str) -> Result<ReadResourceResult, ServiceError> {
    let params = ReadResourceRequestParams::new(uri);
    soon("the resource", visitor.client.read_resource(params)).await
}

/// The one content of a resource.
async fn contents(visitor: &Visitor, uri: &str) -> Value {
    let read = read(visitor, uri).await.unwrap();
    assert_eq!(read.contents.len(), 1);
    written(&read.contents[0])
}

async fn prompt(
    visitor: &Visitor,
    name: &str,
    arguments: Value,
) -> Result<GetPromptResult, ServiceError> {
    let params = GetPromptRequestParams::new(name).with_arguments(object(arguments));
    soon("the prompt", visitor.client.get_prompt(params)).await
}

async fn messages(visitor: &Visitor, name: &str, arguments: Value) -> Value {
    written(&prompt(visitor, name, arguments).await.unwrap().messages)
}
