//! The whole login at a server of the old transport: found, registered, consented, stepped up, and
//! renewed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use thyra_client::{ClientError, FollowRedirects, OAuth};

use super::{Does, Old, good, said};
use crate::authorization;
use crate::scripted::{Answer, Asked};

/// The server's resource and its authorization server, whose tokens are called after their number.
/// The tool `admin` needs the second one.
fn guarded(asked: &Asked, issued: &AtomicUsize) -> Does {
    if let Some(answer) = authorization::answer(asked, "/sse") {
        return Does::Answers(answer);
    }
    if asked.target() == "/token" {
        let number = issued.fetch_add(1, Ordering::Relaxed) + 1;
        let token = format!("t{number}");
        let issued = json!({ "access_token": token, "token_type": "Bearer" });
        return Does::Answers(Answer::json("200 OK", &issued));
    }
    let refused = |status, error: &str| {
        let challenge = authorization::challenge(asked, "Bearer", "/sse", error);
        Does::Answers(Answer::empty(status).header("WWW-Authenticate", &challenge))
    };
    match asked.header("authorization") {
        None => refused("401 Unauthorized", "scope=\"use\""),
        Some("bearer t1") if asked.body["params"]["name"] == "admin" => {
            let error = "error=\"insufficient_scope\", scope=\"admin\"";
            refused("403 Forbidden", error)
        }
        Some("bearer t1" | "bearer t2") => good(asked),
        Some(_) => refused("401 Unauthorized", "error=\"invalid_token\""),
    }
}

#[tokio::test]
async fn a_client_logs_in_and_steps_up_at_a_server_of_the_old_transport() {
    let issued = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&issued);
    let server = Old::start(move |asked| guarded(asked, &count)).await;
    let client = server.builder().oauth(oauth());
    let client = client.build().unwrap();
    assert_eq!(said(&client, "a").await.unwrap(), "a");
    assert_eq!(issued.load(Ordering::Relaxed), 1);
    assert_eq!(said(&client, "admin").await.unwrap(), "admin");
    assert_eq!(issued.load(Ordering::Relaxed), 2);
    // The stream that was opened with the first token is still the same.
    let opened = server.shared.asked.lock().unwrap();
    let streams = opened
        .iter()
        .filter(|one| one.head.starts_with("get /sse ") && one.header("authorization").is_some());
    assert_eq!(streams.count(), 1);
    let authorize = opened
        .iter()
        .filter(|one| one.head.starts_with("get /authorize"));
    let scopes: Vec<_> = authorize.map(scope).collect();
    assert_eq!(scopes, ["use", "admin use"]);
}

#[tokio::test]
async fn a_server_that_takes_no_token_is_not_asked_for_ever() {
    let issued = Arc::new(AtomicUsize::new(2));
    let count = Arc::clone(&issued);
    let server = Old::start(move |asked| guarded(asked, &count)).await;
    let client = server.builder().oauth(oauth());
    let client = client.build().unwrap();
    let error = said(&client, "a").await.unwrap_err();
    let is_unauthorized = matches!(error, ClientError::Unauthorized { .. });
    assert!(is_unauthorized, "{error:?}");
    assert_eq!(issued.load(Ordering::Relaxed), 3);
}

fn oauth() -> OAuth {
    OAuth::new(FollowRedirects::new()).login_time(Duration::from_secs(20))
}

/// The scopes that the browser was sent for, in order.
fn scope(authorize: &Asked) -> String {
    let scope = authorization::authorization_parameter(authorize, "scope").unwrap();
    let mut scopes: Vec<_> = scope.split(' ').collect();
    scopes.sort_unstable();
    scopes.join(" ")
}
