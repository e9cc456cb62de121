//! Lines of the log that a server can cause as often as it likes.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many of them the log shows.
const SHOWN: usize = 10;

/// Counts what a server says on one connection that is no message of MCP.
#[derive(Debug, Default)]
pub(crate) struct Noise(AtomicUsize);

impl Noise {
    /// Notes one more, and says whether it is to be told. The last one that is told says that no
    /// more are.
    pub(crate) fn is_told(&self) -> bool {
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        if before == SHOWN {
            tracing::warn!("the server says more that is no message; it is left out unsaid");
        }
        before < SHOWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_lines_is_not_told_line_by_line() {
        let noise = Noise::default();
        let told = (0..10_000).filter(|_| noise.is_told()).count();
        assert_eq!(told, SHOWN);
    }
}
