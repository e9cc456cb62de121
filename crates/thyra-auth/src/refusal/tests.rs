use std::fmt::Write;

use http_body_util::BodyExt;

use super::*;

const METADATA: &str = "https://h/.well-known/oauth-protected-resource/mcp";

/// Status, headers that matter, and body, as text.
async fn answer(refusal: &Refusal) -> String {
    let required = ScopeSet::from_iter(["notes:read"]);
    let terms = Terms {
        required: &required,
        resource_metadata: METADATA,
        dpop: None,
    };
    let (parts, body) = refusal.answer(&terms).into_parts();
    let mut text = parts.status.to_string();
    for (name, value) in &parts.headers {
        write!(text, "\n{name}: {}", value.to_str().unwrap()).unwrap();
    }
    let body = body.collect().await.unwrap().to_bytes();
    format!("{text}\n\n{}", std::str::from_utf8(&body).unwrap())
}

#[tokio::test]
async fn a_missing_token_gets_a_challenge_without_an_error() {
    insta::assert_snapshot!(answer(&Refusal::MissingToken).await, @r#"
    401 Unauthorized
    content-type: application/json
    cache-control: no-store
    www-authenticate: Bearer scope="notes:read", resource_metadata="https://h/.well-known/oauth-protected-resource/mcp"

    {"error":"missing_token","error_description":"This endpoint needs an access token in the Authorization header: Bearer, a space, and the token. The resource_metadata URL of the challenge says where to get one."}
    "#);
}

#[tokio::test]
async fn where_the_operation_alone_needs_a_token_the_challenge_names_its_scopes() {
    let needed = ScopeSet::from_iter(["notes:write"]);
    insta::assert_snapshot!(answer(&Refusal::TokenNeeded { needed }).await, @r#"
    401 Unauthorized
    content-type: application/json
    cache-control: no-store
    www-authenticate: Bearer scope="notes:read notes:write", resource_metadata="https://h/.well-known/oauth-protected-resource/mcp"

    {"error":"missing_token","error_description":"This operation needs an access token in the Authorization header: Bearer, a space, and the token. The resource_metadata URL of the challenge says where to get one."}
    "#);
}

#[tokio::test]
async fn a_bad_token_gets_a_challenge_with_an_error() {
    insta::assert_snapshot!(answer(&Refusal::InvalidToken(TokenRejected::Expired)).await, @r#"
    401 Unauthorized
    content-type: application/json
    cache-control: no-store
    www-authenticate: Bearer error="invalid_token", error_description="The access token has expired. Get a new one.", scope="notes:read", resource_metadata="https://h/.well-known/oauth-protected-resource/mcp"

    {"error":"invalid_token","error_description":"The access token has expired. Get a new one."}
    "#);
}

#[tokio::test]
async fn a_lacking_scope_gets_a_challenge_with_everything_that_is_needed() {
    let needed = ScopeSet::from_iter(["notes:write", "notes:read"]);
    insta::assert_snapshot!(answer(&Refusal::InsufficientScope { needed }).await, @r#"
    403 Forbidden
    content-type: application/json
    cache-control: no-store
    www-authenticate: Bearer error="insufficient_scope", error_description="The access token does not carry every scope that this operation needs.", scope="notes:read notes:write", resource_metadata="https://h/.well-known/oauth-protected-resource/mcp"

    {"error":"insufficient_scope","error_description":"The access token does not carry every scope that this operation needs."}
    "#);
}

#[tokio::test]
async fn a_malformed_request_gets_400() {
    let refusal = Refusal::MalformedRequest(MalformedRequest::SeveralAuthorizationHeaders);
    insta::assert_snapshot!(answer(&refusal).await, @r#"
    400 Bad Request
    content-type: application/json
    cache-control: no-store
    www-authenticate: Bearer error="invalid_request", error_description="Send exactly one Authorization header.", resource_metadata="https://h/.well-known/oauth-protected-resource/mcp"

    {"error":"invalid_request","error_description":"Send exactly one Authorization header."}
    "#);
}

#[tokio::test]
async fn an_outage_gets_503_and_no_challenge() {
    let refusal = Refusal::Unavailable {
        retry_after: Duration::from_millis(4_200),
    };
    insta::assert_snapshot!(answer(&refusal).await, @r#"
    503 Service Unavailable
    content-type: application/json
    cache-control: no-store
    retry-after: 5

    {"error":"temporarily_unavailable","error_description":"The access token could not be verified because the authorization server is not reachable. Try again later."}
    "#);
}

#[test]
fn retry_after_is_whole_seconds_and_never_zero() {
    for (millis, seconds) in [
        (0, "1"),
        (1, "1"),
        (1_000, "1"),
        (1_001, "2"),
        (30_000, "30"),
    ] {
        assert_eq!(retry_after_seconds(Duration::from_millis(millis)), seconds);
    }
    assert_eq!(
        retry_after_seconds(Duration::MAX),
        u64::MAX.to_string().as_str()
    );
}

#[test]
fn every_sentence_is_allowed_in_an_error_description() {
    let mut refusals: Vec<Refusal> = TokenRejected::ALL
        .iter()
        .map(|reason| Refusal::InvalidToken(*reason))
        .collect();
    refusals.extend(
        BindingRejected::ALL
            .iter()
            .map(|reason| Refusal::InvalidBinding(*reason)),
    );
    refusals.extend([
        Refusal::MissingToken,
        Refusal::TokenNeeded {
            needed: ScopeSet::default(),
        },
        Refusal::MalformedRequest(MalformedRequest::SeveralAuthorizationHeaders),
        Refusal::InsufficientScope {
            needed: ScopeSet::default(),
        },
        Refusal::Unavailable {
            retry_after: Duration::ZERO,
        },
    ]);
    for refusal in refusals {
        let sentence = refusal.public_sentence();
        assert!(
            sentence
                .chars()
                .all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\'),
            "{sentence}"
        );
        assert!(sentence.ends_with('.'));
    }
}
