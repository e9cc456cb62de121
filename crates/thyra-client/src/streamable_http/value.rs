//! What `Mcp-Name` and `Mcp-Param-*` carry: a value as it is when a header can carry it, in Base64
//! otherwise (MCP `basic/transports/streamable-http`, value encoding).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";

/// `None` never happens for what is encoded here; it is what the header type's own check says.
pub(super) fn header_value(value: &str) -> Option<HeaderValue> {
    let is_safe = value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && value.trim() == value
        && !value.is_empty()
        && !(value.starts_with(PREFIX) && value.ends_with(SUFFIX));
    if is_safe {
        HeaderValue::from_str(value).ok()
    } else {
        HeaderValue::from_str(&format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(value))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::header_value;

    #[test]
    fn only_what_a_header_would_spoil_is_encoded() {
        let cases = [
            ("add", "add"),
            ("file:///a b?c=d", "file:///a b?c=d"),
            ("", "=?base64??="),
            (" add", "=?base64?IGFkZA==?="),
            ("add ", "=?base64?YWRkIA==?="),
            ("a\tb", "=?base64?YQli?="),
            ("a\r\nX: y", "=?base64?YQ0KWDogeQ==?="),
            ("Gr\u{fc}\u{df}e", "=?base64?R3LDvMOfZQ==?="),
            ("=?base64?YWRk?=", "=?base64?PT9iYXNlNjQ/WVdSaz89?="),
        ];
        for (value, wanted) in cases {
            assert_eq!(header_value(value).unwrap(), wanted, "{value:?}");
        }
    }
}
