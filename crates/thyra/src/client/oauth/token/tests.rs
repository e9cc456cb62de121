use std::collections::HashMap;

use serde_json::{Value, json};
use thyra_auth::ManualClock;

use super::*;

fn good() -> Value {
    json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 300, "scope": "a b" })
}

fn with(name: &str, value: Value) -> Result<Tokens, TokenError> {
    let mut answer = good();
    answer[name] = value;
    read(answer.to_string().as_bytes(), Duration::ZERO)
}

#[test]
fn a_token_is_renewed_a_little_before_its_end() {
    for (life, renewed_after) in [(300, 270), (3600, 3540), (10, 9), (0, 0)] {
        let clock = ManualClock::new(Duration::ZERO);
        let tokens = with("expires_in", json!(life)).unwrap();
        assert_eq!(tokens.expires_in, Some(Duration::from_secs(life)));
        clock.advance(Duration::from_secs(renewed_after).saturating_sub(Duration::from_millis(1)));
        assert_eq!(tokens.is_stale(&clock), renewed_after == 0, "{life}");
        clock.advance(Duration::from_millis(1));
        assert!(tokens.is_stale(&clock), "{life}");
    }
    let endless = with("expires_in", Value::Null).unwrap();
    assert!(!endless.is_stale(&ManualClock::new(Duration::ZERO)));
    assert!(with("expires_in", json!(u64::MAX)).is_ok());
}

#[test]
fn only_bearer_tokens_that_a_header_can_carry_are_taken() {
    assert_eq!(
        with("token_type", json!("bEARER"))
            .unwrap()
            .scopes
            .unwrap()
            .to_string(),
        "a b"
    );
    assert_eq!(with("scope", json!("")).unwrap().scopes, None);
    for (name, value) in [
        ("token_type", json!("DPoP")),
        ("token_type", Value::Null),
        ("access_token", Value::Null),
        ("access_token", json!("")),
        ("access_token", json!("a b")),
        ("access_token", json!("a\r\nX: y")),
        ("access_token", json!("x".repeat(MAX_TOKEN + 1))),
        ("refresh_token", json!("x".repeat(MAX_TOKEN + 1))),
        ("expires_in", json!(-1)),
        ("expires_in", json!("300")),
    ] {
        assert!(with(name, value.clone()).is_err(), "{name} {value}");
    }
}

#[test]
fn no_error_and_no_debug_output_holds_a_secret() {
    let error = with("access_token", json!(["hush"])).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hush"));
    let tokens = with("access_token", json!("hush")).unwrap();
    assert!(!format!("{tokens:?}").contains("hush"));
}

fn fields(
    authentication: Authentication,
    grant: &Grant<'_>,
) -> (HashMap<String, String>, Option<HeaderValue>) {
    let registration = Registration {
        issuer: "https://a".to_owned(),
        client_id: "c:1".to_owned(),
        authentication,
        port: 1,
    };
    let endpoint = Url::parse("https://a/token").unwrap();
    let request = TokenRequest {
        endpoint: &endpoint,
        registration: &registration,
        resource: "https://r/mcp",
        scopes: None,
    };
    let Body::Form {
        fields,
        authorization,
    } = request.body(grant)
    else {
        panic!("not a form")
    };
    (
        form_urlencoded::parse(fields.expose().as_bytes())
            .into_owned()
            .collect(),
        authorization,
    )
}

#[test]
fn the_form_holds_the_grant_the_resource_and_the_client() {
    let secret = |text: &str| Secret::new(text.to_owned());
    let code = secret("code");
    let verifier = secret("verifier");
    let grant = Grant::Code {
        code: &code,
        verifier: &verifier,
        redirect_uri: "http://127.0.0.1:1/callback",
    };
    let (form, authorization) = fields(Authentication::None, &grant);
    assert_eq!(authorization, None);
    assert_eq!(form.len(), 6);
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["code"], "code");
    assert_eq!(form["code_verifier"], "verifier");
    assert_eq!(form["redirect_uri"], "http://127.0.0.1:1/callback");
    assert_eq!(form["resource"], "https://r/mcp");
    assert_eq!(form["client_id"], "c:1");

    let refresh = secret("refresh");
    let (form, authorization) = fields(
        Authentication::Basic(secret("s/1")),
        &Grant::Refresh { token: &refresh },
    );
    assert_eq!(form.len(), 3);
    assert_eq!(form["grant_type"], "refresh_token");
    assert_eq!(form["refresh_token"], "refresh");
    assert_eq!(form["resource"], "https://r/mcp");
    let authorization = authorization.unwrap();
    assert!(authorization.is_sensitive());
    assert_eq!(
        authorization,
        format!("Basic {}", STANDARD.encode("c%3A1:s%2F1"))
    );

    let (form, authorization) = fields(
        Authentication::Post(secret("s")),
        &Grant::Refresh { token: &refresh },
    );
    assert_eq!(authorization, None);
    assert_eq!(
        (form["client_id"].as_str(), form["client_secret"].as_str()),
        ("c:1", "s")
    );
}

#[test]
fn refusals_are_told_from_trouble() {
    let refused = TokenError::refused(
        401,
        br#"{"error":"invalid_client","error_description":"who?"}"#,
    );
    assert!(refused.is_client_unknown() && !refused.is_transient());
    assert_eq!(
        refused.to_string(),
        "the token endpoint refused with status 401, `invalid_client`: who?"
    );
    let refused = TokenError::refused(400, b"<html>");
    assert!(!refused.is_client_unknown() && !refused.is_transient());
    assert!(TokenError::Unavailable { status: 503 }.is_transient());
}
