//! The published schemas and examples.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};
use thyra_protocol::Revision;

/// Definitions that we write member by member. The schemas let every object have more members
/// than they name; for these we do not, so that a member of another revision is an error.
const CLOSED: [&str; 57] = [
    "Annotated",
    "Annotations",
    "AudioContent",
    "BlobResourceContents",
    "CallToolResult",
    "CancelledNotificationParams",
    "ClientCapabilities",
    "CompleteRequestParams",
    "CompleteResult",
    "CreateMessageRequestParams",
    "CreateMessageResult",
    "DiscoverResult",
    "ElicitRequestFormParams",
    "ElicitRequestURLParams",
    "ElicitResult",
    "EmbeddedResource",
    "Error",
    "GetPromptResult",
    "Icon",
    "ImageContent",
    "Implementation",
    "InitializeResult",
    "InputRequiredResult",
    "ListPromptsResult",
    "ListResourceTemplatesResult",
    "ListResourcesResult",
    "ListRootsResult",
    "ListToolsResult",
    "LoggingMessageNotification",
    "LoggingMessageNotificationParams",
    "ModelHint",
    "ModelPreferences",
    "ProgressNotification",
    "ProgressNotificationParams",
    "Prompt",
    "PromptArgument",
    "PromptMessage",
    "ReadResourceResult",
    "Resource",
    "ResourceLink",
    "ResourceTemplate",
    "ResourceUpdatedNotification",
    "ResourceUpdatedNotificationParams",
    "Root",
    "SamplingMessage",
    "ServerCapabilities",
    "SubscriptionFilter",
    "SubscriptionsAcknowledgedNotificationParams",
    "SubscriptionsListenResult",
    "TextContent",
    "TextResourceContents",
    "Tool",
    "ToolAnnotations",
    "ToolChoice",
    "ToolExecution",
    "ToolResultContent",
    "ToolUseContent",
];

/// Members whose inside is the user's own.
const OPEN_MEMBERS: [&str; 9] = [
    "_meta",
    "arguments",
    "content",
    "input",
    "inputSchema",
    "metadata",
    "outputSchema",
    "requestedSchema",
    "structuredContent",
];

/// The folder with the schemas, or `None` and a line that says so.
pub(crate) fn shared_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("THYRA_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    if folder.join("mcp-schema").is_dir() {
        Some(folder)
    } else {
        eprintln!(
            "no mcp-schema folder in {}: nothing to compare with (set THYRA_SHARED)",
            folder.display()
        );
        None
    }
}

/// File names and texts of the examples of one kind.
pub(crate) fn examples(shared: &Path, kind: &str) -> Vec<(String, String)> {
    let folder = shared.join("mcp-schema/2026-07-28/examples").join(kind);
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            (
                path.display().to_string(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}

/// File names and texts of the examples of all kinds.
pub(crate) fn all_examples(shared: &Path) -> Vec<(String, String)> {
    fs::read_dir(shared.join("mcp-schema/2026-07-28/examples"))
        .unwrap()
        .flat_map(|kind| examples(shared, &kind.unwrap().file_name().into_string().unwrap()))
        .collect()
}

/// The schema of one revision.
pub(crate) struct Published {
    revision: Revision,
    keyword: &'static str,
    definitions: Value,
}

impl Published {
    pub(crate) fn read(shared: &Path, revision: Revision) -> Self {
        let path = shared.join(format!("mcp-schema/{revision}/schema.json"));
        let mut schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let keyword = if schema.get("$defs").is_some() {
            "$defs"
        } else {
            "definitions"
        };
        let mut definitions = schema[keyword].take();
        for name in CLOSED {
            if let Some(definition) = definitions.get_mut(name) {
                close(definition);
            }
        }
        Published {
            revision,
            keyword,
            definitions,
        }
    }

    pub(crate) fn has(&self, definition: &str) -> bool {
        self.definitions.get(definition).is_some()
    }

    /// Panics unless `value` is valid by `definition`.
    pub(crate) fn check(&self, definition: &str, value: &(impl Serialize + ?Sized)) {
        let value = serde_json::to_value(value).unwrap();
        let errors = self.errors(definition, &value);
        assert!(
            errors.is_empty(),
            "{definition} of {}: {errors:#?}\n{value:#}",
            self.revision
        );
    }

    /// What is wrong with `value` by `definition`.
    pub(crate) fn errors(&self, definition: &str, value: &Value) -> Vec<String> {
        assert!(self.has(definition), "no {definition} in {}", self.revision);
        let dialect = if self.keyword == "$defs" {
            "https://json-schema.org/draft/2020-12/schema"
        } else {
            "http://json-schema.org/draft-07/schema#"
        };
        let schema = json!({
            "$schema": dialect,
            "$ref": format!("#/{}/{definition}", self.keyword),
            self.keyword: self.definitions,
        });
        jsonschema::validator_for(&schema)
            .unwrap()
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }

    /// The message without the members that the revision's definition of it does not name: the
    /// older schemas define `method` and `params` only, and the envelope apart.
    pub(crate) fn as_defined(&self, definition: &str, mut message: Value) -> Value {
        let named = &self.definitions[definition]["properties"];
        for member in ["id", "jsonrpc"] {
            if named.get(member).is_none() {
                message.as_object_mut().unwrap().remove(member);
            }
        }
        message
    }
}

/// Forbids members that are not named, here and in the objects within.
fn close(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (name, property) in properties.iter_mut() {
            if !OPEN_MEMBERS.contains(&name.as_str()) {
                close(property);
            }
        }
        schema.entry("additionalProperties").or_insert(json!(false));
    }
}
