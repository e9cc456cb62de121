//! Who sees what.

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{schemars, serde};

use super::{LISTS, Stream, Talk, ada_and_bob, fails};
use crate::support::{Running, soon};

/// Everything twice: for all, and for Ada. The notes are for those who have the scope.
fn server() -> Server {
    Server::new("Office")
        .tool(Tool::new("open", || async { "open" }))
        .tool(Tool::new("secret", || async { "secret" }).tag("staff"))
        .prompt(Prompt::new("open", || async { "open" }))
        .prompt(prompt("secret").tag("staff"))
        .resource(Resource::new("office://open", "open", || async { "open" }))
        .resource(Resource::new("office://secret", "secret", || async { "secret" }).tag("staff"))
        .resource(
            Resource::new("office://notes", "notes", || async { "notes" }).scopes(["notes:read"]),
        )
        .resource(template("open://{id}"))
        .resource(template("secret://{id}").tag("staff"))
        .visible(|component, viewer| {
            !component.tags.contains("staff")
                || viewer
                    .principal
                    .is_some_and(|caller| caller.subject() == "ada")
        })
        .auth(ada_and_bob())
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Which {
    id: String,
}

fn prompt(name: &str) -> Prompt {
    Prompt::new(name, |Args(which): Args<Which>| async move { which.id })
        .completion("id", thyra::completion_values(["one", "two"]))
}

fn template(template: &str) -> ResourceTemplate {
    let read = |Args(which): Args<Which>| async move { which.id };
    ResourceTemplate::new(template, "which", read)
        .completion("id", thyra::completion_values(["one", "two"]))
}

fn of_prompt(name: &str) -> Value {
    let reference = json!({ "type": "ref/prompt", "name": name });
    json!({ "ref": reference, "argument": { "name": "id", "value": "" } })
}

fn of_template(uri: &str) -> Value {
    let reference = json!({ "type": "ref/resource", "uri": uri });
    json!({ "ref": reference, "argument": { "name": "id", "value": "" } })
}

/// How each of the hidden components is asked for.
fn hidden() -> [(&'static str, Value); 6] {
    let arguments = json!({ "id": "1" });
    [
        ("tools/call", json!({ "name": "secret" })),
        (
            "prompts/get",
            json!({ "name": "secret", "arguments": arguments }),
        ),
        ("resources/read", json!({ "uri": "office://secret" })),
        ("resources/read", json!({ "uri": "secret://1" })),
        ("completion/complete", of_prompt("secret")),
        ("completion/complete", of_template("secret://{id}")),
    ]
}

#[tokio::test]
async fn what_is_hidden_is_in_no_list_of_others() {
    let server = Running::start(server()).await;
    let expected = [
        (
            "ada",
            [
                ["open", "secret"].as_slice(),
                &["open", "secret"],
                &["office://open", "office://secret", "office://notes"],
                &["open://{id}", "secret://{id}"],
            ],
        ),
        (
            "bob",
            [
                &["open"],
                &["open"],
                &["office://open", "office://notes"],
                &["open://{id}"],
            ],
        ),
    ];
    for (token, lists) in expected {
        for talk in Talk::each_as(&server, Some(token)).await {
            for (list, expected) in LISTS.into_iter().zip(lists) {
                assert_eq!(talk.listed(list).await, expected, "{token} {list:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_hidden_is_for_others_like_what_is_not_there() {
    let server = Running::start(server()).await;
    for talk in Talk::each_as(&server, Some("ada")).await {
        for (method, params) in hidden() {
            talk.ask(method, params).await.result();
        }
    }
    for talk in Talk::each_as(&server, Some("bob")).await {
        for (method, params) in hidden() {
            let code = match method {
                "resources/read" if !talk.is_alone() => -32002,
                _ => -32602,
            };
            let said = fails(&talk.ask(method, params.clone()).await, code);
            let unknown = params.to_string().replace("secret", "absent");
            let unknown = serde_json::from_str(&unknown).unwrap();
            let other = fails(&talk.ask(method, unknown).await, code);
            assert_eq!(said.replace("secret", "absent"), other);
        }
    }
}

#[tokio::test]
async fn a_session_subscribes_to_what_its_owner_may_read() {
    let server = Running::start(server()).await;
    let [_, ada] = Talk::each_as(&server, Some("ada")).await;
    let [_, bob] = Talk::each_as(&server, Some("bob")).await;
    for uri in [
        "office://open",
        "office://secret",
        "office://notes",
        "secret://1",
    ] {
        ada.ask("resources/subscribe", json!({ "uri": uri }))
            .await
            .result();
    }
    for uri in ["office://secret", "secret://1", "office://absent"] {
        let answer = bob.ask("resources/subscribe", json!({ "uri": uri })).await;
        fails(&answer, -32002);
    }
    bob.ask("resources/subscribe", json!({ "uri": "office://open" }))
        .await
        .result();
    let answer = bob
        .ask("resources/subscribe", json!({ "uri": "office://notes" }))
        .await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.contains("insufficient_scope") && challenge.contains("notes:read"),
        "{challenge}"
    );
}

#[tokio::test]
async fn a_session_is_told_of_what_it_may_read() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let [_, bob] = Talk::each_as(&server, Some("bob")).await;
    for uri in ["office://secret", "office://notes", "office://open"] {
        bob.ask("resources/subscribe", json!({ "uri": uri })).await;
    }
    let request = http::Request::get(server.url())
        .header("accept", "text/event-stream")
        .header("authorization", "Bearer bob")
        .header("mcp-session-id", bob.session.as_deref().unwrap())
        .body("")
        .unwrap();
    let client = crate::support::client();
    let response = client.execute(request.try_into().unwrap());
    let mut changes = Stream::of(soon("the stream", response).await.unwrap());
    // The first event says where the stream is: the server listens from here on.
    let first = soon("an event", changes.response.chunk()).await.unwrap();
    assert!(first.is_some());
    for uri in ["office://secret", "office://notes", "office://open"] {
        handle.resource_updated(uri);
    }
    changes.tells_of("office://open").await;
}

#[tokio::test]
async fn a_stream_listens_to_what_its_caller_may_read() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let uris = [
        "office://secret",
        "office://notes",
        "secret://1",
        "office://absent",
        "office://open",
        "open://1",
    ];
    for (token, heard) in [
        (
            "ada",
            [
                "office://secret",
                "office://notes",
                "secret://1",
                "office://open",
                "open://1",
            ]
            .as_slice(),
        ),
        ("bob", &["office://open", "open://1"]),
    ] {
        let talk = Talk::alone(&server).with_token(token);
        let mut stream = talk.listen(json!({ "resourceSubscriptions": uris })).await;
        let acknowledged = stream.acknowledged().await;
        assert_eq!(
            acknowledged["resourceSubscriptions"],
            json!(heard),
            "{token}"
        );
        for uri in uris {
            handle.resource_updated(uri);
        }
        for uri in heard {
            stream.tells_of(uri).await;
        }
    }
}
