use serde_json::{Value, json};

use super::*;

fn read(value: &Value) -> serde_json::Result<Content> {
    // Through text, as it comes from the wire.
    serde_json::from_str(&value.to_string())
}

fn full() -> Value {
    json!([
        {
            "type": "text", "text": "hello",
            "annotations": {
                "audience": ["user", "assistant"], "priority": 1,
                "lastModified": "2025-01-12T15:00:58Z",
            },
            "_meta": {"a": 1},
        },
        {"type": "image", "data": "AA==", "mimeType": "image/png", "_meta": {"a": 1}},
        {
            "type": "audio", "data": "AA==", "mimeType": "audio/wav",
            "annotations": {"priority": 0.5}, "_meta": {"a": 1},
        },
        {
            "type": "resource_link", "uri": "file:///a", "name": "a", "title": "A",
            "description": "first", "mimeType": "text/plain", "size": 3,
            "icons": [{"src": "https://example.com/i.png", "mimeType": "image/png",
                       "sizes": ["48x48", "any"], "theme": "dark"}],
            "annotations": {"audience": ["assistant"]}, "_meta": {"a": 1},
        },
        {
            "type": "resource", "_meta": {"a": 1},
            "resource": {"uri": "file:///a", "mimeType": "text/plain", "text": "x", "_meta": {"b": 2}},
        },
        {"type": "resource", "resource": {"uri": "file:///b", "blob": "AA=="}},
    ])
}

#[test]
fn every_kind_reads_back_exactly() {
    let blocks: Vec<Content> = serde_json::from_str(&full().to_string()).unwrap();
    assert_eq!(serde_json::to_value(&blocks).unwrap(), full());
}

#[test]
fn the_oldest_revision_gets_text_in_place_of_what_it_lacks() {
    let blocks: Vec<Content> = serde_json::from_str(&full().to_string()).unwrap();
    let written: Vec<Value> = blocks
        .iter()
        .map(|block| serde_json::to_value(block.for_revision(Revision::V2024_11_05)).unwrap())
        .collect();
    assert_eq!(
        Value::from(written),
        json!([
            {
                "type": "text", "text": "hello",
                "annotations": {"audience": ["user", "assistant"], "priority": 1},
            },
            {"type": "image", "data": "AA==", "mimeType": "image/png"},
            {
                "type": "text",
                "text": "[Audio of type audio/wav, left out: this protocol revision has no audio content]",
                "annotations": {"priority": 0.5},
            },
            {
                "type": "text", "text": "[Resource: A](file:///a) first",
                "annotations": {"audience": ["assistant"]},
            },
            {"type": "resource", "resource": {"uri": "file:///a", "mimeType": "text/plain", "text": "x"}},
            {"type": "resource", "resource": {"uri": "file:///b", "blob": "AA=="}},
        ])
    );
}

#[test]
fn each_kind_begins_with_its_revision() {
    let audio = Content::audio("AA==", "audio/wav");
    let link = Content::resource_link("file:///a", "a");
    for revision in Revision::ALL {
        let kind = |content: &Content| {
            serde_json::to_value(content.for_revision(revision)).unwrap()["type"].clone()
        };
        assert_eq!(kind(&audio) == "audio", revision >= Revision::V2025_03_26);
        assert_eq!(
            kind(&link) == "resource_link",
            revision >= Revision::V2025_06_18
        );
        assert_eq!(kind(&Content::text("")), "text");
    }
}

#[test]
fn resource_contents_are_text_or_bytes_never_both() {
    let bad = [
        json!({"uri": "a:b", "text": "x", "blob": "AA=="}),
        json!({"uri": "a:b"}),
        json!({"text": "x"}),
        json!({"uri": "a:b", "text": null}),
        json!({"uri": 1, "text": "x"}),
        json!([]),
    ];
    for contents in bad {
        let block = json!({"type": "resource", "resource": contents});
        assert!(read(&block).is_err(), "{block}");
    }
    let doubled = r#"{"uri":"a:b","text":"x","text":"y"}"#;
    assert!(serde_json::from_str::<ResourceContents>(doubled).is_err());
}

#[test]
fn what_is_not_content_is_refused() {
    for block in [
        json!({"type": "video", "data": ""}),
        json!({"text": "x"}),
        json!({"type": "text"}),
        json!({"type": "image", "data": ""}),
        json!({"type": "text", "text": "x", "annotations": {"priority": 1.5}}),
        json!({"type": "text", "text": "x", "annotations": {"priority": -1}}),
        json!({"type": "text", "text": "x", "annotations": {"audience": ["nobody"]}}),
        json!("text"),
    ] {
        assert!(read(&block).is_err(), "{block}");
    }
}

#[test]
fn unknown_members_are_skipped() {
    let block = read(&json!({"type": "text", "text": "x", "new": {"a": [1]}})).unwrap();
    assert_eq!(block, Content::from("x"));
    assert_eq!(block.as_text(), Some("x"));
}
