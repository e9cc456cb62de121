//! Which URLs a server may teach its client. Everything that discovery finds is a suggestion of
//! somebody else, and the client sends requests, or a person, there.

use std::net::IpAddr;

use thyra_oauth::is_loopback;
use thyra_oauth::{check_web, page_url};
use url::{Host, Url};

use super::printable::printable;

/// Reads a URL that `server` suggested.
///
/// It must be `https`, or `http` on this machine; a server that is not itself on this machine or
/// in a private network cannot point into one. There is no user name, password and fragment in it.
pub(super) fn learned(text: &str, server: &Url) -> Result<Url, UrlRefused> {
    let refused = |reason| UrlRefused {
        url: printable(text),
        reason,
    };
    let url = Url::parse(text).map_err(|_| refused("it is not an absolute URL"))?;
    check(&url, server).map_err(refused)?;
    Ok(url)
}

/// Checks the URL of a page that a server wants a person to visit (MCP `client/elicitation`, URL mode).
///
/// It leads where it says ([`page_url`]); its rules are otherwise those of [`learned`], but it may have a fragment and lead into a private
/// network: a person goes there, or does not, and no answer comes back to the server.
pub(super) fn page(text: &str) -> Result<(), UrlRefused> {
    page_url(text)
        .and_then(|url| check_public(&url))
        .map_err(|reason| UrlRefused {
            url: printable(text),
            reason,
        })
}

/// Whether `url` is encrypted, or does not leave this machine.
pub(super) fn is_confidential(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether the two have the same scheme, host and port.
pub(super) fn is_same_origin(one: &Url, other: &Url) -> bool {
    one.origin().is_tuple() && one.origin() == other.origin()
}

/// A URL that the client does not go to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the URL `{url}` is not followed: {reason}")]
pub struct UrlRefused {
    url: String,
    reason: &'static str,
}

fn check(url: &Url, server: &Url) -> Result<(), &'static str> {
    check_public(url)?;
    if url.fragment().is_some() {
        return Err("it holds a fragment");
    }
    if is_internal(url) && !is_internal(server) {
        return Err("it leads into a private network, and the server that named it is outside");
    }
    Ok(())
}

/// What holds for every URL, whoever goes there.
fn check_public(url: &Url) -> Result<(), &'static str> {
    check_web(url)?;
    if !is_confidential(url) {
        return Err("it must be https, except on this machine");
    }
    Ok(())
}

/// Whether `url` names an address that is not for everybody.
fn is_internal(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(address)) => is_internal_address(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_internal_address(IpAddr::V6(address)),
        None => false,
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// Addresses that are not for everybody (RFC 6890).
fn is_internal_address(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                || (a == 100 && b & 0xc0 == 64)
                || (a == 192 && b == 0)
                || (a == 198 && b & 0xfe == 18)
                || a >= 240
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                // NAT64 and 6to4 hold an IPv4 address that nobody looked at.
                || (first == 0x64 && second == 0xff9b)
                || first == 0x2002
                || (first == 0x2001 && second == 0xdb8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str, server: &str) -> Result<String, &'static str> {
        let server = Url::parse(server).unwrap();
        learned(text, &server)
            .map(String::from)
            .map_err(|refused| refused.reason)
    }

    #[test]
    fn a_public_server_may_name_public_https_urls_only() {
        let server = "https://mcp.example.com/mcp";
        assert!(judge("https://login.example.org/authorize?tenant=1", server).is_ok());
        for text in [
            "javascript:alert(1)",
            "data:text/html,hello",
            "file:///etc/passwd",
            "/relative",
            "http://login.example.org/",
            "http://127.0.0.1/",
            "https://127.0.0.1/",
            "https://localhost/",
            "https://metadata.localhost./",
            "https://10.1.2.3/",
            "https://0x7f000001/",
            "https://169.254.169.254/latest",
            "https://100.64.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
            "https://[64:ff9b::a00:1]/",
            "https://user@login.example.org/",
            "https://:secret@login.example.org/",
            "https://login.example.org/#part",
        ] {
            assert!(judge(text, server).is_err(), "{text}");
        }
    }

    #[test]
    fn a_server_on_this_machine_may_name_others_on_it() {
        let server = "http://127.0.0.1:8000/mcp";
        for text in [
            "http://127.0.0.1:9911/x",
            "http://localhost:1/",
            "http://[::1]/",
            "https://a.example/",
        ] {
            assert!(judge(text, server).is_ok(), "{text}");
        }
        assert!(judge("http://192.168.0.1/", server).is_err());
        assert!(judge("javascript:alert(1)", server).is_err());
    }

    #[test]
    fn a_page_is_what_it_looks_like() {
        for text in [
            "https://pay.example",
            "https://pay.example:8443/a?b=c#d",
            "https://10.1.2.3/",
            "http://127.0.0.1:8000/",
            "http://localhost/",
            "http://[::1]:1/",
        ] {
            assert_eq!(page(text), Ok(()), "{text}");
        }
        for (text, wanted) in [
            (
                "http://pay.example/",
                "it must be https, except on this machine",
            ),
            (
                "http://localhost.pay.example/",
                "it must be https, except on this machine",
            ),
            (
                "https://2130706433/",
                "it does not begin with the host that it leads to, as https://pay.example does",
            ),
            ("/pay", "it is not an absolute URL"),
        ] {
            assert_eq!(page(text).unwrap_err().reason, wanted, "{text}");
        }
    }

    #[test]
    fn the_refusal_repeats_no_control_characters() {
        let server = Url::parse("https://a.example").unwrap();
        let refused = learned("java\u{1b}script:x", &server).unwrap_err();
        assert!(!refused.to_string().contains('\u{1b}'));
    }
}
