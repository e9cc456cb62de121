use serde_json::json;
use serde_json::value::RawValue;

use super::*;
use crate::revision::Revision;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

#[test]
fn params_are_read_in_any_order_and_written_per_revision() {
    let params = CompleteParams::parse(Some(raw(
        r#"{"context":{"arguments":{"a":"1"}},"argument":{"value":"","name":"b"},
            "ref":{"name":"p","title":"P","type":"ref/prompt"}}"#,
    )))
    .unwrap();
    assert_eq!(
        params.reference,
        CompletionReference::Prompt { name: "p".into() }
    );
    assert_eq!(params.argument.name, "b");
    assert_eq!(params.argument.value, "");
    assert_eq!(params.context.get("a").map(AsRef::as_ref), Some("1"));
    let old = json!({
        "ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "b", "value": ""},
    });
    let mut new = old.clone();
    new["context"] = json!({"arguments": {"a": "1"}});
    assert_eq!(
        serde_json::to_value(params.for_revision(Revision::V2025_03_26)).unwrap(),
        old
    );
    assert_eq!(
        serde_json::to_value(params.for_revision(Revision::V2025_06_18)).unwrap(),
        new
    );
}

#[test]
fn a_reference_is_to_a_prompt_or_to_a_resource() {
    let params =
        |reference: &str| format!(r#"{{"ref":{reference},"argument":{{"name":"a","value":"b"}}}}"#);
    let text = params(r#"{"type":"ref/resource","uri":"a://{b}"}"#);
    let good = CompleteParams::parse(Some(raw(&text))).unwrap();
    assert_eq!(
        good.reference,
        CompletionReference::Resource {
            uri: "a://{b}".into()
        }
    );
    for bad in [
        r#"{"type":"ref/tool","name":"a"}"#,
        r#"{"type":"ref/prompt"}"#,
        r#"{"type":"ref/prompt","uri":"a:b"}"#,
        r#"{"type":"ref/resource","name":"a"}"#,
        r#"{"name":"a"}"#,
        r#""ref/prompt""#,
    ] {
        assert!(
            CompleteParams::parse(Some(raw(&params(bad)))).is_err(),
            "{bad}"
        );
    }
    assert!(CompleteParams::parse(Some(raw(r#"{"argument":{"name":"a","value":"b"}}"#))).is_err());
}

#[test]
fn no_more_than_a_hundred_values_are_written() {
    let values = |number: usize| (0..number).map(|value| value.to_string()).collect();
    let written = |result: &CompleteResult| {
        serde_json::to_value(result.for_revision(Revision::LATEST)).unwrap()["completion"].clone()
    };
    let all = written(&CompleteResult::new(values(100)));
    assert_eq!(all["values"].as_array().unwrap().len(), 100);
    assert!(all.get("hasMore").is_none());
    let cut = written(&CompleteResult {
        has_more: Some(false),
        ..CompleteResult::new(values(101))
    });
    assert_eq!(cut["values"].as_array().unwrap().len(), 100);
    assert_eq!(cut["hasMore"], true);
}
