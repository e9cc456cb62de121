//! All attacks at once, again and again, for a long time.

use std::error::Error;
use std::time::Duration;

use bench::usage::resident_kib;
use tokio::time::{Instant, interval_at, sleep};

use super::each::{scaled, second_caller};
use crate::attack::Attack;
use crate::caller::{AtWork, Errand, Experience};
use crate::report::{mebibytes, times};
use crate::rig::{Rig, Server};

/// How much smaller the attacks are than one at a time, since there are always several.
const PART: f64 = 0.05;

/// How long each attacker rests.
const REST: Duration = Duration::from_secs(2);

const MINUTE: Duration = Duration::from_mins(1);

/// How much more than in its first third the server may hold in the last, in KiB.
const MOST_GROWTH: u64 = 64 * 1024;

/// Who goes on meanwhile, and what the server held each minute.
struct Watched {
    server: Server,
    at_work: Option<AtWork>,
    held: Vec<u64>,
}

/// Attacks for `minutes`. Returns how many things went badly.
pub(crate) async fn run(rig: &Rig, minutes: u64, scale: f64) -> Result<usize, Box<dyn Error>> {
    let end = Instant::now() + MINUTE * u32::try_from(minutes)?;
    let attacks = Attack::ALL.map(|attack| again_until(rig, attack, scale * PART, end));
    let (watched, attacked) =
        tokio::join!(watch(rig, minutes), futures_util::future::join_all(attacks));
    for outcome in attacked {
        outcome?;
    }
    watched
}

async fn again_until(
    rig: &Rig,
    attack: Attack,
    scale: f64,
    end: Instant,
) -> Result<(), Box<dyn Error>> {
    let count = scaled(attack.facts().count, scale);
    while Instant::now() < end {
        attack.run(rig, count).await?;
        sleep(REST).await;
    }
    Ok(())
}

/// Prints a line for each server and minute.
async fn watch(rig: &Rig, minutes: u64) -> Result<usize, Box<dyn Error>> {
    println!(
        "{:>6} {:10} {:>8} {:>8} {:>11} {:>10}",
        "minute", "server", "p50, ms", "p99, ms", "failed", "MiB"
    );
    let mut bad = 0;
    let mut watched = [Server::Open, Server::Protected].map(|server| Watched {
        server,
        at_work: None,
        held: Vec::new(),
    });
    for one in &mut watched {
        one.at_work = Some(begin(rig, one.server)?);
    }
    let mut ends = interval_at(Instant::now() + MINUTE, MINUTE);
    for minute in 1..=minutes {
        ends.tick().await;
        for one in &mut watched {
            let next = begin(rig, one.server)?;
            let Some(before) = one.at_work.replace(next) else {
                continue;
            };
            let experience = before.stop().await?;
            let held = resident_kib(rig.site(one.server).process())?;
            one.held.push(held);
            print(minute, one.server, &experience, held);
            bad += usize::from(experience.failures > 0);
        }
    }
    for one in watched {
        if let Some(at_work) = one.at_work {
            at_work.stop().await?;
        }
        if rig.site(one.server).panics() > 0 {
            println!("PROBLEM: the {:?} server panicked", one.server);
            bad += 1;
        }
        if let Some(growth) = growth(&one.held).filter(|growth| *growth > MOST_GROWTH) {
            println!(
                "PROBLEM: the {:?} server holds {} MiB more at the end than at the beginning",
                one.server,
                mebibytes(growth)
            );
            bad += 1;
        }
    }
    Ok(bad)
}

fn begin(rig: &Rig, server: Server) -> Result<AtWork, Box<dyn Error>> {
    let errands = vec![Errand::Call, Errand::Block, Errand::Task, Errand::Session];
    Ok(second_caller(rig, server, errands)?.begin())
}

fn print(minute: u64, server: Server, experience: &Experience, held: u64) {
    let calls = experience.took.len() + experience.failures;
    let failed = format!("{} of {calls}", experience.failures);
    let server = format!("{server:?}");
    println!(
        "{minute:>6} {server:10} {} {failed:>11} {:>10}",
        times(experience),
        mebibytes(held)
    );
    for failure in &experience.told {
        println!("    PROBLEM: {failure}");
    }
}

/// By how much the most of the last third is above the most of the first.
fn growth(held: &[u64]) -> Option<u64> {
    let third = held.len() / 3;
    let first = held.get(..third)?.iter().max()?;
    let last = held.get(held.len() - third..)?.iter().max()?;
    Some(last.saturating_sub(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_from_the_first_third_to_the_last() {
        assert_eq!(growth(&[1, 2]), None);
        assert_eq!(growth(&[5, 9, 7]), Some(2));
        assert_eq!(growth(&[5, 6, 90, 90, 6, 4]), Some(0));
        assert_eq!(growth(&[5, 6, 90, 90, 6, 16]), Some(10));
    }
}
