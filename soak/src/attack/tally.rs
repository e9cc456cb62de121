//! What became of the pieces of an attack.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use crate::wire::Answer;

/// How often each thing happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(BTreeMap<String, usize>);

impl Tally {
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    /// Notes the status of an answer, or how it failed.
    pub(super) fn answer(&mut self, answer: &io::Result<Answer>) {
        match answer {
            Ok(answer)
                if answer
                    .body
                    .starts_with(br#"{"jsonrpc":"2.0","id":1,"error""#) =>
            {
                self.note("error");
            }
            Ok(answer) => self.note(answer.status.to_string()),
            Err(error) => self.note(format!("{:?}", error.kind())),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what.clone()).or_default() += count;
        }
    }

    /// Says so if anything but `what` happened.
    pub(crate) fn all_are(&self, what: &str) -> Option<String> {
        let others = self.0.keys().any(|key| key != what);
        others.then(|| format!("not all of them saw {what}: {self}"))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (what, count)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{what}: {count}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_other_outcome_is_a_problem() {
        let mut tally = Tally::default();
        tally.note("401");
        tally.note("401");
        assert_eq!(tally.all_are("401"), None);
        tally.note("BrokenPipe");
        assert_eq!(
            tally.all_are("401").as_deref(),
            Some("not all of them saw 401: 401: 2, BrokenPipe: 1")
        );
    }
}
