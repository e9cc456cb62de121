//! Checks the `Host` and `Origin` of requests, and answers the preflight requests of browsers.
//!
//! By DNS rebinding, every page in the user's browser can reach a server on loopback. So a server
//! that binds a loopback address only answers to loopback names, and to pages from loopback origins
//! (MCP 2026-07-28, Streamable HTTP, "Security warning").

use std::net::{IpAddr, SocketAddr};

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HOST,
    HeaderName, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Uri};
use thyra_auth::Cors;

const ALLOWED_HEADERS: &str = "accept, authorization, content-type, dpop, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id";

/// The prefix of the headers that repeat arguments of tools.
const PARAMETER: &str = "mcp-param-";

const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("dpop-nonce, mcp-session-id, retry-after, www-authenticate");
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("600");

/// Which `Host` and `Origin` values are served.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    hosts: Option<Vec<String>>,
    origins: Option<Vec<String>>,
    loopback: bool,
    /// Whether callers need no token.
    open: bool,
}

/// Why the guard turned a request away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GuardRefusal {
    Host,
    Origin,
}

impl Guard {
    /// A guard for a server bound to `address`. `hosts` and `origins` are what the author allows in
    /// addition.
    ///
    /// On a loopback address both checks are on. Elsewhere each check is on if the author gave a
    /// list for it. On an `open` server, where callers need no token, the check of `Origin` is
    /// always on, because every web page can reach the server through its reader's browser.
    pub(crate) fn for_bind(
        address: SocketAddr,
        open: bool,
        hosts: Option<Vec<String>>,
        origins: Option<Vec<String>>,
    ) -> Self {
        Self {
            loopback: address.ip().is_loopback(),
            ..Self::unbound(open, hosts, origins)
        }
    }

    /// A guard for a service that somebody else binds. It treats the address as not loopback.
    pub(crate) fn unbound(
        open: bool,
        hosts: Option<Vec<String>>,
        origins: Option<Vec<String>>,
    ) -> Self {
        let lower = |list: Vec<String>| list.into_iter().map(|s| s.to_ascii_lowercase()).collect();
        Self {
            hosts: hosts.map(lower),
            origins: origins.map(lower),
            loopback: false,
            open,
        }
    }

    /// Checks that the request names a host that the server answers to.
    pub(crate) fn admit_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), GuardRefusal> {
        if !self.loopback && self.hosts.is_none() {
            return Ok(());
        }
        let mut hosts = headers.get_all(HOST).iter();
        let header = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Some(host.to_str().map_err(|_| GuardRefusal::Host)?),
            (None, None) => None,
            _ => return Err(GuardRefusal::Host),
        };
        // A target in absolute form names a host too (RFC 9112 section 3.2.2). Then both must be
        // allowed.
        let target = uri.authority().map(http::uri::Authority::as_str);
        if header.is_none() && target.is_none() {
            return Err(GuardRefusal::Host);
        }
        if header
            .into_iter()
            .chain(target)
            .all(|name| self.answers_to(name))
        {
            Ok(())
        } else {
            Err(GuardRefusal::Host)
        }
    }

    fn answers_to(&self, authority: &str) -> bool {
        let listed = self.hosts.iter().flatten().any(|allowed| {
            authority.eq_ignore_ascii_case(allowed)
                || host_of(authority).eq_ignore_ascii_case(allowed)
        });
        listed || (self.loopback && is_loopback(host_of(authority)))
    }

    /// Checks that pages of the request's origin may call the server. Returns the origin that may
    /// read the answer, if any.
    pub(crate) fn admit_origin(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<HeaderValue>, GuardRefusal> {
        if !self.loopback && !self.open && self.origins.is_none() {
            return Ok(None);
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = match (origins.next(), origins.next()) {
            (None, _) => return Ok(None),
            (Some(origin), None) => origin,
            _ => return Err(GuardRefusal::Origin),
        };
        let text = origin.to_str().map_err(|_| GuardRefusal::Origin)?;
        let listed = self
            .origins
            .iter()
            .flatten()
            .any(|allowed| text.eq_ignore_ascii_case(allowed));
        if listed || ((self.loopback || self.open) && origin_is_loopback(text)) {
            return Ok(Some(origin.clone()));
        }
        Err(GuardRefusal::Origin)
    }
}

/// Lets pages of `origin` read an answer, including its challenge.
pub(crate) fn share_with(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    headers.append(VARY, HeaderValue::from_static("origin"));
}

/// Answers a preflight: allows the methods and headers of the endpoint, and those headers for
/// arguments that `asked` names.
pub(crate) fn answer_preflight(asked: &HeaderMap, headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed_headers(asked));
    headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
}

/// The headers that pages of any origin may send when they read the documents of a protected
/// server. MCP clients add these headers to every request.
pub(crate) fn document_cors() -> Cors {
    let allowed = "authorization, content-type, last-event-id, mcp-method, mcp-name, \
                   mcp-protocol-version, mcp-session-id";
    Cors::new(
        HeaderValue::from_static(allowed),
        HeaderValue::from_static("www-authenticate, mcp-session-id"),
    )
}

fn allowed_headers(asked: &HeaderMap) -> HeaderValue {
    let asked = asked.get(ACCESS_CONTROL_REQUEST_HEADERS);
    let asked = asked.and_then(|names| names.to_str().ok()).unwrap_or("");
    let parameters = asked
        .split(',')
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .filter(|name| name.as_str().starts_with(PARAMETER));
    let allowed = parameters.fold(ALLOWED_HEADERS.to_owned(), |allowed, name| {
        allowed + ", " + name.as_str()
    });
    HeaderValue::try_from(allowed).unwrap_or(HeaderValue::from_static(ALLOWED_HEADERS))
}

fn origin_is_loopback(origin: &str) -> bool {
    origin.split_once("://").is_some_and(|(scheme, authority)| {
        matches!(scheme, "http" | "https")
            && !authority.contains(['/', '@', '?', '#'])
            && is_loopback(host_of(authority))
    })
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// The host of an authority, without its port; an IPv6 literal keeps its brackets.
fn host_of(authority: &str) -> &str {
    let end = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(end);
    let port = rest.strip_prefix(':').unwrap_or(rest);
    if port.bytes().all(|byte| byte.is_ascii_digit()) {
        host
    } else {
        // This is not an authority, and the whole text cannot match any host.
        authority
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &str, origin: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        headers
    }

    fn judge(guard: &Guard, host: &str, origin: Option<&str>) -> Result<bool, GuardRefusal> {
        let headers = headers(host, origin);
        guard.admit_host(&Uri::from_static("/mcp"), &headers)?;
        guard.admit_origin(&headers).map(|origin| origin.is_some())
    }

    #[test]
    fn a_loopback_bind_answers_only_to_loopback_names() {
        let guard = Guard::for_bind(([127, 0, 0, 1], 8000).into(), false, None, None);
        for host in [
            "127.0.0.1:8000",
            "localhost",
            "LOCALHOST:9",
            "[::1]:8000",
            "[::1]",
            "127.9.9.9",
        ] {
            assert_eq!(judge(&guard, host, None), Ok(false), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8000",
            "127.0.0.1.evil.example",
            "localhost.evil.example:8000",
            "localhost:80@evil.example",
            "10.0.0.1",
            "[::1]evil",
            "[::2]:1",
            "",
        ] {
            assert_eq!(judge(&guard, host, None), Err(GuardRefusal::Host), "{host}");
        }
    }

    #[test]
    fn a_loopback_bind_answers_only_to_loopback_pages() {
        let guard = Guard::for_bind(([127, 0, 0, 1], 8000).into(), false, None, None);
        for origin in [
            "http://localhost:6274",
            "http://127.0.0.1",
            "https://[::1]:443",
        ] {
            assert_eq!(
                judge(&guard, "localhost", Some(origin)),
                Ok(true),
                "{origin}"
            );
        }
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example",
            "http://localhost@evil.example",
            "http://evil.example/localhost",
            "file://localhost",
            "localhost",
        ] {
            assert_eq!(
                judge(&guard, "localhost", Some(origin)),
                Err(GuardRefusal::Origin),
                "{origin}"
            );
        }
    }

    #[test]
    fn two_hosts_or_two_origins_are_refused() {
        let guard = Guard::for_bind(([127, 0, 0, 1], 8000).into(), false, None, None);
        let mut twice = headers("localhost", None);
        twice.append(HOST, HeaderValue::from_static("localhost"));
        let uri = Uri::from_static("/mcp");
        assert_eq!(guard.admit_host(&uri, &twice), Err(GuardRefusal::Host));

        let mut twice = headers("localhost", Some("http://localhost"));
        twice.append(ORIGIN, HeaderValue::from_static("http://localhost"));
        assert_eq!(guard.admit_origin(&twice), Err(GuardRefusal::Origin));
    }

    #[test]
    fn lists_widen_a_loopback_guard_and_switch_a_public_one_on() {
        let loopback = Guard::for_bind(
            ([127, 0, 0, 1], 8000).into(),
            false,
            Some(vec!["mcp.example.com".into()]),
            Some(vec!["https://app.example.com".into()]),
        );
        assert_eq!(judge(&loopback, "MCP.example.com:443", None), Ok(false));
        assert_eq!(
            judge(&loopback, "localhost", Some("https://app.example.com")),
            Ok(true)
        );

        let protected = Guard::for_bind(([0, 0, 0, 0], 8000).into(), false, None, None);
        assert_eq!(
            judge(&protected, "anything", Some("https://x.example")),
            Ok(false)
        );

        let hosts = Some(vec!["mcp.example.com:8443".into()]);
        let listed = Guard::unbound(false, hosts, None);
        assert_eq!(judge(&listed, "mcp.example.com:8443", None), Ok(false));
        assert_eq!(
            judge(&listed, "mcp.example.com", None),
            Err(GuardRefusal::Host)
        );
        assert_eq!(judge(&listed, "localhost", None), Err(GuardRefusal::Host));
    }

    #[test]
    fn an_open_server_answers_to_no_foreign_page_wherever_it_is_bound() {
        let open = Guard::for_bind(([0, 0, 0, 0], 8000).into(), true, None, None);
        assert_eq!(judge(&open, "192.168.0.7:8000", None), Ok(false));
        assert_eq!(
            judge(&open, "evil.example", Some("http://evil.example")),
            Err(GuardRefusal::Origin)
        );
        assert_eq!(judge(&open, "x", Some("http://localhost:6274")), Ok(true));
        // The same applies to a service that somebody else binds.
        let unbound = Guard::unbound(true, None, Some(vec!["https://app.example".into()]));
        assert_eq!(judge(&unbound, "anything", None), Ok(false));
        assert_eq!(
            judge(&unbound, "x", Some("http://evil.example")),
            Err(GuardRefusal::Origin)
        );
        assert_eq!(judge(&unbound, "x", Some("https://app.example")), Ok(true));
    }

    #[test]
    fn a_target_in_absolute_form_is_judged_too() {
        let guard = Guard::for_bind(([127, 0, 0, 1], 8000).into(), false, None, None);
        let good = headers("127.0.0.1:8000", None);
        let here = Uri::from_static("http://localhost:8000/mcp");
        let evil = Uri::from_static("http://evil.example/mcp");
        assert_eq!(guard.admit_host(&here, &good), Ok(()));
        assert_eq!(guard.admit_host(&evil, &good), Err(GuardRefusal::Host));
        assert_eq!(
            guard.admit_host(&evil, &HeaderMap::new()),
            Err(GuardRefusal::Host)
        );
    }
}
