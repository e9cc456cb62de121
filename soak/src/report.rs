//! The table: one line for each attack.

use std::time::Duration;

use crate::caller::Experience;

/// Resident memory of the server that is attacked, in KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) before: u64,
    pub(crate) most: u64,
    pub(crate) after: u64,
}

/// How one attack went.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) in_peace: Experience,
    pub(crate) attacked: Experience,
    pub(crate) memory: Memory,
    /// What became of the attackers' requests, and how many lines were logged.
    pub(crate) note: String,
    /// What must not be.
    pub(crate) problems: Vec<String>,
}

pub(crate) fn print_head() {
    println!(
        "{:48} {:>17} {:>17} {:>11} {:>20}  attackers",
        "", "peace, ms", "attack, ms", "", "memory, MiB"
    );
    println!(
        "{:48} {:>8} {:>8} {:>8} {:>8} {:>11} {:>6} {:>6} {:>6}  saw",
        "attack", "p50", "p99", "p50", "p99", "failed", "before", "most", "after"
    );
}

impl Row {
    pub(crate) fn print(&self) {
        let (peace, attacked) = (times(&self.in_peace), times(&self.attacked));
        let calls = self.attacked.took.len() + self.attacked.failures;
        let failed = format!("{} of {calls}", self.attacked.failures);
        let Memory {
            before,
            most,
            after,
        } = self.memory;
        println!(
            "{:48} {peace} {attacked} {failed:>11} {:>6} {:>6} {:>6}  {}",
            self.what,
            mebibytes(before),
            mebibytes(most),
            mebibytes(after),
            self.note
        );
        for problem in &self.problems {
            println!("    PROBLEM: {problem}");
        }
    }
}

/// The median and the 99th percentile.
pub(crate) fn times(experience: &Experience) -> String {
    let shown = |part| experience.within(part).map_or("-".to_owned(), milliseconds);
    format!("{:>8} {:>8}", shown(0.5), shown(0.99))
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// Rounded down.
pub(crate) fn mebibytes(kib: u64) -> u64 {
    kib / 1024
}
