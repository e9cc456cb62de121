//! Redirect URIs: which may be registered, which match, and how a response is put on them.

use url::{Host, Url, form_urlencoded};

/// The longest redirect URI, in bytes.
const MAX_LENGTH: usize = 2_000;

/// Whether a redirect URI may be registered: `https`, `http` on a loopback host, or the private
/// scheme of a native application (RFC 8252 section 7); no fragment (RFC 6749 section 3.1.2).
pub(crate) fn check(uri: &str) -> Result<Url, String> {
    if uri.len() > MAX_LENGTH {
        return Err(format!(
            "a redirect URI must not be longer than {MAX_LENGTH} bytes"
        ));
    }
    // `Url` would drop tabs and line ends without a word, and the URI is used byte for byte.
    if uri.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err("a redirect URI must be of visible ASCII characters".to_owned());
    }
    let url = Url::parse(uri).map_err(|_| format!("`{uri}` is not an absolute URI"))?;
    if url.fragment().is_some() {
        return Err(format!("`{uri}` must not have a fragment"));
    }
    match url.scheme() {
        "http" if is_loopback_http(&url) => Ok(url),
        "http" => Err(format!(
            "`{uri}` must be https, because its host is not loopback"
        )),
        "about" | "blob" | "data" | "file" | "ftp" | "javascript" | "vbscript" | "ws" | "wss" => {
            Err(format!("`{uri}` has a scheme that takes no redirects"))
        }
        _ => Ok(url),
    }
}

/// Whether a requested redirect URI is a registered one: byte for byte, but for the port of a
/// loopback host (RFC 8252 section 7.3).
pub(crate) fn matches(registered: &str, requested: &str) -> bool {
    if registered == requested {
        return true;
    }
    match (check(registered), check(requested)) {
        (Ok(mut a), Ok(mut b)) if is_loopback_http(&a) && is_loopback_http(&b) => {
            a.set_port(None).is_ok() && b.set_port(None).is_ok() && a == b
        }
        _ => false,
    }
}

/// Whether a URL is plain HTTP to this machine.
pub(crate) fn is_loopback_http(url: &Url) -> bool {
    url.scheme() == "http" && url.host().is_some_and(|host| is_loopback(&host))
}

pub(crate) fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// `uri` with parameters added to its query, the rest left byte for byte.
pub(crate) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    format!("{uri}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_of_a_loopback_host_is_free() {
        assert!(matches("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb"));
        assert!(matches("http://localhost/cb", "http://localhost:33418/cb"));
        assert!(matches("http://[::1]/cb?a=1", "http://[::1]:9/cb?a=1"));
        for (registered, requested) in [
            ("http://127.0.0.1:1/cb", "http://localhost:1/cb"),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:1/cb/"),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:1/cb?x=1"),
            (
                "http://127.0.0.1:1/cb",
                "http://127.0.0.1:1@evil.example/cb",
            ),
            ("http://127.0.0.1:1/cb", "http://u@127.0.0.1:1/cb"),
            ("https://app.example/cb", "https://app.example:8443/cb"),
            ("https://app.example/cb", "https://app.example/CB"),
        ] {
            assert!(!matches(registered, requested), "{registered} {requested}");
        }
    }

    #[test]
    fn what_may_be_registered() {
        for uri in [
            "https://a.example/cb",
            "http://localhost:3/cb",
            "cursor://app/cb",
            "com.x:/cb",
        ] {
            assert!(check(uri).is_ok(), "{uri}");
        }
        for uri in [
            "http://a.example/cb",
            "https://a.example/cb#x",
            "javascript:alert(1)",
            "data:text/html,x",
            "/cb",
            "",
            "https://a.example/c b",
            "https://a.example/\r\nx",
        ] {
            assert!(check(uri).is_err(), "{uri}");
        }
        assert!(check(&format!("https://a.example/{}", "x".repeat(3_000))).is_err());
    }

    #[test]
    fn parameters_join_the_query_that_is_there() {
        assert_eq!(
            with_parameters("http://h", &[("a", "b c")]),
            "http://h?a=b+c"
        );
        assert_eq!(
            with_parameters("http://h?x=1", &[("a", "&")]),
            "http://h?x=1&a=%26"
        );
        assert_eq!(with_parameters("http://h?", &[("a", "b")]), "http://h?a=b");
    }
}
