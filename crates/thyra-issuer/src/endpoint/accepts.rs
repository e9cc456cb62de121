//! Whether a page or JSON is wanted.

use http::{HeaderMap, header};

/// Whether whoever asks reads pages. A browser says so; a program that says nothing gets JSON.
pub(super) fn accepts_html(asked: &HeaderMap) -> bool {
    let lines = asked.get_all(header::ACCEPT).into_iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let mut kinds = lines.flat_map(|line| line.split(','));
    kinds.any(|kind| {
        let essence = kind.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("text/html")
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn browsers_say_that_they_read_pages() {
        for (accept, expected) in [
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), true),
            (Some("application/json, Text/HTML;q=0.1"), true),
            (Some("application/json"), false),
            (Some("*/*"), false),
            (Some("text/html5"), false),
            (None, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(accepts_html(&headers), expected, "{accept:?}");
        }
    }
}
