//! The whole login at a server of the old transport: found, registered, consented, stepped up, and
//! renewed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use thyra_client::{ClientError, FollowRedirects, OAuth};
use url::Url;

use super::{Does, Old, good, said};
use crate::scripted::Asked;

const METADATA: &str = "/.well-known/oauth-protected-resource/sse";

fn document(status: &str, document: &Value) -> Does {
    let head = format!("{status}\r\nContent-Type: application/json");
    Does::Answers(head, document.to_string())
}

/// The server's resource and its authorization server, whose tokens are called after their number.
/// The tool `admin` needs the second one.
fn guarded(asked: &Asked, issued: &AtomicUsize) -> Does {
    let origin = format!("http://{}", asked.header("host").unwrap());
    let at = |path: &str| format!("{origin}{path}");
    let target = Url::parse(&at(&asked.target)).unwrap();
    match (asked.verb(), target.path()) {
        ("get", METADATA) => {
            let servers = [&origin];
            let resource = at("/sse");
            document(
                "200 OK",
                &json!({ "resource": resource, "authorization_servers": servers }),
            )
        }
        ("get", "/.well-known/oauth-authorization-server") => document(
            "200 OK",
            &json!({
                "issuer": origin,
                "authorization_endpoint": at("/authorize"),
                "token_endpoint": at("/token"),
                "registration_endpoint": at("/register"),
                "code_challenge_methods_supported": ["S256"],
            }),
        ),
        ("post", "/register") => document("201 Created", &json!({ "client_id": "c" })),
        ("get", "/authorize") => {
            let parameter = |wanted: &str| {
                let mut pairs = target.query_pairs();
                pairs.find(|(name, _)| name == wanted).unwrap().1
            };
            let mut back = Url::parse(&parameter("redirect_uri")).unwrap();
            let mut answer = back.query_pairs_mut();
            answer.append_pair("code", "x");
            answer.append_pair("state", &parameter("state"));
            drop(answer);
            Does::Answers(format!("302 Found\r\nLocation: {back}"), String::new())
        }
        ("post", "/token") => {
            let number = issued.fetch_add(1, Ordering::Relaxed) + 1;
            let token = format!("t{number}");
            document(
                "200 OK",
                &json!({ "access_token": token, "token_type": "Bearer" }),
            )
        }
        _ => admitted(asked, &at(METADATA)),
    }
}

fn admitted(asked: &Asked, metadata: &str) -> Does {
    let refused = |status: &str, error: &str| {
        let challenge = format!("Bearer {error}resource_metadata=\"{metadata}\"");
        Does::Answers(
            format!("{status}\r\nWWW-Authenticate: {challenge}"),
            String::new(),
        )
    };
    match asked.header("authorization") {
        None => refused("401 Unauthorized", "scope=\"use\", "),
        Some("bearer t1") if asked.body["params"]["name"] == "admin" => {
            let error = "error=\"insufficient_scope\", scope=\"admin\", ";
            refused("403 Forbidden", error)
        }
        Some("bearer t1" | "bearer t2") => good(asked),
        Some(_) => refused("401 Unauthorized", "error=\"invalid_token\", "),
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
    let target = Url::parse(&format!("http://login{}", authorize.target)).unwrap();
    let mut pairs = target.query_pairs();
    let scope = pairs.find(|(name, _)| name == "scope").unwrap().1;
    let mut scopes: Vec<_> = scope.split(' ').collect();
    scopes.sort_unstable();
    scopes.join(" ")
}
