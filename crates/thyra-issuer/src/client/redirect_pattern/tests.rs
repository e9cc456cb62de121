use proptest::prelude::*;

use super::*;

fn allows(pattern: &str, text: &str) -> bool {
    let patterns = RedirectPatterns::new([pattern]).unwrap_or_else(|error| panic!("{error}"));
    // What is not a redirect URI is refused before patterns are looked at.
    RedirectUri::parse(text).is_ok_and(|uri| patterns.allow(&uri))
}

/// Which pattern allows which redirect URI.
const TABLE: &[(&str, &str, bool)] = &[
    // The same, and any query.
    ("https://app.example/cb", "https://app.example/cb", true),
    ("https://app.example/cb", "https://app.example/cb?a=1", true),
    ("https://app.example/cb", "https://APP.example/cb", true),
    ("HTTPS://APP.example/cb", "https://app.example/cb", true),
    ("https://app.example/cb", "https://app.example:443/cb", true),
    ("https://app.example/cb", "https://app.example/CB", false),
    ("https://app.example/cb", "https://app.example/cb/", false),
    ("https://app.example/cb", "https://app.example/cbx", false),
    // The scheme.
    ("https://app.example/cb", "http://app.example/cb", false),
    ("http://localhost/cb", "https://localhost/cb", false),
    ("https://app.example/cb", "httpsx://app.example/cb", false),
    // The host.
    (
        "https://app.example",
        "https://app.example.evil.example/",
        false,
    ),
    ("https://app.example", "https://evilapp.example/", false),
    ("https://app.example", "https://x.app.example/", false),
    (
        "https://app.example",
        "https://app.example@evil.example/",
        false,
    ),
    (
        "https://app.example",
        "https://app.example\\@evil.example/",
        false,
    ),
    (
        "https://app.example",
        "https://evil.example/https://app.example",
        false,
    ),
    ("https://app.example", "https://app.example./", false),
    // Subdomains.
    ("https://*.app.example", "https://x.app.example/", true),
    ("https://*.app.example", "https://x.y.app.example/", true),
    ("https://*.app.example", "https://app.example/", false),
    ("https://*.app.example", "https://.app.example/", false),
    ("https://*.app.example", "https://evilapp.example/", false),
    (
        "https://*.app.example",
        "https://x.app.example.evil.example/",
        false,
    ),
    (
        "https://*.app.example",
        "https://x.app.example@evil.example/",
        false,
    ),
    (
        "https://*.app.example",
        "https://evil.example/.app.example",
        false,
    ),
    (
        "https://*.app.example",
        "https://evil.example?.app.example",
        false,
    ),
    (
        "https://*.app.example",
        "https://evil.example#.app.example",
        false,
    ),
    (
        "https://*.app.example",
        "https://evil.example%2f.app.example/",
        false,
    ),
    (
        "https://*.app.example",
        "https://evil.example\\.app.example/",
        false,
    ),
    // Ports.
    (
        "https://app.example:8443/cb",
        "https://app.example:8443/cb",
        true,
    ),
    (
        "https://app.example:8443/cb",
        "https://app.example/cb",
        false,
    ),
    (
        "https://app.example/cb",
        "https://app.example:8443/cb",
        false,
    ),
    (
        "https://app.example:*/cb",
        "https://app.example:8443/cb",
        true,
    ),
    ("https://app.example:*/cb", "https://app.example/cb", true),
    (
        "https://app.example:*/cb",
        "https://app.example:1@evil.example/cb",
        false,
    ),
    // This machine.
    ("http://localhost", "http://localhost/", true),
    ("http://localhost", "http://localhost:5000/any/path", true),
    ("http://localhost/cb", "http://localhost:5000/cb", true),
    ("http://localhost/cb", "http://localhost:5000/other", false),
    ("http://localhost:5000/cb", "http://localhost:5000/cb", true),
    (
        "http://localhost:5000/cb",
        "http://localhost:5001/cb",
        false,
    ),
    ("http://localhost:*", "http://localhost:1/", true),
    (
        "http://localhost:*",
        "http://localhost.evil.example:1/",
        false,
    ),
    (
        "http://localhost:*",
        "http://localhost:1@evil.example/",
        false,
    ),
    ("http://localhost", "http://127.0.0.1/", false),
    ("http://localhost", "https://localhost/", false),
    ("http://127.0.0.1", "http://127.0.0.1:5000/", true),
    (
        "http://127.0.0.1:*",
        "http://127.0.0.1.evil.example/",
        false,
    ),
    ("http://127.0.0.1", "http://127.0.0.2/", false),
    ("http://[::1]", "http://[::1]:5000/", true),
    ("http://[::1]:5000", "http://[::1]:5000/", true),
    ("http://[::1]:5000", "http://[::1]:5001/", false),
    ("http://[::1]", "http://[::2]/", false),
    ("http://*.localhost", "http://app.localhost:1/cb", true),
    // Paths.
    ("https://app.example", "https://app.example/any/path", true),
    ("https://app.example/", "https://app.example/any/path", true),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth/cb",
        true,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth/a/b",
        true,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth/",
        true,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth",
        false,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/other",
        false,
    ),
    (
        "https://app.example/*/cb",
        "https://app.example/a/b/cb",
        true,
    ),
    (
        "https://app.example/*/cb",
        "https://app.example/a/cbx",
        false,
    ),
    (
        "https://app.example/a*b*c",
        "https://app.example/a1b2c",
        true,
    ),
    (
        "https://app.example/a*b*c",
        "https://app.example/abcbc",
        true,
    ),
    ("https://app.example/a*b*c", "https://app.example/ac", false),
    (
        "https://app.example/ab*ba",
        "https://app.example/aba",
        false,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth/../evil",
        false,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth/%2e%2e/evil",
        false,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth/..%2fevil",
        false,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth/.%2e/evil",
        false,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth/./x",
        false,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth/..",
        false,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/oauth%2fcb",
        false,
    ),
    (
        "https://app.example/oauth/*",
        "https://app.example/x?/oauth/cb",
        false,
    ),
    // Schemes of applications.
    (
        "cursor://anysphere.cursor/oauth/*",
        "cursor://anysphere.cursor/oauth/cb",
        true,
    ),
    (
        "cursor://anysphere.cursor/oauth/*",
        "cursor://evil/oauth/cb",
        false,
    ),
    (
        "cursor://anysphere.cursor",
        "cursor://anysphere.cursor:1/oauth",
        false,
    ),
    ("myapp:///cb", "myapp:///cb", true),
    ("myapp:///cb", "myapp:/cb", false),
    ("myapp:///cb", "myapp://cb", false),
    ("myapp:/cb", "myapp:/cb", true),
    ("myapp:/cb", "myapp://host/cb", false),
    ("myapp:*", "myapp:cb", true),
    ("myapp:*", "javascript:cb", false),
];

#[test]
fn the_truth_table_of_patterns() {
    for (pattern, text, wanted) in TABLE {
        assert_eq!(allows(pattern, text), *wanted, "{pattern} {text}");
    }
}

#[test]
fn a_pattern_that_could_mislead_is_refused() {
    for (pattern, problem) in [
        ("", "it has no scheme"),
        ("*", "it has no scheme"),
        ("app.example/*", "it has no scheme"),
        ("*://app.example", "its scheme is not one of applications"),
        ("javascript:*", "its scheme is not one of applications"),
        (
            "javascript://*.example/",
            "its scheme is not one of applications",
        ),
        ("https:*", "two slashes must follow its scheme"),
        ("https://*", "only a whole label"),
        ("https://*/cb", "only a whole label"),
        ("https://*app.example", "only a whole label"),
        ("https://app.*", "only a whole label"),
        ("https://*.*.example", "only a whole label"),
        ("https://*.", "it"),
        ("https://*.127.0.0.1/", "addresses have no subdomains"),
        (
            "https://user@app.example",
            "it has a user name or a password",
        ),
        ("https://app.example:1*", "its port is neither"),
        ("https://app.example:99999", "its port is neither"),
        ("https://app.example:", "its port is neither"),
        ("https://127.1/", "its host is not spelled"),
        ("https://0x7f.1/", "its host is not spelled"),
        ("https://app.example/?a=*", "it has a query or a fragment"),
        ("https://app.example/#", "it has a query or a fragment"),
        ("https://app.example/a/../b", "its path holds a dot segment"),
        (
            "https://app.example/%2e%2e/b",
            "its path holds a dot segment",
        ),
        ("https://app.example/ x", "it holds a character"),
        ("https://app.example\\@x", "it holds a character"),
        ("https://\u{430}pp.example", "it holds a character"),
        ("https:///cb", "its host cannot be read"),
    ] {
        let error = RedirectPatterns::new(["https://ok.example", pattern]).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains(&format!("`{pattern}`")) || pattern.contains(['\\', ' ', '\u{430}']),
            "{error}"
        );
        assert!(error.contains(problem), "{pattern}: {error}");
    }
}

#[test]
fn an_empty_list_allows_nothing() {
    let none = RedirectPatterns::new([""; 0]).unwrap();
    assert!(none.is_empty());
    assert!(!none.allow(&RedirectUri::parse("http://localhost/").unwrap()));
    let two = RedirectPatterns::new(["http://localhost", "https://a.example"]).unwrap();
    assert_eq!(
        format!("{two:?}"),
        r#"["http://localhost", "https://a.example"]"#
    );
    assert!(two.allow(&RedirectUri::parse("https://a.example/x").unwrap()));
}

/// By regular expressions that are easy to believe.
fn is_like_by_definition(text: &[u8], pattern: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| is_like_by_definition(&text[at..], rest)),
        Some((first, rest)) => text
            .split_first()
            .is_some_and(|(begin, text)| begin == first && is_like_by_definition(text, rest)),
    }
}

proptest! {
    #[test]
    fn a_star_stands_for_any_text(text in "[ab/]{0,10}", pattern in "[ab/*]{0,8}") {
        let wanted = is_like_by_definition(text.as_bytes(), pattern.as_bytes());
        prop_assert_eq!(is_like(&text, &pattern), wanted);
    }

    #[test]
    fn whatever_is_written_is_read_or_refused(pattern in "\\PC{0,40}", rest in "[-a-z0-9.:/@%*\\[\\]]{0,30}", uri in "[-a-z0-9.:/@%]{0,30}") {
        for pattern in [pattern, format!("https://{rest}"), format!("http://localhost{rest}"), format!("my:{rest}")] {
            let Ok(patterns) = RedirectPatterns::new([&pattern]) else { continue };
            for text in [format!("https://{uri}"), format!("http://localhost{uri}"), format!("my:{uri}")] {
                let Ok(uri) = RedirectUri::parse(&text) else { continue };
                if patterns.allow(&uri) {
                    // Never another scheme than the pattern's.
                    prop_assert!(pattern.starts_with(uri.scheme()), "{} {}", pattern, text);
                }
            }
        }
    }

    #[test]
    fn no_host_is_reached_but_the_one_in_the_pattern(host in "[a-z]{1,6}(\\.[a-z]{1,6}){0,2}", port in proptest::option::of(1..u16::MAX), path in "[a-z0-9/%.@:-]{0,20}") {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let patterns = RedirectPatterns::new(["https://app.example:*"]).unwrap();
        let Ok(uri) = RedirectUri::parse(&format!("https://{host}{port}/{path}")) else { return Ok(()) };
        prop_assert_eq!(patterns.allow(&uri), host == "app.example");
    }
}
