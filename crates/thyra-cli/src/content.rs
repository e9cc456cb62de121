//! What servers answer, in pieces that can be printed, shown or saved.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use serde_json::value::RawValue;
use thyra::{CallToolResult, Content, GetPromptResult, ReadResourceResult, ResourceContents, Role};
use thyra_client::Printable;

/// Servers differ in whether they pad.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A part of an answer, as the server said it.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Bytes(Media),
}

/// Bytes, and what the server says they are.
#[derive(Debug, PartialEq)]
pub(crate) struct Media {
    pub(crate) what: &'static str,
    pub(crate) mime_type: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

/// The result of a tool: its blocks one after the other, or its structured content when it has no
/// blocks.
pub(crate) fn of_tool(result: &CallToolResult) -> Vec<Piece> {
    if result.content.is_empty() {
        let value = result.structured_content.as_deref();
        return value.map(structured).into_iter().collect();
    }
    result.content.iter().map(block).collect()
}

/// What a resource holds.
pub(crate) fn of_resource(result: &ReadResourceResult) -> Vec<Piece> {
    result.contents.iter().map(contents).collect()
}

/// The messages of a prompt, each under the role of who says it.
pub(crate) fn of_prompt(result: &GetPromptResult) -> Vec<Piece> {
    let message = |message: &thyra::PromptMessage| {
        let role = match message.role {
            Role::Assistant => "assistant:",
            Role::User => "user:",
            _ => "somebody:",
        };
        [Piece::Text(role.to_owned()), block(&message.content)]
    };
    result.messages.iter().flat_map(message).collect()
}

fn block(block: &Content) -> Piece {
    match block {
        Content::Text(text) => Piece::Text(text.text.clone()),
        Content::Audio(audio) => media("sound", Some(&audio.mime_type), &audio.data),
        Content::Image(image) => media("picture", Some(&image.mime_type), &image.data),
        Content::Resource(resource) => contents(&resource.resource),
        Content::ResourceLink(link) => {
            let mut told = Printable(&link.uri).to_string();
            let title = link.title.as_ref().unwrap_or(&link.name);
            // A text takes whatever is written to it.
            let _ = write!(told, "  {}", Printable(title));
            Piece::Text(told)
        }
        _ => Piece::Text("(a kind of content that this version does not know; see --json)".into()),
    }
}

fn contents(contents: &ResourceContents) -> Piece {
    match contents {
        ResourceContents::Text(text) => Piece::Text(text.text.clone()),
        ResourceContents::Blob(blob) => media("file", blob.mime_type.as_deref(), &blob.blob),
    }
}

fn media(what: &'static str, mime_type: Option<&str>, base64: &str) -> Piece {
    match BASE64.decode(base64) {
        Ok(bytes) => Piece::Bytes(Media {
            what,
            mime_type: mime_type.map(str::to_owned),
            bytes,
        }),
        Err(_) => Piece::Text(format!("({what} that is no Base64; see --json)")),
    }
}

/// Structured content. Servers wrap what is not an object, for revisions before 2026-07-28.
fn structured(value: &RawValue) -> Piece {
    let Ok(value) = serde_json::from_str::<Value>(value.get()) else {
        return Piece::Text(value.get().to_owned());
    };
    let value = match &value {
        Value::Object(object) if object.len() == 1 => object.get("result").unwrap_or(&value),
        _ => &value,
    };
    Piece::Text(match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(result: &Value) -> Vec<Piece> {
        of_tool(&serde_json::from_str(&result.to_string()).unwrap())
    }

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn bytes(what: &'static str, mime_type: Option<&str>, bytes: &[u8]) -> Piece {
        Piece::Bytes(Media {
            what,
            mime_type: mime_type.map(str::to_owned),
            bytes: bytes.to_vec(),
        })
    }

    #[test]
    fn a_result_is_its_blocks_in_order() {
        let result = json!({
            "content": [
                { "type": "text", "text": "one\ntwo" },
                { "type": "image", "data": "AAECAw==", "mimeType": "image/png" },
                { "type": "audio", "data": "AAECAw", "mimeType": "audio/wav" },
                { "type": "image", "data": "no base64", "mimeType": "image/png" },
                { "type": "resource_link", "uri": "file:///a\n", "name": "a", "title": "The A" },
                { "type": "resource", "resource": { "uri": "file:///b", "text": "inside" } },
                { "type": "resource", "resource": { "uri": "file:///c", "blob": "AA==" } },
            ],
        });
        assert_eq!(
            tool(&result),
            [
                text("one\ntwo"),
                bytes("picture", Some("image/png"), &[0, 1, 2, 3]),
                bytes("sound", Some("audio/wav"), &[0, 1, 2, 3]),
                text("(picture that is no Base64; see --json)"),
                text("file:///a\\n  The A"),
                text("inside"),
                bytes("file", None, &[0]),
            ]
        );
    }

    #[test]
    fn structured_content_is_printed_where_there_is_nothing_else_and_without_its_wrapping() {
        for (structured, wanted) in [
            (json!({ "result": "text" }), "text"),
            (json!({ "result": [1] }), "[\n  1\n]"),
            (json!({ "a": 1 }), "{\n  \"a\": 1\n}"),
            (json!(5), "5"),
        ] {
            let result = json!({ "content": [], "structuredContent": structured });
            assert_eq!(tool(&result), [text(wanted)]);
        }
        assert_eq!(tool(&json!({ "content": [] })), []);
        let both = json!({
            "content": [{ "type": "text", "text": "5" }],
            "structuredContent": { "result": 5 },
        });
        assert_eq!(tool(&both), [text("5")]);
    }

    #[test]
    fn a_prompt_says_who_says_what() {
        let result = json!({
            "messages": [
                { "role": "user", "content": { "type": "text", "text": "Hello" } },
                { "role": "assistant", "content": { "type": "text", "text": "Hi" } },
            ],
        });
        let prompt = of_prompt(&serde_json::from_value(result).unwrap());
        assert_eq!(prompt, ["user:", "Hello", "assistant:", "Hi"].map(text));
    }
}
