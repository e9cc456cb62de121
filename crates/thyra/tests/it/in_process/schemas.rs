//! The schemas that clients are given.

use serde_json::value::RawValue;
use serde_json::{Value, json};
use thyra::prelude::*;

/// Finds orders.
#[tool]
async fn find(text: String, limit: Option<u32>, like: Option<Value>) -> Option<u32> {
    drop((text, like));
    limit
}

/// The tool's schemas as a client has them: of the arguments, and of the result.
async fn schemas(server: Server) -> (Value, Value) {
    let client = server.connect().unwrap();
    let tool = client.list_tools().await.unwrap().remove(0);
    let read = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap();
    (read(&tool.input_schema), read(&tool.output_schema.unwrap()))
}

#[tokio::test]
async fn a_switch_decides_whether_schemas_name_null() {
    let server = |name: &str| Server::new(name).tool(find);

    let (input, output) = schemas(server("plain")).await;
    let members = &input["properties"];
    assert_eq!(members["limit"], json!({ "type": "integer", "minimum": 0 }));
    assert_eq!(members["like"], json!({ "description": "Any JSON value." }));
    assert_eq!(input["required"], json!(["text"]));
    assert!(
        output.to_string().contains(r#"{"type":"null"}"#),
        "{output}"
    );

    let (input, output) = schemas(server("literal").null_in_schemas(true)).await;
    assert_eq!(
        input["properties"]["limit"]["type"],
        json!(["integer", "null"])
    );
    assert!(
        output.to_string().contains(r#"["integer","null"]"#),
        "{output}"
    );
    assert_eq!(input["required"], json!(["text"]));
}

#[tokio::test]
async fn null_is_taken_whether_the_schema_names_it_or_not() {
    for shown in [false, true] {
        let client = Server::new("Orders")
            .tool(find)
            .null_in_schemas(shown)
            .connect()
            .unwrap();
        let arguments = json!({ "text": "x", "limit": null, "like": null });
        let found: Option<u32> = client.call_tool_as("find", &arguments).await.unwrap();
        assert_eq!(found, None);
    }
}

#[tokio::test]
async fn a_schema_that_was_written_by_hand_is_shown_as_it_is() {
    let by_hand = json!({
        "type": "object",
        "properties": { "text": { "type": ["string", "null"] }, "like": true },
    });
    let tool = || {
        let tool = Tool::new("find", || async { CallToolResult::default() });
        tool.input_schema(by_hand.clone())
            .output_schema(by_hand.clone())
    };
    for shown in [false, true] {
        let server = Server::new("Orders").tool(tool()).null_in_schemas(shown);
        assert_eq!(schemas(server).await, (by_hand.clone(), by_hand.clone()));
    }
}
