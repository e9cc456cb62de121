//! A resource and its authorization server that bind tokens to keys, on one origin. They verify
//! each proof as RFC 9449 section 4.3 has it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};
use thyra_login::{FollowRedirects, Login, OAuth};
use thyra_oauth::{Clock as _, ManualClock, SystemClock};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What the two servers do.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// `WWW-Authenticate` of the resource, before the place of its metadata.
    pub(crate) challenge: &'static str,
    /// `dpop_signing_alg_values_supported` of the authorization server.
    pub(crate) algorithms: &'static [&'static str],
    /// What it says a token is, in place of the truth.
    pub(crate) token_type: Option<&'static str>,
    /// Whether both want nonces.
    pub(crate) nonces: bool,
    /// Whether each nonce is good for nothing.
    pub(crate) refuses_nonces: bool,
    /// What the token endpoint says to a refresh, in place of a token.
    pub(crate) refresh_error: Option<&'static str>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            challenge: "DPoP algs=\"ES256\"",
            algorithms: &["ES256"],
            token_type: None,
            nonces: false,
            refuses_nonces: false,
            refresh_error: None,
        }
    }
}

/// A request that came, and the thumbprint of the key that it proved to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Came {
    pub(crate) what: String,
    pub(crate) key: Option<String>,
}

struct Inner {
    rules: Rules,
    came: Vec<Came>,
    seen: HashSet<String>,
    /// Tokens and refresh tokens, and the keys that they are bound to.
    bound: HashMap<String, Option<String>>,
    authorized: Option<String>,
    issued: usize,
}

#[derive(Clone)]
struct Servers {
    origin: String,
    clock: ManualClock,
    inner: Arc<Mutex<Inner>>,
}

pub(crate) struct BoundWorld {
    pub(crate) clock: ManualClock,
    pub(crate) url: String,
    servers: Servers,
    _server: JoinSet<()>,
}

impl BoundWorld {
    pub(crate) async fn new(rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let clock = ManualClock::new(SystemClock.unix());
        let servers = Servers {
            origin: origin.clone(),
            clock: clock.clone(),
            inner: Arc::new(Mutex::new(Inner {
                rules,
                came: Vec::new(),
                seen: HashSet::new(),
                bound: HashMap::new(),
                authorized: None,
                issued: 0,
            })),
        };
        let app = Router::new()
            .route("/.well-known/oauth-protected-resource/files", get(resource))
            .route("/.well-known/oauth-authorization-server", get(server))
            .route("/register", post(register))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/files", get(files))
            .with_state(servers.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            clock,
            url: format!("{origin}/files"),
            servers,
            _server: server,
        }
    }

    pub(crate) fn oauth(&self) -> OAuth {
        OAuth::new(FollowRedirects::new()).clock(self.clock.clone())
    }

    pub(crate) fn login(&self, oauth: OAuth) -> Login {
        Login::new(&self.url, oauth).unwrap()
    }

    pub(crate) fn issuer(&self) -> String {
        self.servers.origin.clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Rules)) {
        change(&mut self.servers.inner().rules);
    }

    /// What came to the token endpoint and to the resource since the last look.
    pub(crate) fn came(&self) -> Vec<Came> {
        std::mem::take(&mut self.servers.inner().came)
    }

    /// The `dpop_jkt` of the last authorization request.
    pub(crate) fn authorized(&self) -> Option<String> {
        self.servers.inner().authorized.clone()
    }
}

impl Servers {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// The thumbprint of the key behind a proof, or the reason why it is none.
    fn verify(
        &self,
        headers: &HeaderMap,
        method: &str,
        path: &str,
        token: Option<&str>,
        nonce: &str,
    ) -> Result<String, &'static str> {
        let mut proofs = headers.get_all("dpop").iter();
        let (Some(proof), None) = (proofs.next(), proofs.next()) else {
            return Err("not one proof");
        };
        let proof = proof.to_str().unwrap();
        let head = jsonwebtoken::decode_header(proof).unwrap();
        assert_eq!(head.typ.as_deref(), Some("dpop+jwt"));
        let jwk: Jwk = head.jwk.unwrap();
        let mut rules = Validation::new(Algorithm::ES256);
        rules.required_spec_claims.clear();
        let key = DecodingKey::from_jwk(&jwk).unwrap();
        let claims = jsonwebtoken::decode::<Map<String, Value>>(proof, &key, &rules)
            .unwrap()
            .claims;
        assert_eq!(claims["htm"], method);
        assert_eq!(claims["htu"], format!("{}{path}", self.origin));
        assert_eq!(claims["iat"], self.clock.unix().as_secs());
        let mut inner = self.inner();
        let jti = claims["jti"].as_str().unwrap().to_owned();
        assert!(inner.seen.insert(jti), "a proof came twice");
        let hash = token.map(|token| {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
            URL_SAFE_NO_PAD.encode(digest)
        });
        assert_eq!(claims.get("ath"), hash.map(Value::String).as_ref());
        if inner.rules.nonces
            && (inner.rules.refuses_nonces || claims.get("nonce") != Some(&json!(nonce)))
        {
            return Err("use_dpop_nonce");
        }
        Ok(jwk.thumbprint(ThumbprintHash::SHA256).unwrap())
    }

    /// A nonce of the authorization server or the resource. None that is refused comes twice.
    fn nonce(&self, of: &str) -> String {
        let inner = self.inner();
        if inner.rules.refuses_nonces {
            format!("{of}-{}", inner.came.len())
        } else {
            of.to_owned()
        }
    }

    fn came(&self, what: impl Into<String>, key: Option<String>) {
        self.inner().came.push(Came {
            what: what.into(),
            key,
        });
    }
}

async fn resource(State(servers): State<Servers>) -> Json<Value> {
    Json(json!({
        "resource": format!("{}/files", servers.origin),
        "authorization_servers": [servers.origin],
    }))
}

async fn server(State(servers): State<Servers>) -> Json<Value> {
    let origin = &servers.origin;
    Json(json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "registration_endpoint": format!("{origin}/register"),
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": servers.inner().rules.algorithms,
    }))
}

async fn register() -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(json!({ "client_id": "c_1" })))
}

async fn authorize(
    State(servers): State<Servers>,
    Query(query): Query<HashMap<String, String>>,
) -> Redirect {
    servers.inner().authorized = query.get("dpop_jkt").cloned();
    let (back, state) = (&query["redirect_uri"], &query["state"]);
    Redirect::to(&format!("{back}?code=x&state={state}"))
}

async fn token(
    State(servers): State<Servers>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let grant = &form["grant_type"];
    let nonce = servers.nonce("as");
    let key = if headers.contains_key("dpop") {
        match servers.verify(&headers, "POST", "/token", None, &nonce) {
            Ok(key) => Some(key),
            Err(error) => {
                servers.came(error, None);
                let answer = Json(json!({ "error": error }));
                return (StatusCode::BAD_REQUEST, [("dpop-nonce", nonce)], answer).into_response();
            }
        }
    } else {
        None
    };
    servers.came(grant, key.clone());
    let mut inner = servers.inner();
    let refused =
        |error| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    match grant.as_str() {
        "authorization_code" => assert_eq!(inner.authorized, key),
        "refresh_token" => {
            if let Some(error) = inner.rules.refresh_error {
                return refused(error);
            }
            match inner.bound.remove(&form["refresh_token"]) {
                Some(bound) if bound == key => {}
                _ => return refused("invalid_grant"),
            }
        }
        _ => {}
    }
    inner.issued += 1;
    let (access, refresh) = (
        format!("access-{}", inner.issued),
        format!("refresh-{}", inner.issued),
    );
    let truth = if key.is_some() { "DPoP" } else { "Bearer" };
    let kind = inner.rules.token_type.unwrap_or(truth);
    let is_bound = kind == "DPoP";
    inner
        .bound
        .insert(access.clone(), key.clone().filter(|_| is_bound));
    inner.bound.insert(refresh.clone(), key);
    Json(json!({
        "access_token": access,
        "refresh_token": refresh,
        "token_type": kind,
        "expires_in": 300,
    }))
    .into_response()
}

async fn files(State(servers): State<Servers>, headers: HeaderMap) -> Response {
    let rules = servers.inner().rules.clone();
    let nonce = servers.nonce("rs");
    let refused = |error: &str| {
        let place = format!(
            "{}/.well-known/oauth-protected-resource/files",
            servers.origin
        );
        let offered = rules.challenge;
        let separator = if offered.contains('=') { ", " } else { " " };
        let challenge = format!("{offered}{separator}resource_metadata=\"{place}\"{error}");
        let headers = [
            (header::WWW_AUTHENTICATE.as_str(), challenge),
            ("dpop-nonce", nonce.clone()),
        ];
        (StatusCode::UNAUTHORIZED, headers).into_response()
    };
    let Some(shown) = headers.get(header::AUTHORIZATION) else {
        return refused("");
    };
    let (scheme, token) = shown.to_str().unwrap().split_once(' ').unwrap();
    let bound = servers.inner().bound.get(token).cloned();
    let Some(bound) = bound else {
        return refused(", error=\"invalid_token\"");
    };
    let Some(bound) = bound else {
        assert_eq!(scheme, "Bearer");
        servers.came("bearer", None);
        return "hello".into_response();
    };
    assert_eq!(scheme, "DPoP");
    match servers.verify(&headers, "GET", "/files", Some(token), &nonce) {
        Ok(key) => {
            assert_eq!(key, bound);
            servers.came("bound", Some(key));
            "hello".into_response()
        }
        Err(error) => {
            servers.came(error, None);
            refused(&format!(", error=\"{error}\""))
        }
    }
}
