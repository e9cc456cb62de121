//! What each era does differently on a connection: requests that stand alone and their tasks, and
//! the subscriptions of a session.

use serde_json::json;

use super::{Connection, Sign};
use crate::Limits;

#[tokio::test]
async fn a_call_that_stands_alone_is_cancelled_like_any_other() {
    let mut connection = Connection::open(Limits::default().stdio_calls(1));
    let params = json!({ "name": "hold", "_meta": { "progressToken": 1 } });
    connection.alone(1, "tools/call", params).await;
    connection.entered(1).await;
    connection.cancel(json!(1)).await;
    assert_eq!(connection.sign().await, Sign::Left);
    // Its place is free, and the next message answers another request.
    connection.alone(2, "tools/list", json!({})).await;
    assert!(connection.result(2).await["tools"].is_array());
    connection.end().await;
}

#[tokio::test]
async fn a_task_is_begun_and_looked_for_on_one_connection() {
    let mut connection = Connection::open(Limits::default());
    let call = json!({ "name": "count", "arguments": { "to": 3 } });
    connection.alone(1, "tools/call", call).await;
    let begun = connection.result(1).await;
    assert_eq!(begun["resultType"], "task", "{begun}");
    let done = connection.looked_for(&begun["taskId"]).await;
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!(done["result"]["content"][0]["text"], "3");

    let unknown = json!({ "taskId": "nobody" });
    connection.alone(2, "tasks/get", unknown).await;
    assert_eq!(connection.hear().await["error"]["code"], -32602);
    connection.end().await;
}

#[tokio::test]
async fn a_task_asks_and_is_answered_or_called_off() {
    let mut connection = Connection::open(Limits::default());
    let call = json!({ "name": "wonder" });
    for (id, answered) in [(1, true), (2, false)] {
        connection.alone(id, "tools/call", call.clone()).await;
        let task = connection.result(id).await["taskId"].take();
        let asking = connection.looked_for(&task).await;
        assert_eq!(asking["status"], "input_required", "{asking}");
        let question = &asking["inputRequests"]["mood"];
        assert_eq!(question["params"]["message"], "How are you?");
        let (method, params) = if answered {
            let answer = json!({ "action": "accept", "content": { "value": "well" } });
            let answers = json!({ "taskId": task, "inputResponses": { "mood": answer } });
            ("tasks/update", answers)
        } else {
            ("tasks/cancel", json!({ "taskId": task }))
        };
        connection.alone(3, method, params).await;
        connection.result(3).await;
        let ended = connection.looked_for(&task).await;
        if answered {
            assert_eq!(ended["status"], "completed", "{ended}");
            assert_eq!(ended["result"]["content"][0]["text"], "You are well.");
        } else {
            assert_eq!(ended["status"], "cancelled", "{ended}");
        }
    }
    connection.end().await;
}

#[tokio::test]
async fn a_client_is_told_of_the_resources_that_it_subscribed_to_and_of_no_other() {
    let mut connection = Connection::open(Limits::default());
    connection.initialize().await;
    let subscription = |id: i64, method: &str, uri: &str| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": { "uri": uri } });
    for (id, uri) in [(1, "notes://1"), (2, "notes://2")] {
        connection
            .say(subscription(id, "resources/subscribe", uri))
            .await;
        assert_eq!(connection.result(id).await, json!({}));
    }
    connection
        .say(subscription(3, "resources/subscribe", "notes://none"))
        .await;
    assert_eq!(connection.hear().await["error"]["code"], -32002);
    connection.handle.resource_updated("notes://none");
    for uri in ["notes://1", "notes://2"] {
        connection.handle.resource_updated(uri);
        let told = connection.hear().await;
        assert_eq!(told["method"], "notifications/resources/updated");
        assert_eq!(told["params"], json!({ "uri": uri }));
    }
    connection
        .say(subscription(4, "resources/unsubscribe", "notes://1"))
        .await;
    assert_eq!(connection.result(4).await, json!({}));
    connection.handle.resource_updated("notes://1");
    connection.handle.resource_updated("notes://2");
    let told = connection.hear().await;
    assert_eq!(told["params"], json!({ "uri": "notes://2" }));
    connection.end().await;
}
