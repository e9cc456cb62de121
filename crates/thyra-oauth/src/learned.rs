//! Which URLs a program may learn from a server. Everything that discovery finds is somebody else's
//! suggestion, and the program sends requests, or a person, there.

use url::Url;

use crate::charset::is_of_urls;
use crate::fetch::address::is_internal;
use crate::page_url::{check_web, page_url};
use crate::printable::{printable, printable_url};
use crate::resource::is_loopback;

/// Reads a URL that the server at `from` suggested.
///
/// It must be made of the characters of URLs (RFC 3986 section 2), and be `https`, or `http` on
/// this machine, without user name, password and fragment. A server that is neither on this machine
/// nor in a private network cannot point into one.
///
/// # Errors
///
/// [`UrlRefused`] says what is wrong with it.
pub fn learned_url(text: &str, from: &Url) -> Result<Url, UrlRefused> {
    let refused = |reason| UrlRefused {
        url: printable(text),
        reason,
    };
    if !is_of_urls(text) {
        return Err(refused(
            "it holds a character that no URL has (RFC 3986 section 2)",
        ));
    }
    let url = Url::parse(text).map_err(|_| refused("it is not an absolute URL"))?;
    check(&url, from).map_err(refused)?;
    Ok(url)
}

/// Checks the URL of a page that a server wants a person to visit.
///
/// It must lead where it says ([`page_url`]) and be `https`, or `http` on this machine. Unlike a
/// [`learned_url`] it may have a fragment and lead into a private network: a person decides whether
/// to go there, and no answer comes back to the server.
///
/// # Errors
///
/// [`UrlRefused`] says what is wrong with it.
pub fn check_page(text: &str) -> Result<(), UrlRefused> {
    page_url(text)
        .and_then(|url| check_encrypted(&url))
        .map_err(|reason| UrlRefused {
            url: printable(text),
            reason,
        })
}

/// Reads the URL of a resource that the caller configured and sends tokens to: `https`, or `http`
/// on this machine, without user name, password and fragment.
///
/// # Errors
///
/// [`UrlRefused`] says what is wrong with it.
pub fn configured_url(text: &str) -> Result<Url, UrlRefused> {
    let refused = |reason| UrlRefused {
        url: printable_url(text),
        reason,
    };
    let url = Url::parse(text).map_err(|_| refused("it is not an absolute URL"))?;
    check_plain(&url).map_err(refused)?;
    Ok(url)
}

/// Reads the URL of a resource that somebody else chose, such as a user of a hosted service:
/// `https`, without user name, password and fragment, and neither on this machine nor, as far as
/// the URL shows, in a private network. Where its name leads, [`Trust::Public`] checks.
///
/// [`Trust::Public`]: crate::Trust::Public
///
/// # Errors
///
/// [`UrlRefused`] says what is wrong with it.
pub fn public_url(text: &str) -> Result<Url, UrlRefused> {
    let refused = |reason| UrlRefused {
        url: printable_url(text),
        reason,
    };
    let url = Url::parse(text).map_err(|_| refused("it is not an absolute URL"))?;
    if url.scheme() != "https" {
        return Err(refused("it must be https"));
    }
    check_plain(&url).map_err(refused)?;
    if is_internal(&url) {
        return Err(refused(
            "it leads to this machine, or into a private network",
        ));
    }
    Ok(url)
}

/// Whether what goes to `url` is encrypted, or does not leave this machine.
pub fn is_confidential(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether both URLs have the same scheme, host and port.
pub fn is_same_origin(one: &Url, other: &Url) -> bool {
    one.origin().is_tuple() && one.origin() == other.origin()
}

/// A URL that is not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the URL `{url}` is not followed: {reason}")]
pub struct UrlRefused {
    url: String,
    reason: &'static str,
}

impl UrlRefused {
    /// What is wrong with the URL.
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

fn check(url: &Url, from: &Url) -> Result<(), &'static str> {
    check_plain(url)?;
    if is_internal(url) && !is_internal(from) {
        return Err("it leads into a private network, and the server that named it is outside");
    }
    Ok(())
}

fn check_plain(url: &Url) -> Result<(), &'static str> {
    check_encrypted(url)?;
    if url.fragment().is_some() {
        return Err("it holds a fragment");
    }
    Ok(())
}

fn check_encrypted(url: &Url) -> Result<(), &'static str> {
    check_web(url)?;
    if !is_confidential(url) {
        return Err("it must be https, except on this machine");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str, server: &str) -> Result<String, &'static str> {
        let server = Url::parse(server).unwrap();
        learned_url(text, &server)
            .map(String::from)
            .map_err(|refused| refused.reason)
    }

    #[test]
    fn a_refusal_repeats_no_password_that_somebody_set_up() {
        for read in [configured_url, public_url] {
            let refused = read("https://ada:hush@mcp.example.com/mcp?hush").unwrap_err();
            assert_eq!(
                refused.to_string(),
                "the URL `mcp.example.com/mcp` is not followed: it holds a user name or a password"
            );
        }
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
            assert_eq!(check_page(text), Ok(()), "{text}");
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
            assert_eq!(check_page(text).unwrap_err().reason, wanted, "{text}");
        }
    }

    #[test]
    fn what_rfc_3986_does_not_have_is_refused_and_not_repeated() {
        for odd in [
            "\u{1b}[2J",
            "\u{7}",
            "\r\n",
            "\t",
            " ",
            "\u{e9}",
            "\u{9b}",
            "\u{202e}",
            "\u{200b}",
            "\u{2028}",
            "\"",
            "\\",
            "<",
            "{",
        ] {
            for text in [
                format!("{odd}https://a.example/"),
                format!("https://{odd}a.example/"),
                format!("https://a.example/{odd}"),
                format!("https://a.example/?{odd}"),
                format!("https://a.example/{odd}/x"),
            ] {
                let server = Url::parse("https://a.example").unwrap();
                let refused = learned_url(&text, &server).unwrap_err();
                assert_eq!(
                    refused.reason, "it holds a character that no URL has (RFC 3986 section 2)",
                    "{text:?}"
                );
                let said = refused.to_string();
                assert!(
                    said.chars()
                        .all(|shown| shown == '\u{e9}' || matches!(shown, ' '..='~'))
                );
            }
        }
    }
}
