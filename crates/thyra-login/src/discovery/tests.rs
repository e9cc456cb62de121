use serde_json::{Value, json};

use super::*;

const SERVER: &str = "https://mcp.example.com/mcp";

fn challenge(resource_metadata: &str) -> Challenge<'_> {
    Challenge::new().resource_metadata(resource_metadata)
}

fn resource(resource: &str, issuer: &str) -> Value {
    json!({ "resource": resource, "authorization_servers": [issuer], "scopes_supported": ["a", "b"] })
}

fn authorization_server(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": "https://login.example.org/authorize",
        "token_endpoint": "https://login.example.org/token",
        "registration_endpoint": "https://login.example.org/register",
        "code_challenge_methods_supported": ["plain", "S256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// Runs discovery against a table of documents; everything else is a 404. Gives what was asked for,
/// too.
fn discover(
    server: &str,
    challenge: Option<&Challenge<'_>>,
    documents: &[(&str, Value)],
) -> (Vec<String>, Result<Discovered, DiscoveryError>) {
    let mut asked = Vec::new();
    let mut step = begin(server, challenge);
    loop {
        let pending = match step {
            Ok(Step::Fetch(pending)) => pending,
            Ok(Step::Done(discovered)) => return (asked, Ok(*discovered)),
            Err(error) => return (asked, Err(error)),
        };
        asked.push(pending.url().to_string());
        let found = documents.iter().find(|(place, _)| *place == pending.url());
        step = match found {
            Some((_, Value::Number(status))) => {
                pending.answer(u16::try_from(status.as_u64().unwrap()).unwrap(), b"")
            }
            Some((_, Value::String(page))) => pending.answer(200, page.as_bytes()),
            Some((_, document)) => pending.answer(200, document.to_string().as_bytes()),
            None => pending.answer(404, b"not here"),
        };
    }
}

/// Discovery where the resource is found at once and only the authorization server matters.
fn discover_issuer(
    issuer: &str,
    documents: &[(&str, Value)],
) -> (Vec<String>, Result<Discovered, DiscoveryError>) {
    let place = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";
    let mut all = vec![(place, resource(SERVER, issuer))];
    all.extend_from_slice(documents);
    let (asked, found) = discover(SERVER, None, &all);
    (asked.into_iter().skip(1).collect(), found)
}

#[test]
fn the_header_is_preferred_and_the_well_known_places_follow() {
    let header = "https://mcp.example.com/elsewhere";
    let issuer = "https://login.example.org";
    let place = "https://login.example.org/.well-known/oauth-authorization-server";
    let documents = |at| {
        [
            (at, resource(SERVER, issuer)),
            (place, authorization_server(issuer)),
        ]
    };
    let path = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";
    let root = "https://mcp.example.com/.well-known/oauth-protected-resource";

    let cases: [(Option<&str>, &str, &[&str]); 6] = [
        (Some(header), header, &[header]),
        (Some(header), path, &[header, path]),
        (Some(header), root, &[header, path, root]),
        (Some(path), root, &[path, root]),
        (None, path, &[path]),
        (None, root, &[path, root]),
    ];
    for (named, at, wanted) in cases {
        let challenge = named.map(challenge);
        let (asked, found) = discover(SERVER, challenge.as_ref(), &documents(at));
        let found = found.unwrap();
        assert_eq!(asked, [wanted, &[place]].concat(), "{named:?} {at}");
        assert_eq!(found.resource.resource, SERVER);
        assert_eq!(found.resource.scopes_supported.unwrap().to_string(), "a b");
        assert!(found.authorization_server.names_issuer_in_responses);
    }
}

#[test]
fn a_server_without_path_and_one_with_a_query_have_their_own_places() {
    let (asked, _) = discover("https://mcp.example.com/", None, &[]);
    assert_eq!(
        asked,
        ["https://mcp.example.com/.well-known/oauth-protected-resource"]
    );
    let (asked, _) = discover("https://mcp.example.com/mcp/?tenant=1", None, &[]);
    assert_eq!(
        asked,
        [
            "https://mcp.example.com/.well-known/oauth-protected-resource/mcp?tenant=1",
            "https://mcp.example.com/.well-known/oauth-protected-resource",
        ]
    );
}

#[test]
fn the_places_of_an_authorization_server_come_in_the_order_of_the_specification() {
    let (asked, found) = discover_issuer("https://login.example.org", &[]);
    assert_eq!(
        asked,
        [
            "https://login.example.org/.well-known/oauth-authorization-server",
            "https://login.example.org/.well-known/openid-configuration",
        ]
    );
    assert!(matches!(
        found,
        Err(DiscoveryError::NoAuthorizationServerMetadata { .. })
    ));
    let (asked, _) = discover_issuer("https://login.example.org/resources/res_1", &[]);
    assert_eq!(
        asked,
        [
            "https://login.example.org/.well-known/oauth-authorization-server/resources/res_1",
            "https://login.example.org/.well-known/openid-configuration/resources/res_1",
            "https://login.example.org/resources/res_1/.well-known/openid-configuration",
            "https://login.example.org/resources/res_1/.well-known/oauth-authorization-server",
        ]
    );
    for place in &asked {
        let issuer = "https://login.example.org/resources/res_1";
        let (_, found) = discover_issuer(issuer, &[(place, authorization_server(issuer))]);
        assert_eq!(
            found.unwrap().authorization_server.issuer,
            issuer,
            "{place}"
        );
    }
}

#[test]
fn a_page_is_not_a_document_and_a_server_in_trouble_is_not_passed_over() {
    let issuer = "https://login.example.org";
    let first = "https://login.example.org/.well-known/oauth-authorization-server";
    let second = "https://login.example.org/.well-known/openid-configuration";
    let good = (second, authorization_server(issuer));
    let (_, found) = discover_issuer(issuer, &[(first, json!("<html>")), good.clone()]);
    assert!(found.is_ok());
    for status in [429, 500, 503] {
        let (asked, found) = discover_issuer(issuer, &[(first, json!(status)), good.clone()]);
        assert_eq!(asked, [first]);
        assert_eq!(
            found.unwrap_err(),
            DiscoveryError::Unavailable {
                url: first.to_owned(),
                status
            }
        );
    }
    for status in [301, 401, 403, 410] {
        let (_, found) = discover_issuer(issuer, &[(first, json!(status)), good.clone()]);
        assert!(found.is_ok(), "{status}");
    }
}

#[test]
fn the_resource_must_cover_the_server() {
    let place = "https://mcp.example.com/.well-known/oauth-protected-resource/a/mcp";
    let server = "https://mcp.example.com/a/mcp";
    let accepted = |named: &str| {
        let (_, found) = discover(
            server,
            None,
            &[(place, resource(named, "https://login.example.org"))],
        );
        match found.unwrap_err() {
            DiscoveryError::NoAuthorizationServerMetadata { .. } => true,
            DiscoveryError::ResourceMismatch { .. } => false,
            other => panic!("{other}"),
        }
    };
    for named in [
        server,
        "https://mcp.example.com/a/mcp/",
        "https://mcp.example.com/a",
        "https://mcp.example.com/a/",
        "https://mcp.example.com",
        "HTTPS://MCP.example.com:443/a/mcp",
    ] {
        assert!(accepted(named), "{named}");
    }
    for named in [
        "https://evil.example/a/mcp",
        "https://mcp.example.com.evil.example/a/mcp",
        "http://mcp.example.com/a/mcp",
        "https://mcp.example.com:8443/a/mcp",
        "https://mcp.example.com/a/mcp/more",
        "https://mcp.example.com/a/mc",
        "https://mcp.example.com/b/../c",
        "https://mcp.example.com/a/mcp?x=1",
        "https://mcp.example.com/a/mcp#x",
        "https://user@mcp.example.com/a/mcp",
        "/a/mcp",
        "",
    ] {
        assert!(!accepted(named), "{named}");
    }
}

#[test]
fn metadata_on_another_origin_is_refused() {
    for named in [
        "https://evil.example/.well-known/oauth-protected-resource/mcp",
        "https://mcp.example.com:8443/.well-known/oauth-protected-resource/mcp",
        "https://mcp.example.com.evil.example/x",
    ] {
        let error = begin(SERVER, Some(&challenge(named))).unwrap_err();
        assert!(
            matches!(error, DiscoveryError::ForeignResourceMetadata { .. }),
            "{named}: {error}"
        );
    }
    for named in [
        "http://mcp.example.com/x",
        "file:///etc/passwd",
        "https://127.0.0.1/x",
        "x",
    ] {
        let error = begin(SERVER, Some(&challenge(named))).unwrap_err();
        assert!(matches!(error, DiscoveryError::Url(_)), "{named}: {error}");
    }
}

#[test]
fn the_issuer_is_compared_byte_for_byte() {
    let issuer = "https://login.example.org/tenant";
    let place = "https://login.example.org/.well-known/oauth-authorization-server/tenant";
    for found in [
        "https://login.example.org/tenant/",
        "https://login.example.org:443/tenant",
        "https://LOGIN.example.org/tenant",
        "https://login.example.org/%74enant",
        "https://login.example.org",
        "https://evil.example/tenant",
        "",
    ] {
        let (_, result) = discover_issuer(issuer, &[(place, authorization_server(found))]);
        assert!(
            matches!(result, Err(DiscoveryError::IssuerMismatch { .. })),
            "{found}"
        );
    }
}

#[test]
fn an_issuer_that_no_client_should_visit_is_refused() {
    for issuer in [
        "javascript:alert(1)",
        "http://login.example.org",
        "https://10.0.0.1",
        "login",
        "",
    ] {
        let (asked, found) = discover_issuer(issuer, &[]);
        assert!(asked.is_empty(), "{issuer}");
        assert!(matches!(found, Err(DiscoveryError::Url(_))), "{issuer}");
    }
}

#[test]
fn every_part_of_the_metadata_is_judged() {
    let issuer = "https://login.example.org";
    let place = "https://login.example.org/.well-known/oauth-authorization-server";
    let with = |name: &str, value: Value| {
        let mut document = authorization_server(issuer);
        document[name] = value;
        discover_issuer(issuer, &[(place, document)]).1
    };
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "registration_endpoint",
    ] {
        for hostile in [
            "javascript:alert(1)",
            "data:text/html,x",
            "http://login.example.org/x",
            "https://[::1]/x",
        ] {
            let error = with(name, json!(hostile)).unwrap_err();
            assert!(matches!(error, DiscoveryError::Url(_)), "{name} {hostile}");
        }
        assert!(
            matches!(with(name, json!(1)), Err(DiscoveryError::Malformed { .. })),
            "{name}"
        );
    }
    for name in ["authorization_endpoint", "token_endpoint"] {
        assert!(
            matches!(
                with(name, Value::Null),
                Err(DiscoveryError::Malformed { .. })
            ),
            "{name}"
        );
    }
    assert_eq!(
        with("registration_endpoint", Value::Null)
            .unwrap()
            .authorization_server
            .registration_endpoint,
        None
    );
    for methods in [Value::Null, json!([]), json!(["plain"]), json!(["s256"])] {
        let error = with("code_challenge_methods_supported", methods).unwrap_err();
        assert!(matches!(error, DiscoveryError::NoPkce { .. }));
    }
    let found = with(
        "authorization_response_iss_parameter_supported",
        Value::Null,
    )
    .unwrap();
    assert!(!found.authorization_server.names_issuer_in_responses);
}

#[test]
fn of_several_authorization_servers_the_preferred_one_counts() {
    let document = json!({
        "resource": SERVER,
        "authorization_servers": ["https://one.example.org", "https://two.example.org"],
    });
    for (preferred, chosen) in [
        (None, "one"),
        (Some("https://one.example.org"), "one"),
        (Some("https://two.example.org"), "two"),
        // They are compared byte for byte, and the resource has the last word.
        (Some("https://two.example.org/"), "one"),
        (Some("https://three.example.org"), "one"),
    ] {
        let Step::Fetch(pending) = begin(SERVER, None).unwrap().preferring(preferred) else {
            panic!("there is nothing to fetch");
        };
        let Step::Fetch(pending) = pending
            .answer(200, document.to_string().as_bytes())
            .unwrap()
        else {
            panic!("there is nothing more to fetch");
        };
        let issuer = format!("https://{chosen}.example.org");
        assert_eq!(pending.resource().unwrap().issuer, issuer, "{preferred:?}");
        assert!(pending.url().starts_with(&issuer));
    }
}

/// What stands at the authorization server of a name, all of whose places are the same.
fn among_four(preferred: Option<&str>, stands: impl Fn(&str) -> Result<Value, u16>) -> String {
    let issuer = |name: &str| format!("https://{name}.example.org");
    let issuers = ["one", "two", "three", "four"].map(issuer);
    let document = json!({ "resource": SERVER, "authorization_servers": issuers });
    let mut step = begin(SERVER, None).unwrap().preferring(preferred);
    loop {
        let pending = match step {
            Step::Fetch(pending) => pending,
            Step::Done(found) => return found.authorization_server.issuer,
        };
        let (status, body) = if pending.resource().is_none() {
            (200, document.to_string())
        } else {
            let host = Url::parse(pending.url()).unwrap();
            let name = host.host_str().unwrap().split('.').next().unwrap();
            match stands(name) {
                Ok(document) => (200, document.to_string()),
                // It cannot be reached.
                Err(0) => {
                    step = match pending.unreachable() {
                        Ok(Some(step)) => step,
                        Ok(None) => return "nobody".to_owned(),
                        Err(error) => return error.to_string(),
                    };
                    continue;
                }
                Err(status) => (status, "not here".to_owned()),
            }
        };
        step = match pending.answer(status, body.as_bytes()) {
            Ok(step) => step,
            Err(error) => return error.to_string(),
        };
    }
}

#[test]
fn an_authorization_server_that_is_out_of_order_is_passed_over() {
    let good = |name: &str| Ok(authorization_server(&format!("https://{name}.example.org")));
    for trouble in [0, 404, 429, 503] {
        let from = |first: &'static str| {
            among_four(None, move |name| {
                let names = ["one", "two", "three", "four"];
                let place = |wanted| names.iter().position(|one| *one == wanted);
                if place(name) < place(first) {
                    Err(trouble)
                } else {
                    good(name)
                }
            })
        };
        assert_eq!(from("one"), "https://one.example.org");
        assert_eq!(from("two"), "https://two.example.org", "{trouble}");
        assert_eq!(from("three"), "https://three.example.org", "{trouble}");
        // Nobody waits for more of them.
        let last = from("four");
        match trouble {
            0 => assert_eq!(last, "nobody"),
            404 => assert!(
                last.contains("https://three.example.org publishes"),
                "{last}"
            ),
            _ => assert!(last.contains("three.example.org/"), "{last}"),
        }
        // The client of one server goes to no other.
        let own = among_four(Some("https://two.example.org"), |name| match name {
            "two" => Err(trouble),
            name => good(name),
        });
        assert!(own == "nobody" || own.contains("two.example.org"), "{own}");
    }
    // One that says the wrong thing is not merely out of order.
    let wrong = among_four(None, |name| match name {
        "one" => Ok(authorization_server("https://evil.example")),
        name => good(name),
    });
    assert!(wrong.contains("is of the issuer"), "{wrong}");
}

#[test]
fn a_resource_that_names_nobody_is_an_error_of_its_own() {
    let place = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";
    for document in [
        json!({ "resource": SERVER }),
        json!({ "resource": SERVER, "authorization_servers": [] }),
    ] {
        let (_, found) = discover(SERVER, None, &[(place, document)]);
        assert_eq!(
            found.unwrap_err(),
            DiscoveryError::NoAuthorizationServer {
                url: place.to_owned()
            }
        );
    }
    let (_, found) = discover(
        SERVER,
        None,
        &[(place, json!({ "authorization_servers": [] }))],
    );
    assert!(matches!(found, Err(DiscoveryError::Malformed { .. })));
    let (_, found) = discover(SERVER, None, &[]);
    assert_eq!(
        found.unwrap_err(),
        DiscoveryError::NoResourceMetadata {
            server: SERVER.to_owned()
        }
    );
}

#[test]
fn no_text_of_a_document_reaches_a_terminal_as_it_is() {
    let path = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";
    let issuer = "https://login.example.org";
    let place = "https://login.example.org/.well-known/oauth-authorization-server";
    for odd in [
        "\u{1b}]0;x\u{7}",
        "\r\n",
        "\u{9b}2J",
        "\u{202e}",
        "\u{2028}",
        "\u{200b}",
    ] {
        let named = format!("{issuer}/{odd}");
        let refused = |resource: Value, server: Value| {
            let documents = [(path, resource), (place, server)];
            let error = discover(SERVER, None, &documents).1.unwrap_err();
            let said = error.to_string();
            assert!(
                said.chars().all(|shown| matches!(shown, ' '..='~')),
                "{said:?}"
            );
            said
        };
        let good = || resource(SERVER, issuer);
        let says = |said: String, wanted: &str| assert!(said.contains(wanted), "{said}");

        let with = |document: Value, member: &str, value: Value| {
            let mut document = document;
            document[member] = value;
            document
        };
        let resource_with = |member, value| with(good(), member, value);
        let server_with = |member, value| with(authorization_server(issuer), member, value);
        let of_urls = "holds a character that no URL has (RFC 3986 section 2)";
        let said = resource_with("resource", format!("{SERVER}{odd}").into());
        says(refused(said, json!({})), of_urls);
        let said = resource_with("authorization_servers", json!([named]));
        says(refused(said, json!({})), of_urls);
        let said = resource_with("scopes_supported", json!(["a", odd]));
        says(
            refused(said, json!({})),
            "no scope has (RFC 6749 section 3.3)",
        );
        for endpoint in [
            "authorization_endpoint",
            "token_endpoint",
            "registration_endpoint",
        ] {
            let said = server_with(endpoint, named.clone().into());
            says(refused(good(), said), of_urls);
        }
        let said = server_with("issuer", named.clone().into());
        says(refused(good(), said), "not of `https://login.example.org`");
        let said = server_with("authorization_response_iss_parameter_supported", odd.into());
        says(refused(good(), said), "invalid type");
    }
}

#[test]
fn a_machine_needs_no_login_page_and_no_pkce() {
    let issuer = "https://login.example.org";
    let documents = [
        (
            "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
            resource(SERVER, issuer),
        ),
        (
            "https://login.example.org/.well-known/oauth-authorization-server",
            json!({
                "issuer": issuer,
                "token_endpoint": "https://login.example.org/token",
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            }),
        ),
    ];
    let follow = |step: Result<Step, DiscoveryError>| -> Result<Step, DiscoveryError> {
        let mut step = step?;
        for (place, document) in &documents {
            let Step::Fetch(pending) = step else {
                return Ok(step);
            };
            assert_eq!(pending.url(), *place);
            step = pending.answer(200, document.to_string().as_bytes())?;
        }
        Ok(step)
    };
    let Ok(Step::Done(found)) = follow(begin_for_machine(SERVER, None)) else {
        panic!("it is all there");
    };
    let server = found.authorization_server;
    assert_eq!(server.authorization_endpoint(), None);
    assert_eq!(server.authentication_methods, ["private_key_jwt"]);
    assert_eq!(server.assertion_algorithms, ["ES256"]);
    let issuer = issuer.to_owned();
    assert_eq!(
        follow(begin(SERVER, None)).unwrap_err(),
        DiscoveryError::NoPkce { issuer }
    );
}

#[test]
fn no_error_shows_the_query_of_the_resource() {
    let server = "https://mcp.example.com/mcp?key=hush";
    let mut step = begin(server, None).unwrap();
    let error = loop {
        let Step::Fetch(pending) = step else {
            panic!("there is nothing to find");
        };
        let url = pending.url().to_owned();
        let unavailable = DiscoveryError::Unavailable { url, status: 503 };
        assert!(!unavailable.to_string().contains("hush"), "{unavailable}");
        match pending.answer(404, b"") {
            Ok(next) => step = next,
            Err(error) => break error,
        }
    };
    assert_eq!(
        error.to_string(),
        "https://mcp.example.com/mcp has no protected-resource metadata (RFC 9728), so it does not \
         say where to log in"
    );
}
