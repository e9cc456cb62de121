mod crowd;
mod eras;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, DuplexStream, Lines, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::Notify;

use self::crowd::{Turnstile, pass};
use super::*;
use crate::catalog::live::ServerHandle;
use crate::prelude::*;
use crate::server::Exposure;
use crate::{Kind, Limits, Server};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Entered,
    Left,
}

struct Gate {
    signs: mpsc::Sender<Sign>,
    open: Arc<Notify>,
}

struct Visit(mpsc::Sender<Sign>);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.try_send(Sign::Left).unwrap();
    }
}

/// Waits until the test lets it continue.
#[tool]
async fn hold(ctx: Context, State(gate): State<Gate>) -> String {
    let _visit = Visit(gate.signs.clone());
    ctx.progress(1, 2).await;
    gate.signs.try_send(Sign::Entered).unwrap();
    gate.open.notified().await;
    "released".to_owned()
}

/// Asks the client who is there, and greets them.
#[tool]
async fn welcome(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "What is your name?").await?;
    Ok(format!("Hello, {name}!"))
}

/// Returns the number that it is given.
#[tool(task)]
async fn count(to: u64) -> u64 {
    to
}

/// Waits for an answer, as a task.
#[tool(task = "required")]
async fn wonder(ctx: Context) -> Result<String, ToolError> {
    let mood: String = ctx.ask("mood", "How are you?").await?;
    Ok(format!("You are {mood}."))
}

/// A server in this process. The test holds both ends of the connection.
struct Connection {
    input: WriteHalf<DuplexStream>,
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    signs: mpsc::Receiver<Sign>,
    open: Arc<Notify>,
    turnstile: Arc<Turnstile>,
    handle: ServerHandle,
    serving: JoinSet<io::Result<()>>,
}

impl Connection {
    fn open(limits: Limits) -> Self {
        let (sender, signs) = mpsc::channel(64);
        let open = Arc::new(Notify::new());
        let gate = Gate {
            signs: sender,
            open: Arc::clone(&open),
        };
        let turnstile = Arc::new(Turnstile::default());
        let server = Server::new("Test")
            .tool(hold)
            .tool(welcome)
            .tool(count)
            .tool(wonder)
            .tool(pass)
            .resource(Resource::text("notes://1", "one"))
            .resource(Resource::text("notes://2", "two"))
            .state(gate)
            .state(Arc::clone(&turnstile))
            .limits(limits);
        let handle = server.handle();
        let app = Arc::new(server.build(Exposure::Local).unwrap());
        let (client, server) = duplex(4096);
        let (reading, writing) = split(server);
        let mut serving = JoinSet::new();
        serving.spawn(serve(app, reading, writing));
        let (output, input) = split(client);
        Self {
            input,
            lines: BufReader::new(output).lines(),
            signs,
            open,
            turnstile,
            handle,
            serving,
        }
    }

    async fn initialize(&mut self) {
        self.say(json!({
            "jsonrpc": "2.0", "id": "hello", "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": { "elicitation": {} },
                "clientInfo": { "name": "test", "version": "1" },
            },
        }))
        .await;
        assert_eq!(self.hear().await["id"], "hello");
        self.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
            .await;
    }

    async fn call(&mut self, id: i64, tool: &str) {
        self.say(json!({
            "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool },
        }))
        .await;
    }

    /// Sends a request that stands alone. Members of `_meta` that `params` already have are kept.
    async fn alone(&mut self, id: i64, method: &str, mut params: Value) {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({
            "elicitation": {},
            "extensions": { "io.modelcontextprotocol/tasks": {} },
        });
        self.say(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .await;
    }

    async fn say(&mut self, message: Value) {
        let line = format!("{message}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
    }

    async fn hold(&mut self, id: i64) {
        let meta = json!({ "progressToken": id });
        self.say(json!({
            "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": { "name": "hold", "_meta": meta },
        }))
        .await;
    }

    async fn ping(&mut self, id: i64) {
        self.say(json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }))
            .await;
    }

    async fn cancel(&mut self, id: Value) {
        self.say(json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id },
        }))
        .await;
    }

    async fn hear(&mut self) -> Value {
        let line = self.lines.next_line().await.unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// The result of the request `id`, whose answer must be the next message.
    async fn result(&mut self, id: i64) -> Value {
        let mut answer = self.hear().await;
        assert_eq!(answer["id"], id, "{answer}");
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].take()
    }

    /// Polls a task until it is no longer working.
    async fn looked_for(&mut self, task: &Value) -> Value {
        for id in 100.. {
            self.alone(id, "tasks/get", json!({ "taskId": task })).await;
            let found = self.result(id).await;
            if found["status"] != "working" {
                return found;
            }
        }
        panic!("the task is still at work");
    }

    async fn sign(&mut self) -> Sign {
        self.signs.recv().await.unwrap()
    }

    async fn entered(&mut self, id: i64) {
        let progress = self.hear().await;
        assert_eq!(progress["method"], "notifications/progress");
        assert_eq!(progress["params"]["progressToken"], id);
        assert_eq!(self.sign().await, Sign::Entered);
    }

    /// Closes the client's end, and checks that nothing more comes and the server ends without an
    /// error.
    async fn end(mut self) {
        self.input.shutdown().await.unwrap();
        assert_eq!(self.lines.next_line().await.unwrap(), None);
        self.serving.join_next().await.unwrap().unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_cancelled_call_is_dropped_and_not_answered() {
    let mut connection = Connection::open(Limits::default());
    connection.hold(1).await;
    connection.entered(1).await;
    connection.cancel(json!(1)).await;
    assert_eq!(connection.sign().await, Sign::Left);
    connection.ping(2).await;
    assert_eq!(connection.hear().await["id"], 2);
    connection.end().await;
}

#[tokio::test]
async fn cancelling_another_call_or_none_changes_nothing() {
    let mut connection = Connection::open(Limits::default());
    connection.hold(1).await;
    connection.entered(1).await;
    for id in [json!(2), json!("1"), json!(null), json!({}), json!(1.0)] {
        connection.cancel(id).await;
    }
    connection
        .say(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled" }))
        .await;
    connection.ping(3).await;
    assert_eq!(connection.hear().await["id"], 3);
    connection.open.notify_one();
    let released = connection.hear().await;
    assert_eq!(released["id"], 1);
    assert_eq!(released["result"]["content"][0]["text"], "released");
    // The call is over, so there is nothing left to cancel.
    connection.cancel(json!(1)).await;
    connection.end().await;
}

#[tokio::test]
async fn a_slow_call_holds_up_nobody() {
    let mut connection = Connection::open(Limits::default());
    connection.hold(1).await;
    connection.entered(1).await;
    for id in 2..20 {
        connection.ping(id).await;
        assert_eq!(connection.hear().await["id"], id);
    }
    connection.open.notify_one();
    assert_eq!(connection.hear().await["id"], 1);
    connection.end().await;
}

#[tokio::test]
async fn a_cancelled_call_gives_its_place_back() {
    let mut connection = Connection::open(Limits::default().stdio_calls(1));
    connection.hold(1).await;
    connection.entered(1).await;
    connection.cancel(json!(1)).await;
    assert_eq!(connection.sign().await, Sign::Left);
    connection.hold(2).await;
    connection.entered(2).await;
    connection.open.notify_one();
    assert_eq!(connection.hear().await["id"], 2);
    connection.end().await;
}

#[tokio::test]
async fn calls_in_flight_end_after_the_input_did() {
    let mut connection = Connection::open(Limits::default());
    connection.hold(1).await;
    connection.entered(1).await;
    connection.input.shutdown().await.unwrap();
    connection.open.notify_one();
    assert_eq!(connection.hear().await["id"], 1);
    connection.end().await;
}

#[tokio::test]
async fn the_server_asks_its_client_and_hears_the_answer() {
    let mut connection = Connection::open(Limits::default());
    connection.initialize().await;
    connection.call(1, "welcome").await;
    let question = connection.hear().await;
    assert_eq!(question["method"], "elicitation/create");
    // Meanwhile, other calls are not blocked.
    connection.ping(2).await;
    assert_eq!(connection.hear().await["id"], 2);
    let properties = &question["params"]["requestedSchema"]["properties"];
    let name = properties.as_object().unwrap().keys().next().unwrap();
    let result = json!({ "action": "accept", "content": { name: "Ada" } });
    connection
        .say(json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }))
        .await;
    let greeted = connection.hear().await;
    assert_eq!(greeted["id"], 1);
    assert_eq!(greeted["result"]["content"][0]["text"], "Hello, Ada!");
    connection.end().await;
}

#[tokio::test]
async fn a_call_that_stands_alone_gets_no_request_from_the_server() {
    let mut connection = Connection::open(Limits::default());
    connection.initialize().await;
    connection
        .alone(1, "tools/call", json!({ "name": "welcome" }))
        .await;
    let asked = connection.hear().await;
    assert_eq!(asked["id"], 1);
    assert_eq!(asked["result"]["resultType"], "input_required");
    connection.end().await;
}

#[tokio::test]
async fn nobody_answers_after_the_end_of_the_input() {
    let mut connection = Connection::open(Limits::default());
    connection.initialize().await;
    connection.call(1, "welcome").await;
    assert_eq!(connection.hear().await["method"], "elicitation/create");
    connection.input.shutdown().await.unwrap();
    let mut failed = connection.hear().await;
    if failed["method"] == "notifications/cancelled" {
        failed = connection.hear().await;
    }
    assert_eq!(failed["id"], 1);
    assert_eq!(failed["result"]["isError"], true);
    connection.end().await;
}

#[tokio::test]
async fn a_client_is_told_what_changes_once_it_is_initialized() {
    let mut connection = Connection::open(Limits::default());
    connection.handle.list_changed(Kind::Tool);
    connection.initialize().await;
    // The answer shows that the earlier messages were processed.
    connection.ping(1).await;
    assert_eq!(connection.hear().await["id"], 1);
    connection.handle.list_changed(Kind::Prompt);
    let told = connection.hear().await;
    assert_eq!(told["method"], "notifications/prompts/list_changed");
    connection.end().await;
}

#[tokio::test]
async fn a_stream_that_listens_ends_with_the_input_and_says_that_it_is_over() {
    let mut connection = Connection::open(Limits::default());
    let bad = json!({ "notifications": null });
    connection.alone(6, "subscriptions/listen", bad).await;
    assert_eq!(connection.hear().await["error"]["code"], -32602);
    let filter = json!({ "notifications": { "toolsListChanged": true } });
    connection.alone(7, "subscriptions/listen", filter).await;
    let acknowledged = connection.hear().await;
    assert_eq!(
        acknowledged["method"],
        "notifications/subscriptions/acknowledged"
    );
    connection.handle.list_changed(Kind::Tool);
    assert_eq!(
        connection.hear().await["method"],
        "notifications/tools/list_changed"
    );
    connection.input.shutdown().await.unwrap();
    let ended = connection.hear().await;
    assert_eq!(ended["id"], 7);
    assert_eq!(ended["result"]["resultType"], "complete");
    let over = connection.hear().await;
    assert_eq!(over["method"], "notifications/cancelled");
    assert_eq!(over["params"], json!({ "requestId": 7 }));
    connection.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_over_its_time_is_dropped_and_answered() {
    let limits = Limits::default().call_time(Duration::from_secs(30));
    let mut connection = Connection::open(limits);
    connection.hold(1).await;
    connection.entered(1).await;
    assert_eq!(connection.sign().await, Sign::Left);
    let stopped = connection.hear().await;
    assert_eq!(stopped["id"], 1);
    assert_eq!(stopped["result"]["isError"], true);
    connection.end().await;
}

#[tokio::test]
async fn a_client_that_is_gone_ends_the_server() {
    let mut connection = Connection::open(Limits::default());
    connection.hold(1).await;
    connection.entered(1).await;
    let Connection {
        input,
        lines,
        mut serving,
        open,
        ..
    } = connection;
    drop((input, lines));
    open.notify_one();
    serving.join_next().await.unwrap().unwrap().unwrap_err();
}
