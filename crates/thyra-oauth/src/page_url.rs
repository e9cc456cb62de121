//! Which URLs a person may be sent to: the host that is shown must be the host that is opened.

use url::Url;

use crate::charset::is_of_urls;

/// The longest URL that a person can be expected to read, in bytes.
const LONGEST: usize = 8192;

/// Reads the URL of a page that a person is sent to. It must lead where it seems to: it has at most
/// 8192 bytes, all of them characters of URLs (RFC 3986 section 2), and begins with `http://` or
/// `https://` and exactly the host that a browser goes to, without user name and password.
///
/// Browsers (WHATWG URL) are more lenient: they repair what is not a URL, decode hosts and read
/// numbers as addresses. A URL that needs such repair is refused.
///
/// # Errors
///
/// What is wrong with it.
pub fn page_url(text: &str) -> Result<Url, &'static str> {
    if text.len() > LONGEST {
        return Err("it is longer than 8192 bytes");
    }
    if !is_of_urls(text) {
        return Err("it holds a character that no URL has");
    }
    let url = Url::parse(text).map_err(|_| "it is not an absolute URL")?;
    check_web(&url)?;
    if !begins_with_its_host(text, &url) {
        return Err(
            "it does not begin with the host that it leads to, as https://pay.example does",
        );
    }
    Ok(url)
}

/// Checks that `url` is `http` or `https`, and has no user name and no password.
pub(crate) fn check_web(url: &Url) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("its scheme is neither https nor http");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user name or a password");
    }
    Ok(())
}

/// Whether `text` shows the host of `url` in full, where people look for it: parsing added nothing
/// to it and removed nothing.
fn begins_with_its_host(text: &str, url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let start = format!("{}://{host}", url.scheme());
    text.split_at_checked(start.len())
        .is_some_and(|(begin, rest)| {
            begin.eq_ignore_ascii_case(&start)
                && (rest.is_empty() || rest.starts_with([':', '/', '?', '#']))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<&'static str> {
        page_url(text).err()
    }

    #[test]
    fn a_page_has_an_absolute_url_of_the_web() {
        for page in [
            "https://pay.example",
            "HTTPS://Pay.Example/%20",
            "https://pay.example:8443/a?b=c#d",
            "https://pay.example?a=1&filter[b]=2",
            "https://pay.example#d",
            "https://pay.example./",
            "https://xn--pple-43d.example/",
            "https://pay.example/~a/;b=1,2/(c)/$'*+!@:d",
            "https://10.1.2.3/",
            "http://127.0.0.1:8000/a?b=c#d",
            "http://localhost/",
            "http://[::1]:1/",
        ] {
            assert_eq!(problem(page), None, "{page}");
        }
        for other in [
            "",
            "pay",
            "pay.example",
            "/pay",
            "//pay.example",
            "https:",
            "https://",
            "https://pay.example:x",
        ] {
            assert_eq!(problem(other), Some("it is not an absolute URL"), "{other}");
        }
        for other in [
            "javascript:alert(1)",
            "javascript://pay.example/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://pay.example",
            "slack://open",
        ] {
            let wanted = Some("its scheme is neither https nor http");
            assert_eq!(problem(other), wanted, "{other}");
        }
    }

    #[test]
    fn what_browsers_mend_is_no_page() {
        let character = Some("it holds a character that no URL has");
        for other in [
            " https://pay.example",
            "https://pay.example/a b",
            "https://pay.example\n",
            "https://pay.exa\nmple/",
            "https://pay.example/\u{1b}[8m",
            "https://p\u{e4}y.example",
            "https://p\u{430}y.example/",
            "https:\\\\pay.example",
            "https://bank.example\\@pay.example/",
        ] {
            assert_eq!(problem(other), character, "{other}");
        }
        for never in ['"', '<', '>', '\\', '^', '`', '{', '|', '}'] {
            for other in [
                format!("https://pay.example/{never}"),
                format!("https://pay.example/?{never}"),
                format!("https://pay.example/#{never}"),
                format!("https://pay{never}.example/"),
            ] {
                assert_eq!(problem(&other), character, "{other}");
            }
        }
    }

    #[test]
    fn the_host_is_the_one_that_is_seen() {
        for other in [
            "https:pay.example",
            "https:/pay.example",
            "https:///pay.example",
            "https:////pay.example",
            "https://ev%69l.example/",
            "https://pay.example%2eevil.example/",
            // A soft hyphen, which is dropped: between two labels, and at the end.
            "https://pay%C2%AD.example/",
            "https://pay.example%C2%AD/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://127.0.0.1./",
            "http://[0:0:0:0:0:0:0:1]/",
            "https://@pay.example/",
            "https://:@pay.example/",
        ] {
            let wanted =
                "it does not begin with the host that it leads to, as https://pay.example does";
            assert_eq!(problem(other), Some(wanted), "{other}");
        }
        for other in [
            "https://bank.example@pay.example/",
            "https://bank.example:1@pay.example/",
            "https://:secret@pay.example/",
            "https:bank.example@pay.example/",
        ] {
            let wanted = Some("it holds a user name or a password");
            assert_eq!(problem(other), wanted, "{other}");
        }
    }

    #[test]
    fn a_page_has_a_url_that_can_be_looked_at() {
        let long = format!("https://pay.example/{}", "x".repeat(LONGEST));
        assert_eq!(problem(&long[..LONGEST]), None);
        assert_eq!(
            problem(&long[..=LONGEST]),
            Some("it is longer than 8192 bytes")
        );
    }
}
