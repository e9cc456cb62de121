use std::future::{Ready, ready};
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt;

use super::*;
use crate::refusal::MalformedRequest;
use crate::verify::{BearerToken, TokenRejected, Unavailable};

/// Knows one token for each verdict; those that begin with `slow-` are not in its cache.
#[derive(Debug, Default)]
struct Verifier {
    slow: AtomicUsize,
}

impl Verifier {
    fn verdict(token: &str) -> Verdict {
        match token.trim_start_matches("slow-") {
            "admin" => Verdict::Accepted(principal(["notes:admin"])),
            "reader" => Verdict::Accepted(principal(["notes:read"])),
            "bare" => Verdict::Accepted(principal([])),
            "outage" => Verdict::Unavailable(Unavailable {
                retry_after: std::time::Duration::from_secs(7),
            }),
            _ => Verdict::Rejected(TokenRejected::Expired),
        }
    }
}

impl TokenVerifier for Verifier {
    fn check_cached(&self, token: &BearerToken<'_>) -> Option<Verdict> {
        (!token.as_str().starts_with("slow-")).then(|| Self::verdict(token.as_str()))
    }

    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        self.slow.fetch_add(1, Ordering::Relaxed);
        async { Self::verdict(token.as_str()) }.boxed()
    }
}

fn principal<const N: usize>(scopes: [&str; N]) -> Arc<Principal> {
    Arc::new(
        Principal::builder("https://issuer", "usr_1")
            .scopes(ScopeSet::from_iter(scopes))
            .build(),
    )
}

fn protection() -> Protection {
    let resource = ResourceUrl::new("https://h", "/mcp").unwrap();
    let rules = ScopeRules::default().implies("notes:admin", ["notes:read", "notes:write"]);
    Protection::builder(
        "test",
        resource,
        Arc::new(Verifier::default()),
        ["https://issuer"],
    )
    .required_scopes(ScopeSet::from_iter(["notes:read"]))
    .scope_rules(rules)
    .build()
    .unwrap()
}

fn request(headers: &[&str]) -> Request<()> {
    let mut request = Request::new(());
    for value in headers {
        let value = HeaderValue::from_str(value).unwrap();
        request.headers_mut().append(header::AUTHORIZATION, value);
    }
    request
}

async fn admit(headers: &[&str]) -> Result<Arc<Principal>, Refusal> {
    let (mut parts, ()) = request(headers).into_parts();
    let principal = protection().admit(&mut parts).await?;
    assert!(!parts.headers.contains_key(header::AUTHORIZATION));
    Ok(principal)
}

const MALFORMED: Refusal = Refusal::InvalidToken(TokenRejected::Malformed);

#[tokio::test]
async fn a_good_token_enters_and_the_header_does_not() {
    for value in [
        "Bearer reader",
        "bEaReR reader",
        "Bearer   reader",
        "Bearer slow-reader",
    ] {
        let principal = admit(&[value]).await.unwrap();
        assert_eq!(principal.subject(), "usr_1");
    }
}

#[tokio::test]
async fn no_bearer_token_is_a_missing_token() {
    for headers in [
        &[][..],
        &["Basic dXNlcjpwYXNz"],
        &["reader"],
        &["Bearerreader"],
        &[""],
    ] {
        assert_eq!(
            admit(headers).await.unwrap_err(),
            Refusal::MissingToken,
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn a_token_in_the_query_is_not_read() {
    let (mut parts, ()) = Request::get("https://h/mcp?access_token=reader")
        .body(())
        .unwrap()
        .into_parts();
    assert_eq!(
        protection().admit(&mut parts).await.unwrap_err(),
        Refusal::MissingToken
    );
}

#[tokio::test]
async fn what_is_no_token_is_malformed() {
    for value in [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer a,b",
        "Bearer \"reader\"",
        "Bearer a=b",
        "Bearer =",
        "Bearer a\tb",
    ] {
        assert_eq!(admit(&[value]).await.unwrap_err(), MALFORMED, "{value}");
    }
    let mut parts = request(&[]).into_parts().0;
    let latin = HeaderValue::from_bytes(b"Bearer caf\xe9").unwrap();
    parts.headers.insert(header::AUTHORIZATION, latin);
    assert_eq!(protection().admit(&mut parts).await.unwrap_err(), MALFORMED);
}

#[tokio::test]
async fn two_headers_are_a_malformed_request_whatever_they_hold() {
    for headers in [
        ["Bearer reader", "Bearer reader"],
        ["Basic x", "Bearer reader"],
        ["Bearer reader", ""],
    ] {
        assert_eq!(
            admit(&headers).await.unwrap_err(),
            Refusal::MalformedRequest(MalformedRequest::SeveralAuthorizationHeaders)
        );
    }
}

#[tokio::test]
async fn identity_is_judged_before_scope() {
    for prefix in ["", "slow-"] {
        let refused = async |token: &str| {
            admit(&[&format!("Bearer {prefix}{token}")])
                .await
                .unwrap_err()
        };
        assert_eq!(
            refused("expired").await,
            Refusal::InvalidToken(TokenRejected::Expired)
        );
        assert_eq!(
            refused("bare").await,
            Refusal::InsufficientScope {
                needed: ScopeSet::from_iter(["notes:read"])
            }
        );
        let retry_after = std::time::Duration::from_secs(7);
        assert_eq!(
            refused("outage").await,
            Refusal::Unavailable { retry_after }
        );
    }
}

#[tokio::test]
async fn a_broad_scope_stands_for_the_narrow_ones() {
    let protection = protection();
    let admin = admit(&["Bearer admin"]).await.unwrap();
    let write = ScopeSet::from_iter(["notes:write"]);
    assert_eq!(protection.check_scopes(&admin, &write), Ok(()));
    let reader = admit(&["Bearer reader"]).await.unwrap();
    assert_eq!(
        protection.check_scopes(&reader, &write),
        Err(Refusal::InsufficientScope {
            needed: ScopeSet::from_iter(["notes:read", "notes:write"])
        })
    );
}

#[test]
fn offline_access_cannot_be_required() {
    let resource = ResourceUrl::new("https://h", "/mcp").unwrap();
    let error = Protection::builder(
        "test",
        resource,
        Arc::new(Verifier::default()),
        ["https://issuer"],
    )
    .required_scopes(ScopeSet::from_iter(["read", "offline_access"]))
    .build()
    .unwrap_err();
    insta::assert_snapshot!(error, @"`offline_access` cannot be a required scope: it asks the authorization server for a refresh token, and a resource server does not ask for it. Remove it from the required scopes; clients that want refresh tokens ask for it themselves");
}

#[test]
fn the_summary_is_for_people() {
    insta::assert_snapshot!(protection().summary(), @r"
    auth      test
    resource  https://h/mcp
    issuers   https://issuer
    scopes    notes:read
    ");
}

/// Answers with the path, and with the subject of the caller when there is one.
#[derive(Clone)]
struct Inner;

impl Service<Request<String>> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let subject = request
            .extensions()
            .get::<Arc<Principal>>()
            .map_or("nobody", |principal| principal.subject());
        let text = format!("{} by {subject}: {}", request.uri().path(), request.body());
        ready(Ok(Response::new(Full::from(text))))
    }
}

async fn ask<S, B>(service: &mut S, request: http::request::Builder) -> (StatusCode, String)
where
    S: Service<Request<String>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let request = request.body("hello".to_owned()).unwrap();
    std::future::poll_fn(|cx| service.poll_ready(cx))
        .await
        .unwrap();
    let (parts, body) = service.call(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn nothing_but_the_exact_well_known_paths_is_public() {
    let mut service = protection().protect(Inner);
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let (status, body) = ask(&mut service, Request::get(path)).await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.starts_with(r#"{"resource":"https://h/mcp""#));
    }
    for path in [
        "/mcp",
        "/mcp/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp/x",
        "/.well-known/openid-configuration",
    ] {
        for method in ["GET", "POST", "OPTIONS", "HEAD", "PROPFIND"] {
            let request = Request::builder().method(method).uri(path);
            let (status, _) = ask(&mut service, request).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_inner_service_sees_the_caller_on_the_fast_and_the_slow_way() {
    for token in ["reader", "slow-reader"] {
        let mut service = protection().layer().layer(Inner);
        let request = Request::post("/mcp").header("authorization", format!("Bearer {token}"));
        let (status, body) = ask(&mut service, request).await;
        assert_eq!(
            (status, body.as_str()),
            (StatusCode::OK, "/mcp by usr_1: hello")
        );
    }
    for token in ["old", "slow-old"] {
        let mut service = protection().layer().layer(Inner);
        let request = Request::post("/mcp").header("authorization", format!("Bearer {token}"));
        let (status, body) = ask(&mut service, request).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(body.contains("expired"));
    }
}

#[tokio::test]
async fn a_known_token_is_not_verified_again() {
    let verifier = Arc::new(Verifier::default());
    let resource = ResourceUrl::new("https://h", "/mcp").unwrap();
    let protection = Protection::builder("test", resource, verifier.clone(), ["https://issuer"])
        .build()
        .unwrap();
    let mut service = protection.protect(Inner);
    for (token, verified) in [("reader", 0), ("slow-reader", 1)] {
        let request = Request::post("/mcp").header("authorization", format!("Bearer {token}"));
        ask(&mut service, request).await;
        assert_eq!(verifier.slow.load(Ordering::Relaxed), verified);
    }
}

/// Asks `service` for `/mcp` with `token`, and returns the status and the challenge, or else the
/// body.
async fn knock<S, B>(service: &mut S, token: Option<&str>) -> (StatusCode, String)
where
    S: Service<Request<String>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let mut request = Request::post("/mcp");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body("hello".to_owned()).unwrap();
    let (parts, body) = service.call(request).await.unwrap().into_parts();
    let challenge = parts.headers.get(header::WWW_AUTHENTICATE);
    let text = challenge.map(|value| value.to_str().unwrap().to_owned());
    let body = body.collect().await.unwrap().to_bytes();
    let text = text.unwrap_or_else(|| String::from_utf8(body.to_vec()).unwrap());
    (parts.status, text)
}

#[tokio::test]
async fn a_layer_can_need_more_scopes_alone_and_behind_the_door() {
    let protection = protection();
    let writes = protection.require_scopes(["notes:write"]);
    let mut alone = writes.layer(Inner);
    let mut behind = protection.layer().layer(writes.layer(Inner));
    for slow in ["", "slow-"] {
        for outcome in [
            knock(&mut alone, Some(&format!("{slow}reader"))).await,
            knock(&mut behind, Some(&format!("{slow}reader"))).await,
        ] {
            assert_eq!(outcome.0, StatusCode::FORBIDDEN);
            assert!(outcome.1.contains(r#"error="insufficient_scope""#));
            assert!(
                outcome.1.contains(r#"scope="notes:read notes:write""#),
                "{}",
                outcome.1
            );
        }
        // The rules of the protection hold: the wide scope implies the narrow one.
        let token = format!("{slow}admin");
        let entered = (StatusCode::OK, "/mcp by usr_1: hello".to_owned());
        assert_eq!(knock(&mut alone, Some(&token)).await, entered);
        assert_eq!(knock(&mut behind, Some(&token)).await, entered);
    }
    assert_eq!(knock(&mut alone, None).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_another_protection_let_in_is_judged_again() {
    let resource = ResourceUrl::new("https://other", "/mcp").unwrap();
    let other = Protection::builder(
        "other",
        resource,
        Arc::new(Verifier::default()),
        ["https://issuer"],
    )
    .build()
    .unwrap();
    // The outer door took the token away, so there is nothing to judge.
    let writes = protection().require_scopes(["notes:read"]);
    let mut service = other.layer().layer(writes.layer(Inner));
    let (status, challenge) = knock(&mut service, Some("reader")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(challenge.contains("https://h/.well-known/oauth-protected-resource/mcp"));
    // Nor is its caller this one's.
    let open = protection().optional_layer();
    let mut service = other.layer().layer(open.layer(Inner));
    let entered = knock(&mut service, Some("reader")).await;
    assert_eq!(
        entered,
        (StatusCode::OK, "/mcp by nobody: hello".to_owned())
    );
}

#[tokio::test]
async fn where_a_token_is_optional_a_bad_one_is_still_refused() {
    let open = protection().optional_layer();
    for headers in [&["Basic YTpi"][..], &[""]] {
        let (parts, ()) = request(headers).into_parts();
        assert!(matches!(
            open.judge_now(&parts),
            Some(Err(Refusal::MissingToken))
        ));
    }
    let mut service = open.layer(Inner);
    for (token, status, text) in [
        (None, StatusCode::OK, "/mcp by nobody: hello"),
        (Some("reader"), StatusCode::OK, "/mcp by usr_1: hello"),
        (Some("slow-reader"), StatusCode::OK, "/mcp by usr_1: hello"),
        (Some("old"), StatusCode::UNAUTHORIZED, "invalid_token"),
        (Some("slow-old"), StatusCode::UNAUTHORIZED, "invalid_token"),
    ] {
        let (got, said) = knock(&mut service, token).await;
        assert_eq!(got, status, "{token:?}");
        assert!(said.contains(text), "{token:?}: {said}");
    }
}

#[tokio::test]
async fn only_a_request_without_the_header_comes_from_nobody() {
    let protection = protection();
    let admit = async |headers: &[&str]| {
        let (mut parts, ()) = request(headers).into_parts();
        let caller = protection.admit_anyone(&mut parts).await;
        caller.map(|caller| caller.map(|caller| caller.subject().to_owned()))
    };
    assert_eq!(admit(&[]).await, Ok(None));
    assert_eq!(
        admit(&["Bearer reader"]).await,
        Ok(Some("usr_1".to_owned()))
    );
    for header in ["Basic YTpi", "", "Bearer"] {
        let refusal = admit(&[header]).await.unwrap_err();
        assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED, "{header}");
    }
    let bare = admit(&["Bearer bare"]).await.unwrap_err();
    assert_eq!(bare.status(), StatusCode::FORBIDDEN);
    let outage = admit(&["Bearer outage"]).await.unwrap_err();
    assert_eq!(outage.status(), StatusCode::SERVICE_UNAVAILABLE);
}
