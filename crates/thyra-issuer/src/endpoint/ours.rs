//! Whether a form was sent from a page of this server.

use http::{HeaderMap, HeaderValue, header};

use crate::server::Urls;

/// Whether a form may have been sent from a page of this server, as far as the browser says where
/// it comes from. That is a second lock: the token in the form is the first one.
pub(super) fn may_be_ours(urls: &Urls, headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get_all(name).into_iter().map(HeaderValue::as_bytes);
    let is_of_origin = |origin: &[u8]| origin.eq_ignore_ascii_case(urls.origin().as_bytes());
    let is_of_site = |site: &[u8]| matches!(site, b"same-origin" | b"none");
    says(header::ORIGIN.as_str()).all(is_of_origin) && says("sec-fetch-site").all(is_of_site)
}

/// Whether the person came here from a page of another site, or may have. Browsers that say nothing
/// about it are not trusted.
pub(super) fn may_be_led_here(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").into_iter();
    match (sites.next().map(HeaderValue::as_bytes), sites.next()) {
        (Some(site), None) => !matches!(site, b"none" | b"same-origin" | b"same-site"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;
    use thyra_oauth::ResourceUrl;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        pairs.collect()
    }

    #[test]
    fn forms_of_other_origins_are_seen() {
        let base = ResourceUrl::new("https://mcp.example.com/base", "").unwrap();
        let urls = Urls::new(base, "https://i".to_owned(), "/auth/callback".to_owned());
        let ours = "https://mcp.example.com";
        for (pairs, expected) in [
            (&[][..], true),
            (&[("origin", ours)], true),
            (&[("origin", ours), ("sec-fetch-site", "same-origin")], true),
            (&[("origin", "null")], false),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "http://mcp.example.com")], false),
            (&[("origin", "https://mcp.example.com:8443")], false),
            (&[("origin", ours), ("sec-fetch-site", "cross-site")], false),
            (&[("origin", ours), ("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
        ] {
            assert_eq!(may_be_ours(&urls, &headers(pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn only_a_browser_that_says_so_was_not_led_here() {
        for (site, expected) in [
            (Some("none"), false),
            (Some("same-origin"), false),
            (Some("same-site"), false),
            (Some("cross-site"), true),
            (Some("Same-Origin"), true),
            (Some(""), true),
            (None, true),
        ] {
            let pairs: Vec<_> = site
                .map(|site| ("sec-fetch-site", site))
                .into_iter()
                .collect();
            assert_eq!(may_be_led_here(&headers(&pairs)), expected, "{site:?}");
        }
    }
}
