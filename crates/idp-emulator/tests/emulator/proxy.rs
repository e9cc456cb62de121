//! The side of an OAuth proxy: one application that a vendor knows, with a secret.

use idp_emulator::{Builder, Emulator, User, Vendor};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use url::Url;

use crate::support::{VERIFIER, http, parameter, s256};

pub(crate) const BACK: &str = "http://127.0.0.1:8000/auth/callback";

/// An application, and the vendor that knows it.
pub(crate) struct Proxy {
    pub(crate) emulator: Emulator,
    pub(crate) id: String,
    pub(crate) secret: String,
    authorize: String,
    token: String,
}

pub(crate) fn builder(vendor: Vendor) -> Builder {
    Emulator::of(vendor)
        .auto_consent(true)
        .user(User::new("583231", "ada@example.com").name("Ada Lovelace"))
        .user(User::new("583232", "charles@example.com"))
        .application(BACK)
}

impl Proxy {
    pub(crate) async fn at(vendor: Vendor) -> Self {
        Self::of(vendor, builder(vendor)).await
    }

    pub(crate) async fn of(vendor: Vendor, builder: Builder) -> Self {
        let emulator = builder.start().await.unwrap();
        let variables = emulator.variables();
        let value = |name| {
            let found = variables.iter().find(|(held, _)| *held == name);
            found.unwrap().1.clone()
        };
        let (authorize, token) = endpoints(vendor);
        Self {
            id: value("UPSTREAM_CLIENT_ID"),
            secret: value("UPSTREAM_CLIENT_SECRET"),
            emulator,
            authorize: authorize.to_owned(),
            token: token.to_owned(),
        }
    }

    /// The same application at other endpoints.
    pub(crate) fn elsewhere(self, authorize: &str, token: &str) -> Self {
        Self {
            authorize: authorize.to_owned(),
            token: token.to_owned(),
            ..self
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.url())
    }

    /// Asks for authorization; an empty value leaves a parameter out.
    pub(crate) async fn authorize(&self, changes: &[(&str, &str)]) -> Response {
        let challenge = s256(VERIFIER);
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", BACK),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", "st"),
        ];
        for change in changes {
            parameters.retain(|(name, _)| *name != change.0);
            if !change.1.is_empty() {
                parameters.push(*change);
            }
        }
        let url = Url::parse_with_params(&self.url(&self.authorize), parameters).unwrap();
        http().get(url).send().await.unwrap()
    }

    /// Where the browser is sent.
    pub(crate) async fn callback(&self, changes: &[(&str, &str)]) -> Url {
        let response = self.authorize(changes).await;
        assert!(response.status().is_redirection(), "{}", response.status());
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(BACK), "{location}");
        Url::parse(location).unwrap()
    }

    pub(crate) async fn code(&self, changes: &[(&str, &str)]) -> String {
        let location = self.callback(changes).await;
        parameter(&location, "code").unwrap_or_else(|| panic!("{location}"))
    }

    /// A request to the token endpoint, as the application.
    pub(crate) fn token(&self, form: &[(&str, &str)]) -> RequestBuilder {
        let mut form = form.to_vec();
        form.push(("client_id", &self.id));
        form.push(("client_secret", &self.secret));
        http().post(self.url(&self.token)).form(&form)
    }

    pub(crate) fn redemption(&self, code: &str) -> RequestBuilder {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", BACK),
        ])
        .header("accept", "application/json")
    }

    pub(crate) async fn redeem(&self, code: &str) -> Value {
        json(self.redemption(code)).await
    }

    pub(crate) async fn log_in(&self, changes: &[(&str, &str)]) -> Value {
        self.redeem(&self.code(changes).await).await
    }

    pub(crate) fn refreshment(&self, token: &str) -> RequestBuilder {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.token(&form).header("accept", "application/json")
    }

    pub(crate) async fn refresh(&self, token: &str) -> Value {
        json(self.refreshment(token)).await
    }

    /// Shows a token somewhere.
    pub(crate) async fn show(&self, path: &str, token: &str) -> Response {
        let request = http().get(self.url(path)).bearer_auth(token);
        request.send().await.unwrap()
    }

    pub(crate) async fn shown(&self, path: &str, token: &str) -> Value {
        let response = self.show(path, token).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        http().request(method, self.url(path))
    }
}

pub(crate) async fn json(request: RequestBuilder) -> Value {
    request.send().await.unwrap().json().await.unwrap()
}

pub(crate) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    let found = value[member].as_str();
    found.unwrap_or_else(|| panic!("{member} in {value}"))
}

/// Where people and applications go.
fn endpoints(vendor: Vendor) -> (&'static str, &'static str) {
    match vendor {
        Vendor::Auth0 => ("/authorize", "/oauth/token"),
        Vendor::Clerk | Vendor::HuggingFace => ("/oauth/authorize", "/oauth/token"),
        Vendor::Cognito => (
            "/eu-central-1_Emulator1/oauth2/authorize",
            "/eu-central-1_Emulator1/oauth2/token",
        ),
        Vendor::Discord => ("/oauth2/authorize", "/api/oauth2/token"),
        Vendor::Entra => (
            "/11111111-1111-4111-8111-111111111111/oauth2/v2.0/authorize",
            "/11111111-1111-4111-8111-111111111111/oauth2/v2.0/token",
        ),
        Vendor::EntraB2c => (
            "/contoso.onmicrosoft.com/b2c_1_signin/oauth2/v2.0/authorize",
            "/contoso.onmicrosoft.com/b2c_1_signin/oauth2/v2.0/token",
        ),
        Vendor::GitHub => ("/login/oauth/authorize", "/login/oauth/access_token"),
        Vendor::Google => ("/o/oauth2/v2/auth", "/token"),
        Vendor::Oci => ("/oauth2/v1/authorize", "/oauth2/v1/token"),
        Vendor::WorkOs => ("/oauth2/authorize", "/oauth2/token"),
        other => panic!("{other} has no application here"),
    }
}
