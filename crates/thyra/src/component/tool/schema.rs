//! What a schema that was written by hand must be for clients to rely on it (MCP `Tool`,
//! `inputSchema` and `outputSchema`).

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::handler::Shape;

/// What is wrong with the schema of a tool's arguments.
pub(super) fn input_problem(schema: &RawValue) -> Option<String> {
    let is_of_objects = root(schema).is_some_and(|root| is_of_objects(&root));
    (!is_of_objects).then(|| {
        r#"its input schema must be a JSON object with "type": "object", because arguments are the members of one"#
            .to_owned()
    })
}

/// What is wrong with the schema of a tool's structured content, whose handler makes it in `shape`.
pub(super) fn output_problem(schema: &RawValue, shape: Shape) -> Option<String> {
    let Some(root) = root(schema) else {
        return Some(
            r#"its output schema must be a JSON object, as in {"type": "object"}"#.to_owned(),
        );
    };
    match shape {
        Shape::Custom => None,
        Shape::Unstructured => Some(
            "its output schema promises structured content, and its handler returns none; leave the schema out, or return `Json<T>` or a `CallToolResult` that has some"
                .to_owned(),
        ),
        // Without it the schema would also be missing on each revision that lets output schemas be
        // of objects only.
        Shape::Object | Shape::Open | Shape::Wrapped => (!is_of_objects(&root)).then(|| {
            r#"its output schema must have "type": "object" at its root, because its structured content is one: what its handler returns, or that as the member `result`"#
                .to_owned()
        }),
    }
}

fn is_of_objects(root: &Map<String, Value>) -> bool {
    root.get("type").is_some_and(|kind| kind == "object")
}

fn root(schema: &RawValue) -> Option<Map<String, Value>> {
    serde_json::from_str(schema.get()).ok()
}
