//! A path with a slash too many or too few at its end.

use http::Uri;

/// The path that differs from `path` in its last slash. The root has none.
pub(super) fn other_slash(path: &str) -> Option<String> {
    match path.strip_suffix('/') {
        Some("") => None,
        Some(bare) => Some(bare.to_owned()),
        None => Some(format!("{path}/")),
    }
}

/// Where to send a request that is a slash away from `endpoint`.
///
/// The reference is relative, so it is right behind a proxy or a router that took a prefix away.
pub(super) fn redirect(uri: &Uri, endpoint: &str) -> Option<String> {
    if other_slash(endpoint).as_deref() != Some(uri.path()) {
        return None;
    }
    let last = endpoint.trim_end_matches('/').rsplit('/').next()?;
    let mut location = if endpoint.ends_with('/') {
        format!("{last}/")
    } else {
        format!("../{last}")
    };
    if let Some(query) = uri.query() {
        location.push('?');
        location.push_str(query);
    }
    Some(location)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirected(uri: &'static str, endpoint: &str) -> Option<String> {
        redirect(&Uri::from_static(uri), endpoint)
    }

    #[test]
    fn a_slash_too_many_or_too_few_is_redirected_within_the_same_folder() {
        assert_eq!(redirected("/mcp/", "/mcp").unwrap(), "../mcp");
        assert_eq!(redirected("/a/mcp/?x=1", "/a/mcp").unwrap(), "../mcp?x=1");
        assert_eq!(redirected("/mcp", "/mcp/").unwrap(), "mcp/");
        for (uri, endpoint) in [
            ("/mcp", "/mcp"),
            ("/mcp//", "/mcp"),
            ("/mcpx/", "/mcp"),
            ("//", "/"),
            ("/", "/"),
        ] {
            assert_eq!(redirected(uri, endpoint), None, "{uri} {endpoint}");
        }
        // Resolved as clients resolve it, under any prefix.
        let base = url::Url::parse("https://h/api/mcp/").unwrap();
        assert_eq!(base.join("../mcp").unwrap().as_str(), "https://h/api/mcp");
        let base = url::Url::parse("https://h/api/mcp").unwrap();
        assert_eq!(base.join("mcp/").unwrap().as_str(), "https://h/api/mcp/");
    }
}
