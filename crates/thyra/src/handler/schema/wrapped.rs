//! A value as the only member of an object, for revisions whose structured content is an object.

use schemars::transform::{RecursiveTransform, Transform};
use schemars::{Schema, json_schema};
use serde_json::Value;

/// The schema of an object whose member `result` is what `document` describes.
pub(crate) fn wrapped(mut document: Schema) -> Schema {
    RecursiveTransform(move_reference).transform(&mut document);
    let definitions = document.remove("$defs");
    let mut schema = json_schema!({
        "type": "object",
        "properties": { "result": document },
        "required": ["result"],
        // By this keyword, FastMCP's clients know that the object is only there to hold the value,
        // and give their callers the value.
        "x-fastmcp-wrap-result": true,
    });
    if let Some(definitions) = definitions {
        schema.insert("$defs".to_owned(), definitions);
    }
    schema
}

/// The definitions move to the new root; all else in the document is now below it.
fn move_reference(schema: &mut Schema) {
    if let Some(Value::String(reference)) = schema.get_mut("$ref")
        && let Some(inside) = reference.strip_prefix('#')
        && !inside.starts_with("/$defs/")
        && (inside.is_empty() || inside.starts_with('/'))
    {
        *reference = format!("#/properties/result{inside}");
    }
}
