use serde_json::json;

use super::*;
use crate::error::ErrorCode;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_a_client_opens_with() {
    let text = r#"{"protocolVersion":"2030-01-01","capabilities":{"extensions":{"a.b/c":{}}},
        "clientInfo":{"name":"c","version":"1","title":"C","websiteUrl":"https://example.com"},
        "unknown":[1]}"#;
    let params = InitializeParams::parse(Some(raw(text))).unwrap();
    assert_eq!(params.protocol_version, "2030-01-01");
    assert_eq!(params.client_info.title.as_deref(), Some("C"));

    // Of an unknown revision nothing can be said, so nothing is left out.
    assert_eq!(
        serde_json::to_value(&params).unwrap(),
        json!({
            "protocolVersion": "2030-01-01",
            "capabilities": {"extensions": {"a.b/c": {}}},
            "clientInfo": {
                "name": "c", "version": "1", "title": "C", "websiteUrl": "https://example.com",
            },
        })
    );

    let older = InitializeParams {
        protocol_version: "2024-11-05".to_owned(),
        ..params
    };
    assert_eq!(
        serde_json::to_value(&older).unwrap(),
        json!({
            "protocolVersion": "2024-11-05",
            "capabilities": {},
            "clientInfo": {"name": "c", "version": "1"},
        })
    );
}

#[test]
fn what_a_client_says_about_itself_can_stay_text() {
    let text =
        r#"{"protocolVersion":"\u0032030","capabilities":{ "a":[1] },"clientInfo":{"name":7}}"#;
    let params = RawInitializeParams::parse(Some(raw(text))).unwrap();
    assert_eq!(params.protocol_version, "2030");
    assert_eq!(params.capabilities.get(), r#"{ "a":[1] }"#);
    assert_eq!(params.client_info.get(), r#"{"name":7}"#);
    let half = r#"{"protocolVersion":"x","capabilities":{}}"#;
    let error = RawInitializeParams::parse(Some(raw(half))).unwrap_err();
    assert!(error.to_string().contains("clientInfo"), "{error}");
}

#[test]
fn every_member_is_needed() {
    assert!(matches!(
        InitializeParams::parse(None),
        Err(ParamsError::Missing)
    ));
    for (text, says) in [
        ("{}", "protocolVersion"),
        (r#"{"protocolVersion":"x"}"#, "capabilities"),
        (r#"{"protocolVersion":"x","capabilities":{}}"#, "clientInfo"),
        (
            r#"{"protocolVersion":"x","capabilities":{},"clientInfo":{"name":"c"}}"#,
            "version",
        ),
        (r#"{"protocolVersion":1}"#, "string"),
    ] {
        let error = InitializeParams::parse(Some(raw(text)))
            .unwrap_err()
            .error_object();
        assert_eq!(error.code, ErrorCode::INVALID_PARAMS, "{text}");
        assert!(error.message.contains(says), "{text}: {}", error.message);
    }
}

#[test]
fn the_answer_is_written_as_its_own_revision_spells_it() {
    let text = r#"{"protocolVersion":"2025-03-26","capabilities":{"extensions":{"a.b/c":{}}},
        "serverInfo":{"name":"s","version":"1","title":"S"},"instructions":"i","_meta":{"k":1}}"#;
    let mut result: InitializeResult = serde_json::from_str(text).unwrap();
    assert_eq!(
        serde_json::to_value(&result).unwrap(),
        json!({
            "protocolVersion": "2025-03-26", "capabilities": {},
            "serverInfo": {"name": "s", "version": "1"},
            "instructions": "i", "_meta": {"k": 1},
        })
    );
    result.protocol_version = Revision::V2025_11_25;
    let server_info = &serde_json::to_value(&result).unwrap()["serverInfo"];
    assert_eq!(server_info["title"], "S");
}

#[test]
fn an_answer_of_an_unknown_revision_says_what_we_speak() {
    let text = r#"{"protocolVersion":"2030-01-01","capabilities":{},
        "serverInfo":{"name":"s","version":"1"}}"#;
    let error = serde_json::from_str::<InitializeResult>(text).unwrap_err();
    assert!(error.to_string().contains("2025-11-25"), "{error}");
}
