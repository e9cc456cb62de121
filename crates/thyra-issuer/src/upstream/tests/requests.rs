use http::header;
use serde_json::json;
use thyra_oauth::ScopeSet;

use super::vendor::FakeVendor;
use super::*;
use crate::upstream::scopes::ScopeNames;

fn given() -> FakeVendor {
    FakeVendor::giving(&json!({
        "access_token": "ada-1", "token_type": "bearer", "expires_in": 60,
        "refresh_token": "refresh-1", "refresh_token_expires_in": 600, "scope": "read,user",
    }))
}

async fn location(settings: UpstreamSettings, scopes: &str) -> String {
    let upstream = Upstream::new(settings).unwrap();
    let request = UpstreamRequest {
        state: "T.S&x",
        code_verifier: &secret(VERIFIER),
        nonce: &secret("nonce"),
        scopes: &ScopeSet::parse(scopes),
        resource: "https://mcp.example/mcp",
    };
    upstream
        .authorization_url(&request)
        .await
        .unwrap()
        .to_string()
}

const LOCATION: &str = "https://idp.example/authorize?tenant=a+b&response_type=code&client_id=app\
    &redirect_uri=https%3A%2F%2Fmcp.example%2Fauth%2Fcallback&state=T.S%26x";
const CHALLENGE: &str =
    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

#[tokio::test]
async fn a_person_is_sent_with_what_belongs_to_the_login() {
    let vendor = FakeVendor::default();
    let plain = settings(&vendor);
    assert_eq!(
        location(plain.clone(), "read write").await,
        format!("{LOCATION}&scope=read+write{CHALLENGE}")
    );
    assert_eq!(
        location(plain.clone(), "openid").await,
        format!("{LOCATION}&scope=openid{CHALLENGE}&nonce=nonce")
    );
    assert_eq!(
        location(plain.clone(), "").await,
        format!("{LOCATION}{CHALLENGE}")
    );
    let special = UpstreamSettings {
        forward_pkce: false,
        forward_resource: true,
        extra_authorize_params: vec![
            ("scope".to_owned(), "all".to_owned()),
            ("prompt".to_owned(), "consent".to_owned()),
        ],
        ..plain
    };
    assert_eq!(
        location(special, "read").await,
        format!("{LOCATION}&resource=https%3A%2F%2Fmcp.example%2Fmcp&scope=all&prompt=consent")
    );
    assert!(vendor.asked().is_empty());
}

#[tokio::test]
async fn a_code_is_exchanged_with_the_proof_of_the_client() {
    let vendor = given();
    let signed_in = redeem(&upstream(&vendor), "read").await.unwrap();
    assert_eq!(signed_in.subject, "ada");
    assert_eq!(
        json!(signed_in.claims),
        json!({ "iss": "https://idp.example", "email": "ada@x.example", "sub": "ada" })
    );
    let tokens = signed_in.tokens.unwrap();
    assert_eq!(tokens.expires_at, Some(NOW + 60));
    assert_eq!(tokens.refresh_expires_at, Some(NOW + 600));
    let asked = vendor.last();
    assert_eq!(asked.url, "https://idp.example/token");
    // `app` and `hush:1`, form-encoded first (OAuth 2.1 section 2.4.1).
    assert_eq!(
        asked.headers[header::AUTHORIZATION],
        "Basic YXBwOmh1c2glM0Ex"
    );
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "code/1"),
        ("code_verifier", VERIFIER),
        ("redirect_uri", "https://mcp.example/auth/callback"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(asked.form, expected.into());
}

#[tokio::test]
async fn a_client_proves_itself_in_the_way_that_is_set() {
    let key = thyra_oauth::SigningKey::generate().unwrap();
    for (proof, field) in [
        (ClientProof::Post(secret("s")), "client_secret"),
        (ClientProof::None, "client_id"),
        (ClientProof::PrivateKey(Arc::new(key)), "client_assertion"),
    ] {
        let vendor = given();
        let settings = UpstreamSettings {
            proof,
            extra_token_params: Parameters {
                code: vec![("audience".to_owned(), "api".to_owned())],
                refresh: Vec::new(),
            },
            ..settings(&vendor)
        };
        redeem(&Upstream::new(settings).unwrap(), "read")
            .await
            .unwrap();
        let asked = vendor.last();
        assert!(asked.form.contains_key(field), "{field}");
        assert_eq!(asked.form["audience"], "api");
        assert!(
            !asked.headers.contains_key(header::AUTHORIZATION),
            "{field}"
        );
    }
}

#[tokio::test]
async fn what_a_renewal_does_not_bring_stays() {
    let vendor = FakeVendor::giving(&json!({ "access_token": "ada-2", "token_type": "Bearer" }));
    let signed_in = renew(&upstream(&vendor), &tokens()).await.unwrap();
    assert_eq!(signed_in.claims["email"], "ada@x.example");
    assert_eq!(signed_in.scopes, None);
    let renewed = signed_in.tokens.unwrap();
    assert_eq!(renewed.access_token.expose(), "ada-2");
    assert_eq!(renewed.refresh_token.unwrap().expose(), "refresh-1");
    assert_eq!(renewed.id_token.unwrap().expose(), "id.1");
    assert_eq!(renewed.expires_at, None);
    assert_eq!(renewed.refresh_expires_at, Some(NOW + 1_000));
    let asked = vendor.last();
    assert_eq!(asked.form["grant_type"], "refresh_token");
    assert_eq!(asked.form["refresh_token"], "refresh-1");
    assert_eq!(asked.form.len(), 2);
}

#[tokio::test]
async fn an_answer_may_be_a_form() {
    let body = "access_token=ada-1&token_type=bearer&scope=read%2Cuser&expires_in=60";
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    let vendor = FakeVendor::answering(200, kind, body);
    let settings = UpstreamSettings {
        scopes: ScopeNames {
            answer_separator: Some(','),
            ..ScopeNames::default()
        },
        ..settings(&vendor)
    };
    let signed_in = redeem(&Upstream::new(settings).unwrap(), "read")
        .await
        .unwrap();
    assert_eq!(signed_in.scopes, Some(ScopeSet::parse("read user")));
    assert_eq!(signed_in.tokens.unwrap().expires_at, Some(NOW + 60));
    // Secrets of a vendor that names no type are read as JSON only.
    let vendor = FakeVendor::answering(200, "text/plain", body);
    let error = redeem(&upstream(&vendor), "read").await.unwrap_err();
    assert!(
        matches!(error, UpstreamError::Unavailable { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn tokens_are_revoked_by_the_one_that_lives_longest() {
    let vendor = FakeVendor::answering(200, "text/plain", "");
    upstream(&vendor).revoke(&tokens()).await.unwrap();
    let asked = vendor.last();
    assert_eq!(asked.url, "https://idp.example/revoke");
    assert_eq!(asked.form["token"], "refresh-1");
    let silent = UpstreamSettings {
        endpoints: Endpoints::given("https://idp.example/a", "https://idp.example/t", None)
            .unwrap(),
        ..settings(&vendor)
    };
    Upstream::new(silent)
        .unwrap()
        .revoke(&tokens())
        .await
        .unwrap();
    assert_eq!(vendor.asked().len(), 1);
}

#[tokio::test]
async fn a_token_becomes_one_of_another_service() {
    let answer = json!({
        "access_token": "other", "token_type": "Bearer", "expires_in": 60, "scope": "files",
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
    });
    let wanted = ExchangeRequest::new(Some("https://files.example"), ["files"]);
    for (exchange, token, kind) in [
        (
            Exchange::TokenExchange,
            "subject_token",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        (
            Exchange::OnBehalfOf,
            "assertion",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ),
    ] {
        let vendor = FakeVendor::giving(&answer);
        let settings = UpstreamSettings {
            exchange,
            ..settings(&vendor)
        };
        let upstream = Upstream::new(settings).unwrap();
        let exchanged = upstream.exchange(&tokens(), &wanted).await.unwrap();
        assert_eq!(exchanged.access_token.expose(), "other");
        assert_eq!(exchanged.expires_at, Some(Duration::from_secs(NOW + 60)));
        let asked = vendor.last();
        assert_eq!(asked.form["grant_type"], kind);
        assert_eq!(asked.form[token], "ada-1");
        assert_eq!(asked.form["scope"], "files");
        let use_of = asked.form.get("requested_token_use").map(String::as_str);
        let is_entra = exchange == Exchange::OnBehalfOf;
        assert_eq!(use_of, is_entra.then_some("on_behalf_of"));
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let vendor = FakeVendor::default();
    let refused = |change: fn(&mut UpstreamSettings)| {
        let mut settings = settings(&vendor);
        change(&mut settings);
        Upstream::new(settings).unwrap_err()
    };
    assert_eq!(
        refused(|settings| settings.client_id = " ".to_owned()),
        UpstreamSettingsError::ClientId
    );
    assert_eq!(
        refused(|settings| settings.proof = ClientProof::Post(secret(""))),
        UpstreamSettingsError::ClientSecret
    );
    assert_eq!(
        refused(|settings| {
            settings.proof = ClientProof::None;
            settings.forward_pkce = false;
        }),
        UpstreamSettingsError::Unprotected
    );
    for name in ["state", "code_challenge", "nonce", "redirect_uri", ""] {
        let mut settings = settings(&vendor);
        settings.extra_authorize_params = vec![(name.to_owned(), "x".to_owned())];
        let error = Upstream::new(settings).unwrap_err();
        let name = name.to_owned();
        assert_eq!(error, UpstreamSettingsError::Parameter { name });
    }
    for (authorization, token) in [
        ("http://idp.example/a", "https://idp.example/t"),
        ("https://idp.example/a", "http://idp.example/t"),
        ("https://idp.example/a#x", "https://idp.example/t"),
        ("/a", "https://idp.example/t"),
    ] {
        assert!(Endpoints::given(authorization, token, None).is_err());
    }
}
