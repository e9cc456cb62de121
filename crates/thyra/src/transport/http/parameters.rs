//! Checks the arguments that a client repeats in headers against the body (MCP 2026-07-28,
//! Streamable HTTP, `x-mcp-header`).
//!
//! A proxy may route by these headers, so a request whose headers contradict its body is refused.

use http::HeaderMap;
use serde_json::value::RawValue;
use thyra_protocol::{ErrorObject, HeaderKind, HeaderParameter};

use super::headers::{decode, mismatch, missing, one};

/// Checks the headers of a call against its arguments.
///
/// If the headers are `required`, every argument that has a header must be repeated. Otherwise
/// headers may be missing, but those that are sent must be true.
///
/// # Errors
///
/// [`ErrorObject`] with the code for header mismatches, when a header is missing, malformed, or
/// contradicts the body.
pub(super) fn cross_check(
    headers: &HeaderMap,
    parameters: &[HeaderParameter],
    arguments: Option<&RawValue>,
    required: bool,
) -> Result<(), ErrorObject> {
    for parameter in parameters {
        let name = parameter.header().as_str();
        let header = one(headers, name)?;
        let value = match parameter.value(arguments) {
            Ok(value) => value,
            Err(_) if header.is_none() && !required => continue,
            Err(obscured) => {
                return Err(ErrorObject::header_mismatch(format!("{name}: {obscured}")));
            }
        };
        match (header, value) {
            (None, None) => {}
            (None, Some(_)) if !required => {}
            // Objects and arrays cannot be repeated, and the schema does not allow them here. The
            // tool itself refuses them.
            (None, Some(value)) if parameter.text(value).is_none() => {}
            (None, Some(_)) => return Err(missing(name)),
            (Some(header), None) => return Err(mismatch(name, header, "null")),
            (Some(header), Some(value)) => {
                let text = parameter.text(value).unwrap_or_else(|| value.get().into());
                if !is_same(parameter.kind(), &decode(name, header)?, &text) {
                    return Err(mismatch(name, header, &text));
                }
            }
        }
    }
    Ok(())
}

fn is_same(kind: HeaderKind, header: &str, body: &str) -> bool {
    match kind {
        HeaderKind::Integer => match (Number::read(header), Number::read(body)) {
            (Some(header), Some(body)) => header == body,
            _ => false,
        },
        _ => header == body,
    }
}

/// The largest integer up to which a double holds every integer exactly.
const EXACT: f64 = 9_007_199_254_740_991.0;

/// A number by its value, however it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Whole(i64),
    Other(f64),
}

impl Number {
    fn read(text: &str) -> Option<Self> {
        if let Ok(number) = serde_json::from_str::<i64>(text) {
            return Some(Self::Whole(number));
        }
        let number = serde_json::from_str::<f64>(text).ok()?;
        // `42.0` is 42.
        if number.fract() == 0.0 && number.abs() <= EXACT {
            return format!("{number:.0}").parse().ok().map(Self::Whole);
        }
        Some(Self::Other(number))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use serde_json::{Value, json};
    use thyra_protocol::ErrorCode;

    use super::*;
    use crate::Tool;

    fn tool() -> Tool {
        let property = |kind: &str, header: &str| json!({ "type": kind, "x-mcp-header": header });
        Tool::new("look", || async { "seen" }).input_schema(json!({
            "type": "object",
            "properties": {
                "region": property("string", "Region"),
                "count": property("integer", "Count"),
                "dry": property("boolean", "Dry"),
                "place": { "type": "object", "properties": { "city": property("string", "City") } },
            },
        }))
    }

    fn judge(pairs: &[(&str, &str)], arguments: &Value, required: bool) -> Result<(), ErrorCode> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::try_from(format!("Mcp-Param-{name}")).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let arguments = serde_json::value::to_raw_value(arguments).unwrap();
        let tool = tool();
        cross_check(
            &headers,
            tool.header_parameters(),
            Some(&arguments),
            required,
        )
        .map_err(|error| error.code)
    }

    #[test]
    fn headers_that_say_what_the_body_says_are_good() {
        for (pairs, arguments) in [
            (&[][..], json!({})),
            (&[], json!({ "region": null, "place": {} })),
            (&[("Region", "eu")], json!({ "region": "eu" })),
            (&[("Region", "")], json!({ "region": "" })),
            (
                &[("Region", "=?base64?SGVsbG8=?=")],
                json!({ "region": "Hello" }),
            ),
            (
                &[("Region", "=?base64?4oKs?=")],
                json!({ "region": "\u{20ac}" }),
            ),
            // These are not in the Base64 form, so they stand for themselves.
            (&[("Region", "SGVsbG8=")], json!({ "region": "SGVsbG8=" })),
            (
                &[("Region", "=?base64?SGVsbG8=")],
                json!({ "region": "=?base64?SGVsbG8=" }),
            ),
            (&[("Count", "42")], json!({ "count": 42 })),
            (&[("Count", "42")], json!({ "count": 42.0 })),
            (&[("Count", "42")], json!({ "count": "42" })),
            (
                &[("Count", "-9007199254740991")],
                json!({ "count": -9_007_199_254_740_991_i64 }),
            ),
            (
                &[("Dry", "true"), ("City", "Oslo")],
                json!({ "dry": true, "place": { "city": "Oslo" } }),
            ),
        ] {
            assert_eq!(
                judge(pairs, &arguments, true),
                Ok(()),
                "{pairs:?} {arguments}"
            );
        }
    }

    #[test]
    fn headers_that_are_missing_or_say_something_else_are_not() {
        for (pairs, arguments) in [
            (&[][..], json!({ "region": "eu" })),
            (&[], json!({ "place": { "city": "Oslo" } })),
            (&[("Region", "us")], json!({ "region": "eu" })),
            (&[("Region", "EU")], json!({ "region": "eu" })),
            (&[("Region", "eu")], json!({})),
            (&[("Region", "eu")], json!({ "region": null })),
            (
                &[("Region", "eu"), ("Region", "eu")],
                json!({ "region": "eu" }),
            ),
            (
                &[("Region", "=?base64?SGVsbG8?=")],
                json!({ "region": "Hello" }),
            ),
            (
                &[("Region", "=?base64?SGVs!!!bG8=?=")],
                json!({ "region": "Hello" }),
            ),
            (&[("Count", "41")], json!({ "count": 42 })),
            (&[("Count", "0x2a")], json!({ "count": 42 })),
            (&[("Count", "inf")], json!({ "count": 42 })),
            (&[("Count", "")], json!({ "count": 0 })),
            (&[("Dry", "TRUE")], json!({ "dry": true })),
        ] {
            let refused = judge(pairs, &arguments, true);
            assert_eq!(
                refused,
                Err(ErrorCode::HEADER_MISMATCH),
                "{pairs:?} {arguments}"
            );
        }
    }

    #[test]
    fn where_they_are_not_required_they_must_still_be_true() {
        assert_eq!(judge(&[], &json!({ "region": "eu" }), false), Ok(()));
        assert_eq!(
            judge(&[("Region", "us")], &json!({ "region": "eu" }), false),
            Err(ErrorCode::HEADER_MISMATCH)
        );
    }

    #[test]
    fn an_argument_is_not_hidden_in_a_text() {
        for arguments in [
            json!({ "place": "{\"city\":\"Oslo\"}" }),
            json!({ "place": ["Oslo"] }),
        ] {
            let refused = judge(&[], &arguments, true);
            assert_eq!(refused, Err(ErrorCode::HEADER_MISMATCH), "{arguments}");
            let refused = judge(&[("City", "Oslo")], &arguments, false);
            assert_eq!(refused, Err(ErrorCode::HEADER_MISMATCH), "{arguments}");
            assert_eq!(judge(&[], &arguments, false), Ok(()));
        }
        assert_eq!(judge(&[], &json!({ "place": null }), true), Ok(()));
    }

    #[test]
    fn what_cannot_be_repeated_is_left_to_the_tool() {
        assert_eq!(judge(&[], &json!({ "region": ["eu"] }), true), Ok(()));
        assert_eq!(
            judge(&[("Region", "x")], &json!({ "region": ["eu"] }), true),
            Err(ErrorCode::HEADER_MISMATCH)
        );
    }
}
