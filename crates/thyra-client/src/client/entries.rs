//! One entry of a list, read as far as it can be used: servers send `null` where they mean nothing,
//! leave out what is required, and invent what is not.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use thyra_oauth::printable;
use thyra_protocol::{Prompt, Resource, ResourceTemplate, Tool};

/// An entry of a list.
pub(super) trait Entry: DeserializeOwned {
    /// The members without which an entry says too little.
    const ESSENTIAL: &'static [&'static str];

    /// Puts right what is wrong with an essential member, where it can be.
    fn mend(entry: &mut Map<String, Value>) {
        let _ = entry;
    }

    /// Whether the entry can be used as it was read.
    fn is_sound(&self) -> bool {
        true
    }
}

impl Entry for Tool {
    const ESSENTIAL: &'static [&'static str] = &["name", "description", "inputSchema"];

    /// A tool whose arguments are not described takes some object.
    fn mend(entry: &mut Map<String, Value>) {
        if !entry.get("inputSchema").is_some_and(Value::is_object) {
            entry.insert("inputSchema".to_owned(), json!({ "type": "object" }));
        }
        if !entry.get("outputSchema").is_some_and(Value::is_object) {
            entry.remove("outputSchema");
        }
    }

    fn is_sound(&self) -> bool {
        let is_object = |schema: &RawValue| schema.get().starts_with('{');
        is_object(&self.input_schema) && self.output_schema.as_deref().is_none_or(is_object)
    }
}

impl Entry for Prompt {
    const ESSENTIAL: &'static [&'static str] = &["name", "description", "arguments"];

    fn mend(entry: &mut Map<String, Value>) {
        if !entry.get("arguments").is_some_and(Value::is_array) {
            entry.remove("arguments");
        }
    }
}

impl Entry for Resource {
    const ESSENTIAL: &'static [&'static str] = &["uri", "name", "description", "mimeType"];

    /// Its name is for people, and the URI says as much.
    fn mend(entry: &mut Map<String, Value>) {
        name_after(entry, "uri");
    }
}

impl Entry for ResourceTemplate {
    const ESSENTIAL: &'static [&'static str] = &["uriTemplate", "name", "description", "mimeType"];

    fn mend(entry: &mut Map<String, Value>) {
        name_after(entry, "uriTemplate");
    }
}

fn name_after(entry: &mut Map<String, Value>, member: &str) {
    if !entry.get("name").is_some_and(Value::is_string)
        && let Some(name) = entry.get(member).cloned()
    {
        entry.insert("name".to_owned(), name);
    }
}

/// Reads an entry of the list that `method` returns: as it is; without what is `null` and with its
/// essential members mended; or with these alone. `None`, with a warning, if that is not enough.
pub(super) fn read<E: Entry>(method: &str, entry: &RawValue) -> Option<E> {
    let error = match serde_json::from_str::<E>(entry.get()) {
        Ok(read) if read.is_sound() => return Some(read),
        Ok(_) => None,
        Err(error) => Some(error),
    };
    let problem = error.map_or_else(
        || "a schema is no object".to_owned(),
        |error| printable(&error.to_string()),
    );
    let mended = serde_json::from_str(entry.get()).ok().and_then(mended::<E>);
    let done = if mended.is_some() {
        "put right"
    } else {
        "left out"
    };
    tracing::warn!(%method, %problem, %done, "an entry of the list breaks the rules");
    mended
}

fn mended<E: Entry>(mut entry: Map<String, Value>) -> Option<E> {
    entry.retain(|_, value| !value.is_null());
    E::mend(&mut entry);
    let read = E::deserialize(&Value::Object(entry.clone()));
    read.or_else(|_| {
        entry.retain(|name, _| E::ESSENTIAL.contains(&name.as_str()));
        E::deserialize(&Value::Object(entry))
    })
    .ok()
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use super::*;

    fn tool(entry: &Value) -> Option<Tool> {
        read("tools/list", &to_raw_value(entry).unwrap())
    }

    #[test]
    fn a_tool_is_kept_as_far_as_it_can_be_used() {
        let object = json!({ "type": "object" });
        let cases = [
            json!({ "name": "a" }),
            json!({ "name": "a", "inputSchema": null }),
            json!({ "name": "a", "inputSchema": true }),
            json!({ "name": "a", "inputSchema": "string" }),
            json!({ "name": "a", "inputSchema": object, "outputSchema": [] }),
            json!({ "name": "a", "inputSchema": object, "annotations": null, "icons": null }),
            json!({ "name": "a", "inputSchema": object, "annotations": { "readOnlyHint": "yes" } }),
            json!({ "name": "a", "inputSchema": object, "_meta": 7, "execution": { "taskSupport": "x" } }),
        ];
        for case in cases {
            let tool = tool(&case).unwrap();
            assert_eq!(tool.name, "a");
            assert_eq!(tool.input_schema.get(), r#"{"type":"object"}"#, "{case}");
            assert!(tool.output_schema.is_none(), "{case}");
        }
        // A hint that is null hides nothing else.
        let hints = json!({ "readOnlyHint": true, "destructiveHint": null });
        let kept = tool(&json!({ "name": "a", "inputSchema": object, "annotations": hints }));
        assert_eq!(
            kept.unwrap().annotations.unwrap().read_only_hint,
            Some(true)
        );
    }

    #[test]
    fn what_has_no_name_is_left_out() {
        for case in [
            json!({}),
            json!(7),
            json!(null),
            json!({ "name": 7, "inputSchema": {} }),
        ] {
            assert!(tool(&case).is_none(), "{case}");
        }
        let raw = |entry: &Value| to_raw_value(entry).unwrap();
        let prompt = json!({ "name": "a", "arguments": [7] });
        assert!(read::<Prompt>("prompts/list", &raw(&prompt)).is_none());
        let resource = json!({ "name": "a" });
        assert!(read::<Resource>("resources/list", &raw(&resource)).is_none());
    }

    #[test]
    fn what_stands_for_nothing_does_not_matter() {
        let raw = |entry: &Value| to_raw_value(entry).unwrap();
        let prompt = json!({ "name": "a", "arguments": "none", "title": null });
        let prompt: Prompt = read("prompts/list", &raw(&prompt)).unwrap();
        assert!(prompt.arguments.is_empty());
        // Without a name, the URI says as much.
        let resource = json!({ "uri": "a:b", "annotations": { "priority": "high" } });
        let resource: Resource = read("resources/list", &raw(&resource)).unwrap();
        assert_eq!(
            (resource.uri.as_str(), resource.name.as_str()),
            ("a:b", "a:b")
        );
        let template = json!({ "uriTemplate": "a:{b}", "name": null });
        let template: ResourceTemplate = read("resources/templates/list", &raw(&template)).unwrap();
        assert_eq!(template.name, "a:{b}");
    }
}
