//! What servers answer, as people read it.

use std::fmt::Write as _;

use serde_json::Value;
use serde_json::value::RawValue;
use thyra::client::Printable;
use thyra::{CallToolResult, Content, ResourceContents};

use crate::output::shown;

/// The result of a tool: its blocks one after the other, or its structured content when it has no
/// blocks. It holds nothing that a terminal would obey.
pub(crate) fn of_tool(result: &CallToolResult) -> String {
    if result.content.is_empty() {
        return match &result.structured_content {
            Some(value) => structured(value),
            None => String::new(),
        };
    }
    result.content.iter().map(block).collect()
}

/// One block, which ends with a line break.
fn block(block: &Content) -> String {
    match block {
        Content::Text(text) => lines(&text.text),
        Content::Audio(audio) => left_out("sound", &audio.mime_type, &audio.data),
        Content::Image(image) => left_out("picture", &image.mime_type, &image.data),
        Content::Resource(resource) => contents(&resource.resource),
        Content::ResourceLink(link) => {
            let mut told = Printable(&link.uri).to_string();
            let title = link.title.as_ref().unwrap_or(&link.name);
            // A text takes whatever is written to it.
            let _ = writeln!(told, "  {}", Printable(title));
            told
        }
        _ => "(a kind of content that this version does not know; --json shows it)\n".to_owned(),
    }
}

fn contents(contents: &ResourceContents) -> String {
    match contents {
        ResourceContents::Text(text) => lines(&text.text),
        ResourceContents::Blob(blob) => {
            let kind = blob.mime_type.as_deref().unwrap_or("of no known type");
            left_out("file", kind, &blob.blob)
        }
    }
}

fn lines(text: &str) -> String {
    let mut text = shown(text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// What stands for bytes.
fn left_out(what: &str, kind: &str, base64: &str) -> String {
    let bytes = base64.trim_end_matches('=').len() * 3 / 4;
    format!(
        "({what}, {:.100}, {bytes} bytes; --json has it)\n",
        Printable(kind)
    )
}

/// Structured content. Servers wrap what is not an object, for revisions before 2026-07-28.
fn structured(value: &RawValue) -> String {
    let Ok(value) = serde_json::from_str::<Value>(value.get()) else {
        return lines(value.get());
    };
    let value = match &value {
        Value::Object(object) if object.len() == 1 => object.get("result").unwrap_or(&value),
        _ => &value,
    };
    match value {
        Value::String(text) => lines(text),
        other => lines(&serde_json::to_string_pretty(other).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(result: &Value) -> String {
        of_tool(&serde_json::from_str(&result.to_string()).unwrap())
    }

    #[test]
    fn a_result_is_its_text_and_what_cannot_be_printed_is_named() {
        let result = json!({
            "content": [
                { "type": "text", "text": "one\ntwo" },
                { "type": "text", "text": "three\n" },
                { "type": "image", "data": "AAECAw==", "mimeType": "image/png" },
                { "type": "audio", "data": "AAEC", "mimeType": "audio/wav" },
                { "type": "resource_link", "uri": "file:///a", "name": "a", "title": "The A" },
                { "type": "resource", "resource": { "uri": "file:///b", "text": "inside" } },
                { "type": "resource", "resource": { "uri": "file:///c", "blob": "AA==" } },
            ],
        });
        assert_eq!(
            told(&result),
            "one\ntwo\nthree\n(picture, image/png, 4 bytes; --json has it)\n\
             (sound, audio/wav, 3 bytes; --json has it)\nfile:///a  The A\ninside\n\
             (file, of no known type, 1 bytes; --json has it)\n"
        );
    }

    #[test]
    fn structured_content_is_printed_where_there_is_nothing_else_and_without_its_wrapping() {
        for (structured, wanted) in [
            (json!({ "result": "text" }), "text\n"),
            (json!({ "result": [1] }), "[\n  1\n]\n"),
            (json!({ "a": 1 }), "{\n  \"a\": 1\n}\n"),
            (json!(5), "5\n"),
        ] {
            let result = json!({ "content": [], "structuredContent": structured });
            assert_eq!(told(&result), wanted);
        }
        assert_eq!(told(&json!({ "content": [] })), "");
        let both = json!({
            "content": [{ "type": "text", "text": "5" }],
            "structuredContent": { "result": 5 },
        });
        assert_eq!(told(&both), "5\n");
    }

    #[test]
    fn a_terminal_obeys_nothing_of_a_result() {
        let odd = "\u{1b}[2J\u{9b}1m\u{202e}";
        let result = json!({
            "content": [
                { "type": "text", "text": odd },
                { "type": "image", "data": odd, "mimeType": odd },
                { "type": "audio", "data": odd, "mimeType": odd },
                { "type": "resource_link", "uri": odd, "name": odd },
                { "type": "resource", "resource": { "uri": odd, "text": odd } },
                { "type": "resource", "resource": { "uri": odd, "blob": odd, "mimeType": odd } },
            ],
        });
        for result in [
            result,
            json!({ "content": [], "structuredContent": { odd: odd } }),
        ] {
            let told = told(&result);
            assert!(
                told.chars().all(|c| matches!(c, ' '..='~' | '\n')),
                "{told:?}"
            );
        }
    }
}
