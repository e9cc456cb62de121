//! The documents in which the server describes itself.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use thyra_auth::{AuthProvider, Cors, MultiAuth, Protection, StaticTokens};
use thyra_issuer::{OidcProxy, OidcProxyBuilder};

fn builder(base_url: &str) -> OidcProxyBuilder {
    OidcProxy::builder()
        .base_url(base_url)
        .config_url("https://login.example.org/.well-known/openid-configuration")
        .client_id("the-proxy")
        .required_scopes(["notes:read"])
        .valid_scopes(["notes:write"])
}

async fn get(protection: &Protection, path: &str) -> (StatusCode, Value) {
    let request = Request::builder().method(Method::GET).uri(path);
    let request = request.body(Full::new(Bytes::new())).unwrap();
    let answer = protection
        .public_routes()
        .respond(request, &Cors::default())
        .await;
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn the_document_says_what_is_true() {
    let proxy = builder("https://mcp.example.com").build().unwrap();
    let protection = proxy.protection("/mcp").unwrap();
    let (status, document) = get(&protection, "/.well-known/oauth-authorization-server").await;
    assert_eq!(status, StatusCode::OK);
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
}

#[tokio::test]
async fn the_document_is_wherever_a_client_looks() {
    for (base_url, issuer, paths) in [
        (
            "https://mcp.example.com",
            "https://mcp.example.com",
            &[
                "/.well-known/oauth-authorization-server",
                "/.well-known/openid-configuration",
                // Where clients look that know the resource only.
                "/.well-known/oauth-authorization-server/mcp",
                "/.well-known/openid-configuration/mcp",
                "/mcp/.well-known/openid-configuration",
            ][..],
        ),
        (
            "https://mcp.example.com/a/b/",
            "https://mcp.example.com/a/b/",
            &[
                "/.well-known/oauth-authorization-server/a/b",
                "/.well-known/openid-configuration/a/b",
                "/a/b/.well-known/openid-configuration",
                "/a/b/.well-known/oauth-authorization-server",
                "/.well-known/oauth-authorization-server",
                "/.well-known/openid-configuration",
            ],
        ),
    ] {
        let proxy = builder(base_url).build().unwrap();
        let protection = proxy.protection("/mcp").unwrap();
        assert_eq!(protection.summary().issuers, [issuer]);
        for path in paths {
            let (status, document) = get(&protection, path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert_eq!(document["issuer"], issuer, "{path}");
            // What strict readers of `OpenID` metadata insist on.
            let is_openid = path.contains("openid");
            assert_eq!(
                document["subject_types_supported"].is_array(),
                is_openid,
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn each_url_of_the_document_is_served() {
    for base_url in ["https://mcp.example.com", "https://mcp.example.com/a"] {
        let proxy = builder(base_url).issuer_url("https://login.example.com/x");
        let proxy = proxy.build().unwrap();
        let protection = proxy.protection("/mcp").unwrap();
        let path = "/.well-known/oauth-authorization-server/x";
        let (_, document) = get(&protection, path).await;
        assert_eq!(document["issuer"], "https://login.example.com/x");
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "registration_endpoint",
            "revocation_endpoint",
            "jwks_uri",
        ] {
            let url = document[name].as_str().unwrap();
            let path = url.strip_prefix("https://mcp.example.com").unwrap();
            assert!(protection.public_routes().answers(path), "{name}: {url}");
        }
        let (status, keys) = get(
            &protection,
            &format!(
                "{}/.well-known/jwks.json",
                base_url.strip_prefix("https://mcp.example.com").unwrap()
            ),
        )
        .await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(keys["keys"][0]["alg"], "ES256");
        assert!(keys["keys"][0].get("d").is_none());
    }
}

#[tokio::test]
async fn one_proxy_protects_several_paths_each_with_tokens_of_its_own() {
    let proxy = builder("https://mcp.example.com").build().unwrap();
    for path in ["/mcp", "/other"] {
        let protection = proxy.protection(path).unwrap();
        let audience = format!("https://mcp.example.com{path}");
        assert_eq!(
            protection.summary().audience,
            *std::slice::from_ref(&audience)
        );
        let (_, document) = get(&protection, "/.well-known/oauth-authorization-server").await;
        assert_eq!(
            document["protected_resources"],
            serde_json::json!([audience])
        );
    }
}

#[tokio::test]
async fn a_proxy_may_be_one_of_several_sources() {
    let proxy = builder("https://mcp.example.com").build().unwrap();
    let auth = MultiAuth::of(proxy).or("machines", StaticTokens::default());
    let protection = auth.protection("/mcp").unwrap();
    assert!(protection.public_routes().answers("/authorize"));
    assert_eq!(protection.summary().issuers, ["https://mcp.example.com"]);
}
