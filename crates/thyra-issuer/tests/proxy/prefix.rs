//! A base URL with a path, behind a reverse proxy that takes it away, and behind one that does not.

use axum::Router;
use axum::routing::get;
use idp_emulator::Emulator;
use reqwest::StatusCode;
use serde_json::Value;
use thyra_auth::AuthProvider;
use tokio::net::TcpListener;

use crate::support::{Browser, CALLBACK, Client, Replica, builder, emulator, whoami};

/// What the reverse proxy makes of the MCP endpoint and of the public routes.
type Front = fn(Router, Router) -> Router;

/// `/api/…` without the prefix, and everything else as it is.
fn strips(mcp: Router, public: Router) -> Router {
    let missing = async || StatusCode::NOT_FOUND;
    let stripped = mcp.merge(public.clone()).fallback(missing);
    Router::new()
        .nest("/api", stripped)
        .fallback_service(public)
}

/// Everything as it is, but the MCP endpoint, which the server has at its own path.
fn keeps(mcp: Router, public: Router) -> Router {
    Router::new().nest("/api", mcp).merge(public)
}

async fn start(front: Front) -> (Emulator, Replica, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let emulator = emulator(&url).await;
    let proxy = builder(&url, &emulator).build().unwrap();
    let protection = proxy.protection("/mcp").unwrap();
    let mcp = Router::new().route("/mcp", get(whoami).layer(protection.layer()));
    let app = front(mcp, protection.public_routes().router());
    (emulator, Replica::listen(listener, app), url)
}

async fn logs_in(front: Front) {
    let (_emulator, replica, url) = start(front).await;
    let client = Client::register(&url, CALLBACK).await;
    let mut browser = Browser::new();
    let page = client.open(&mut browser).await;
    assert!(page.url.as_str().starts_with(&url), "{}", page.url);
    assert!(
        page.body.contains(r#"action="/api/consent""#),
        "{}",
        page.body
    );
    let page = client.decide(&mut browser, &page, "approve").await;
    let answer = browser.follow_but(page, CALLBACK).await;
    assert_eq!(answer.parameter("iss").as_deref(), Some(&*url));
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);

    let (status, tokens) = client.redeem(&answer.parameter("code").unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let (status, caller) = client.call(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{caller}");
    let (status, again) = client
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await;
    assert_eq!(status, StatusCode::OK, "{again}");
    let refresh_token = again["refresh_token"].as_str().unwrap();
    let form = [("token", refresh_token), ("client_id", &*client.id)];
    assert_eq!(client.post("/revoke", &form).await.0, StatusCode::OK);

    // Each place where a client may look for the documents, and the URLs in them.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let read = async |url: &str| -> Value {
        let answer = http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    };
    for place in [
        "/.well-known/oauth-authorization-server/api",
        "/.well-known/openid-configuration/api",
        "/api/.well-known/openid-configuration",
        "/api/mcp/.well-known/openid-configuration",
    ] {
        let document = read(&format!("{}{place}", replica.url)).await;
        assert_eq!(document["issuer"], *url, "{place}");
        let keys = read(document["jwks_uri"].as_str().unwrap()).await;
        assert_eq!(keys["keys"][0]["alg"], "ES256", "{place}");
    }
}

#[tokio::test]
async fn people_log_in_behind_a_proxy_that_takes_the_prefix_away() {
    logs_in(strips).await;
}

#[tokio::test]
async fn people_log_in_behind_a_proxy_that_keeps_the_prefix() {
    logs_in(keeps).await;
}
