mod signed;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header;
use serde_json::json;
use thyra_oauth::{ManualClock, Secret, SigningKey};

use super::*;
use crate::principal::PrincipalKind;
use crate::verify::lookup::testing::{Upstream, accepted, is_unavailable, rejected};
use crate::verify::{
    Audience, AudienceUnchecked, LookupVerifier, LookupVerifierBuilder, TokenVerifier, Verdict,
    VerifierError,
};

const ISSUER: &str = "https://login.example";
const ENDPOINT: &str = "https://login.example/introspect";
const SERVER: &str = "https://mcp.example.com/mcp";
const NOW: u64 = 1_800_000_000;

/// Answers with these members.
fn says(upstream: &Upstream, members: &Value) {
    upstream.serve(ENDPOINT, 200, "application/json", members.to_string());
}

fn client() -> IntrospectionClient {
    IntrospectionClient::secret_basic("api", Secret::new("hunter2".to_owned()))
}

fn asking(upstream: &Upstream) -> IntrospectionBuilder {
    let audience = Audience::any_of([SERVER]).unwrap();
    Introspection::builder(ISSUER, client(), audience)
        .endpoint(ENDPOINT)
        .fetcher(upstream.fetcher())
}

fn verifier(builder: IntrospectionBuilder) -> LookupVerifierBuilder {
    let clock = Arc::new(ManualClock::new(Duration::from_secs(NOW)));
    LookupVerifier::builder(builder.build().unwrap()).clock(clock)
}

async fn ask(builder: IntrospectionBuilder) -> Verdict {
    let verifier = verifier(builder).build();
    verifier.verify(&BearerToken::new("opaque")).await
}

fn good() -> Value {
    json!({
        "active": true, "iss": ISSUER, "aud": SERVER, "sub": "usr_1", "client_id": "app_1",
        "scope": "read write", "exp": NOW + 600, "iat": NOW, "jti": "tkn_1", "username": "ada",
        "token_type": "Bearer", "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },
    })
}

/// The good answer with other members; `null` removes one.
fn with(changes: &Value) -> Value {
    let mut answer = good();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            answer.as_object_mut().unwrap().remove(name);
        } else {
            answer[name] = value.clone();
        }
    }
    answer
}

#[tokio::test]
async fn a_good_answer_describes_the_caller() {
    let upstream = Upstream::default();
    says(&upstream, &good());
    let caller = accepted(ask(asking(&upstream)).await);
    assert_eq!(caller.issuer(), ISSUER);
    assert_eq!(caller.subject(), "usr_1");
    assert_eq!(caller.client_id(), Some("app_1"));
    assert_eq!(caller.kind(), PrincipalKind::User);
    assert_eq!(caller.token_id(), Some("tkn_1"));
    assert_eq!(caller.expires_at(), Some(Duration::from_secs(NOW + 600)));
    assert_eq!(caller.scopes().to_string(), "read write");
    assert_eq!(
        caller.claim("cnf"),
        Some(&json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }))
    );
    assert_eq!(caller.claim("username"), Some(&json!("ada")));
    let asked = upstream.asked();
    let [request] = &asked[..] else {
        panic!("one question")
    };
    assert_eq!(
        request.headers[header::AUTHORIZATION],
        "Basic YXBpOmh1bnRlcjI="
    );
    assert_eq!(
        &request.body[..],
        b"token=opaque&token_type_hint=access_token"
    );
}

#[tokio::test]
async fn what_an_answer_may_leave_out_or_write_otherwise() {
    let upstream = Upstream::default();
    for changes in [
        json!({ "iss": null }),
        json!({ "exp": null }),
        json!({ "scope": ["read", "write"] }),
        json!({ "scope": null, "scp": ["read", "write"] }),
        json!({ "aud": ["https://other.example", SERVER] }),
        json!({ "token_type": "access_token" }),
        json!({ "token_type": null, "token_use": "access_token" }),
        json!({ "typ": "Bearer" }),
        json!({ "exp": NOW - 29, "nbf": NOW + 30 }),
    ] {
        says(&upstream, &with(&changes));
        let caller = accepted(ask(asking(&upstream)).await);
        assert_eq!(caller.issuer(), ISSUER, "{changes}");
        assert_eq!(caller.scopes().to_string(), "read write", "{changes}");
    }
    // Some servers write `null` for what they do not say.
    let mut nulls = good();
    for name in [
        "iss",
        "exp",
        "nbf",
        "scope",
        "jti",
        "username",
        "token_type",
    ] {
        nulls[name] = Value::Null;
    }
    says(&upstream, &nulls);
    assert!(accepted(ask(asking(&upstream)).await).scopes().is_empty());
}

#[tokio::test]
async fn a_token_without_a_subject_stands_for_its_client() {
    let upstream = Upstream::default();
    says(&upstream, &with(&json!({ "sub": null, "username": null })));
    let caller = accepted(ask(asking(&upstream)).await);
    assert_eq!(
        (caller.subject(), caller.kind()),
        ("app_1", PrincipalKind::Machine)
    );
    // Of a person, or of nobody.
    for nameless in [
        json!({ "sub": null }),
        json!({ "sub": null, "username": null, "client_id": null }),
    ] {
        says(&upstream, &with(&nameless));
        let reason = rejected(ask(asking(&upstream)).await);
        assert_eq!(reason, TokenRejected::MissingClaim(ClaimName::Sub));
    }
}

#[tokio::test]
async fn tokens_that_are_not_good_here() {
    use TokenRejected::{
        AudienceMismatch, Expired, Inactive, InvalidClaim, IssuerMismatch, MissingClaim,
        NotYetValid, TypeNotAllowed,
    };
    let upstream = Upstream::default();
    for (changes, reason) in [
        (json!({ "active": false }), Inactive),
        (
            json!({ "token_type": "DPoP", "cnf": null }),
            MissingClaim(ClaimName::Cnf),
        ),
        (json!({ "iss": "https://login.example/" }), IssuerMismatch),
        (
            json!({ "iss": ["https://login.example"] }),
            InvalidClaim(ClaimName::Iss),
        ),
        (json!({ "aud": null }), MissingClaim(ClaimName::Aud)),
        (json!({ "aud": 7 }), InvalidClaim(ClaimName::Aud)),
        (json!({ "aud": [] }), AudienceMismatch),
        (
            json!({ "aud": "https://mcp.example.com/mcp/" }),
            AudienceMismatch,
        ),
        (json!({ "exp": NOW - 30 }), Expired),
        (json!({ "exp": "1800000600" }), InvalidClaim(ClaimName::Exp)),
        (json!({ "exp": -1 }), InvalidClaim(ClaimName::Exp)),
        (json!({ "nbf": NOW + 31 }), NotYetValid),
        (json!({ "iat": NOW + 31 }), NotYetValid),
        (json!({ "sub": 7 }), InvalidClaim(ClaimName::Sub)),
        (json!({ "scope": 7 }), InvalidClaim(ClaimName::Scope)),
        (
            json!({ "scope": ["read write"] }),
            InvalidClaim(ClaimName::Scope),
        ),
        // A refresh token is active, too.
        (json!({ "token_type": "refresh_token" }), TypeNotAllowed),
        (json!({ "token_type": 7 }), TypeNotAllowed),
        (json!({ "token_use": "refresh_token" }), TypeNotAllowed),
        (json!({ "typ": "Refresh" }), TypeNotAllowed),
        (json!({ "typ": "ID" }), TypeNotAllowed),
    ] {
        says(&upstream, &with(&changes));
        assert_eq!(rejected(ask(asking(&upstream)).await), reason, "{changes}");
    }
    // A server says nothing but that of a bad token (RFC 7662 section 2.2).
    says(&upstream, &json!({ "active": false }));
    assert_eq!(rejected(ask(asking(&upstream)).await), Inactive);
}

#[tokio::test]
async fn an_answer_for_another_audience_is_accepted_only_by_who_says_so() {
    let upstream = Upstream::default();
    says(&upstream, &with(&json!({ "aud": "https://other.example" })));
    let reason = rejected(ask(asking(&upstream)).await);
    assert_eq!(reason, TokenRejected::AudienceMismatch);
    let unchecked = Introspection::builder(ISSUER, client(), AudienceUnchecked)
        .endpoint(ENDPOINT)
        .fetcher(upstream.fetcher());
    accepted(ask(unchecked).await);
}

#[tokio::test]
async fn answers_that_are_none_are_an_outage_and_nobody_is_let_in() {
    let upstream = Upstream::default();
    for body in [
        "",
        "[]",
        "true",
        "<html>",
        "{}",
        r#"{"active":"true"}"#,
        r#"{"active":1}"#,
        r#"{"active":null}"#,
        // Whoever reads the other one is let in.
        r#"{"active":false,"active":true}"#,
        r#"{"active":true}{"active":true}"#,
    ] {
        upstream.serve(ENDPOINT, 200, "application/json", body);
        is_unavailable(&ask(asking(&upstream)).await, body);
    }
    upstream.serve(ENDPOINT, 200, "application/json", "x".repeat(300_000));
    is_unavailable(&ask(asking(&upstream)).await, "large");
    for status in [
        201, 204, 302, 400, 401, 403, 404, 405, 429, 500, 502, 503, 504,
    ] {
        upstream.serve(ENDPOINT, status, "application/json", good().to_string());
        is_unavailable(&ask(asking(&upstream)).await, &status.to_string());
    }
    upstream.leave();
    is_unavailable(&ask(asking(&upstream)).await, "nobody");
}

#[tokio::test]
async fn a_server_that_wants_to_be_left_alone_is_and_serves_the_next_request() {
    for (status, value, seconds) in [
        (503, "20", 20),
        (429, "7", 7),
        (429, "Fri, 15 Jan 2027 08:00:09 GMT", 9),
    ] {
        let upstream = Upstream::default();
        upstream.serve(ENDPOINT, status, "text/plain", "");
        upstream.header(ENDPOINT, "retry-after", value);
        let clock = Arc::new(ManualClock::new(Duration::from_secs(NOW)));
        let verifier = LookupVerifier::builder(asking(&upstream).build().unwrap());
        let verifier = verifier.clock(clock.clone()).build();
        for _ in 0..3 {
            let verdict = verifier.verify(&BearerToken::new("opaque")).await;
            let Verdict::Unavailable(outage) = verdict else {
                panic!("{verdict:?}")
            };
            assert_eq!(outage.retry_after, Duration::from_secs(seconds));
        }
        assert_eq!(upstream.asked().len(), 1);
        says(&upstream, &good());
        clock.advance(Duration::from_secs(seconds));
        accepted(verifier.verify(&BearerToken::new("opaque")).await);
    }
}

#[tokio::test]
async fn cache_poisoning_no_token_gets_the_answer_of_another() {
    let upstream = Upstream::default();
    says(&upstream, &good());
    let verifier = verifier(asking(&upstream)).build();
    accepted(verifier.verify(&BearerToken::new("opaque")).await);
    says(&upstream, &json!({ "active": false }));
    for other in [
        "opaqu",
        "opaque2",
        "OPAQUE",
        "opaque%00",
        "opaque&active=true",
    ] {
        let verdict = verifier.verify(&BearerToken::new(other)).await;
        assert_eq!(rejected(verdict), TokenRejected::Inactive, "{other}");
    }
    accepted(verifier.verify(&BearerToken::new("opaque")).await);
    // What stands in the token stays in its field of the form.
    let bodies: Vec<_> = upstream
        .asked()
        .into_iter()
        .map(|asked| asked.body)
        .collect();
    let last = String::from_utf8(bodies.last().unwrap().to_vec()).unwrap();
    assert_eq!(
        last,
        "token=opaque%26active%3Dtrue&token_type_hint=access_token"
    );
}

#[tokio::test]
async fn a_signed_assertion_is_made_for_every_question() {
    let upstream = Upstream::default();
    says(&upstream, &good());
    let key = SigningKey::generate().unwrap();
    let client = IntrospectionClient::private_key_jwt("api", key);
    let audience = Audience::any_of([SERVER]).unwrap();
    let builder = Introspection::builder(ISSUER, client, audience)
        .endpoint(ENDPOINT)
        .fetcher(upstream.fetcher());
    let verifier = verifier(builder).keep(Duration::ZERO).build();
    let mut seen = Vec::new();
    for _ in 0..2 {
        accepted(verifier.verify(&BearerToken::new("opaque")).await);
        let asked = upstream.asked();
        let form: HashMap<_, _> = url::form_urlencoded::parse(&asked[0].body)
            .into_owned()
            .collect();
        assert!(!asked[0].headers.contains_key(header::AUTHORIZATION));
        let claims = form["client_assertion"].split('.').nth(1).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&json!("api"), &json!("api"))
        );
        assert_eq!(claims["aud"], ISSUER);
        seen.push(claims["jti"].clone());
    }
    assert_ne!(seen[0], seen[1]);
}

#[tokio::test]
async fn the_endpoint_is_found_through_the_metadata_and_again_when_it_has_moved() {
    const METADATA: &str = "https://login.example/.well-known/oauth-authorization-server";
    const MOVED: &str = "https://login.example/v2/introspect";
    let upstream = Upstream::default();
    let named = |endpoint: &str| json!({ "issuer": ISSUER, "introspection_endpoint": endpoint });
    upstream.serve(
        METADATA,
        200,
        "application/json",
        named(ENDPOINT).to_string(),
    );
    says(&upstream, &good());
    let audience = Audience::any_of([SERVER]).unwrap();
    let builder = Introspection::builder(ISSUER, client(), audience).fetcher(upstream.fetcher());
    let clock = Arc::new(ManualClock::new(Duration::from_secs(NOW)));
    let verifier = LookupVerifier::builder(builder.build().unwrap())
        .clock(clock.clone())
        .keep(Duration::ZERO)
        .build();
    let judge = async || verifier.verify(&BearerToken::new("opaque")).await;
    accepted(judge().await);
    accepted(judge().await);
    assert_eq!(upstream.asked().len(), 3);
    upstream.serve(ENDPOINT, 404, "text/plain", "");
    upstream.serve(MOVED, 200, "application/json", good().to_string());
    upstream.serve(METADATA, 200, "application/json", named(MOVED).to_string());
    is_unavailable(&judge().await, "moved");
    clock.advance(Duration::from_secs(1));
    accepted(judge().await);

    // Neither an issuer of another name nor a way into the network of this server is believed.
    for metadata in [
        json!({ "issuer": "https://evil.example", "introspection_endpoint": ENDPOINT }),
        named("http://login.example/introspect"),
        named("https://127.0.0.1/introspect"),
        named("introspect"),
        json!({ "issuer": ISSUER }),
    ] {
        upstream.serve(METADATA, 200, "application/json", metadata.to_string());
        let audience = Audience::any_of([SERVER]).unwrap();
        let builder = Introspection::builder(ISSUER, client(), audience);
        let verdict = ask(builder.fetcher(upstream.fetcher())).await;
        is_unavailable(&verdict, &metadata.to_string());
    }
}

#[test]
fn settings_that_cannot_work() {
    let build = |issuer: &str, id: &str, endpoint: Option<&str>| {
        let client = IntrospectionClient::secret_post(id, Secret::new("s".to_owned()));
        let builder = Introspection::builder(issuer, client, AudienceUnchecked);
        match endpoint {
            Some(url) => builder.endpoint(url).build(),
            None => builder.build(),
        }
    };
    assert!(build(ISSUER, "api", None).is_ok());
    assert!(build("urn:login", "api", Some("http://127.0.0.1:1/x")).is_ok());
    let shown = |result: Result<Introspection, IntrospectionError>| result.unwrap_err().to_string();
    insta::assert_snapshot!(shown(build(ISSUER, " ", None)), @"the client id is blank; set it to what the authorization server knows this server by");
    insta::assert_snapshot!(shown(build("urn:login", "api", None)), @"set the URL of the introspection endpoint, or the issuer to a URL");
    insta::assert_snapshot!(shown(build("", "api", Some(ENDPOINT))), @"the issuers must be named, and none may be blank");
    for url in [
        "http://login.example/x",
        "introspect",
        "https://api:hush@login.example/",
    ] {
        let error = build(ISSUER, "api", Some(url)).unwrap_err();
        assert!(matches!(error, IntrospectionError::Endpoint(_)), "{url}");
    }
    let secret = Secret::from([7; 32]);
    let shared = crate::verify::VerifyingKey::from_secret(&secret, crate::verify::Algorithm::Hs256);
    let error = asking(&Upstream::default())
        .signed_answers(shared.unwrap())
        .build();
    assert!(matches!(
        error.unwrap_err(),
        IntrospectionError::Settings(VerifierError::SharedSecret)
    ));
}

#[test]
fn no_debug_output_holds_the_secret() {
    let shown = format!("{:?}", asking(&Upstream::default()).build().unwrap());
    assert!(
        shown.contains("api") && !shown.contains("hunter2"),
        "{shown}"
    );
}
