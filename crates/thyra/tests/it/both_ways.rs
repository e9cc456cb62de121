//! One server on stdio and over HTTP at once.

use serde_json::{Value, json};
use thyra::Revision;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::ChildStderr;

use crate::program::{Program, example};
use crate::support::{Ask, META_CAPABILITIES, META_VERSION, Running, soon};

const WATCHED: &str = "test://watched-resource";

/// The example on both ways, and what it says on standard error.
async fn start() -> (Program, Running, Lines<BufReader<ChildStderr>>) {
    let mut command = example("everything");
    command.args(["--stdio", "--http", "127.0.0.1:0"]);
    let mut program = Program::start(command);
    let mut lines = BufReader::new(program.take_errors()).lines();
    let announced = async {
        loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if let Some((_, url)) = line.split_once(" serves MCP at http://") {
                return url.trim_end_matches("/mcp").parse().unwrap();
            }
        }
    };
    let address = soon("the address", announced).await;
    (program, Running::at(address), lines)
}

fn listen() -> Value {
    json!({ "notifications": { "resourceSubscriptions": [WATCHED] } })
}

#[tokio::test]
async fn a_change_is_told_to_both_and_the_end_of_the_input_ends_both() {
    let (mut program, http, _lines) = start().await;
    let mut params = listen();
    params["_meta"] = json!({ META_VERSION: "2026-07-28", META_CAPABILITIES: {} });
    let listening = json!({
        "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params
    });
    program.say(&listening).await;
    let acknowledged = program.hear().await;
    assert_eq!(
        acknowledged["method"],
        "notifications/subscriptions/acknowledged"
    );
    let mut stream = http
        .open(&Ask::alone("subscriptions/listen", listen()))
        .await;
    assert!(
        soon("the first event", stream.chunk())
            .await
            .unwrap()
            .is_some()
    );

    let touch = Ask::call(
        Revision::V2026_07_28,
        "test_touch_watched_resource",
        json!({}),
    );
    assert_eq!(http.ask(&touch).await.tool_text(), "Touched");
    assert_eq!(program.hear().await["params"]["uri"], WATCHED);
    let told = soon("the change", stream.chunk()).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("notifications/resources/updated"), "{told}");

    program.close();
    assert!(program.exit().await.success());
    soon("the end of the stream", stream.bytes()).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_both_while_the_input_is_open() {
    let (mut program, http, _lines) = start().await;
    let mut stream = http
        .open(&Ask::alone("subscriptions/listen", listen()))
        .await;
    assert!(
        soon("the first event", stream.chunk())
            .await
            .unwrap()
            .is_some()
    );
    let id = program.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status();
    assert!(killed.unwrap().success());
    assert!(program.exit().await.success());
    soon("the end of the stream", stream.bytes()).await.unwrap();
}

/// A write to a full pipe cannot be called off, so nothing at the end of the program waits for it.
#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_both_while_nobody_reads_the_output() {
    let (mut program, _http, _lines) = start().await;
    for id in 0..200 {
        let list = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" });
        program.say(&list).await;
    }
    // That it answers shows that the others are on their way.
    program.hear().await;
    let id = program.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status();
    assert!(killed.unwrap().success());
    assert!(program.exit().await.success());
}
