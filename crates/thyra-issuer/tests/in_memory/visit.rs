//! A browser with its cookies, and the client that sent it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use thyra_auth::{AuthProvider, Cors, ManualClock, Principal, Protection};
use thyra_issuer::InMemoryAuth;
use url::{Url, form_urlencoded};

pub(crate) const BASE_URL: &str = "http://127.0.0.1:8000";
const CALLBACK: &str = "http://127.0.0.1:8765/callback";
// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) struct Visit {
    protection: Arc<Protection>,
    pub(crate) clock: ManualClock,
    cookies: BTreeMap<String, String>,
    client_id: String,
    page: String,
    form: Vec<(String, String)>,
}

impl Visit {
    pub(crate) fn of(auth: &InMemoryAuth) -> Self {
        let clock = ManualClock::new(std::time::Duration::from_hours(500_000));
        let auth = auth.clone().clock(Arc::new(clock.clone()));
        Self {
            protection: Arc::new(auth.protection("/mcp").unwrap()),
            clock,
            cookies: BTreeMap::new(),
            client_id: String::new(),
            page: String::new(),
            form: Vec::new(),
        }
    }

    /// Another browser at the same server.
    pub(crate) fn another_browser(&self) -> Self {
        Self {
            protection: Arc::clone(&self.protection),
            clock: self.clock.clone(),
            cookies: BTreeMap::new(),
            client_id: String::new(),
            page: String::new(),
            form: Vec::new(),
        }
    }

    /// Takes the form of another browser's page, as an attacker does.
    pub(crate) fn borrow_form(&mut self, other: &Self) {
        self.page.clone_from(&other.page);
        self.form.clone_from(&other.form);
    }

    /// Registers the client, and sends the browser to the server.
    pub(crate) async fn begin(&mut self, scope: &str) {
        let client = json!({ "client_name": "A test", "redirect_uris": [CALLBACK] });
        let response = self
            .send(
                Method::POST,
                "/register",
                "application/json",
                client.to_string(),
            )
            .await;
        assert_eq!(response.status(), StatusCode::CREATED);
        self.client_id = text(&response, "client_id");
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", CALLBACK)
            .append_pair("scope", scope)
            .append_pair("state", "a state")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let response = self.get(&format!("/authorize?{query}")).await;
        assert_eq!(
            response.status(),
            StatusCode::SEE_OTHER,
            "{:?}",
            response.body()
        );
        let location = Self::location(&response);
        self.page = format!(
            "{}?{}",
            location.path(),
            location.query().unwrap_or_default()
        );
    }

    /// The page that the server leads to.
    pub(crate) async fn page(&mut self) -> String {
        let response = self.get(&self.page.clone()).await;
        assert_eq!(response.status(), StatusCode::OK);
        let page = String::from_utf8(response.into_body().to_vec()).unwrap();
        let value = |name: &str| {
            let at = page
                .split(&format!("name=\"{name}\" value=\""))
                .nth(1)
                .unwrap();
            (name.to_owned(), at.split('"').next().unwrap().to_owned())
        };
        self.form = vec![value("transaction"), value("csrf")];
        page
    }

    /// Sends the form of the page.
    pub(crate) async fn decide(&mut self, fields: &[(&str, &str)]) -> Response<Bytes> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.form)
            .extend_pairs(fields)
            .finish();
        self.send(
            Method::POST,
            "/consent",
            "application/x-www-form-urlencoded",
            body,
        )
        .await
    }

    /// Redeems the code that the browser brings back, and shows the token.
    pub(crate) async fn caller(&mut self, answer: &Response<Bytes>) -> Arc<Principal> {
        let location = Self::location(answer);
        assert!(location.as_str().starts_with(CALLBACK), "{location}");
        assert_eq!(parameter(&location, "state").as_deref(), Some("a state"));
        let code = parameter(&location, "code").unwrap();
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", CALLBACK)
            .append_pair("code", &code)
            .append_pair("code_verifier", VERIFIER)
            .finish();
        let form = "application/x-www-form-urlencoded";
        let response = self.send(Method::POST, "/token", form, body).await;
        assert_eq!(response.status(), StatusCode::OK, "{:?}", response.body());
        let token = text(&response, "access_token");
        let (mut parts, ()) = Request::post("/mcp")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(())
            .unwrap()
            .into_parts();
        self.protection.admit(&mut parts).await.unwrap()
    }

    /// Where an answer sends the browser.
    pub(crate) fn location(answer: &Response<Bytes>) -> Url {
        let location = answer.headers().get(header::LOCATION).expect("a redirect");
        let base = Url::parse(BASE_URL).unwrap();
        base.join(location.to_str().unwrap()).unwrap()
    }

    async fn get(&mut self, target: &str) -> Response<Bytes> {
        self.send(Method::GET, target, "text/plain", String::new())
            .await
    }

    async fn send(
        &mut self,
        method: Method,
        target: &str,
        kind: &str,
        body: String,
    ) -> Response<Bytes> {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::CONTENT_TYPE, kind)
            .header(header::COOKIE, cookies.join("; "))
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let routes = self.protection.public_routes();
        let response = routes.respond(request, &Cors::default()).await;
        for line in response.headers().get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let (parts, body) = response.into_parts();
        Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
    }
}

/// A parameter of a URL that comes once.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut values = url.query_pairs().filter(|(one, _)| one == name);
    let value = values.next().map(|(_, value)| value.into_owned());
    assert_eq!(values.next(), None, "{name} comes twice");
    value
}

fn text(response: &Response<Bytes>, member: &str) -> String {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    body[member].as_str().unwrap().to_owned()
}
