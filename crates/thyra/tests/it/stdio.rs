//! A server on standard input and output, as a client starts one.

use serde_json::{Value, json};
use thyra::Revision;
use tokio::io::AsyncWriteExt as _;

use crate::program::{Program, example};
use crate::support::{META_CAPABILITIES, META_VERSION};

fn start() -> Program {
    Program::start(example("quickstart"))
}

fn request(id: &Value, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn add(id: &Value) -> Value {
    let params = json!({ "name": "add", "arguments": { "a": 2, "b": 3 } });
    request(id, "tools/call", &params)
}

fn alone(id: &Value, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({ META_VERSION: "2026-07-28", META_CAPABILITIES: {} });
    request(id, method, &params)
}

#[tokio::test]
async fn each_revision_with_an_introduction() {
    for revision in Revision::ALL {
        if revision == Revision::V2026_07_28 {
            continue;
        }
        let mut server = start();
        let hello = json!({
            "protocolVersion": revision.as_str(),
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        let greeting = server.ask(&request(&json!(0), "initialize", &hello)).await;
        assert_eq!(greeting["result"]["protocolVersion"], revision.as_str());
        assert_eq!(greeting["result"]["serverInfo"]["name"], "Quickstart");
        server
            .say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
            .await;
        let list = server
            .ask(&json!({ "jsonrpc": "2.0", "id": "l", "method": "tools/list" }))
            .await;
        assert_eq!(list["result"]["tools"][0]["name"], "add");
        let sum = server.ask(&add(&json!("call"))).await;
        assert_eq!(sum["result"]["content"][0]["text"], "5");
        assert_eq!(
            sum["result"].get("structuredContent").is_some(),
            revision.has_structured_output(),
            "{revision}"
        );
        let pong = server.ask(&request(&json!(9), "ping", &json!({}))).await;
        assert_eq!(pong["result"], json!({}));
        let unknown = server
            .ask(&request(&json!(10), "nonsense", &json!({})))
            .await;
        assert_eq!(unknown["error"]["code"], -32601);
        server.end().await;
    }
}

#[tokio::test]
async fn requests_that_stand_alone() {
    let mut server = start();
    let discovered = server
        .ask(&alone(&json!(1), "server/discover", json!({})))
        .await;
    assert_eq!(discovered["result"]["resultType"], "complete");
    let call = json!({ "name": "greet", "arguments": { "name": "Ada" } });
    let greeted = server.ask(&alone(&json!(2), "tools/call", call)).await;
    assert_eq!(greeted["result"]["content"][0]["text"], "Hello, Ada!");
    assert_eq!(greeted["result"]["resultType"], "complete");

    let ping = server.ask(&alone(&json!(3), "ping", json!({}))).await;
    assert_eq!(ping["error"]["code"], -32601);
    let mut bare = alone(&json!(4), "tools/list", json!({}));
    bare["params"]["_meta"]
        .as_object_mut()
        .unwrap()
        .remove(META_CAPABILITIES);
    assert_eq!(server.ask(&bare).await["error"]["code"], -32602);
    let mut future = alone(&json!(5), "tools/list", json!({}));
    future["params"]["_meta"][META_VERSION] = json!("2099-01-01");
    let refused = server.ask(&future).await;
    assert_eq!(refused["error"]["code"], -32022);
    assert!(refused["error"]["data"]["supported"].is_array());
    server.end().await;
}

#[tokio::test]
async fn both_eras_on_one_connection() {
    let mut server = start();
    let hello = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    server.ask(&request(&json!(0), "initialize", &hello)).await;
    let modern = server.ask(&alone(&json!(1), "tools/list", json!({}))).await;
    assert_eq!(modern["result"]["resultType"], "complete");
    let old = server
        .ask(&request(&json!(2), "tools/list", &json!({})))
        .await;
    assert!(old["result"].get("resultType").is_none(), "{old}");
    server.end().await;
}

#[tokio::test]
async fn lines_that_are_no_messages_are_answered_and_forgotten() {
    let mut server = start();
    for (line, code) in [
        ("hello", -32700),
        ("{", -32700),
        ("\u{feff}{}", -32700),
        ("[]", -32600),
        (
            "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
            -32600,
        ),
        ("{}", -32600),
        ("1", -32600),
    ] {
        server.write(format!("{line}\n").as_bytes()).await;
        let answer = server.hear().await;
        assert_eq!(answer["error"]["code"], code, "{line}");
        assert_eq!(answer["id"], Value::Null, "{line}");
    }
    for line in [
        b"\"\xff\xfe\"\n".as_slice(),
        b"\0\n",
        b"{}\0{}\n",
        b"\r\r\0\r\n",
    ] {
        server.write(line).await;
        assert_eq!(server.hear().await["error"]["code"], -32700, "{line:?}");
    }
    // No answer to these: the next line is the sum.
    server.write(b"\n   \n\r\n").await;
    server
        .say(&json!({ "jsonrpc": "2.0", "method": "notifications/nobody_knows" }))
        .await;
    server
        .say(&json!({ "jsonrpc": "2.0", "id": 7, "result": {} }))
        .await;
    let sum = server.ask(&add(&json!(8))).await;
    assert_eq!(sum["result"]["content"][0]["text"], "5");
    server.end().await;
}

#[tokio::test]
async fn a_line_without_end_is_refused_and_the_next_one_answered() {
    let mut server = start();
    let mut line = vec![b'a'; 5_000_000];
    line.push(b'\n');
    server.write(&line).await;
    let refused = server.hear().await;
    assert_eq!(refused["error"]["code"], -32600);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("4194304 bytes"), "{message}");
    let sum = server.ask(&add(&json!(1))).await;
    assert_eq!(sum["result"]["content"][0]["text"], "5");
    server.end().await;
}

#[tokio::test]
async fn what_was_asked_before_the_end_is_answered() {
    let mut server = start();
    for id in 0..10 {
        server.say(&add(&json!(id))).await;
    }
    let mut ids: Vec<_> = Vec::new();
    for _ in 0..10 {
        let answer = server.hear().await;
        assert_eq!(answer["result"]["content"][0]["text"], "5");
        ids.push(answer["id"].as_i64().unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, (0..10).collect::<Vec<_>>());
    // The last line may lack its end.
    server
        .write(add(&json!("last")).to_string().as_bytes())
        .await;
    server.close();
    assert_eq!(server.hear().await["id"], "last");
    server.end().await;
}

/// More than the server reads ahead, so it stops to read while nobody reads its answers.
#[tokio::test]
async fn thousands_of_requests_before_the_end_are_all_answered() {
    const MANY: i64 = 10_000;
    let mut server = start();
    let mut input = server.take_input();
    let sending = tokio::spawn(async move {
        for id in 0..MANY {
            let line = format!("{}\n", add(&json!(id)));
            input.write_all(line.as_bytes()).await.unwrap();
        }
    });
    let mut ids = Vec::new();
    for _ in 0..MANY {
        let answer = server.hear().await;
        assert_eq!(answer["result"]["content"][0]["text"], "5");
        ids.push(answer["id"].as_i64().unwrap());
    }
    sending.await.unwrap();
    ids.sort_unstable();
    assert_eq!(ids, (0..MANY).collect::<Vec<_>>());
    server.end().await;
}

#[tokio::test]
async fn a_message_that_breaks_off_with_the_input_is_a_parse_error() {
    let mut server = start();
    let whole = add(&json!(1)).to_string();
    server.write(&whole.as_bytes()[..whole.len() / 2]).await;
    server.close();
    assert_eq!(server.hear().await["error"]["code"], -32700);
    server.end().await;
}

/// What becomes of a server whose client was killed: its input is over, and nobody reads.
#[tokio::test]
async fn a_server_whose_client_is_gone_ends() {
    for asked in [0, 1, 1_000] {
        let mut server = start();
        for id in 0..asked {
            server.say(&add(&json!(id))).await;
        }
        server.abandon();
        // An error, if there was something to say.
        server.exit().await;
    }
}
