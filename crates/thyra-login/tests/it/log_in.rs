//! The way from nothing to a token, and the example that shows it.

#[expect(
    dead_code,
    reason = "its `main` reads arguments, which a test does not have"
)]
#[path = "../../examples/log_in.rs"]
mod example;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use thyra_login::{
    FollowRedirects, Login, LoginError, LoginHop, LoginStage, Need, OAuth, Obtained,
};

use crate::world::World;

async fn printed(url: &str) -> String {
    let mut out = Vec::new();
    let oauth = OAuth::new(FollowRedirects::new());
    example::log_in(url, oauth, &mut out).await.unwrap();
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
