//! What a client keeps of the calls that it has made: nothing, however many they were.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use serde_json::{Value, json};
use thyra_client::Client;
use thyra_client::protocol::Revision;
use tokio::runtime::{Builder, Runtime};

type Failure = Box<dyn std::error::Error>;

/// How many calls are measured.
const CALLS: usize = 10_000;

/// A server on threads of its own, which are not measured. It keeps connections, speaks every
/// revision, and answers a call of `slow` with progress only.
fn serve() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer_all(stream));
        }
    });
    Ok(address)
}

fn answer_all(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        let (mut verb, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if verb.is_empty() {
                verb.clone_from(&line);
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap_or_default();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        writer.write_all(answer(&verb, &asked).as_bytes())?;
    }
}

fn answer(verb: &str, asked: &Value) -> String {
    let id = &asked["id"];
    let result = |result: Value| json!({ "jsonrpc": "2.0", "id": id, "result": result });
    let ok = |headers: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
    };
    let json = "Content-Type: application/json\r\n";
    match (asked["method"].as_str(), asked["params"]["name"].as_str()) {
        _ if !verb.starts_with("post") => {
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n".to_owned()
        }
        (Some("initialize"), _) => {
            let opened = result(json!({
                "protocolVersion": "2025-11-25", "capabilities": {},
                "serverInfo": { "name": "memory", "version": "1" },
            }));
            ok(
                &format!("{json}Mcp-Session-Id: one\r\n"),
                &opened.to_string(),
            )
        }
        (Some("tools/call"), Some("slow")) => {
            // More is announced than ever comes.
            let token = &asked["params"]["_meta"]["progressToken"];
            let report = json!({
                "jsonrpc": "2.0", "method": "notifications/progress",
                "params": { "progressToken": token, "progress": 1 },
            });
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\ndata: {report}\n\n"
            )
        }
        (Some("tools/call"), Some("fail")) => {
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n".to_owned()
        }
        (Some("tools/call"), Some("chatter")) => {
            let report = json!({
                "jsonrpc": "2.0", "method": "notifications/message",
                "params": { "level": "info", "data": "a word" },
            });
            let said = result(json!({ "content": [] }));
            ok(
                "Content-Type: text/event-stream\r\n",
                &format!("id: 1\ndata: {report}\n\nid: 2\ndata: {said}\n\n"),
            )
        }
        (Some("tools/call"), _) => ok(json, &result(json!({ "content": [] })).to_string()),
        _ => "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned(),
    }
}

/// Everything that is measured runs on this thread.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Checks that `count` calls leave nothing behind. `calls` makes as many as it is told.
fn leaves_nothing(
    what: &str,
    count: usize,
    mut calls: impl FnMut(usize) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // Queues and maps take their size.
    calls(count / 10)?;
    let mut done = Ok(());
    let kept = allocation_counter::measure(|| done = calls(count));
    done?;
    println!("{what}: {count} calls leave {} bytes", kept.bytes_current);
    // What is kept of the last of them may differ a little from what was kept before.
    assert!(kept.count_current.abs() < 64, "{what}: {kept:?}");
    assert!(kept.bytes_current.abs() < 64 * 1024, "{what}: {kept:?}");
    Ok(())
}

#[test]
fn ten_thousand_calls_over_http_leave_nothing_behind() -> Result<(), Failure> {
    let url = format!("http://{}/mcp", serve()?);
    for revision in [Revision::V2026_07_28, Revision::V2025_11_25] {
        let runtime = runtime()?;
        let client = Client::builder(&url).revision(revision).build()?;
        leaves_nothing(revision.as_str(), CALLS, |count| {
            runtime.block_on(async {
                for tool in ["act", "chatter", "fail", "act"].iter().cycle().take(count) {
                    let called = client.call_tool(tool, &json!({ "a": 1 })).await;
                    assert_eq!(called.is_ok(), *tool != "fail", "{called:?}");
                }
                Ok(())
            })
        })?;
    }
    Ok(())
}

/// A call that nobody waits for any more is cancelled at the server, with its connection or with a
/// message.
#[test]
fn calls_that_are_dropped_leave_nothing_behind() -> Result<(), Failure> {
    let url = format!("http://{}/mcp", serve()?);
    for revision in [Revision::V2026_07_28, Revision::V2025_11_25] {
        let runtime = runtime()?;
        let client = Client::builder(&url).revision(revision).build()?;
        leaves_nothing("dropped calls", CALLS / 10, |count| {
            runtime.block_on(async {
                for _ in 0..count {
                    let begun = tokio::sync::Notify::new();
                    let begins = |_: &_| begun.notify_one();
                    tokio::select! {
                        ended = client.call_tool_with_progress("slow", &(), begins) => {
                            return Err(format!("{ended:?}").into());
                        }
                        () = begun.notified() => {}
                    }
                    client.call_tool("act", &()).await?;
                }
                Ok(())
            })
        })?;
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn ten_thousand_calls_of_a_program_leave_nothing_behind() -> Result<(), Failure> {
    let program = r#"
while read -r line; do
    id=${line#*'"id":'}; id=${id%%,*}
    printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[]}}\n' "$id"
done
"#;
    let runtime = runtime()?;
    // It begins within the runtime, which has its processes.
    let client = Client::command("sh").arg("-c").arg(program);
    let client = client.revision(Revision::V2026_07_28).build();
    leaves_nothing("a program", CALLS, |count| {
        runtime.block_on(async {
            for _ in 0..count {
                client.call_tool("act", &json!({ "a": 1 })).await?;
            }
            Ok(())
        })
    })
}
