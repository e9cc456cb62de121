//! What an emulator refuses to start with, and how it ends.

use std::net::Ipv4Addr;

use idp_emulator::{Client, Emulator, Resource, StartError};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{builder, get_json, http, start};

#[tokio::test]
async fn it_listens_on_loopback_only() {
    for address in [[0, 0, 0, 0], [192, 168, 0, 1], [8, 8, 8, 8]] {
        let started = builder()
            .address((Ipv4Addr::from(address), 0))
            .start()
            .await;
        assert!(matches!(started, Err(StartError::NotLoopback(_))));
    }
}

#[tokio::test]
async fn a_taken_port_is_named_in_the_error() {
    let first = start().await;
    let error = builder()
        .address(first.address())
        .start()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains(&first.address().to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn it_answers_until_its_handle_is_dropped() {
    let emulator = start().await;
    let url = format!("{}/keys", emulator.url());
    assert_eq!(
        http().get(&url).send().await.unwrap().status(),
        StatusCode::OK
    );
    drop(emulator);
    tokio::task::yield_now().await;
    assert!(http().get(&url).send().await.is_err());
}

#[tokio::test]
async fn serve_ends_when_told() {
    let emulator = start().await;
    let url = format!("{}/keys", emulator.url());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = emulator.serve(async { stopped.await.unwrap() });
    let asking = async {
        let status = http().get(&url).send().await.unwrap().status();
        stop.send(()).unwrap();
        status
    };
    let ((), status) = tokio::join!(serving, asking);
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_set_up_that_cannot_work_is_refused() {
    let resource = |resource: Resource| Emulator::builder().resource(resource);
    let client = |client: Client| builder().client(client);
    let document = |url: &str, document| builder().client_metadata(url, document);
    let uris = json!(["http://localhost/cb"]);
    for (set_up, message) in [
        (resource(Resource::new("")), "identifier"),
        (resource(Resource::new("res/1")), "letters"),
        (resource(Resource::new("res_1").uri("/mcp")), "absolute URL"),
        (resource(Resource::new("res_1").scopes(["a b"])), "scope"),
        (
            builder().resource(Resource::new("res_123")),
            "two resources",
        ),
        (client(Client::new("c")), "secret"),
        (client(Client::new("").secret("s")), "empty"),
        (
            client(Client::new("c").secret("s").resource("res_9")),
            "res_9",
        ),
        (
            client(Client::new("c").redirect_uris(["http://evil.example/"])),
            "https",
        ),
        (
            client(Client::new("c").secret("s")).client(Client::new("c").secret("t")),
            "two clients",
        ),
        (document("http://app.example/c", json!({})), "https"),
        (document("https://app.example/c", json!({})), "client_id"),
        (
            document(
                "https://app.example/c",
                json!({"client_id": "x", "redirect_uris": uris}),
            ),
            "client_id",
        ),
        (
            builder().environment_url("https://env.example/path"),
            "path",
        ),
        (builder().environment_url("env.example"), "http"),
    ] {
        let error = set_up.start().await.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[tokio::test]
async fn an_environment_url_of_its_own_is_used_byte_for_byte() {
    let emulator = builder()
        .environment_url("https://env.example/")
        .start()
        .await
        .unwrap();
    assert_eq!(emulator.url(), "https://env.example");
    let url = format!(
        "http://{}/.well-known/openid-configuration",
        emulator.address()
    );
    let response = http()
        .get(url)
        .header("host", "env.example")
        .send()
        .await
        .unwrap();
    let document: serde_json::Value = response.json().await.unwrap();
    assert_eq!(document["issuer"], "https://env.example");
    assert_eq!(document["jwks_uri"], "https://env.example/keys");
}

#[tokio::test]
async fn other_names_for_this_machine_are_not_answered() {
    let emulator = start().await;
    for (host, expected) in [
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("evil.example:80", StatusCode::MISDIRECTED_REQUEST),
        ("localhost.evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("a b", StatusCode::MISDIRECTED_REQUEST),
        ("localhost:1", StatusCode::OK),
        ("app.localhost", StatusCode::OK),
        ("[::1]", StatusCode::OK),
    ] {
        let request = http()
            .get(format!("{}/keys", emulator.url()))
            .header("host", host);
        assert_eq!(request.send().await.unwrap().status(), expected, "{host}");
    }
}

#[tokio::test]
async fn defaults_are_enough_for_a_first_server() {
    let emulator = Emulator::builder().start().await.unwrap();
    let variables = emulator.variables();
    let names: Vec<_> = variables.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "SCALEKIT_ENVIRONMENT_URL",
            "SCALEKIT_RESOURCE_ID",
            "SCALEKIT_CLIENT_ID",
            "SCALEKIT_CLIENT_SECRET"
        ]
    );
    let metadata = get_json(
        &emulator,
        "/.well-known/oauth-authorization-server/resources/res_1",
    )
    .await;
    assert_eq!(metadata["scopes_supported"], json!([]));
}
