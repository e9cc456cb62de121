use std::borrow::Cow;

use serde_json::json;
use serde_json::value::RawValue;

use super::*;
use crate::cache_scope::CacheScope;
use crate::content::TextResourceContents;
use crate::jsonrpc::RequestId;
use crate::params::ParamsError;
use crate::revision::Revision;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

#[test]
fn read_params_borrow_from_the_request() {
    let params = ReadResourceParams::parse(Some(raw(
        r#"{"_meta":{"progressToken":1},"uri":"a:b","inputResponses":{"k":{}},"requestState":"s","x":1}"#,
    )))
    .unwrap();
    assert!(matches!(params.uri, Cow::Borrowed("a:b")));
    assert!(matches!(params.request_state, Some(Cow::Borrowed("s"))));
    assert_eq!(params.input_responses.unwrap().get(), r#"{"k":{}}"#);
    assert_eq!(
        serde_json::to_value(&params).unwrap(),
        json!({
            "_meta": {"progressToken": 1}, "uri": "a:b",
            "inputResponses": {"k": {}}, "requestState": "s",
        })
    );
    let escaped = ReadResourceParams::parse(Some(raw(r#"{"uri":"a:\u0062"}"#))).unwrap();
    assert_eq!(escaped.uri, "a:b");
    assert_eq!(serde_json::to_string(&escaped).unwrap(), r#"{"uri":"a:b"}"#);
}

#[test]
fn read_params_of_a_wrong_shape_are_refused() {
    for bad in [
        "{}",
        "[]",
        r#"{"uri":1}"#,
        r#"{"uri":null}"#,
        r#"{"uri":"a:b","uri":"a:b"}"#,
        r#"{"uri":"a:b","requestState":null}"#,
        r#"{"uri":"a:b","requestState":{}}"#,
        r#"{"uri":"a:b","inputResponses":null}"#,
        r#"{"uri":"a:b","inputResponses":[]}"#,
    ] {
        let error = ReadResourceParams::parse(Some(raw(bad))).unwrap_err();
        assert!(matches!(error, ParamsError::Decode(_)), "{bad}: {error:?}");
    }
    assert!(matches!(
        ReadResourceParams::parse(None),
        Err(ParamsError::Missing)
    ));
    let bad_meta = raw(r#"{"uri":"a:b","_meta":1}"#);
    assert!(matches!(
        ReadResourceParams::parse(Some(bad_meta)),
        Err(ParamsError::Meta(_))
    ));
    assert!(SubscribeParams::parse(Some(raw("{}"))).is_err());
}

#[test]
fn contents_get_the_hints_that_the_latest_revision_requires() {
    let contents = TextResourceContents {
        uri: "a:b".to_owned(),
        text: "x".to_owned(),
        ..TextResourceContents::default()
    };
    let mut result = ReadResourceResult::new(vec![contents.into()]);
    let written = |result: &ReadResourceResult, revision| {
        serde_json::to_value(result.for_revision(revision)).unwrap()
    };
    let contents = json!([{"uri": "a:b", "text": "x"}]);
    assert_eq!(
        written(&result, Revision::V2026_07_28),
        json!({
            "resultType": "complete", "contents": contents, "ttlMs": 0, "cacheScope": "private",
        })
    );
    result.ttl_ms = Some(9);
    result.cache_scope = Some(CacheScope::Public);
    assert_eq!(
        written(&result, Revision::V2026_07_28),
        json!({
            "resultType": "complete", "contents": contents, "ttlMs": 9, "cacheScope": "public",
        })
    );
    assert_eq!(
        written(&result, Revision::V2025_11_25),
        json!({"contents": contents})
    );
}

#[test]
fn updates_name_their_subscription_where_there_is_one() {
    let id = RequestId::Number(7);
    let updated = ResourceUpdatedParams::new("a:b", Some(&id));
    assert_eq!(
        serde_json::to_value(&updated).unwrap(),
        json!({"uri": "a:b", "_meta": {"io.modelcontextprotocol/subscriptionId": 7}})
    );
    let updated = ResourceUpdatedParams::new("a:b", None);
    assert_eq!(
        serde_json::to_value(&updated).unwrap(),
        json!({"uri": "a:b"})
    );
}
