//! A client of the emulator that follows no redirects and keeps no secrets.

use aws_lc_rs::{digest, signature};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idp_emulator::{Builder, Emulator, Resource};
use reqwest::redirect::Policy;
use reqwest::{Client as Http, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:7777/callback";
pub(crate) const SERVER_URL: &str = "http://127.0.0.1:8000/mcp";

pub(crate) fn builder() -> Builder {
    Emulator::builder().auto_consent(true).resource(
        Resource::new("res_123")
            .uri(SERVER_URL)
            .scopes(["notes:read", "notes:write"]),
    )
}

pub(crate) async fn start() -> Emulator {
    builder().start().await.unwrap()
}

pub(crate) fn http() -> Http {
    Http::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

pub(crate) async fn get(emulator: &Emulator, path: &str) -> Response {
    http()
        .get(format!("{}{path}", emulator.url()))
        .send()
        .await
        .unwrap()
}

pub(crate) async fn get_json(emulator: &Emulator, path: &str) -> Value {
    let response = get(emulator, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.json().await.unwrap()
}

pub(crate) async fn post_json(emulator: &Emulator, path: &str, body: &Value) -> Response {
    http()
        .post(format!("{}{path}", emulator.url()))
        .json(body)
        .send()
        .await
        .unwrap()
}

pub(crate) async fn post_form(emulator: &Emulator, path: &str, form: &[(&str, &str)]) -> Response {
    http()
        .post(format!("{}{path}", emulator.url()))
        .form(form)
        .send()
        .await
        .unwrap()
}

pub(crate) async fn register(emulator: &Emulator) -> String {
    let body = json!({
        "client_name": "Test client",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "none",
    });
    let response = post_json(
        emulator,
        "/api/v1/resources/res_123/clients:register",
        &body,
    )
    .await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let registered: Value = response.json().await.unwrap();
    registered["client_id"].as_str().unwrap().to_owned()
}

/// Asks for authorization at the resource's endpoint; `changes` replaces parameters, and an empty
/// value leaves one out.
pub(crate) async fn authorize(
    emulator: &Emulator,
    client: &str,
    changes: &[(&str, &str)],
) -> Response {
    let challenge = s256(VERIFIER);
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("state", "st"),
        ("scope", "openid email profile offline_access notes:read"),
    ];
    for change in changes {
        parameters.retain(|(name, _)| *name != change.0);
        if !change.1.is_empty() {
            parameters.push(*change);
        }
    }
    let base = format!("{}/resources/res_123/oauth/authorize", emulator.url());
    let url = Url::parse_with_params(&base, parameters).unwrap();
    http().get(url).send().await.unwrap()
}

/// The parameters of a redirect to the client.
pub(crate) fn callback(response: &Response) -> Url {
    assert!(response.status().is_redirection(), "{}", response.status());
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.starts_with(CALLBACK), "{location}");
    Url::parse(location).unwrap()
}

pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(held, _)| held == name)
        .map(|(_, value)| value.into_owned())
}

pub(crate) async fn code(emulator: &Emulator, client: &str, changes: &[(&str, &str)]) -> String {
    parameter(
        &callback(&authorize(emulator, client, changes).await),
        "code",
    )
    .unwrap()
}

pub(crate) async fn redeem(emulator: &Emulator, client: &str, code: &str) -> Response {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", CALLBACK),
    ];
    post_form(emulator, "/resources/res_123/oauth/token", &form).await
}

pub(crate) async fn refresh(emulator: &Emulator, client: &str, token: &str) -> Response {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", client),
        ("refresh_token", token),
    ];
    post_form(emulator, "/resources/res_123/oauth/token", &form).await
}

/// Asserts an OAuth error and returns the whole answer.
pub(crate) async fn assert_error(response: Response, status: u16, error: &str) -> Value {
    assert_eq!(response.status().as_u16(), status);
    if status == 401 {
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Basic "), "{challenge}");
    }
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], error, "{body}");
    assert!(
        body["error_description"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    body
}

pub(crate) fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

pub(crate) fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

/// Header and claims, unverified.
pub(crate) fn decode(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(decoded);
    let header = serde_json::from_slice(&parts.next().unwrap()).unwrap();
    let claims = serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (header, claims)
}

/// Whether a token is signed by the published key of its `kid`, with the algorithm given.
pub(crate) fn is_signed(
    token: &str,
    jwks: &Value,
    algorithm: &'static signature::RsaParameters,
) -> bool {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let kid = decode(token).0["kid"].clone();
    let keys = jwks["keys"].as_array().unwrap();
    let Some(key) = keys.iter().find(|key| key["kid"] == kid) else {
        return false;
    };
    let component = |name: &str| decoded(key[name].as_str().unwrap());
    let key = aws_lc_rs::rsa::PublicKeyComponents {
        n: component("n"),
        e: component("e"),
    };
    key.verify(algorithm, message.as_bytes(), &decoded(signature))
        .is_ok()
}

/// The claims of a token, after its RS256 signature was checked against `/keys`.
pub(crate) async fn verified(emulator: &Emulator, token: &str) -> Value {
    let jwks = get_json(emulator, "/keys").await;
    assert!(is_signed(
        token,
        &jwks,
        &signature::RSA_PKCS1_2048_8192_SHA256
    ));
    decode(token).1
}
