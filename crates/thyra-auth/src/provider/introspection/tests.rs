use std::sync::Arc;

use http::header;
use serde_json::{Value, json};
use thyra_oauth::{ManualClock, SigningKey};

use super::*;
use crate::layer::Protection;
use crate::principal::Principal;
use crate::provider::AuthProvider;
use crate::provider::testing::{BASE_URL, NOW, RESOURCE, request, with};
use crate::refusal::Refusal;
use crate::verify::lookup_testing::Upstream;
use crate::verify::{ClaimName, TokenRejected, testing};

const ISSUER_URL: &str = "https://login.example.com";
const METADATA: &str = "https://login.example.com/.well-known/oauth-authorization-server";
const ASKED: &str = "https://login.example.com/introspect";
const KEYS: &str = "https://login.example.com/keys";

fn builder() -> IntrospectionAuthBuilder {
    IntrospectionAuth::builder()
        .issuer(ISSUER_URL)
        .client_id("notes-api")
        .client_secret(Secret::new("hunter2".to_owned()))
}

fn answer() -> Value {
    json!({
        "active": true, "aud": RESOURCE, "sub": "ada", "client_id": "cli", "scope": "notes:read",
        "exp": NOW + 600, "email": "ada@example.com", "org": "acme",
    })
}

/// An authorization server with metadata that gives this answer.
fn upstream(answer: &Value) -> Upstream {
    let upstream = Upstream::default();
    let metadata =
        json!({ "issuer": ISSUER_URL, "introspection_endpoint": ASKED, "jwks_uri": KEYS });
    upstream.serve(METADATA, 200, "application/json", metadata.to_string());
    upstream.serve(ASKED, 200, "application/json", answer.to_string());
    upstream.serve(
        KEYS,
        200,
        "application/json",
        testing::jwks(&[testing::ec()]),
    );
    upstream
}

fn door<V: Vendor>(builder: ProviderBuilder<V>, upstream: &Upstream) -> Protection {
    let provider = builder
        .base_url(BASE_URL)
        .fetcher(upstream.fetcher())
        .clock(Arc::new(ManualClock::new(Duration::from_secs(NOW))));
    provider.build().unwrap().protection("/mcp").unwrap()
}

async fn admit(door: &Protection) -> Result<Arc<Principal>, Refusal> {
    door.admit(&mut request("opaque")).await
}

#[tokio::test]
async fn an_opaque_token_says_who_calls() {
    let upstream = upstream(&answer());
    let door = door(builder().organization_claims(["org"]), &upstream);
    assert!(upstream.asked().is_empty(), "nobody is asked in advance");
    let ada = admit(&door).await.unwrap();
    assert_eq!((ada.issuer(), ada.subject()), (ISSUER_URL, "ada"));
    assert_eq!(ada.email(), Some("ada@example.com"));
    assert_eq!(ada.organization(), Some("acme"));
    assert!(ada.has_scope("notes:read"));
    admit(&door).await.unwrap();
    let asked: Vec<_> = upstream
        .asked()
        .into_iter()
        .map(|asked| asked.url.to_string())
        .collect();
    assert_eq!(asked, [METADATA, ASKED]);
}

#[tokio::test]
async fn the_audience_is_what_the_settings_say() {
    let other = with(&answer(), &json!({ "aud": "notes" }));
    let refused = |reason| Err(Refusal::InvalidToken(reason));
    for (builder, url, name, none) in [
        (
            builder(),
            Ok(()),
            refused(TokenRejected::AudienceMismatch),
            refused(TokenRejected::MissingClaim(ClaimName::Aud)),
        ),
        (
            builder().audience("notes"),
            refused(TokenRejected::AudienceMismatch),
            Ok(()),
            refused(TokenRejected::MissingClaim(ClaimName::Aud)),
        ),
        (
            builder().audience_unchecked(AudienceUnchecked),
            Ok(()),
            Ok(()),
            Ok(()),
        ),
    ] {
        let absent = with(&answer(), &json!({ "aud": null }));
        for (answer, expected) in [(&answer(), url), (&other, name), (&absent, none)] {
            let door = door(builder.clone(), &upstream(answer));
            assert_eq!(admit(&door).await.map(drop), expected, "{answer}");
        }
    }
}

#[tokio::test]
async fn a_denied_token_and_a_missing_scope_are_told_apart() {
    let upstream = upstream(&with(&answer(), &json!({ "jti": "t1" })));
    let denied = door(builder().deny(|id| id == "t1"), &upstream);
    let reason = Refusal::InvalidToken(TokenRejected::Denied);
    assert_eq!(admit(&denied).await.unwrap_err(), reason);
    let needed = door(builder().required_scopes(["notes:write"]), &upstream);
    let refusal = admit(&needed).await.unwrap_err();
    assert!(
        matches!(refusal, Refusal::InsufficientScope { .. }),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn an_outage_is_503_and_no_challenge() {
    let upstream = Upstream::default();
    let door = door(builder(), &upstream);
    let refusal = admit(&door).await.unwrap_err();
    let response = door.answer(&refusal);
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
}

#[tokio::test]
async fn answers_may_have_to_be_signed() {
    let upstream = upstream(&answer());
    let door = door(builder().signed_answers(), &upstream);
    let refusal = admit(&door).await.unwrap_err();
    assert!(
        matches!(refusal, Refusal::Unavailable { .. }),
        "{refusal:?}"
    );

    let typ = json!({ "alg": "ES256", "kid": "ec", "typ": "token-introspection+jwt" });
    let claims = json!({
        "iss": ISSUER_URL, "aud": "notes-api", "iat": NOW, "token_introspection": answer(),
    });
    let signed = testing::ec().token_with(&typ.to_string(), &claims.to_string());
    upstream.serve(ASKED, 200, "application/token-introspection+jwt", signed);
    let other = self::door(builder().signed_answers(), &upstream);
    assert_eq!(admit(&other).await.unwrap().subject(), "ada");
}

#[tokio::test]
async fn the_client_authenticates_as_it_is_told() {
    let upstream = upstream(&answer());
    for (builder, in_header, part) in [
        (builder(), true, ""),
        (
            builder().client_auth_method("client_secret_post"),
            false,
            "client_secret=hunter2",
        ),
        (
            builder().client(IntrospectionClient::private_key_jwt(
                "api",
                SigningKey::generate().unwrap(),
            )),
            false,
            "client_assertion=",
        ),
    ] {
        admit(&door(builder, &upstream)).await.unwrap();
        let asked = upstream.asked();
        let question = asked.last().unwrap();
        let has_header = question.headers.contains_key(header::AUTHORIZATION);
        assert_eq!(has_header, in_header);
        let body = String::from_utf8(question.body.to_vec()).unwrap();
        assert!(body.contains(part), "{body}");
    }
}

#[test]
fn settings_are_checked() {
    let problem = |builder: IntrospectionAuthBuilder| {
        builder.base_url(BASE_URL).build().unwrap_err().to_string()
    };
    let empty = IntrospectionAuth::builder;
    insta::assert_snapshot!(problem(empty()), @"issuer (INTROSPECTION_ISSUER) is not set. Set it to the issuer identifier of the authorization server, byte for byte as its metadata has it, such as https://login.example.com.");
    insta::assert_snapshot!(problem(empty().issuer(ISSUER_URL)), @"client_id (INTROSPECTION_CLIENT_ID) is not set. Register this server at the authorization server as a client that may introspect tokens, and copy its client ID.");
    insta::assert_snapshot!(problem(empty().issuer(ISSUER_URL).client_id("a")), @"client_secret (INTROSPECTION_CLIENT_SECRET) is not set. Set it to the secret that the authorization server gave out with the client ID.");
    insta::assert_snapshot!(problem(builder().client_secret(Secret::new(" ".to_owned()))), @"client_secret (INTROSPECTION_CLIENT_SECRET) cannot be used: it is blank. Set it to the secret that the authorization server gave out with the client ID.");
    insta::assert_snapshot!(problem(builder().client_auth_method("basic")), @"client_auth_method (INTROSPECTION_CLIENT_AUTH_METHOD) cannot be used: it is no method that is known here. Set it to client_secret_basic or client_secret_post, or remove it: the first is the default.");
    insta::assert_snapshot!(problem(builder().endpoint("http://login.example.com/x")), @"endpoint (INTROSPECTION_ENDPOINT) cannot be used: it must be https, except on this machine. Set it to the `introspection_endpoint` of the authorization server's metadata, or remove it to have it found there.");
    insta::assert_snapshot!(problem(builder().issuer("login.example.com")), @"issuer (INTROSPECTION_ISSUER) cannot be used: it is not an absolute URL that begins with `https://`. Set it to the issuer identifier of the authorization server, byte for byte as its metadata has it, such as https://login.example.com.");
    insta::assert_snapshot!(problem(builder().audience(" ")), @"audience (INTROSPECTION_AUDIENCE) cannot be used: it is blank. Set it to what the authorization server answers as `aud`, or remove it: the default is the URL of this server.");
}

#[test]
fn settings_come_from_variables_and_show_no_secret() {
    let vars = [
        ("INTROSPECTION_ISSUER", ISSUER_URL),
        ("INTROSPECTION_ENDPOINT", ASKED),
        ("INTROSPECTION_CLIENT_ID", "notes-api"),
        ("INTROSPECTION_CLIENT_SECRET", "hunter2"),
        ("INTROSPECTION_CLIENT_AUTH_METHOD", "client_secret_post"),
        ("INTROSPECTION_AUDIENCE", "notes"),
        ("THYRA_BASE_URL", BASE_URL),
    ];
    let settings = IntrospectionAuthSettings::from_vars(vars).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    let provider = settings.clone().provider().unwrap();
    assert_eq!(provider.authorization_servers(), [ISSUER_URL]);
    assert!(!format!("{provider:?}").contains("hunter2"));
    let file = json!({
        "issuer": ISSUER_URL, "endpoint": ASKED, "client_id": "notes-api",
        "client_secret": "hunter2", "client_auth_method": "client_secret_post",
        "audience": "notes", "base_url": BASE_URL,
    });
    let read: IntrospectionAuthSettings = serde_json::from_value(file).unwrap();
    assert_eq!(read, settings);
    // What serde says of a wrong value repeats it.
    let wrong = r#"{"client_secret":["hunter2"]}"#;
    let error = serde_json::from_str::<IntrospectionAuthSettings>(wrong).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let wrong = r#"{"client_secret":424242}"#;
    let error = serde_json::from_str::<IntrospectionAuthSettings>(wrong).unwrap_err();
    assert!(!error.to_string().contains("424242"), "{error}");
}
