//! Logins on another device (RFC 8628). The clock of the runtime is paused, so nobody waits.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use thyra_login::{
    AuthorizationError, BrowserError, Client, DeviceCode, DevicePrompt, Login, LoginError,
    LoginStage, MemoryStore, Need, OAuth, PrintUrl,
};
use thyra_oauth::ScopeSet;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A request that came: when, where to, and with what.
struct Came {
    at: Instant,
    path: &'static str,
    form: HashMap<String, String>,
}

#[derive(Default)]
struct Inner {
    came: Vec<Came>,
    /// What the token endpoint says, one after the other; then it gives tokens.
    answers: VecDeque<(u16, &'static str)>,
    /// Members of the answer with the codes that are not as usual.
    codes: Vec<(&'static str, Value)>,
    /// What its metadata says of the endpoint.
    endpoint: Option<Value>,
    registered: usize,
    /// Whether it has forgotten all clients but the last one.
    forgets: bool,
}

#[derive(Clone)]
struct World {
    origin: String,
    inner: Arc<Mutex<Inner>>,
    _server: Arc<JoinSet<()>>,
}

#[derive(Clone)]
struct Servers {
    origin: String,
    inner: Arc<Mutex<Inner>>,
}

impl World {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let servers = Servers {
            origin: origin.clone(),
            inner: Arc::default(),
        };
        let app = Router::new()
            .route("/.well-known/oauth-protected-resource/files", get(resource))
            .route("/.well-known/oauth-authorization-server", get(server))
            .route("/register", post(register))
            .route("/device", post(device))
            .route("/token", post(token))
            .with_state(servers.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            origin,
            inner: servers.inner,
            _server: Arc::new(server),
        }
    }

    fn answers(&self, answers: &[(u16, &'static str)]) {
        self.inner.lock().unwrap().answers = answers.iter().copied().collect();
    }

    fn codes(&self, name: &'static str, value: Value) {
        self.inner.lock().unwrap().codes.push((name, value));
    }

    fn login(&self, oauth: OAuth) -> Login {
        Login::new(&format!("{}/files", self.origin), oauth).unwrap()
    }

    /// The pauses before the token requests, in seconds.
    fn pauses(&self) -> Vec<u64> {
        let inner = self.inner.lock().unwrap();
        let asked = |came: &&Came| matches!(came.path, "/device" | "/token");
        let times: Vec<_> = inner
            .came
            .iter()
            .filter(asked)
            .map(|came| came.at)
            .collect();
        let pauses = times.windows(2).map(|two| two[1].duration_since(two[0]));
        pauses.map(|pause| pause.as_secs()).collect()
    }

    fn form(&self, path: &str) -> HashMap<String, String> {
        let inner = self.inner.lock().unwrap();
        let mut came = inner.came.iter().rev();
        came.find(|came| came.path == path).unwrap().form.clone()
    }

    fn count(&self, path: &str) -> usize {
        let inner = self.inner.lock().unwrap();
        inner.came.iter().filter(|came| came.path == path).count()
    }
}

impl Servers {
    fn came(&self, path: &'static str, form: HashMap<String, String>) {
        self.inner.lock().unwrap().came.push(Came {
            at: Instant::now(),
            path,
            form,
        });
    }
}

async fn resource(State(servers): State<Servers>) -> Json<Value> {
    Json(json!({
        "resource": format!("{}/files", servers.origin),
        "authorization_servers": [servers.origin],
        "scopes_supported": ["files:read"],
    }))
}

async fn server(State(servers): State<Servers>) -> Json<Value> {
    let origin = &servers.origin;
    let endpoint = servers.inner.lock().unwrap().endpoint.clone();
    Json(json!({
        "issuer": origin,
        "device_authorization_endpoint":
            endpoint.unwrap_or_else(|| json!(format!("{origin}/device"))),
        "token_endpoint": format!("{origin}/token"),
        "registration_endpoint": format!("{origin}/register"),
        "scopes_supported": ["files:read", "offline_access"],
    }))
}

async fn register(State(servers): State<Servers>, Json(metadata): Json<Value>) -> Response {
    assert_eq!(
        metadata["grant_types"],
        json!([DEVICE_GRANT, "refresh_token"])
    );
    assert_eq!(metadata["redirect_uris"], json!([]));
    assert_eq!(metadata["response_types"], json!([]));
    let mut inner = servers.inner.lock().unwrap();
    inner.registered += 1;
    let client = json!({ "client_id": format!("c_{}", inner.registered) });
    (StatusCode::CREATED, Json(client)).into_response()
}

async fn device(
    State(servers): State<Servers>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    servers.came("/device", form.clone());
    let mut inner = servers.inner.lock().unwrap();
    let last = format!("c_{}", inner.registered);
    if std::mem::take(&mut inner.forgets) && form["client_id"] == last {
        let refused = Json(json!({ "error": "invalid_client" }));
        return (StatusCode::UNAUTHORIZED, refused).into_response();
    }
    let mut codes = json!({
        "device_code": "for-the-program",
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://login.example.org/device",
        "verification_uri_complete": "https://login.example.org/device?code=WDJB-MJHT",
        "expires_in": 1800,
    });
    for (name, value) in &inner.codes {
        codes[name] = value.clone();
    }
    Json(codes).into_response()
}

async fn token(
    State(servers): State<Servers>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    servers.came("/token", form);
    match servers.inner.lock().unwrap().answers.pop_front() {
        Some((status, error)) => {
            let status = StatusCode::from_u16(status).unwrap();
            (status, Json(json!({ "error": error }))).into_response()
        }
        None => Json(json!({
            "access_token": "access",
            "refresh_token": "refresh",
            "token_type": "Bearer",
            "expires_in": 300,
        }))
        .into_response(),
    }
}

/// Keeps what a person would see.
#[derive(Clone, Debug, Default)]
struct Shown(Arc<Mutex<Vec<String>>>);

impl DevicePrompt for Shown {
    fn show<'a>(&'a self, code: &'a DeviceCode<'a>) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(async move {
            self.0.lock().unwrap().push(code.to_string());
            Ok(())
        })
    }
}

async fn obtained(login: &Login) -> Result<(), LoginError> {
    login.obtain(Need::Token(None), None).await.map(drop)
}

fn pending(times: usize) -> Vec<(u16, &'static str)> {
    vec![(400, "authorization_pending"); times]
}

#[tokio::test(start_paused = true)]
async fn a_person_logs_in_elsewhere_and_the_program_waits() {
    let world = World::new().await;
    let shown = Shown::default();
    let login = world.login(OAuth::device(shown.clone()));
    world.answers(&pending(2));
    obtained(&login).await.unwrap();
    assert_eq!(world.pauses(), [5, 5, 5]);
    let shown = shown.0.lock().unwrap().clone();
    assert_eq!(shown.len(), 1);
    assert!(shown[0].contains("WDJB-MJHT"), "{shown:?}");

    let tokens = login.tokens().await.unwrap().unwrap();
    assert_eq!(tokens.access().expose(), "access");
    assert!(tokens.is_renewable());
    let scopes = ScopeSet::parse("files:read offline_access");
    assert_eq!(tokens.scopes(), Some(&scopes));
    let asked = world.form("/device");
    assert_eq!(asked["client_id"], "c_1");
    assert_eq!(asked["scope"], scopes.to_string());
    assert_eq!(asked["resource"], format!("{}/files", world.origin));
    let exchanged = world.form("/token");
    assert_eq!(exchanged["grant_type"], DEVICE_GRANT);
    assert_eq!(exchanged["device_code"], "for-the-program");
    assert_eq!(exchanged["client_id"], "c_1");
    assert_eq!(exchanged["resource"], asked["resource"]);
}

#[tokio::test(start_paused = true)]
async fn the_authorization_server_sets_the_pace() {
    let world = World::new().await;
    let login = world.login(OAuth::device(PrintUrl));
    world.codes("interval", json!(2));
    world.answers(&[
        // Some servers refuse with the status of success.
        (200, "authorization_pending"),
        (400, "slow_down"),
        (400, "authorization_pending"),
        (503, "out of order"),
    ]);
    obtained(&login).await.unwrap();
    assert_eq!(world.pauses(), [2, 2, 7, 7, 14]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_the_wait() {
    let world = World::new().await;
    let login = world.login(OAuth::device(PrintUrl));
    for (error, wanted) in [
        (
            "access_denied",
            "authorization failed: the authorization server refused with `access_denied`",
        ),
        (
            "expired_token",
            "authorization failed: the code expired before anybody had logged in with it; log in again for a new one",
        ),
        (
            "invalid_grant",
            "token failed: the authorization server refused with status 400, `invalid_grant`",
        ),
    ] {
        world.answers(&[
            (400, "authorization_pending"),
            (400, error),
            (400, "asked again"),
        ]);
        let failed = obtained(&login).await.unwrap_err();
        assert_eq!(failed.to_string(), wanted);
        assert_eq!(world.inner.lock().unwrap().answers.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_the_codes_live_or_the_program_wants() {
    for (expires_in, login_time, wanted) in [(60, 300, 60), (u64::MAX, 90, 90)] {
        let world = World::new().await;
        let login_time = Duration::from_secs(login_time);
        let login = world.login(OAuth::device(PrintUrl).login_time(login_time));
        world.codes("expires_in", json!(expires_in));
        world.answers(&pending(1000));
        let began = Instant::now();
        let failed = obtained(&login).await.unwrap_err();
        assert_eq!(began.elapsed().as_secs(), wanted);
        assert!(
            matches!(
                failed,
                LoginError::Authorization(AuthorizationError::TimedOut { limit, .. })
                    if limit.as_secs() == wanted
            ),
            "{failed}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_such_logins_is_named() {
    let world = World::new().await;
    for endpoint in [
        Value::Null,
        json!("javascript:alert(1)"),
        json!("http://192.0.2.1/"),
    ] {
        world.inner.lock().unwrap().endpoint = Some(endpoint);
        let login = world.login(OAuth::device(PrintUrl));
        let failed = obtained(&login).await.unwrap_err();
        assert_eq!(failed.stage(), LoginStage::Authorization);
        assert!(
            matches!(failed, LoginError::NoDeviceFlow { .. }),
            "{failed}"
        );
    }
    assert_eq!(world.count("/device"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_nobody_should_be_sent_to_is_not_shown() {
    let world = World::new().await;
    let shown = Shown::default();
    let login = world.login(OAuth::device(shown.clone()));
    world.codes("verification_uri", json!("javascript:alert(1)"));
    let failed = obtained(&login).await.unwrap_err();
    assert!(matches!(failed, LoginError::DeviceCode(_)), "{failed}");
    assert_eq!(failed.stage(), LoginStage::Authorization);
    assert!(shown.0.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_client_is_kept_until_the_server_has_forgotten_it() {
    let world = World::new().await;
    let store = MemoryStore::new();
    let login = |account| {
        world.login(
            OAuth::device(PrintUrl)
                .store(store.clone())
                .account(account),
        )
    };
    obtained(&login("ada")).await.unwrap();
    obtained(&login("bob")).await.unwrap();
    assert_eq!(world.inner.lock().unwrap().registered, 1);
    world.inner.lock().unwrap().forgets = true;
    obtained(&login("eve")).await.unwrap();
    assert_eq!(world.form("/token")["client_id"], "c_2");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_set_up_registers_nothing() {
    let world = World::new().await;
    let client = Client::new(world.origin.as_str(), "tv_1");
    let login = world.login(OAuth::device(PrintUrl).client(client));
    obtained(&login).await.unwrap();
    assert_eq!(world.form("/token")["client_id"], "tv_1");
    assert_eq!(world.inner.lock().unwrap().registered, 0);

    let other = Client::new("https://other.example.org", "tv_1");
    let login = world.login(OAuth::device(PrintUrl).client(other));
    assert!(matches!(obtained(&login).await, Err(LoginError::Client(_))));
}
