//! Measures how long the program `thyra` takes from its start to its exit, when it lists what the
//! example `everything` offers: over HTTP, and as a program that it starts.
//!
//! Usage: `start THYRA_PROGRAM EVERYTHING_PROGRAM`.

use std::error::Error;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bench::program::Program;

const RUNS: usize = 50;
/// The most that half of the runs may take.
const BUDGET: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let programs: Vec<String> = std::env::args().skip(1).collect();
    let [thyra, everything] = programs.as_slice() else {
        return Err("usage: start THYRA_PROGRAM EVERYTHING_PROGRAM".into());
    };
    let server = Program::start("everything", |address| {
        let mut command = Command::new(everything);
        command
            .args(["--http", &address.to_string()])
            .stderr(Stdio::null());
        command
    })?;
    server.ready().await?;
    let url = format!("http://{}/mcp", server.address);
    let mut is_slow = false;
    for (what, arguments, budget) in [
        ("thyra --version", &["--version"][..], None),
        ("thyra list URL", &["list", "--json", &url], Some(BUDGET)),
        (
            "thyra list -- PROGRAM",
            &["list", "--json", "--", everything],
            Some(BUDGET),
        ),
    ] {
        // The files are in memory after these.
        for _ in 0..5 {
            run(thyra, arguments)?;
        }
        let mut times = (0..RUNS)
            .map(|_| run(thyra, arguments))
            .collect::<Result<Vec<_>, _>>()?;
        times.sort_unstable();
        let (median, slowest) = (times[RUNS / 2], times[RUNS - 1]);
        println!("{what:22} median {median:6.1?}, slowest of {RUNS} {slowest:6.1?}");
        is_slow |= budget.is_some_and(|budget| median > budget);
    }
    if is_slow {
        return Err(format!("half of the runs took more than {BUDGET:?}").into());
    }
    Ok(())
}

/// How long the program takes, if it succeeds.
fn run(program: &str, arguments: &[&str]) -> Result<Duration, Box<dyn Error>> {
    let begun = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let taken = begun.elapsed();
    if !status.success() {
        return Err(format!("{program} {arguments:?} ended with {status}").into());
    }
    Ok(taken)
}
