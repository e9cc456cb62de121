use serde_json::json;

use super::*;
use crate::error::ErrorCode;
use crate::revision::Era;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

#[test]
fn all_keys_are_read_and_borrowed() {
    let params = raw(r#"{"name":"add","_meta":{
            "io.modelcontextprotocol/protocolVersion":"2026-07-28",
            "io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},
            "io.modelcontextprotocol/clientCapabilities":{"roots":{}},
            "io.modelcontextprotocol/logLevel":"info",
            "progressToken":"t","traceparent":"00-a-b-01","tracestate":"x=y","baggage":"k=v",
            "com.example/other":[{"deep":[1]}]}}"#);
    let meta = RequestMeta::of_params(Some(params)).unwrap();
    assert!(matches!(
        meta.protocol_version,
        Some(Cow::Borrowed("2026-07-28"))
    ));
    assert_eq!(
        meta.client_info.unwrap().get(),
        r#"{"name":"c","version":"1"}"#
    );
    assert_eq!(meta.client_capabilities.unwrap().get(), r#"{"roots":{}}"#);
    assert!(matches!(meta.log_level, Some(Cow::Borrowed("info"))));
    assert_eq!(meta.progress_token, Some(ProgressToken::from("t")));
    assert!(matches!(meta.traceparent, Some(Cow::Borrowed("00-a-b-01"))));
    assert!(matches!(meta.tracestate, Some(Cow::Borrowed("x=y"))));
    assert!(matches!(meta.baggage, Some(Cow::Borrowed("k=v"))));
    assert_eq!(
        meta.get("com.example/other").unwrap().get(),
        r#"[{"deep":[1]}]"#
    );
    assert!(meta.get("com.example/another").is_none());
    assert!(meta.get("baggage").is_none());
    assert!(!meta.is_empty());
    assert_eq!(
        serde_json::to_value(&meta).unwrap(),
        json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "c", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {"roots": {}},
            "io.modelcontextprotocol/logLevel": "info",
            "progressToken": "t",
            "traceparent": "00-a-b-01",
            "tracestate": "x=y",
            "baggage": "k=v",
            "com.example/other": [{"deep": [1]}],
        })
    );
}

#[test]
fn escaped_values_are_read() {
    let meta = RequestMeta::of_params(Some(raw(
        r#"{"\u005fmeta":{"io.modelcontextprotocol\/logLevel":"in\u0066o"}}"#,
    )))
    .unwrap();
    assert_eq!(meta.log_level.as_deref(), Some("info"));
}

#[test]
fn no_params_and_no_meta_are_empty() {
    assert!(RequestMeta::of_params(None).unwrap().is_empty());
    for params in ["{}", r#"{"name":"add"}"#, r#"{"_meta":{}}"#] {
        let meta = RequestMeta::of_params(Some(raw(params))).unwrap();
        assert!(meta.is_empty(), "{params}");
        assert_eq!(serde_json::to_string(&meta).unwrap(), "{}");
    }
}

#[test]
fn what_is_wrong_is_a_refusal_of_the_request() {
    let bad = [
        r#"{"_meta":null}"#,
        r#"{"_meta":[]}"#,
        r#"{"_meta":"x"}"#,
        r#"{"_meta":{},"_meta":{}}"#,
        r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":20260728}}"#,
        r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":null}}"#,
        r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"a","io.modelcontextprotocol/protocolVersion":"a"}}"#,
        r#"{"_meta":{"io.modelcontextprotocol/clientInfo":"x"}}"#,
        r#"{"_meta":{"io.modelcontextprotocol/clientInfo":{},"io.modelcontextprotocol/clientInfo":{}}}"#,
        r#"{"_meta":{"io.modelcontextprotocol/clientCapabilities":[]}}"#,
        r#"{"_meta":{"io.modelcontextprotocol/clientCapabilities":null}}"#,
        r#"{"_meta":{"progressToken":1.5}}"#,
        r#"{"_meta":{"progressToken":null}}"#,
        r#"{"_meta":{"progressToken":9223372036854775808}}"#,
        r#"{"_meta":{"progressToken":1,"progressToken":1}}"#,
        r#"{"_meta":{"traceparent":["00"]}}"#,
        r#"{"_meta":{"baggage":"\ud800"}}"#,
    ];
    for params in bad {
        let error = RequestMeta::of_params(Some(raw(params))).unwrap_err();
        assert!(matches!(error, ParamsError::Meta(_)), "{params}: {error:?}");
        let object = error.error_object();
        assert_eq!(object.code, ErrorCode::INVALID_PARAMS, "{params}");
        assert_eq!(object.http_status(Era::Sessionless), 400, "{params}");
    }
}

#[test]
fn unknown_keys_may_hold_anything_and_come_twice() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let params = format!(r#"{{"_meta":{{"x":{deep},"x":null,"progressToken":-5}}}}"#);
    let meta = RequestMeta::of_params(Some(raw(&params))).unwrap();
    assert_eq!(meta.progress_token, Some(ProgressToken::Number(-5)));
    assert_eq!(meta.get("x").unwrap().get(), "null");
}

#[test]
fn unknown_keys_are_counted() {
    let params = |number: usize| {
        let keys: Vec<_> = (0..number)
            .map(|key| format!(r#""k{key}":{key}"#))
            .collect();
        format!(r#"{{"_meta":{{{},"progressToken":1}}}}"#, keys.join(","))
    };
    let most = params(MOST_OTHERS);
    let meta = RequestMeta::of_params(Some(raw(&most))).unwrap();
    assert_eq!(meta.get("k63").unwrap().get(), "63");
    let error = RequestMeta::of_params(Some(raw(&params(MOST_OTHERS + 1)))).unwrap_err();
    assert!(matches!(error, ParamsError::Meta(_)), "{error:?}");
    assert!(error.to_string().contains("more than 64 keys"), "{error}");
}

#[test]
fn only_unknown_keys_are_not_nothing() {
    let params = r#"{"_meta":{"x":1}}"#;
    let meta = RequestMeta::of_params(Some(raw(params))).unwrap();
    assert!(!meta.is_empty());
    assert_eq!(serde_json::to_string(&meta).unwrap(), r#"{"x":1}"#);
}

#[test]
fn progress_tokens_read_back() {
    use proptest::prelude::*;

    proptest!(|(number in any::<i64>(), text in any::<String>())| {
        for token in [ProgressToken::Number(number), ProgressToken::String(text)] {
            let json = serde_json::to_string(&token).unwrap();
            prop_assert_eq!(serde_json::from_str::<ProgressToken>(&json).unwrap(), token);
        }
    });
}

#[test]
fn arbitrary_params_never_panic() {
    use proptest::prelude::*;

    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"_meta\"",
        "\"progressToken\"",
        "\"name\"",
        "\"arguments\"",
        "\"traceparent\"",
        "1",
        "null",
        "\"\\ud800\"",
        "\"x\"",
    ]);
    let texts = prop::collection::vec(pieces, 0..24).prop_map(|parts| parts.concat());
    proptest!(|(text in texts)| {
        if let Ok(params) = serde_json::from_str::<&RawValue>(&text) {
            let _ = RequestMeta::of_params(Some(params));
            let _ = crate::tools::CallToolParams::parse(Some(params));
            let _ = crate::tools::ListToolsParams::parse(Some(params));
            let _ = crate::completion::CompleteParams::parse(Some(params));
            let _ = crate::mrtr::InputResponses::parse(params);
            let _ = crate::prompts::GetPromptParams::parse(Some(params));
            let _ = crate::resources::ReadResourceParams::parse(Some(params));
            let _ = crate::subscriptions::SubscriptionsListenParams::parse(Some(params));
            let _ = crate::tasks::UpdateTaskParams::parse(Some(params));
        }
    });
}
