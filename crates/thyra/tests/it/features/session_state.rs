//! What handlers remember for a session.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Request;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{SessionStateError, SessionStateStore, StateOwner};

use super::{Talk, ada_and_bob, tool_error};
use crate::support::Running;

/// Keeps a value.
#[tool]
async fn keep(key: String, value: Value, ctx: Context) -> Result<&'static str, ToolError> {
    ctx.session_state().set(&key, &value).await?;
    Ok("kept")
}

/// Tells the value, as a number.
#[tool]
async fn tell(key: String, ctx: Context) -> Result<String, ToolError> {
    let value: Option<i64> = ctx.session_state().get(&key).await?;
    Ok(value.map_or("nothing".to_owned(), |value| value.to_string()))
}

/// Forgets a value.
#[tool]
async fn forget(key: String, ctx: Context) -> Result<bool, ToolError> {
    Ok(ctx.session_state().delete(&key).await?)
}

fn server() -> Server {
    Server::new("Memory").tool(keep).tool(tell).tool(forget)
}

async fn told(talk: &Talk<'_>, key: &str) -> String {
    talk.call("tell", json!({ "key": key })).await.tool_text()
}

async fn keeps(talk: &Talk<'_>, key: &str, value: impl Into<Value>) -> String {
    let arguments = json!({ "key": key, "value": value.into() });
    talk.call("keep", arguments).await.tool_text()
}

#[tokio::test]
async fn a_session_remembers_and_no_other_session_sees_it() {
    let server = Running::start(server()).await;
    let [_, one] = Talk::each(&server).await;
    let [_, other] = Talk::each(&server).await;
    assert_eq!(told(&one, "n").await, "nothing");
    assert_eq!(keeps(&one, "n", 7).await, "kept");
    assert_eq!(told(&one, "n").await, "7");
    assert_eq!(told(&other, "n").await, "nothing");
    assert_eq!(keeps(&one, "n", 8).await, "kept");
    assert_eq!(told(&one, "n").await, "8");
    for had in ["true", "false"] {
        let forgotten = one.call("forget", json!({ "key": "n" })).await;
        assert_eq!(forgotten.tool_text(), had);
    }
    assert_eq!(told(&one, "n").await, "nothing");
}

#[tokio::test]
async fn where_calls_stand_alone_the_signed_in_caller_remembers() {
    let protected = Running::start(server().auth(ada_and_bob())).await;
    let [ada, session] = Talk::each_as(&protected, Some("ada")).await;
    let bob = Talk::alone(&protected).with_token("bob");
    keeps(&ada, "n", 7).await;
    assert_eq!(told(&ada, "n").await, "7");
    assert_eq!(told(&bob, "n").await, "nothing");
    assert_eq!(told(&session, "n").await, "nothing");

    let open = Running::start(server()).await;
    let nobody = Talk::alone(&open)
        .call("keep", json!({ "key": "n", "value": 7 }))
        .await;
    let said = tool_error(&nobody);
    assert!(
        said.starts_with("There is neither a session nor a signed-in caller"),
        "{said}"
    );

    let process = server().connect().unwrap();
    let arguments = json!({ "key": "n", "value": 7 });
    process.call_tool("keep", &arguments).await.unwrap();
    let told: String = process
        .call_tool_as("tell", &json!({ "key": "n" }))
        .await
        .unwrap();
    assert_eq!(told, "7");
}

#[tokio::test]
async fn keys_and_values_are_bounded_and_typed() {
    let server = Running::start(server().mask_error_details(false)).await;
    let [_, talk] = Talk::each(&server).await;
    for key in [String::new(), "k".repeat(129)] {
        let answer = talk.call("tell", json!({ "key": key })).await;
        assert_eq!(
            tool_error(&answer),
            "a key of the session's state has 1 to 128 bytes"
        );
    }
    let large = "x".repeat(256 * 1024);
    let answer = talk
        .call("keep", json!({ "key": "n", "value": large }))
        .await;
    assert_eq!(
        tool_error(&answer),
        "The state of one session has at most 262144 bytes; delete something first."
    );
    keeps(&talk, "n", "text").await;
    let said = tool_error(&talk.call("tell", json!({ "key": "n" })).await);
    assert!(
        said.starts_with("the value of `n` in the session's state does not fit: invalid type"),
        "{said}"
    );
}

/// Keeps values where the test sees them.
#[derive(Clone, Debug, Default)]
struct Shelf(Arc<Mutex<BTreeMap<StateOwner, BTreeMap<String, String>>>>);

impl SessionStateStore for Shelf {
    fn get<'a>(
        &'a self,
        owner: StateOwner,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Option<Box<RawValue>>, SessionStateError>> {
        async move {
            let kept = self.0.lock().unwrap();
            let value = kept.get(&owner).and_then(|values| values.get(key));
            Ok(value.map(|value| RawValue::from_string(value.clone()).unwrap()))
        }
        .boxed()
    }

    fn set<'a>(
        &'a self,
        owner: StateOwner,
        key: &'a str,
        value: Box<RawValue>,
    ) -> BoxFuture<'a, Result<(), SessionStateError>> {
        async move {
            if key == "broken" {
                let source = std::io::Error::other("the disk is gone");
                return Err(SessionStateError::Unavailable(source.into()));
            }
            let mut kept = self.0.lock().unwrap();
            let values = kept.entry(owner).or_default();
            values.insert(key.to_owned(), value.get().to_owned());
            Ok(())
        }
        .boxed()
    }

    fn delete<'a>(
        &'a self,
        owner: StateOwner,
        key: &'a str,
    ) -> BoxFuture<'a, Result<bool, SessionStateError>> {
        async move {
            let mut kept = self.0.lock().unwrap();
            Ok(kept.entry(owner).or_default().remove(key).is_some())
        }
        .boxed()
    }

    fn end(&self, owner: StateOwner) {
        self.0.lock().unwrap().remove(&owner);
    }
}

#[tokio::test]
async fn another_store_keeps_the_state_and_hears_of_the_end_of_the_session() {
    let shelf = Shelf::default();
    let server = server()
        .session_state_store(shelf.clone())
        .mask_error_details(true);
    let server = Running::start(server).await;
    let [_, talk] = Talk::each(&server).await;
    keeps(&talk, "n", 7).await;
    assert_eq!(told(&talk, "n").await, "7");
    let values = shelf
        .0
        .lock()
        .unwrap()
        .values()
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(values, [BTreeMap::from([("n".to_owned(), "7".to_owned())])]);

    let broken = json!({ "key": "broken", "value": 1 });
    let said = tool_error(&talk.call("keep", broken).await);
    assert_eq!(said, "The tool failed. The reason is in the server's log.");

    let delete = Request::delete(server.url())
        .header("mcp-session-id", talk.session.as_deref().unwrap())
        .body("")
        .unwrap();
    assert_eq!(server.send(delete).await.status, 200);
    assert!(shelf.0.lock().unwrap().is_empty());
}
