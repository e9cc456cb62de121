use serde_json::json;

use super::vendor::FakeVendor;
use super::*;

/// What an answer of the token endpoint is taken for.
async fn kind(status: u16, kind: &str, body: &str) -> (&'static str, Option<u64>) {
    let vendor = FakeVendor::answering(status, kind, body);
    let error = renew(&upstream(&vendor), &tokens()).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("hush") && !shown.contains('\u{1b}'),
        "{shown}"
    );
    match error {
        UpstreamError::Client { .. } => ("client", None),
        UpstreamError::Identity { .. } => ("identity", None),
        UpstreamError::Refused { .. } => ("refused", None),
        UpstreamError::Unavailable { retry_after, .. } => {
            ("unavailable", retry_after.map(|after| after.as_secs()))
        }
    }
}

#[tokio::test]
async fn only_a_refusal_of_the_grant_ends_a_login() {
    const JSON: &str = "application/json";
    let refusal =
        |error: &str| json!({ "error": error, "error_description": "\u{1b}" }).to_string();
    // A vendor may ask for ten minutes of rest at most.
    let outage = ("unavailable", Some(600));
    for (status, error, expected) in [
        (400, "invalid_grant", ("refused", None)),
        (401, "invalid_grant", ("refused", None)),
        (403, "invalid_grant", ("refused", None)),
        (400, "invalid_token", ("refused", None)),
        (400, "interaction_required", ("refused", None)),
        // GitHub refuses with the status of success.
        (200, "bad_refresh_token", ("refused", None)),
        (400, "invalid_client", ("client", None)),
        (401, "invalid_client", ("client", None)),
        (400, "invalid_scope", ("client", None)),
        (400, "unauthorized_client", ("client", None)),
        (200, "incorrect_client_credentials", ("client", None)),
        (400, "temporarily_unavailable", outage),
        (400, "server_error", outage),
        (429, "invalid_grant", outage),
        (500, "invalid_grant", outage),
        (503, "x", outage),
    ] {
        assert_eq!(
            kind(status, JSON, &refusal(error)).await,
            expected,
            "{status} {error}"
        );
    }
    for (status, body) in [
        (200, ""),
        (200, "<html>"),
        (200, "[]"),
        (200, "null"),
        (200, r#"{"access_token":["hush"],"token_type":"Bearer"}"#),
        (200, r#"{"access_token":"a b","token_type":"Bearer"}"#),
        (200, r#"{"access_token":"ada-1","token_type":"mac"}"#),
        (302, ""),
        (400, "<html>"),
        (403, "<html>firewall</html>"),
        (404, "{}"),
        (502, "<html>"),
    ] {
        assert_eq!(kind(status, JSON, body).await, outage, "{status} {body}");
    }
    let large = "x".repeat(256 * 1024 + 1);
    assert_eq!(kind(200, JSON, &large).await, ("unavailable", None));
    let bound = r#"{"access_token":"ada-1","token_type":"DPoP"}"#;
    assert_eq!(kind(200, JSON, bound).await, ("unavailable", None));
}

#[tokio::test]
async fn a_broken_connection_says_nothing_about_the_login() {
    let vendor = FakeVendor::default();
    let error = redeem(&upstream(&vendor), "read").await.unwrap_err();
    assert!(
        matches!(error, UpstreamError::Unavailable { .. }),
        "{error:?}"
    );
    assert!(!error.ends_login());
}

/// What becomes of a login whose access token is this one.
async fn with_token(token: &str) -> [Result<SignedIn, UpstreamError>; 2] {
    let vendor = FakeVendor::default();
    let answer = json!({ "access_token": token, "token_type": "Bearer" }).to_string();
    vendor.then(200, "application/json", &answer);
    vendor.then(200, "application/json", &answer);
    let upstream = upstream(&vendor);
    let redeemed = redeem(&upstream, "read").await;
    [redeemed, renew(&upstream, &tokens()).await]
}

#[tokio::test]
async fn a_token_that_is_not_for_us_lets_nobody_in() {
    for token in ["mallory-1", "hs256-1"] {
        for outcome in with_token(token).await {
            let error = outcome.unwrap_err();
            assert!(matches!(error, UpstreamError::Identity { .. }), "{error:?}");
            assert!(error.ends_login());
        }
    }
}

#[tokio::test]
async fn an_outage_of_the_verifier_is_no_refusal() {
    for outcome in with_token("outage-1").await {
        let error = outcome.unwrap_err();
        let UpstreamError::Unavailable { retry_after, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(retry_after, Some(Duration::from_secs(3)));
    }
}

#[tokio::test]
async fn nobody_else_comes_of_a_renewal() {
    let [redeemed, renewed] = with_token("eve-1").await;
    assert_eq!(redeemed.unwrap().subject, "eve");
    let error = renewed.unwrap_err();
    assert!(matches!(error, UpstreamError::Identity { .. }), "{error:?}");
}

#[tokio::test]
async fn without_a_refresh_token_the_access_token_is_judged_once_more() {
    let vendor = FakeVendor::default();
    for (access_token, good) in [("ada-1", true), ("eve-1", false), ("unknown", false)] {
        let without = UpstreamTokens {
            access_token: Secret::new(access_token.to_owned()),
            refresh_token: None,
            ..tokens()
        };
        match renew(&upstream(&vendor), &without).await {
            Ok(person) => assert!(good && person.subject == "ada", "{access_token}"),
            Err(error) => assert!(!good && error.ends_login(), "{access_token} {error:?}"),
        }
    }
    assert!(vendor.asked().is_empty(), "the token endpoint is not asked");
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_noticed() {
    let vendor = FakeVendor::default();
    let unknown = upstream(&vendor);
    for iss in [None, Some("https://idp.example")] {
        unknown.check_issuer(iss).await.unwrap();
    }
    let mut known = settings(&vendor);
    known.endpoints = known.endpoints.of_issuer("https://idp.example");
    let known = Upstream::new(known).unwrap();
    known.check_issuer(None).await.unwrap();
    known
        .check_issuer(Some("https://idp.example"))
        .await
        .unwrap();
    for other in ["https://idp.example/", "https://evil.example", ""] {
        let error = known.check_issuer(Some(other)).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Identity { .. }), "{error:?}");
    }
}
