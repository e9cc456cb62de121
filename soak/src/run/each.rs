//! One attack after the other, each measured against peace.

use std::error::Error;
use std::time::Duration;

use bench::usage::resident_kib;
use tokio::time::sleep;

use crate::attack::Attack;
use crate::caller::{Errand, Experience, SecondCaller};
use crate::memory;
use crate::report::{self, Memory, Row, mebibytes};
use crate::rig::{Rig, Server};

/// How long the second caller is watched in peace, before each attack.
const PEACE: Duration = Duration::from_secs(3);

/// How long the server may take to let go of what an attack left: sessions that are not used end
/// after a minute.
const PATIENCE: Duration = Duration::from_secs(100);

/// How much more than before the server may hold afterwards, in KiB. The allocator keeps some of
/// what it was given, and the server some tokens and tasks.
const MOST_KEPT: u64 = 96 * 1024;

/// How much more than before the server may hold meanwhile, in KiB.
const MOST_MEANWHILE: u64 = 512 * 1024;

/// Attacks with each of `attacks`, whose number of pieces is multiplied by `scale`. Returns how
/// many went badly.
pub(crate) async fn run(
    rig: &Rig,
    attacks: &[Attack],
    scale: f64,
    most_sockets: usize,
) -> Result<usize, Box<dyn Error>> {
    let mut bad = 0;
    report::print_head();
    for attack in attacks {
        let row = attacked(rig, *attack, scale, most_sockets).await?;
        row.print();
        bad += usize::from(!row.problems.is_empty());
    }
    Ok(bad)
}

async fn attacked(
    rig: &Rig,
    attack: Attack,
    scale: f64,
    most_sockets: usize,
) -> Result<Row, Box<dyn Error>> {
    let facts = attack.facts();
    let site = rig.site(facts.server);
    let wanted = scaled(facts.count, scale);
    let count = if facts.holds_sockets {
        wanted.min(most_sockets)
    } else {
        wanted
    };
    let caller = second_caller(rig, facts.server, vec![facts.errand])?;

    let at_work = caller.clone().begin();
    sleep(PEACE).await;
    let in_peace = at_work.stop().await?;

    let (lines, panics) = (site.lines(), site.panics());
    let before = resident_kib(site.process())?;
    let at_work = caller.begin();
    let (tally, most) = memory::peak(site.process(), attack.run(rig, count)).await?;
    let tally = tally?;
    let attacked = at_work.stop().await?;
    let after = memory::falls_to(site.process(), before + MOST_KEPT, PATIENCE).await?;

    let memory = Memory {
        before,
        most,
        after,
    };
    let mut problems = problems(&in_peace, &attacked, &memory);
    problems.extend(attack.problem(&tally));
    let panicked = site.panics() - panics;
    if panicked > 0 {
        problems.push(format!("the server panicked {panicked} times"));
    }
    let fewer = if count < wanted {
        format!(" ({wanted} without the limit of open files)")
    } else {
        String::new()
    };
    Ok(Row {
        what: format!("{count} {}{fewer}", facts.what),
        in_peace,
        attacked,
        memory,
        note: format!("{tally}; {} log lines", site.lines() - lines),
        problems,
    })
}

/// The caller who goes on at `server`.
pub(super) fn second_caller(
    rig: &Rig,
    server: Server,
    errands: Vec<Errand>,
) -> Result<SecondCaller, Box<dyn Error>> {
    Ok(SecondCaller {
        address: rig.site(server).address(),
        // An open server does not look at it.
        token: Some(rig.token("modest", "1")?),
        errands,
    })
}

fn problems(in_peace: &Experience, attacked: &Experience, memory: &Memory) -> Vec<String> {
    let mut problems = Vec::new();
    for (when, experience) in [("in peace", in_peace), ("under attack", attacked)] {
        if experience.failures > 0 {
            problems.push(format!(
                "the second caller failed {} times {when}: {}",
                experience.failures,
                experience.told.join("; ")
            ));
        }
    }
    let grown = |now: u64| mebibytes(now.saturating_sub(memory.before));
    if memory.most > memory.before + MOST_MEANWHILE {
        problems.push(format!(
            "the server held {} MiB more meanwhile; {} are allowed",
            grown(memory.most),
            mebibytes(MOST_MEANWHILE)
        ));
    }
    if memory.after > memory.before + MOST_KEPT {
        problems.push(format!(
            "the server held {} MiB more {PATIENCE:?} later; {} are allowed",
            grown(memory.after),
            mebibytes(MOST_KEPT)
        ));
    }
    problems
}

/// `count` times `scale`, and at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "counts are small, and the scale is positive"
)]
pub(super) fn scaled(count: usize, scale: f64) -> usize {
    ((count as f64 * scale).round() as usize).max(1)
}
