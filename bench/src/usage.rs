//! The CPU time and memory of a process, as the kernel counts them.

use std::fs;
use std::io;
use std::time::Duration;

/// The CPU time (user and system) that the process `id` has used so far.
///
/// The kernel counts it in hundredths of a second.
///
/// # Errors
///
/// If `/proc` cannot be read: the process has ended, or this is not Linux.
pub fn cpu(id: u32) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name, in parentheses, may hold anything; the fields after it are numbers.
    let numbers = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = numbers
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// The resident memory of the process `id`, in KiB.
///
/// # Errors
///
/// As for [`cpu`].
pub fn resident_kib(id: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .ok_or_else(|| io::Error::other("no VmRSS"))
}
