//! Servers that are up to no good. Each row breaks one rule, and says which.

mod stage;

use serde_json::{Value, json};
use thyra_login::{AuthorizationError, Challenge, Login, LoginError, LoginStage, Need, OAuth};

use self::stage::{Bringing, Page, RESOURCE_METADATA, SERVER_METADATA, World};

const GOOD: &str = "code=good&state=STATE&iss=ISSUER";

#[tokio::test]
async fn the_world_is_in_order_until_a_rule_is_broken() {
    let world = World::new().await;
    let browser = Bringing::new(&[GOOD]);
    let login = world.login(browser.clone());
    login.obtain(Need::Token(None), None).await.unwrap();
    assert_eq!(browser.answers().await, [200]);
    assert_eq!(world.stage.codes(), ["good"]);
}

/// Logs in, which must fail before anybody is sent anywhere, or anything is told to anybody.
async fn refused(world: &World, challenge: Option<&Challenge<'_>>, rule: &str) -> LoginError {
    let browser = Bringing::new(&[GOOD]);
    let login = world.login(browser.clone());
    let error = login
        .obtain(Need::Token(challenge), None)
        .await
        .unwrap_err();
    assert!(browser.answers().await.is_empty(), "{rule}");
    let asked = world.stage.asked();
    assert!(
        asked
            .iter()
            .all(|line| line.starts_with("GET /.well-known/")),
        "{rule}: {asked:?}"
    );
    let said = error.to_string();
    assert!(
        said.chars().all(|shown| matches!(shown, ' '..='~')),
        "{rule}: {said:?}"
    );
    error
}

const HOSTILE_URLS: [&str; 9] = [
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "vbscript:x",
    "http://login.example.org/x",
    "//login.example.org/x",
    "https://ada:secret@login.example.org/x",
    "https://login.example.org/x#y",
    "https://login.example.org/\u{202e}x",
];

#[tokio::test]
async fn no_member_of_the_metadata_leads_anywhere_but_to_the_web() {
    for url in HOSTILE_URLS {
        for (member, value) in [
            ("authorization_endpoint", json!(url)),
            ("token_endpoint", json!(url)),
            ("registration_endpoint", json!(url)),
        ] {
            let world = World::new().await;
            world.stage.change(SERVER_METADATA, member, value);
            let error = refused(&world, None, url).await;
            assert_eq!(
                error.stage(),
                LoginStage::AuthorizationServerMetadata,
                "{member} {url}"
            );
            assert!(error.to_string().contains("is not followed"), "{error}");
        }
        let world = World::new().await;
        let member = "authorization_servers";
        world.stage.change(RESOURCE_METADATA, member, json!([url]));
        let error = refused(&world, None, url).await;
        assert_eq!(error.stage(), LoginStage::ResourceMetadata, "{url}");
        assert!(error.to_string().contains("is not followed"), "{error}");

        let world = World::new().await;
        let challenge = Challenge::new().resource_metadata(url);
        let error = refused(&world, Some(&challenge), url).await;
        assert_eq!(error.stage(), LoginStage::ResourceMetadata, "{url}");
        assert!(world.stage.asked().is_empty(), "{url}");
    }
}

#[tokio::test]
async fn tokens_are_not_revoked_at_a_hostile_place() {
    for url in HOSTILE_URLS {
        let world = World::new().await;
        world
            .stage
            .change(SERVER_METADATA, "revocation_endpoint", json!(url));
        let login = world.login(Bringing::new(&[GOOD]));
        login.obtain(Need::Token(None), None).await.unwrap();
        login.log_out().await.unwrap();
        assert!(login.tokens().await.unwrap().is_none(), "{url}");
    }
}

#[tokio::test]
async fn each_rule_of_the_documents_is_held() {
    let [resource, server] = [RESOURCE_METADATA, SERVER_METADATA];
    let rows = [
        (
            "RFC 8414 section 3.3: the issuer is the one that was asked for",
            server,
            "issuer",
            json!("https://evil.example"),
            "is of the issuer `https://evil.example`",
        ),
        (
            "RFC 9728 section 3.3: the resource is the one that was asked for",
            resource,
            "resource",
            json!("https://files.example.com/mcp"),
            "which does not cover http://127.0.0.1",
        ),
        (
            "RFC 9728 section 2: a resource without authorization server lets nobody log in",
            resource,
            "authorization_servers",
            json!([]),
            "names no authorization server",
        ),
        (
            "MCP authorization: without code_challenge_methods_supported, do not go on",
            server,
            "code_challenge_methods_supported",
            Value::Null,
            "does not list S256",
        ),
        (
            "MCP authorization: S256 it must be",
            server,
            "code_challenge_methods_supported",
            json!(["plain"]),
            "does not list S256",
        ),
        (
            "RFC 8414 section 2: there is a token endpoint",
            server,
            "token_endpoint",
            Value::Null,
            "`token_endpoint` is missing",
        ),
        (
            "RFC 8414 section 2: there is an authorization endpoint",
            server,
            "authorization_endpoint",
            Value::Null,
            "`authorization_endpoint` is missing",
        ),
        (
            "a server on this machine points into no network behind it",
            resource,
            "authorization_servers",
            json!(["https://10.0.0.1"]),
            "10.0.0.1 has no address that may be connected to",
        ),
        (
            "nobody points to the credentials of a cloud's machine",
            resource,
            "authorization_servers",
            json!(["https://169.254.169.254"]),
            "169.254.169.254 has no address that may be connected to",
        ),
    ];
    for (rule, path, member, value, wanted) in rows {
        let world = World::new().await;
        world.stage.change(path, member, value);
        let error = refused(&world, None, rule).await;
        assert!(error.to_string().contains(wanted), "{rule}: {error}");
    }
}

#[tokio::test]
async fn metadata_of_another_origin_is_not_even_asked_for() {
    let (world, other) = (World::new().await, World::new().await);
    let place = format!("{}{RESOURCE_METADATA}", other.origin);
    let challenge = Challenge::new().resource_metadata(&place);
    let rule = "RFC 9728 section 7.7: metadata is on the origin of the resource";
    let error = refused(&world, Some(&challenge), rule).await;
    assert!(
        error.to_string().contains("metadata of somebody else"),
        "{error}"
    );
    assert!(other.stage.asked().is_empty());
}

#[tokio::test]
async fn no_redirect_is_followed() {
    for path in [RESOURCE_METADATA, SERVER_METADATA, "/register", "/token"] {
        let (world, other) = (World::new().await, World::new().await);
        world
            .stage
            .put(path, Page::Redirect(format!("{}{path}", other.origin)));
        let login = world.login(Bringing::new(&[GOOD]));
        login.obtain(Need::Token(None), None).await.unwrap_err();
        assert!(other.stage.asked().is_empty(), "{path}");
        assert!(login.tokens().await.unwrap().is_none(), "{path}");
    }
}

#[tokio::test]
async fn what_comes_back_from_another_authorization_server_is_not_used() {
    let rows = [
        (
            "RFC 9207 section 2.4: `iss` is the issuer",
            "code=c&state=STATE&iss=https://evil.example",
        ),
        (
            "RFC 9207 section 2.4: byte for byte",
            "code=c&state=STATE&iss=ISSUER/",
        ),
        (
            "RFC 9207 section 2.4: who promises `iss` sends it",
            "code=c&state=STATE",
        ),
        (
            "RFC 9207 section 2.4: nor is its error shown",
            "error=buy%20now&error_description=cheap&state=STATE&iss=https://evil.example",
        ),
    ];
    for (rule, query) in rows {
        let world = World::new().await;
        let login = world.login(Bringing::new(&[query]));
        let error = login.obtain(Need::Token(None), None).await.unwrap_err();
        assert!(
            matches!(
                error,
                LoginError::Authorization(
                    AuthorizationError::IssuerMismatch | AuthorizationError::IssuerMissing
                )
            ),
            "{rule}: {error}"
        );
        assert!(!error.to_string().contains("cheap"), "{rule}");
        assert!(world.stage.codes().is_empty(), "{rule}");
    }
}

#[tokio::test]
async fn what_is_no_answer_does_not_end_the_login() {
    let rows = [
        (
            "OAuth 2.1 section 7.12: `state` is the one that was sent",
            "code=a&state=x&iss=ISSUER",
        ),
        (
            "RFC 6749 section 4.1.2: by redirect, so another page cannot post one",
            "POST code=a&state=STATE&iss=ISSUER",
        ),
        (
            "OAuth 2.1 section 7.12: `state` is there",
            "code=a&iss=ISSUER",
        ),
        (
            "RFC 6749 section 3.1: no parameter twice: code",
            "code=a&code=b&state=STATE&iss=ISSUER",
        ),
        (
            "RFC 6749 section 3.1: no parameter twice: state",
            "code=a&state=STATE&state=STATE&iss=ISSUER",
        ),
        (
            "RFC 6749 section 3.1: no parameter twice: iss",
            "code=a&state=STATE&iss=ISSUER&iss=https://evil.example",
        ),
        (
            "RFC 6749 section 4.1.2: a code or an error",
            "code=a&error=b&state=STATE&iss=ISSUER",
        ),
        (
            "RFC 6749 section 4.1.2: a code that is one",
            "code=&state=STATE&iss=ISSUER",
        ),
        (
            "RFC 6749 appendix A.11: of its characters",
            "code=a%1b%5b2J&state=STATE&iss=ISSUER",
        ),
    ];
    for (rule, query) in rows {
        let world = World::new().await;
        let browser = Bringing::new(&[query, GOOD]);
        let login = world.login(browser.clone());
        login.obtain(Need::Token(None), None).await.unwrap();
        let refusal = if query.starts_with("POST") { 405 } else { 400 };
        assert_eq!(browser.answers().await, [refusal, 200], "{rule}");
        assert_eq!(world.stage.codes(), ["good"], "{rule}");
    }
}

#[test]
fn a_hosted_login_stays_out_of_private_networks() {
    let browser = Bringing::new(&[]);
    let login = |url| Login::new(url, OAuth::new(browser.clone()).hosted());
    assert!(login("https://mcp.example.com/mcp").is_ok());
    assert!(login("https://1.1.1.1/mcp").is_ok());
    for url in [
        "http://mcp.example.com/mcp",
        "http://127.0.0.1:8000/mcp",
        "http://localhost/mcp",
        "http://[::1]/mcp",
        "https://127.0.0.1/mcp",
        "https://localhost/mcp",
        "https://metadata.localhost./mcp",
        "https://0x7f000001/mcp",
        "https://10.1.2.3/mcp",
        "https://172.16.0.1/mcp",
        "https://192.168.1.1/mcp",
        "https://100.64.0.1/mcp",
        "https://169.254.169.254/latest",
        "https://0.0.0.0/mcp",
        "https://[::]/mcp",
        "https://[::1]/mcp",
        "https://[fd00::1]/mcp",
        "https://[fe80::1]/mcp",
        "https://[::ffff:10.0.0.1]/mcp",
        "https://[64:ff9b::a00:1]/mcp",
    ] {
        let refused = login(url).unwrap_err();
        assert!(
            matches!(
                refused.reason(),
                "it must be https" | "it leads to this machine, or into a private network"
            ),
            "{url}: {refused}"
        );
    }
}
