use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::*;
use crate::client_authentication::ClientAuthentication;

fn good() -> Value {
    json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 300, "scope": "a b" })
}

fn with(name: &str, value: Value) -> Result<TokenResponse, TokenError> {
    let mut answer = good();
    answer[name] = value;
    TokenResponse::read(200, answer.to_string().as_bytes())
}

#[test]
fn only_tokens_that_a_header_can_carry_are_taken() {
    assert_eq!(
        with("token_type", json!("bEARER"))
            .unwrap()
            .scope
            .unwrap()
            .to_string(),
        "a b"
    );
    assert_eq!(with("scope", json!("")).unwrap().scope, None);
    let kind = |name| with("token_type", json!(name)).unwrap().token_type;
    assert_eq!(kind("bearer"), TokenType::Bearer);
    assert_eq!(kind("dPoP"), TokenType::Dpop);
    for (name, value) in [
        ("token_type", json!("MAC")),
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
    authentication: ClientAuthentication,
    grant: Grant<'_>,
) -> (HashMap<String, String>, Option<HeaderValue>) {
    let request = TokenRequest {
        grant,
        client: &ClientCredentials {
            client_id: "c:1".to_owned(),
            authentication,
        },
        resource: Some("https://r/mcp"),
    };
    (
        form_urlencoded::parse(request.body().expose().as_bytes())
            .into_owned()
            .collect(),
        request.headers().remove(AUTHORIZATION),
    )
}

#[test]
fn what_openid_connect_and_vendors_add_is_read_and_what_is_odd_ignored() {
    let mut answer = good();
    answer["id_token"] = json!("a.b.c");
    answer["refresh_token_expires_in"] = json!(600);
    let read = |answer: &Value| TokenResponse::read(200, answer.to_string().as_bytes()).unwrap();
    let tokens = read(&answer);
    assert!(tokens.id_token == Some(Secret::new("a.b.c".to_owned())));
    assert_eq!(tokens.refresh_expires_in, Some(Duration::from_mins(10)));
    answer["refresh_expires_in"] = json!(0);
    assert_eq!(read(&answer).refresh_expires_in, None);
    for odd in [json!(1), json!("a b"), json!(null), json!("")] {
        answer["id_token"] = odd;
        answer["refresh_expires_in"] = json!("soon");
        assert!(read(&answer).id_token.is_none());
    }
}

#[test]
fn a_server_may_want_parameters_of_its_own() {
    let client = ClientCredentials {
        client_id: "c".to_owned(),
        authentication: ClientAuthentication::None,
    };
    let code = Secret::new("a&b".to_owned());
    let request = TokenRequest {
        grant: Grant::AuthorizationCode {
            code: &code,
            code_verifier: None,
            redirect_uri: "https://r/cb",
        },
        client: &client,
        resource: Some("https://r/mcp"),
    };
    let body = request.body_with(&[("resource", "x"), ("scope", "a b"), ("n", "1"), ("n", "2")]);
    assert_eq!(
        body.expose(),
        "grant_type=authorization_code&code=a%26b&redirect_uri=https%3A%2F%2Fr%2Fcb&client_id=c\
         &resource=x&scope=a+b&n=1&n=2"
    );
    assert_eq!(
        request.body_with::<&str, &str>(&[]).expose(),
        request.body().expose()
    );
}

#[test]
fn the_form_holds_the_grant_the_resource_and_the_client() {
    let secret = |text: &str| Secret::new(text.to_owned());
    let code = secret("code");
    let verifier = CodeVerifier::from(secret("verifier"));
    let grant = Grant::AuthorizationCode {
        code: &code,
        code_verifier: Some(&verifier),
        redirect_uri: "http://127.0.0.1:1/callback",
    };
    let (form, authorization) = fields(ClientAuthentication::None, grant);
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
        ClientAuthentication::Basic(secret("s/1")),
        Grant::RefreshToken(&refresh),
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
        ClientAuthentication::Post(secret("s")),
        Grant::RefreshToken(&refresh),
    );
    assert_eq!(authorization, None);
    assert_eq!(
        (form["client_id"].as_str(), form["client_secret"].as_str()),
        ("c:1", "s")
    );
}

#[test]
fn each_grant_has_its_own_form() {
    let secret = Secret::new("signed".to_owned());
    let scopes = ScopeSet::parse("a b");
    let assertion = || ClientAuthentication::Assertion(Secret::new("who".to_owned()));
    let scope = Some(&scopes);
    let urn = "urn:ietf:params:oauth:";

    let (form, authorization) = fields(assertion(), Grant::ClientCredentials { scope });
    assert_eq!(authorization, None);
    assert_eq!(form.len(), 5);
    assert_eq!(form["grant_type"], "client_credentials");
    assert_eq!(form["scope"], "a b");
    assert_eq!(form["resource"], "https://r/mcp");
    assert_eq!(form["client_assertion"], "who");
    let wanted = format!("{urn}client-assertion-type:jwt-bearer");
    assert_eq!(form["client_assertion_type"], wanted);

    let grant = Grant::JwtBearer {
        assertion: &secret,
        scope: None,
    };
    let (form, _) = fields(ClientAuthentication::None, grant);
    assert_eq!(form.len(), 4);
    assert_eq!(form["grant_type"], format!("{urn}grant-type:jwt-bearer"));
    assert_eq!(form["assertion"], "signed");

    let exchange = TokenExchange {
        subject_token: &secret,
        subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
        requested_token_type: Some("urn:ietf:params:oauth:token-type:id-jag"),
        audience: Some("https://login.example.org"),
        scope,
    };
    let (form, _) = fields(ClientAuthentication::None, Grant::TokenExchange(exchange));
    assert_eq!(form.len(), 8);
    assert_eq!(
        form["grant_type"],
        format!("{urn}grant-type:token-exchange")
    );
    assert_eq!(form["subject_token"], "signed");
    assert_eq!(form["subject_token_type"], exchange.subject_token_type);
    assert_eq!(
        form["requested_token_type"],
        format!("{urn}token-type:id-jag")
    );
    assert_eq!(form["audience"], "https://login.example.org");
    assert_eq!(form["scope"], "a b");
}

#[test]
fn an_exchange_gives_the_kind_of_token_that_was_asked_for() {
    let read =
        |status, answer: &Value| read_exchanged(status, answer.to_string().as_bytes(), "jag");
    let answer = |kind: &str, token: &str| json!({ "access_token": token, "issued_token_type": kind, "token_type": "N_A" });
    assert_eq!(
        read(200, &answer("jag", "signed")).unwrap().expose(),
        "signed"
    );
    for (status, wrong) in [
        (200, answer("access_token", "signed")),
        (200, answer("jag", "")),
        (200, answer("jag", "a b")),
        (200, json!({ "access_token": "signed" })),
        (400, answer("jag", "signed")),
        (503, answer("jag", "signed")),
    ] {
        let error = read(status, &wrong).unwrap_err();
        assert!(!format!("{error:?}").contains("signed"), "{status} {wrong}");
    }
}

#[test]
fn refusals_are_told_from_trouble() {
    let refused = |status, body: &[u8]| TokenResponse::read(status, body).unwrap_err();
    let unknown = refused(
        401,
        br#"{"error":"invalid_client","error_description":"who?"}"#,
    );
    assert!(unknown.is_client_unknown() && !unknown.is_transient());
    assert_eq!(
        unknown.to_string(),
        "the authorization server refused with status 401, `invalid_client`: who?"
    );
    // As GitHub does.
    let pending = refused(200, br#"{"error":"authorization_pending"}"#);
    assert_eq!(
        pending.to_string(),
        "the authorization server refused with status 200, `authorization_pending`"
    );
    assert!(matches!(refused(200, b"{}"), TokenError::Malformed(_)));
    let page = refused(400, b"<html>");
    assert!(!page.is_client_unknown() && !page.is_transient());
    for status in [429, 500, 503] {
        assert_eq!(refused(status, b""), TokenError::Unavailable { status });
        assert!(refused(status, b"").is_transient());
    }
}
