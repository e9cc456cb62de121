use serde_json::{Value, json};

use super::*;
use crate::capabilities::ElicitationCapability;

fn wire(error: &ErrorObject) -> Value {
    serde_json::to_value(error).unwrap()
}

#[test]
fn http_status_table() {
    let bad_meta = ErrorObject::invalid_meta("protocolVersion is missing");
    let unknown_tool = ErrorObject::invalid_params("Unknown tool");
    let table = [
        (ErrorObject::new(ErrorCode::PARSE_ERROR, ""), 400, 400),
        (ErrorObject::new(ErrorCode::INVALID_REQUEST, ""), 400, 400),
        (ErrorObject::method_not_found(), 404, 200),
        (bad_meta, 400, 200),
        (unknown_tool, 200, 200),
        (ErrorObject::new(ErrorCode::INVALID_PARAMS, ""), 200, 200),
        (ErrorObject::header_mismatch(""), 400, 200),
        (
            ErrorObject::missing_client_capability(&ClientCapabilities::default(), ""),
            400,
            200,
        ),
        (ErrorObject::unsupported_version("1900-01-01"), 400, 200),
        (ErrorObject::internal(""), 200, 200),
        (ErrorObject::new(ErrorCode(17), ""), 200, 200),
    ];
    for (error, sessionless, handshake) in table {
        assert_eq!(
            error.http_status(Era::Sessionless),
            sessionless,
            "{error:?}"
        );
        assert_eq!(error.http_status(Era::Handshake), handshake, "{error:?}");
    }
}

#[test]
fn unsupported_version_names_all_that_we_speak() {
    assert_eq!(
        wire(&ErrorObject::unsupported_version("1900-01-01")),
        json!({
            "code": -32022,
            "message": "Unsupported protocol version",
            "data": {
                "supported": ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"],
                "requested": "1900-01-01",
            },
        })
    );
}

#[test]
fn a_long_requested_version_is_cut_between_characters() {
    for (requested, echoed) in [
        ("v".repeat(64), "v".repeat(64)),
        ("v".repeat(65), "v".repeat(64)),
        ("é".repeat(1000), "é".repeat(32)),
        (
            format!("v{}", "é".repeat(1000)),
            format!("v{}", "é".repeat(31)),
        ),
    ] {
        let error = wire(&ErrorObject::unsupported_version(&requested));
        assert_eq!(error["data"]["requested"], echoed);
    }
}

#[test]
fn missing_capability_says_which() {
    let required = ClientCapabilities {
        elicitation: Some(ElicitationCapability::default()),
        ..ClientCapabilities::default()
    };
    assert_eq!(
        wire(&ErrorObject::missing_client_capability(
            &required,
            "needs elicitation"
        )),
        json!({
            "code": -32021,
            "message": "needs elicitation",
            "data": {"requiredCapabilities": {"elicitation": {}}},
        })
    );
}

#[test]
fn data_reads_back_even_when_null() {
    for text in [
        r#"{"code":-32603,"message":"Internal error"}"#,
        r#"{"code":1,"message":"m","data":null}"#,
        r#"{"code":-2147483648,"message":"","data":{"a":[1,2.5,"x"]}}"#,
    ] {
        let error: ErrorObject = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&error).unwrap(), text);
    }
}

#[test]
fn a_missing_resource_has_a_code_per_era_and_names_no_more_than_a_part_of_a_long_uri() {
    let [handshake, sessionless] =
        [Era::Handshake, Era::Sessionless].map(|era| ErrorObject::resource_not_found("a:b", era));
    assert_eq!(
        wire(&handshake),
        json!({"code": -32002, "message": "Resource not found", "data": {"uri": "a:b"}})
    );
    assert_eq!(
        wire(&sessionless),
        json!({"code": -32602, "message": "Resource not found", "data": {"uri": "a:b"}})
    );
    assert_eq!(sessionless.http_status(Era::Sessionless), 200);

    let long = "\u{e9}".repeat(1_000_000);
    let data = wire(&ErrorObject::resource_not_found(&long, Era::Sessionless))["data"].clone();
    assert_eq!(data["uri"].as_str().unwrap().len(), 2048);
}
