//! The URL of a request as clients see it, whatever proxies made of it on the way.

use std::borrow::Cow;

use thyra_oauth::ResourceUrl;
use url::Url;

/// Where the requests of a protected resource go. What a proxy writes into a request, such as
/// `Host`, does not count, and neither does what it changes.
#[derive(Debug)]
pub(super) struct PublicUrl {
    /// Scheme, host and port, without a port that is the scheme's own.
    origin: String,
    /// The path of the resource.
    resource: String,
}

impl PublicUrl {
    pub(super) fn of(resource: &ResourceUrl) -> Self {
        let parsed = Url::parse(resource.as_str());
        Self {
            // A resource is an http or https URL, so it is one, and has an origin.
            origin: parsed.map_or_else(
                |_| resource.origin().to_owned(),
                |url| url.origin().ascii_serialization(),
            ),
            resource: resource.path().to_owned(),
        }
    }

    /// Whether `htu` is the URL of a request for `path` (RFC 9449 section 4.3, number 9). Query and
    /// fragment do not count, and neither does how it is spelled (RFC 3986 sections 6.2.2 and
    /// 6.2.3).
    pub(super) fn is_of(&self, htu: &str, path: &str) -> bool {
        let htu = htu.split(['?', '#']).next().unwrap_or_default();
        let path = self.public_path(path);
        if htu.strip_prefix(&self.origin) == Some(path) {
            return true;
        }
        let here = format!("{}{path}", self.origin);
        match (normal(htu), normal(&here)) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => false,
        }
    }

    /// The path that clients see. A proxy may have taken away what stands before the endpoint.
    fn public_path<'p>(&'p self, path: &'p str) -> &'p str {
        if path.starts_with('/') && self.resource.ends_with(path) {
            &self.resource
        } else {
            path
        }
    }
}

/// An absolute URL without query and fragment in its normal form: its origin and its path.
fn normal(text: &str) -> Option<(String, String)> {
    // The parser takes more for a URL than RFC 3986 does.
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
        return None;
    }
    let (_, rest) = text.split_once("://")?;
    if rest.is_empty() || rest.starts_with('/') {
        return None;
    }
    let url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https")
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return None;
    }
    let path = escapes(url.path()).into_owned();
    Some((url.origin().ascii_serialization(), path))
}

/// Escapes in upper case, and none of characters that need none (RFC 3986 sections 6.2.2.1 and
/// 6.2.2.2).
fn escapes(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut normal = String::with_capacity(path.len());
    let mut parts = path.split('%');
    normal.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match escaped(part) {
            Some((byte, _, rest)) if is_unreserved(byte) => {
                normal.push(byte.into());
                normal.push_str(rest);
            }
            Some((_, hex, rest)) => {
                normal.push('%');
                normal.push_str(&hex.to_ascii_uppercase());
                normal.push_str(rest);
            }
            // A sign that escapes nothing stays one.
            None => {
                normal.push('%');
                normal.push_str(part);
            }
        }
    }
    Cow::Owned(normal)
}

/// The byte that an escape stands for, its digits, and what follows.
fn escaped(part: &str) -> Option<(u8, &str, &str)> {
    let (hex, rest) = part.split_at_checked(2)?;
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = u8::from_str_radix(hex, 16).ok()?;
    is_hex.then_some((byte, hex, rest))
}

/// RFC 3986 section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(resource: &str) -> PublicUrl {
        PublicUrl::of(&ResourceUrl::new(resource, "").unwrap())
    }

    #[test]
    fn the_same_url_however_it_is_spelled() {
        let url = at("https://mcp.example.com/a/~b/mcp");
        for htu in [
            "https://mcp.example.com/a/~b/mcp",
            "https://mcp.example.com:443/a/~b/mcp",
            "HTTPS://MCP.Example.COM/a/~b/mcp",
            "https://mcp.example.com/a/%7Eb/mcp",
            "https://mcp.example.com/a/%7eb/%6D%63p",
            "https://mcp.example.com/a/x/../~b/./mcp",
            "https://mcp.example.com/a/~b/mcp?query=1",
            "https://mcp.example.com/a/~b/mcp#fragment",
            "https://mcp.example.com/a/~b/mcp?a#b?c",
        ] {
            assert!(url.is_of(htu, "/a/~b/mcp"), "{htu}");
        }
        let root = at("http://localhost:8000");
        assert!(root.is_of("http://localhost:8000", "/"));
        assert!(root.is_of("http://localhost:8000/", "/"));
        assert!(at("https://[::1]:443/mcp").is_of("https://[0:0:0:0:0:0:0:1]/mcp", "/mcp"));
        assert!(at("https://h:443/mcp").is_of("https://h/mcp", "/mcp"));
        assert!(at("https://h/%2f").is_of("https://h/%2F", "/%2f"));
    }

    #[test]
    fn another_url_is_another_url() {
        let url = at("https://mcp.example.com/mcp");
        for htu in [
            "",
            "/mcp",
            "mcp.example.com/mcp",
            "http://mcp.example.com/mcp",
            "https://mcp.example.com:8443/mcp",
            "https://evil.example/mcp",
            "https://mcp.example.com.evil.example/mcp",
            "https://mcp.example.com@evil.example/mcp",
            "https://user@mcp.example.com/mcp",
            "https://mcp.example.com",
            "https://mcp.example.com/",
            "https://mcp.example.com/MCP",
            "https://mcp.example.com/mcp/",
            "https://mcp.example.com//mcp",
            "https://mcp.example.com/mcp%2F",
            "https://mcp.example.com/mcp;a",
            "https:\\\\mcp.example.com\\mcp",
            "https:/mcp.example.com/mcp",
            "https:///mcp.example.com/mcp",
            "https://mcp.exam\tple.com/mcp",
            " https://mcp.example.com/mcp",
            "https://mcp.example.com/mcp ",
            "https://mcp.example.com/mcp\u{200b}",
            "wss://mcp.example.com/mcp",
        ] {
            assert!(!url.is_of(htu, "/mcp"), "{htu}");
        }
        assert!(!url.is_of("https://mcp.example.com/mcp", "/other"));
        assert!(url.is_of("https://mcp.example.com/other", "/other"));
    }

    #[test]
    fn a_proxy_may_take_the_front_of_the_path_away() {
        let url = at("https://example.com/tools/v1/mcp");
        let public = "https://example.com/tools/v1/mcp";
        for path in ["/mcp", "/v1/mcp", "/tools/v1/mcp"] {
            assert!(url.is_of(public, path), "{path}");
            let other = format!("https://example.com{path}");
            assert_eq!(url.is_of(&other, path), other == public, "{path}");
        }
        for path in ["/", "mcp", "cp", "/v2/mcp", "/mcp/"] {
            assert!(!url.is_of(public, path), "{path}");
        }
        // `1/mcp` is no path, and nothing was taken away from another resource.
        assert!(!url.is_of("https://example.com/mcp", "/mcp"));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_judged(htu: String, path in "/[ -~]{0,20}") {
            let url = at("https://mcp.example.com/mcp");
            url.is_of(&htu, &path);
            url.is_of(&format!("https://mcp.example.com{htu}"), &path);
        }

        #[test]
        fn a_url_in_its_normal_form_is_in_it(path in "/[a-zA-Z0-9%._~/-]{0,20}") {
            let once = normal(&format!("https://h{path}"));
            if let Some((origin, path)) = once.clone() {
                prop_assert_eq!(normal(&format!("{origin}{path}")), once);
            }
        }
    }
}
