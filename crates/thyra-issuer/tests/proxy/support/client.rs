//! A client, such as an MCP client on somebody's machine.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Browser, Page};

pub(crate) const CALLBACK: &str = "http://127.0.0.1:33418/callback";

const VERIFIER: &str = "a-verifier-of-the-client-that-is-43-bytes-long-at-least";

/// A client that has registered.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) server: String,
    pub(crate) id: String,
    pub(crate) redirect_uri: String,
}

impl Client {
    /// Registers a client with this redirect URI.
    pub(crate) async fn register(server: &str, redirect_uri: &str) -> Self {
        let (status, answer) = Self::try_register(server, &[redirect_uri]).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        Self::known(server, answer["client_id"].as_str().unwrap(), redirect_uri)
    }

    pub(crate) async fn try_register(server: &str, redirect_uris: &[&str]) -> (StatusCode, Value) {
        let metadata = json!({
            "client_name": "A client",
            "redirect_uris": redirect_uris,
            "application_type": "native",
        });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.post(format!("{server}/register"));
        let request = request.header("content-type", "application/json");
        let answer = request.body(metadata.to_string()).send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// A client that needs no registration.
    pub(crate) fn known(server: &str, id: &str, redirect_uri: &str) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            server: server.to_owned(),
            id: id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
        }
    }

    pub(crate) fn challenge() -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()))
    }

    /// The parameters of an authorization request.
    pub(crate) fn request(&self) -> Vec<(&'static str, String)> {
        vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.id.clone()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("state", "the state of the client".to_owned()),
            ("code_challenge", Self::challenge()),
            ("code_challenge_method", "S256".to_owned()),
            ("resource", format!("{}/mcp", self.server)),
        ]
    }

    /// Where a login of this client begins.
    pub(crate) fn authorization_url(&self) -> String {
        self.url_of(&self.request())
    }

    /// The same with one parameter changed; an empty value leaves it out.
    pub(crate) fn url_with(&self, name: &'static str, value: &str) -> String {
        let mut parameters = self.request();
        parameters.retain(|(one, _)| *one != name);
        if !value.is_empty() {
            parameters.push((name, value.to_owned()));
        }
        self.url_of(&parameters)
    }

    pub(crate) fn url_of(&self, parameters: &[(&'static str, String)]) -> String {
        let mut url = url::Url::parse(&format!("{}/authorize", self.server)).unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        url.into()
    }

    /// Opens the consent page in a browser.
    pub(crate) async fn open(&self, browser: &mut Browser) -> Page {
        let page = browser.get(&self.authorization_url()).await;
        let page = browser.follow(page, &[&self.server]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        page
    }

    /// Answers the consent page.
    pub(crate) async fn decide(&self, browser: &mut Browser, page: &Page, action: &str) -> Page {
        let (transaction, csrf) = (page.field("transaction"), page.field("csrf"));
        let form = [
            ("transaction", &*transaction),
            ("csrf", &csrf),
            ("action", action),
        ];
        browser
            .post(&format!("{}/consent", self.server), &form)
            .await
    }

    /// A whole login, up to the answer that the browser brings to the client.
    pub(crate) async fn log_in(&self, browser: &mut Browser) -> Page {
        let page = self.open(browser).await;
        let page = self.decide(browser, &page, "approve").await;
        browser.follow_but(page, &self.redirect_uri).await
    }

    /// Redeems a code.
    pub(crate) async fn redeem(&self, code: &str) -> (StatusCode, Value) {
        self.redeem_as(code, &self.id).await
    }

    pub(crate) async fn redeem_as(&self, code: &str, client_id: &str) -> (StatusCode, Value) {
        let resource = format!("{}/mcp", self.server);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", client_id),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", VERIFIER),
            ("resource", &resource),
        ];
        self.token(&form).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> (StatusCode, Value) {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", &self.id),
        ];
        self.token(&form).await
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> (StatusCode, Value) {
        self.post("/token", form).await
    }

    /// Sends a form.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let request = self.http.post(format!("{}{path}", self.server)).form(form);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        (
            status,
            serde_json::from_str(&body).unwrap_or(Value::String(body)),
        )
    }

    /// What the protected resource says to a token.
    pub(crate) async fn call(&self, token: &str) -> (StatusCode, Value) {
        self.call_at("/mcp", token).await
    }

    /// The same at another path.
    pub(crate) async fn call_at(&self, path: &str, token: &str) -> (StatusCode, Value) {
        let request = self
            .http
            .get(format!("{}{path}", self.server))
            .bearer_auth(token);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        (
            status,
            serde_json::from_str(&body).unwrap_or(Value::String(body)),
        )
    }
}
