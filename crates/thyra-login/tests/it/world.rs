//! A resource that knows nothing of MCP, and the authorization server that it trusts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::routing::get;
use idp_emulator::{Builder, ClockChange, Emulator, Resource};
use serde_json::json;
use thyra_login::{FollowRedirects, Login, OAuth};
use thyra_oauth::{Clock as _, ManualClock, SystemClock};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) url: String,
    /// The clock of the program; the emulator's is moved with it.
    pub(crate) clock: ManualClock,
    issuers: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|resource| resource).await
    }

    pub(crate) async fn with(change: impl FnOnce(Resource) -> Resource) -> Self {
        Self::build(change, |builder| builder).await
    }

    /// A resource whose tokens can be renewed.
    pub(crate) async fn renewable() -> Self {
        Self::with(|resource| resource.scopes(["files:read", "offline_access"])).await
    }

    pub(crate) async fn build(
        resource: impl FnOnce(Resource) -> Resource,
        emulator: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let url = format!("{origin}/files");
        let resource = resource(
            Resource::new("res_1")
                .uri(&url)
                .scopes(["files:read", "files:write"]),
        );
        let builder = Emulator::builder().resource(resource).auto_consent(true);
        let emulator = emulator(builder).start().await.unwrap();
        let clock = ManualClock::new(SystemClock.unix());
        emulator.clock(ClockChange::Freeze(clock.unix().as_secs()));
        let issuers = Arc::new(Mutex::new(vec![emulator.resource_issuer("res_1")]));

        let place = "/.well-known/oauth-protected-resource/files";
        let challenge =
            format!("Bearer scope=\"files:read\", resource_metadata=\"{origin}{place}\"");
        let (named, resource) = (Arc::clone(&issuers), url.clone());
        let metadata = async move || {
            Json(json!({
                "resource": resource,
                "authorization_servers": *named.lock().unwrap(),
                "scopes_supported": ["files:read", "files:write"],
            }))
        };
        let refuse = async move || {
            let headers = [(header::WWW_AUTHENTICATE, challenge.clone())];
            (StatusCode::UNAUTHORIZED, headers)
        };
        let app = axum::Router::new()
            .route(place, get(metadata))
            .route("/files", get(refuse))
            .route("/open", get(async || "hello"));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            emulator,
            url,
            clock,
            issuers,
            _server: server,
        }
    }

    /// The settings of a program that logs in here.
    pub(crate) fn oauth(&self) -> OAuth {
        OAuth::new(FollowRedirects::new()).clock(self.clock.clone())
    }

    pub(crate) fn login(&self, oauth: OAuth) -> Login {
        Login::new(&self.url, oauth).unwrap()
    }

    /// The authorization server of the resource.
    pub(crate) fn issuer(&self) -> String {
        self.emulator.resource_issuer("res_1")
    }

    /// From now on, the resource trusts the authorization server of another world.
    pub(crate) fn trust(&self, other: &Self) {
        *self.issuers.lock().unwrap() = vec![other.issuer()];
    }

    /// From now on, the resource names the authorization server of another world before its own.
    pub(crate) fn trust_first(&self, other: &Self) {
        self.name_first(other.issuer());
    }

    /// From now on, the resource names this authorization server before its own.
    pub(crate) fn name_first(&self, issuer: String) {
        self.issuers.lock().unwrap().insert(0, issuer);
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.clock.unix().as_secs()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.emulator.clock(ClockChange::Freeze(self.now()));
    }

    /// The client's machine sleeps: one of its clocks stands still.
    pub(crate) fn sleep(&self, seconds: u64) {
        let now = self.clock.unix() + Duration::from_secs(seconds);
        self.clock.set_unix(now);
        self.emulator.clock(ClockChange::Freeze(now.as_secs()));
    }

    /// How often the emulator was asked for a path with this end.
    pub(crate) fn requests(&self, end: &str) -> usize {
        let journal = self.emulator.journal();
        journal.iter().filter(|e| e.path.ends_with(end)).count()
    }
}
