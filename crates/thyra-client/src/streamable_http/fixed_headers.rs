//! The headers of the user's own that every request to the server carries.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use thyra_oauth::Secret;

/// The most headers, and the most bytes of one value.
const MOST: usize = 64;
const LONGEST: usize = 8 * 1024;

/// What the client or the connection says itself, and a value of the user's would spoil.
const RESERVED: &[&str] = &[
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "dpop",
    "expect",
    "host",
    "keep-alive",
    "last-event-id",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
const RESERVED_PREFIXES: &[&str] = &["mcp-", "proxy-"];

/// Headers that every request to the server carries. No formatter shows their values.
#[derive(Clone, Debug, Default)]
pub(crate) struct FixedHeaders(HeaderMap);

impl FixedHeaders {
    /// Sets a header; a second one with the same name takes its place.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn set(&mut self, name: &str, value: &Secret) -> Result<(), &'static str> {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| "its name may hold letters, digits and hyphens only")?;
        let is_reserved = RESERVED.contains(&name.as_str())
            || RESERVED_PREFIXES
                .iter()
                .any(|prefix| name.as_str().starts_with(prefix));
        if is_reserved {
            return Err("the client sets it itself");
        }
        if value.expose().len() > LONGEST {
            return Err("its value has more than 8 KiB");
        }
        let mut value = HeaderValue::from_str(value.expose())
            .map_err(|_| "its value may hold no line breaks and no other control characters")?;
        value.set_sensitive(true);
        self.0.insert(name, value);
        if self.0.len() > MOST {
            return Err("there are more than 64 of them");
        }
        Ok(())
    }

    /// Whether they say who is calling.
    pub(crate) fn has_authorization(&self) -> bool {
        self.0.contains_key(AUTHORIZATION)
    }

    /// Adds them to the headers of a request, which has none of the same names.
    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        headers.extend(self.0.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(headers: &mut FixedHeaders, name: &str, value: &str) -> Result<(), &'static str> {
        headers.set(name, &Secret::new(value.to_owned()))
    }

    #[test]
    fn what_the_client_says_itself_cannot_be_set() {
        let mut headers = FixedHeaders::default();
        for name in [
            "Host",
            "Content-Length",
            "Mcp-Session-Id",
            "MCP-Protocol-Version",
            "Transfer-Encoding",
            "Proxy-Authorization",
            "DPoP",
        ] {
            let refused = set(&mut headers, name, "x");
            assert_eq!(refused, Err("the client sets it itself"), "{name}");
        }
        for (name, value) in [("", "x"), ("a b", "x"), ("x", "a\r\nHost: b"), ("x", "\0")] {
            assert!(set(&mut headers, name, value).is_err(), "{name:?}");
        }
        assert!(headers.0.is_empty());
    }

    #[test]
    fn the_last_one_of_a_name_counts_and_no_value_is_shown() {
        let mut headers = FixedHeaders::default();
        set(&mut headers, "X-Api-Key", "hush-1").unwrap();
        set(&mut headers, "x-api-key", "hush-2").unwrap();
        let mut sent = HeaderMap::new();
        headers.add_to(&mut sent);
        let values: Vec<_> = sent.get_all("x-api-key").iter().collect();
        assert_eq!(values, ["hush-2"]);
        let shown = format!("{headers:?}");
        assert!(
            shown.contains("x-api-key") && !shown.contains("hush"),
            "{shown}"
        );
    }

    #[test]
    fn their_number_and_size_are_bounded() {
        let mut headers = FixedHeaders::default();
        assert!(set(&mut headers, "x", &"a".repeat(LONGEST + 1)).is_err());
        for number in 0..MOST {
            set(&mut headers, &format!("x-{number}"), "a").unwrap();
        }
        assert!(set(&mut headers, "x-more", "a").is_err());
    }
}
