use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use thyra_oauth::ScopeSet;

use super::*;
use crate::provider::AuthProvider;
use crate::routes::Cors;

fn builder() -> RemoteAuthBuilder {
    RemoteAuth::builder("https://auth.example.com/", "https://mcp.example.com")
}

fn problem(builder: RemoteAuthBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

#[test]
fn the_audience_is_the_url_of_the_resource() {
    let protection = builder().build().unwrap().protection("/mcp").unwrap();
    insta::assert_snapshot!(protection.summary(), @r"
    auth      remote
    resource  https://mcp.example.com/mcp
    audience  https://mcp.example.com/mcp
    issuers   https://auth.example.com/
    ");
}

#[test]
fn the_audience_may_be_another_or_unchecked() {
    let audience = |builder: RemoteAuthBuilder| {
        let protection = builder.build().unwrap().protection("/mcp").unwrap();
        protection.summary().audience.clone()
    };
    let named = Audience::any_of(["api://notes"]).unwrap();
    assert_eq!(audience(builder().audience(named)), ["api://notes"]);
    assert!(audience(builder().audience_unchecked(AudienceUnchecked)).is_empty());
}

#[tokio::test]
async fn the_issuer_is_published_byte_for_byte() {
    use http_body_util::BodyExt;

    for issuer in [
        "https://auth.example.com",
        "https://auth.example.com/",
        "https://AUTH.example.com:443/a//b/",
    ] {
        let provider = RemoteAuth::builder(issuer, "https://mcp.example.com")
            .required_scopes(ScopeSet::from_iter(["read"]))
            .build()
            .unwrap();
        let protection = provider.protection("/mcp").unwrap();
        let request = Request::get("/.well-known/oauth-protected-resource");
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let routes = protection.public_routes();
        let answer = routes.respond(request, &Cors::default()).await;
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            document["authorization_servers"],
            serde_json::json!([issuer])
        );
        assert_eq!(document["scopes_supported"], serde_json::json!(["read"]));
    }
}

#[test]
fn the_forward_is_off_until_asked_for() {
    let path = "/.well-known/oauth-authorization-server";
    let answers = |builder: RemoteAuthBuilder| {
        let protection = builder.build().unwrap().protection("/mcp").unwrap();
        protection.public_routes().answers(path)
    };
    assert!(!answers(builder()));
    assert!(answers(
        builder().forward_authorization_server_metadata(true)
    ));
}

#[test]
fn what_cannot_be_used_is_named() {
    let issuer = |issuer: &str| problem(RemoteAuth::builder(issuer, "https://mcp.example.com"));
    insta::assert_snapshot!(issuer(""), @"issuer cannot be used: it is blank. Set it to the issuer identifier of the authorization server, byte for byte as its tokens carry it in `iss`.");
    for (text, part) in [
        ("auth.example.com", "not an absolute URL"),
        ("http://auth.example.com", "must begin with `https://`"),
        ("https://u:p@auth.example.com", "user name or password"),
        ("https://auth.example.com?x", "query or a fragment"),
    ] {
        assert!(issuer(text).contains(part), "{text}");
    }
    let base_url = problem(RemoteAuth::builder(
        "https://auth.example.com",
        "mcp.example.com",
    ));
    insta::assert_snapshot!(base_url, @"base_url cannot be used: it is not an absolute URL such as `https://mcp.example.com`. Set it to the URL at which clients reach this server, such as https://mcp.example.com; for development, http://localhost:8000.");
    let scopes = problem(builder().required_scopes(ScopeSet::from_iter(["a\"b"])));
    assert!(scopes.starts_with("required_scopes cannot be used"));
}

#[test]
fn settings_that_verify_nothing_are_an_error() {
    let error = |builder: RemoteAuthBuilder| {
        let error = builder.build().unwrap().protection("/mcp").unwrap_err();
        assert!(matches!(error, ProviderError::Verifier(_)), "{error:?}");
    };
    error(builder().algorithms([]));
    error(builder().algorithms([Algorithm::Hs256]));
    error(builder().leeway(Duration::from_hours(1)));
}

#[test]
fn the_place_of_the_keys_may_be_named() {
    let keys = |url: &str| builder().keys_url(url).build();
    for url in [
        "https://auth.example.com/keys",
        "https://auth.example.com/keys?p=policy",
    ] {
        assert_eq!(keys(url).unwrap().keys_url(), Some(url));
    }
    for url in [
        "",
        "auth.example.com/keys",
        "http://auth.example.com/keys",
        "http://auth.example.com/keys?p=https://",
        "https://user:hunter2@auth.example.com/keys",
        "https://auth.example.com/keys#x",
    ] {
        let problem = keys(url).unwrap_err().to_string();
        assert!(
            problem.starts_with("keys_url cannot be used"),
            "{url}: {problem}"
        );
        assert!(!problem.contains("hunter2"));
    }
}

#[test]
fn issuers_may_be_others_than_the_authorization_server() {
    let pattern = IssuerPattern::new("https://auth.example.com/t/", "").unwrap();
    let issuers = |builder: RemoteAuthBuilder| {
        let protection = builder.build().unwrap().protection("/mcp").unwrap();
        protection.summary().issuers.clone()
    };
    let others = ["https://a.example", "https://b.example"];
    assert_eq!(issuers(builder().issuers(others)), others);
    assert_eq!(
        issuers(builder().issuers([""; 0]).issuer_pattern(pattern)),
        ["https://auth.example.com/t/{segment}"]
    );
    let none = builder().issuers([""; 0]).build().unwrap();
    assert!(matches!(
        none.protection("/mcp"),
        Err(ProviderError::Verifier(_))
    ));
}
