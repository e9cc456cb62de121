//! What a schema that was written by hand must be for clients to rely on it (MCP `Tool`,
//! `inputSchema` and `outputSchema`).

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::handler::{Shape, allows_null};

/// What is wrong with the schema of a tool's arguments.
pub(super) fn input_problem(schema: &RawValue) -> Option<String> {
    let is_of_objects = root(schema).is_some_and(|root| is_of_objects(&root));
    (!is_of_objects).then(|| {
        r#"its input schema must be a JSON object with "type": "object", because arguments are the members of one"#
            .to_owned()
    })
}

/// The shape of structured content under this schema, where the return type of the handler implies
/// the shape `returned`.
///
/// # Errors
///
/// What is wrong with the schema.
pub(super) fn shape(schema: &Value, returned: Shape) -> Result<Shape, String> {
    let Value::Object(root) = schema else {
        return Err(
            r#"its output schema must be a JSON object, as in {"type": "object"}"#.to_owned(),
        );
    };
    match (returned, is_of_objects(root)) {
        (Shape::Custom, _) => Ok(Shape::Custom),
        (Shape::Unstructured, _) => Err(
            "its output schema promises structured content, and its handler returns none; leave the schema out, or return `Json<T>` or a `CallToolResult` that has some"
                .to_owned(),
        ),
        (Shape::Object | Shape::Open, true) => Ok(Shape::Object),
        // It describes what the value is wrapped in.
        (Shape::Whole | Shape::Wrapped, true) => Ok(Shape::Wrapped),
        (Shape::Whole | Shape::Open, false) if !allows_null(schema) => Ok(Shape::Whole),
        (Shape::Whole | Shape::Open, false) => Err(
            r#"its output schema allows `null`, which is no structured content; write "type" at its root, of the value that its handler returns, or "object" for that as the member `result`"#
                .to_owned(),
        ),
        // Without it the schema would also be missing on each revision that lets output schemas be
        // of objects only.
        (Shape::Object | Shape::Wrapped, false) => Err(
            r#"its output schema must have "type": "object" at its root, because its structured content is one: what its handler returns, or that as the member `result`"#
                .to_owned(),
        ),
    }
}

fn is_of_objects(root: &Map<String, Value>) -> bool {
    root.get("type").is_some_and(|kind| kind == "object")
}

fn root(schema: &RawValue) -> Option<Map<String, Value>> {
    serde_json::from_str(schema.get()).ok()
}
