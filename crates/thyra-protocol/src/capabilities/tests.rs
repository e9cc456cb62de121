use serde_json::{Value, json};

use super::*;
use crate::revision::Revision;

#[test]
fn elicitation_without_parts_means_forms() {
    for (text, has_form) in [
        ("{}", true),
        (r#"{"form":{}}"#, true),
        (r#"{"form":{},"url":{}}"#, true),
        (r#"{"url":{}}"#, false),
    ] {
        let capability: ElicitationCapability = serde_json::from_str(text).unwrap();
        assert_eq!(capability.has_form(), has_form, "{text}");
    }
}

#[test]
fn capabilities_per_revision() {
    let server: ServerCapabilities = serde_json::from_value(json!({
        "completions": {}, "tasks": {}, "extensions": {"a.b/c": {}}, "tools": {"listChanged": true},
    }))
    .unwrap();
    let client: ClientCapabilities = serde_json::from_value(json!({
        "elicitation": {"form": {}}, "tasks": {}, "extensions": {"a.b/c": {}},
        "roots": {"listChanged": true}, "sampling": {"tools": {}},
    }))
    .unwrap();
    let tools = json!({"listChanged": true});
    let expected = [
        (
            Revision::V2024_11_05,
            json!({"tools": tools}),
            json!({"roots": {"listChanged": true}, "sampling": {}}),
        ),
        (
            Revision::V2025_03_26,
            json!({"completions": {}, "tools": tools}),
            json!({"roots": {"listChanged": true}, "sampling": {}}),
        ),
        (
            Revision::V2025_06_18,
            json!({"completions": {}, "tools": tools}),
            json!({"elicitation": {}, "roots": {"listChanged": true}, "sampling": {}}),
        ),
        (
            Revision::V2025_11_25,
            json!({"completions": {}, "tasks": {}, "tools": tools}),
            json!({
                "elicitation": {"form": {}}, "tasks": {},
                "roots": {"listChanged": true}, "sampling": {"tools": {}},
            }),
        ),
        (
            Revision::V2026_07_28,
            json!({"completions": {}, "extensions": {"a.b/c": {}}, "tools": tools}),
            json!({
                "elicitation": {"form": {}}, "extensions": {"a.b/c": {}},
                "roots": {}, "sampling": {"tools": {}},
            }),
        ),
    ];
    for (revision, of_server, of_client) in expected {
        let written: [Value; 2] = [
            serde_json::to_value(server.for_revision(revision)).unwrap(),
            serde_json::to_value(client.for_revision(revision)).unwrap(),
        ];
        assert_eq!(written, [of_server, of_client], "{revision}");
    }
}

#[test]
fn capabilities_are_objects() {
    for bad in [
        r#"{"tools":true}"#,
        r#"{"tools":{"listChanged":1}}"#,
        r#"{"experimental":[1]}"#,
        r#"{"logging":"on"}"#,
        r#"{"tools":{},"tools":{}}"#,
    ] {
        assert!(
            serde_json::from_str::<ServerCapabilities>(bad).is_err(),
            "{bad}"
        );
    }
}
