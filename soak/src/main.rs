//! Attacks two servers, an open one and a protected one, while a second caller goes on with modest
//! work. It prints what that caller felt in peace and under each attack, and what the server held
//! in memory before, during and after it.
//!
//! It fails if the second caller failed, if a refusal did not arrive, if the server panicked, or if
//! it held too much. Times are printed and not judged: they depend on the machine.
//!
//! `cargo xtask soak` builds and runs it. Linux only, because it reads `/proc`.

mod ask;
mod attack;
mod caller;
mod memory;
mod report;
mod rig;
mod run;
mod served;
mod wire;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::attack::Attack;
use crate::rig::Rig;

/// How many open files each process needs besides what an attack holds.
const RESERVE: u64 = 256;

#[derive(Parser)]
#[command(about = "Attacks a server, and measures what a second caller feels")]
struct Arguments {
    /// Multiplies how much each attack does
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// All attacks at once, for so many minutes, each a twentieth as large
    #[arg(long)]
    minutes: Option<u64>,
    /// One attack only, such as `idle-sockets`
    #[arg(long, value_parser = attack_named, conflicts_with = "minutes")]
    only: Option<Attack>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// The server that is attacked
    #[command(hide = true)]
    Serve {
        address: SocketAddr,
        /// The URL of the issuer; without it the server is open
        environment: Option<String>,
    },
}

fn attack_named(name: &str) -> Result<Attack, String> {
    let mut attacks = Attack::ALL.into_iter();
    attacks
        .find(|attack| attack.facts().name == name)
        .ok_or_else(|| {
            let names = Attack::ALL.map(|attack| attack.facts().name);
            format!("there is no such attack; there are {}", names.join(", "))
        })
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    // The servers inherit it.
    let files = rlimit::increase_nofile_limit(u64::MAX)?;
    if let Some(Role::Serve {
        address,
        environment,
    }) = arguments.role
    {
        served::serve(address, environment.as_deref()).await?;
        return Ok(ExitCode::SUCCESS);
    }
    if !(arguments.scale > 0.0 && arguments.scale.is_finite()) {
        return Err("--scale is a number above 0".into());
    }
    let rig = Rig::start().await?;
    let bad = if let Some(minutes) = arguments.minutes {
        run::mixed::run(&rig, minutes, arguments.scale).await?
    } else {
        let attacks = match arguments.only {
            Some(attack) => vec![attack],
            None => Attack::ALL.to_vec(),
        };
        let sockets = usize::try_from(files.saturating_sub(RESERVE))?;
        run::each::run(&rig, &attacks, arguments.scale, sockets).await?
    };
    if bad > 0 {
        eprintln!("{bad} of them went badly");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
