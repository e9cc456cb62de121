//! Who may speak to a server on loopback at all.

use http::Request;
use http_body_util::Full;
use serde_json::json;
use thyra::HttpSettings;
use thyra::auth::StaticAuth;
use tower_service::Service;

use super::start;
use crate::fixture;
use crate::support::{Ask, Running};

fn list() -> Ask {
    Ask::alone("tools/list", json!({}))
}

#[tokio::test]
async fn a_name_that_is_not_loopback_is_turned_away() {
    let server = start().await;
    for host in [
        "evil.example",
        "evil.example:80",
        "10.0.0.1",
        "localhost.evil.example",
    ] {
        let answer = server.ask(&list().header("host", host)).await;
        assert_eq!(answer.status, 421, "{host}");
        assert!(!answer.text().contains("evil"), "{answer:?}");
    }
    for host in ["localhost", "127.0.0.1:1", "[::1]:8000"] {
        server.ask(&list().header("host", host)).await.result();
    }
}

#[tokio::test]
async fn a_page_from_elsewhere_is_turned_away_before_anything_else() {
    let server = start().await;
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
    ] {
        let answer = server.ask(&list().header("origin", origin)).await;
        assert_eq!(answer.status, 403, "{origin}");
        assert!(
            !answer.headers.contains_key("access-control-allow-origin"),
            "{answer:?}"
        );
        let preflight = Request::options(server.url())
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .body("")
            .unwrap();
        let answer = server.send(preflight).await;
        assert_eq!(answer.status, 403, "{origin}");
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn a_page_on_loopback_may_ask_and_read() {
    let server = start().await;
    let origin = "http://localhost:6274";
    let preflight = Request::options(server.url())
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,mcp-name,mcp-param-region, Mcp-Param-Unit,mcp-param-not one,x-other",
        )
        .body("")
        .unwrap();
    let answer = server.send(preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), origin);
    assert!(
        answer
            .header("access-control-allow-methods")
            .contains("POST")
    );
    for header in [
        "authorization",
        "content-type",
        "dpop",
        "mcp-method",
        "mcp-name",
        "mcp-protocol-version",
    ] {
        let allowed = answer.header("access-control-allow-headers");
        assert!(allowed.split(", ").any(|name| name == header), "{header}");
    }
    // Which arguments are repeated is for the tools to say.
    let allowed = answer.header("access-control-allow-headers");
    assert!(allowed.ends_with("mcp-session-id, mcp-param-region, mcp-param-unit"));
    assert!(
        !answer
            .headers
            .contains_key("access-control-allow-credentials")
    );

    let answer = server.ask(&list().header("origin", origin)).await;
    answer.result();
    assert_eq!(answer.header("access-control-allow-origin"), origin);
    assert_eq!(answer.header("vary"), "origin");
    let exposed = answer.header("access-control-expose-headers");
    for header in ["dpop-nonce", "www-authenticate"] {
        assert!(exposed.contains(header), "{exposed}");
    }

    // An error is for that page to read too.
    let answer = server
        .ask(&Ask::alone("nonsense", json!({})).header("origin", origin))
        .await;
    answer.refused(404, -32601);
    assert_eq!(answer.header("access-control-allow-origin"), origin);
}

#[tokio::test]
async fn the_author_can_widen_both_lists() {
    let server = fixture::server().0.http(
        HttpSettings::new()
            .allowed_hosts(["mcp.example.com"])
            .allowed_origins(["https://app.example.com"]),
    );
    let server = Running::start(server).await;
    let answer = server
        .ask(
            &list()
                .header("host", "mcp.example.com")
                .header("origin", "https://app.example.com"),
        )
        .await;
    answer.result();
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://app.example.com"
    );
    let other = list().header("origin", "https://other.example.com");
    assert_eq!(server.ask(&other).await.status, 403);
}

#[tokio::test]
async fn a_service_that_nobody_protects_answers_to_no_foreign_page() {
    let open = || fixture::server().0;
    let auth = || StaticAuth::new("http://localhost:8000");
    for (server, status) in [
        (open(), 403),
        (
            open().http(HttpSettings::new().allowed_origins(["https://other.example"])),
            403,
        ),
        (
            open().http(HttpSettings::new().allowed_origins(["https://app.example"])),
            200,
        ),
        // With a provider a page needs a token, which no browser adds by itself.
        (open().auth(auth()), 401),
    ] {
        let mut service = server.into_service().unwrap();
        let request = list().header("origin", "https://app.example");
        let request = request.request("http://mcp.example/mcp").map(Full::new);
        let response = service.call(request).await.unwrap();
        assert_eq!(response.status(), status);
    }
}
