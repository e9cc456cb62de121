//! The pages that a user may be sent to.

use url::Url;

/// The longest URL of a page.
const LONGEST_URL: usize = 8192;

/// Whether `url` is one that a browser opens as a page, and that everybody reads alike: parsers of browsers mend what is none.
pub(super) fn is_page(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    matches!(&*scheme.to_ascii_lowercase(), "http" | "https")
        && url.len() <= LONGEST_URL
        && url
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !rest.starts_with('/')
        && Url::parse(url).is_ok_and(|url| url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_an_absolute_http_url() {
        let longest = format!("https://a.example/{}", "x".repeat(LONGEST_URL - 18));
        for page in [
            "https://pay.example",
            "http://127.0.0.1:8000/a?b=c#d",
            "HTTPS://pay.example/%20",
            "https://[::1]/",
            &longest,
        ] {
            assert!(is_page(page), "{page}");
        }
        for other in [
            "",
            "pay",
            "/pay",
            "//pay.example",
            "https:",
            "https://",
            "https:pay.example",
            "https:///pay.example",
            "https:\\\\pay.example",
            "https://pay.example\\@other.example",
            "https://pay.example/a b",
            " https://pay.example",
            "https://pay.example\n",
            "https://p\u{e4}y.example",
            "https://pay.example:x",
            "javascript:alert(1)",
            "javascript://pay.example/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://pay.example",
            &format!("{longest}x"),
        ] {
            assert!(!is_page(other), "{other}");
        }
    }
}
