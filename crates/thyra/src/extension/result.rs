//! Completes the answer of an extension to a result of the protocol (MCP 2026-07-28, `basic/index`,
//! results).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::META_SERVER_INFO;

/// Why the answer of an extension is not a result.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResultError {
    #[error("its _meta is not a JSON object")]
    Meta,
    #[error("it is not a JSON object; answer with one")]
    NotAnObject,
    #[error("its resultType is not a string; write \"complete\", or leave it out")]
    ResultType,
    #[error("it cannot be written: {0}")]
    Unwritable(#[source] serde_json::Error),
}

/// Adds `resultType` to `result`, and the server's name to its `_meta`, if they are missing.
/// Everything else stays as it was written.
pub(super) fn completed(
    result: &RawValue,
    server_info: &RawValue,
) -> Result<Box<RawValue>, ResultError> {
    let complete = to_raw_value("complete").map_err(ResultError::Unwritable)?;
    let mut members = members(result).ok_or(ResultError::NotAnObject)?;
    let result_type = *members.entry("resultType".into()).or_insert(&complete);
    if !result_type.get().starts_with('"') {
        return Err(ResultError::ResultType);
    }
    let mut meta = match members.get("_meta") {
        None => Members::new(),
        Some(meta) => self::members(meta).ok_or(ResultError::Meta)?,
    };
    meta.entry(META_SERVER_INFO.into()).or_insert(server_info);
    let meta = to_raw_value(&meta).map_err(ResultError::Unwritable)?;
    members.insert("_meta".into(), &meta);
    to_raw_value(&members).map_err(ResultError::Unwritable)
}

/// The members of an object, in raw form.
type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

fn members(object: &RawValue) -> Option<Members<'_>> {
    serde_json::from_str(object.get()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    fn complete(result: &str) -> Result<Value, ResultError> {
        completed(&raw(result), &raw(r#"{"name":"s","version":"1"}"#))
            .map(|result| serde_json::from_str(result.get()).unwrap())
    }

    #[test]
    fn what_is_missing_is_added() {
        let info = json!({ "name": "s", "version": "1" });
        assert_eq!(
            complete(r#"{"a":1}"#).unwrap(),
            json!({ "a": 1, "resultType": "complete", "_meta": { META_SERVER_INFO: info } })
        );
        assert_eq!(
            complete(r#" { "_meta" : { "com.example/k" : [ ] } } "#).unwrap(),
            json!({
                "resultType": "complete",
                "_meta": { "com.example/k": [], META_SERVER_INFO: info },
            })
        );
    }

    #[test]
    fn what_the_extension_says_stays() {
        let own = json!({
            "resultType": "com.example/later",
            "_meta": { META_SERVER_INFO: { "name": "other", "version": "2" } },
        });
        assert_eq!(complete(&own.to_string()).unwrap(), own);
        let precise = r#"{"n":123456789012345678901234567890.5}"#;
        let written = completed(&raw(precise), &raw("{}")).unwrap();
        assert!(
            written
                .get()
                .contains(r#""n":123456789012345678901234567890.5"#),
            "{written}"
        );
    }

    #[test]
    fn what_is_no_result_is_refused() {
        for not_an_object in ["5", "null", "[]", r#""text""#, r#"[["a",1]]"#] {
            let refused = complete(not_an_object);
            assert!(
                matches!(refused, Err(ResultError::NotAnObject)),
                "{not_an_object}"
            );
        }
        for meta in ["null", "5", "[]"] {
            let refused = complete(&format!(r#"{{"_meta":{meta}}}"#));
            assert!(matches!(refused, Err(ResultError::Meta)), "{meta}");
        }
        for kind in ["null", "true", "{}"] {
            let refused = complete(&format!(r#"{{"resultType":{kind}}}"#));
            assert!(matches!(refused, Err(ResultError::ResultType)), "{kind}");
        }
    }
}
