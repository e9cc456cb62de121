//! The example, against a resource that knows nothing of MCP and an authorization server that knows
//! nothing of this crate.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

#[expect(
    dead_code,
    reason = "its `main` reads arguments, which a test does not have"
)]
#[path = "../examples/log_in.rs"]
mod example;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Json;
use axum::http::{StatusCode, header};
use axum::routing::get;
use futures_util::future::join_all;
use idp_emulator::{Emulator, Resource};
use serde_json::json;
use thyra_login::{
    FollowRedirects, Login, LoginError, LoginHop, LoginStage, Need, OAuth, Obtained,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

struct World {
    emulator: Emulator,
    url: String,
    _server: JoinSet<()>,
}

impl World {
    async fn with(change: impl FnOnce(Resource) -> Resource) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let url = format!("{origin}/files");
        let resource = Resource::new("res_1")
            .uri(&url)
            .scopes(["files:read", "files:write"]);
        let emulator = Emulator::builder()
            .resource(change(resource))
            .auto_consent(true)
            .start()
            .await
            .unwrap();
        let place = "/.well-known/oauth-protected-resource/files";
        let challenge =
            format!("Bearer scope=\"files:read\", resource_metadata=\"{origin}{place}\"");
        let document = json!({
            "resource": url,
            "authorization_servers": [emulator.resource_issuer("res_1")],
            "scopes_supported": ["files:read", "files:write"],
        });
        let app = axum::Router::new()
            .route(place, get(async move || Json(document.clone())))
            .route(
                "/files",
                get(async move || {
                    (
                        StatusCode::UNAUTHORIZED,
                        [(header::WWW_AUTHENTICATE, challenge.clone())],
                    )
                }),
            )
            .route("/open", get(async || "hello"));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            emulator,
            url,
            _server: server,
        }
    }

    async fn new() -> Self {
        Self::with(|resource| resource).await
    }
}

async fn printed(url: &str) -> String {
    let mut out = Vec::new();
    example::log_in(url, FollowRedirects::new(), &mut out)
        .await
        .unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn the_example_logs_in_and_never_prints_the_token() {
    let world = World::new().await;
    let printed = printed(&world.url).await;
    assert!(
        printed.starts_with("scopes: files:read\nexpires in: "),
        "{printed}"
    );
    // A JSON Web Token begins so.
    assert!(!printed.contains("eyJ"), "{printed}");
}

#[tokio::test]
async fn a_resource_without_a_door_needs_no_login() {
    let world = World::new().await;
    let open = world.url.replace("/files", "/open");
    assert!(printed(&open).await.ends_with("wants no token\n"));
    assert_eq!(world.emulator.requests("/oauth/token"), 0);
}

#[tokio::test]
async fn many_callers_log_in_once() {
    let world = World::new().await;
    let hops = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hops);
    let login = Login::new(&world.url, OAuth::new(FollowRedirects::new()))
        .unwrap()
        .observer(move |_: &LoginHop<'_>| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    assert!(login.tokens().await.unwrap().is_none());
    let all = join_all((0..8).map(|_| login.obtain(Need::Token(None), None))).await;
    let anew = all
        .into_iter()
        .filter(|obtained| matches!(obtained, Ok(Obtained::Anew)))
        .count();
    assert_eq!(anew, 1);
    // Two documents, a registration, the browser, a token.
    assert_eq!(hops.load(Ordering::Relaxed), 5);
    let tokens = login.tokens().await.unwrap().unwrap();
    assert_eq!(
        tokens.scopes().unwrap().to_string(),
        "files:read files:write"
    );
}

#[tokio::test]
async fn a_server_that_registers_nobody_is_named() {
    let world = World::with(|resource| resource.dynamic_registration(false)).await;
    let login = Login::new(&world.url, OAuth::new(FollowRedirects::new())).unwrap();
    let error = login.obtain(Need::Token(None), None).await.unwrap_err();
    assert_eq!(error.stage(), LoginStage::Registration);
    assert!(
        matches!(error, LoginError::RegistrationNotOffered { .. }),
        "{error}"
    );
}

#[test]
fn tokens_go_to_confidential_places_only() {
    let login = |url| Login::new(url, OAuth::new(FollowRedirects::new()));
    for url in [
        "https://files.example/",
        "http://127.0.0.1:1/x",
        "http://localhost/",
    ] {
        assert!(login(url).is_ok(), "{url}");
    }
    for url in [
        "http://files.example/",
        "https://a:b@files.example/",
        "https://files.example/#x",
        "files",
    ] {
        assert!(login(url).is_err(), "{url}");
    }
}
