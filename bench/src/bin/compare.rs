//! Compares the `scalekit` example with the floor, interleaved in one run.
//!
//! Both verify the same token of the same emulated Scalekit environment and answer the same
//! `tools/call`. The result is the ratio of their CPU times per request: wall-clock time would also
//! measure whatever else runs on the machine.
//!
//! Usage: `compare FLOOR_PROGRAM SCALEKIT_PROGRAM`.

use std::io;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bench::program::Program;
use bench::{load, usage};
use idp_emulator::{Emulator, Mint, Resource};

const RESOURCE: &str = "res_1";
const CONNECTIONS: usize = 16;
const EACH: usize = 2_500;
const ROUNDS: usize = 7;
/// The most that the protected server may cost, as a multiple of the floor.
const BUDGET: f64 = 1.35;

const BODY: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},"name":"add","arguments":{"a":2,"b":40}}}"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let programs: Vec<String> = std::env::args().skip(1).collect();
    let [floor, scalekit] = programs.as_slice() else {
        return Err("usage: compare FLOOR_PROGRAM SCALEKIT_PROGRAM".into());
    };
    let emulator = Emulator::builder()
        .resource(Resource::new(RESOURCE).scopes(["notes:write"]))
        .start()
        .await?;
    let token = emulator.mint(&Mint::default())?;

    let floor = Program::start("floor", |address| {
        let mut command = Command::new(floor);
        command.args([&address.to_string(), emulator.url(), RESOURCE]);
        silent(command)
    })?;
    let ours = Program::start("thyra", |address| {
        let mut command = Command::new(scalekit);
        command
            .args(["--http", &address.to_string()])
            .env("SCALEKIT_ENVIRONMENT_URL", emulator.url())
            .env("SCALEKIT_RESOURCE_ID", RESOURCE);
        silent(command)
    })?;
    let servers = [floor, ours];
    for server in &servers {
        server.ready().await?;
        measure(server, &token, 200).await?;
    }

    println!(
        "{CONNECTIONS} connections, {} requests a round, {ROUNDS} rounds",
        CONNECTIONS * EACH
    );
    let mut costs = [Vec::new(), Vec::new()];
    for round in 1..=ROUNDS {
        for (server, costs) in servers.iter().zip(&mut costs) {
            let cost = measure(server, &token, EACH).await?;
            println!(
                "round {round}: {:6} {cost:6.2} us of CPU a request",
                server.name
            );
            costs.push(cost);
        }
    }
    let [floor, ours] = costs.map(median);
    let ratio = ours / floor;
    println!("floor  median {floor:6.2} us");
    println!(
        "thyra  median {ours:6.2} us, {:.1} MiB resident",
        mebibytes(&servers[1])?
    );
    println!("ratio  {ratio:.2} (budget {BUDGET})");
    if ratio > BUDGET {
        return Err(format!("the protected server costs {ratio:.2} times the floor").into());
    }
    Ok(())
}

/// Without its log, which would be measured too.
fn silent(mut command: Command) -> Command {
    command
        .env("RUST_LOG", "off")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// The CPU time of one request, in microseconds.
async fn measure(server: &Program, token: &str, each: usize) -> io::Result<f64> {
    let request: Arc<[u8]> = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\n\
         mcp-name: add\r\ncontent-length: {}\r\n\r\n{BODY}",
        server.address,
        BODY.len()
    )
    .into_bytes()
    .into();
    let before = usage::cpu(server.process.id())?;
    load::run(server.address, request, "\"42\"", CONNECTIONS, each).await?;
    let used = usage::cpu(server.process.id())?.saturating_sub(before);
    #[expect(
        clippy::cast_precision_loss,
        reason = "a request count is far below 2^52"
    )]
    let requests = (CONNECTIONS * each) as f64;
    Ok(used.as_secs_f64() * 1e6 / requests)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a process has far less than 2^52 KiB"
)]
fn mebibytes(server: &Program) -> io::Result<f64> {
    Ok(usage::resident_kib(server.process.id())? as f64 / 1024.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
