use proptest::prelude::*;

use super::*;

fn resource(base_url: &str, endpoint_path: &str) -> String {
    ResourceUrl::new(base_url, endpoint_path)
        .unwrap()
        .to_string()
}

fn problem(base_url: &str, endpoint_path: &str) -> String {
    ResourceUrl::new(base_url, endpoint_path)
        .unwrap_err()
        .to_string()
}

#[test]
fn the_path_is_joined_exactly_once() {
    for (base_url, endpoint_path, expected) in [
        ("https://h", "/mcp", "https://h/mcp"),
        ("https://h/", "/mcp", "https://h/mcp"),
        ("https://h/mcp", "/mcp", "https://h/mcp"),
        ("https://h/mcp/", "/mcp", "https://h/mcp"),
        ("https://h/mcp", "/mcp/", "https://h/mcp/"),
        ("https://h/api", "/mcp", "https://h/api/mcp"),
        ("https://h/api/", "/mcp", "https://h/api/mcp"),
        ("https://h/api/mcp", "/mcp", "https://h/api/mcp"),
        ("https://h/xmcp", "/mcp", "https://h/xmcp/mcp"),
        ("https://h", "/mcp/", "https://h/mcp/"),
        ("https://h", "/", "https://h/"),
        ("https://h/", "/", "https://h/"),
        ("https://h/api", "/", "https://h/api/"),
        ("https://h/api", "", "https://h/api"),
        ("https://h", "", "https://h"),
        ("  https://h \n", "/mcp", "https://h/mcp"),
        ("http://localhost:8000", "/mcp", "http://localhost:8000/mcp"),
        ("http://127.0.0.1:8000", "/mcp", "http://127.0.0.1:8000/mcp"),
        ("http://[::1]:8000", "/mcp", "http://[::1]:8000/mcp"),
    ] {
        assert_eq!(
            resource(base_url, endpoint_path),
            expected,
            "{base_url} {endpoint_path}"
        );
    }
}

#[test]
fn a_path_of_two_segments_is_not_doubled_in_the_well_known_url() {
    for base_url in ["https://h", "https://h/scalekit/streamable"] {
        let resource = ResourceUrl::new(base_url, "/scalekit/streamable").unwrap();
        assert_eq!(
            resource.well_known_url("oauth-protected-resource"),
            "https://h/.well-known/oauth-protected-resource/scalekit/streamable"
        );
    }
}

#[test]
fn the_host_is_published_as_it_was_written() {
    assert_eq!(
        resource("https://MCP.Example.com:443", "/mcp"),
        "https://MCP.Example.com:443/mcp"
    );
}

#[test]
fn a_root_resource_has_the_root_form_of_the_well_known_path() {
    for (base_url, endpoint_path) in [("https://h", "/"), ("https://h", "")] {
        let resource = ResourceUrl::new(base_url, endpoint_path).unwrap();
        assert_eq!(
            resource.well_known_path("oauth-protected-resource"),
            "/.well-known/oauth-protected-resource"
        );
    }
    let resource = ResourceUrl::new("https://h/api", "/").unwrap();
    assert_eq!(
        resource.well_known_path("oauth-protected-resource"),
        "/.well-known/oauth-protected-resource/api/"
    );
}

#[test]
fn what_cannot_identify_a_resource_is_refused() {
    use ResourceUrlError as E;
    for (base_url, expected) in [
        ("", E::Blank),
        (" \t", E::Blank),
        ("mcp.example.com", E::NotAbsolute),
        ("/mcp", E::NotAbsolute),
        ("ftp://h", E::NotAbsolute),
        ("https:h", E::NotAbsolute),
        ("https:///h", E::NotAbsolute),
        ("https://h/a b", E::NotAbsolute),
        ("https://hé", E::NotAbsolute),
        ("https://h?x=1", E::QueryOrFragment),
        ("https://h/#x", E::QueryOrFragment),
        ("https://user:secret@h", E::Credentials),
        ("http://mcp.example.com", E::Insecure),
        ("http://localhost.example.com", E::Insecure),
        ("https://h/a/../b", E::PathSpelling("/b".to_owned())),
    ] {
        assert_eq!(
            ResourceUrl::new(base_url, "/mcp"),
            Err(expected),
            "{base_url}"
        );
    }
    for endpoint_path in [
        "mcp",
        "/m cp",
        "/mcp?x",
        "/mcp#x",
        "/../mcp",
        "//evil/..",
        "/m\"cp",
        "/m\\cp",
    ] {
        assert_eq!(
            ResourceUrl::new("https://h", endpoint_path),
            Err(ResourceUrlError::EndpointPath),
            "{endpoint_path}"
        );
    }
}

#[test]
fn a_problem_says_what_to_do() {
    insta::assert_snapshot!(problem("http://mcp.example.com", "/mcp"), @"it must begin with `https://`; `http://` is accepted for localhost only");
    insta::assert_snapshot!(problem("https://h/a/./b", "/mcp"), @"its path is not written as clients will send it; write the path as `/a/b`");
}

proptest! {
    #[test]
    fn no_input_breaks_the_parser(base_url in any::<String>(), endpoint_path in any::<String>()) {
        if let Ok(resource) = ResourceUrl::new(&base_url, &endpoint_path) {
            prop_assert_eq!(
                format!("{}{}", resource.origin(), resource.path()),
                resource.as_str()
            );
        }
    }

    #[test]
    fn adding_the_path_twice_is_adding_it_once(
        host in "[a-z]{1,8}(\\.[a-z]{1,8}){0,2}",
        path in "(/[a-z0-9-]{1,8}){1,3}",
    ) {
        let once = ResourceUrl::new(&format!("https://{host}"), &path).unwrap();
        prop_assert_eq!(&ResourceUrl::new(once.as_str(), &path).unwrap(), &once);
    }
}
