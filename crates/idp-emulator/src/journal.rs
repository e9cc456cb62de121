//! What was asked of the environment.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;

/// Requests kept in full.
const MAX_ENTRIES: usize = 1_000;

/// Paths counted one by one.
const MAX_PATHS: usize = 500;

/// Characters kept of a path.
const MAX_PATH_LENGTH: usize = 300;

/// One request, as it arrived. The query is not kept: it may hold codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Counts the requests from 1.
    pub number: u64,
    /// The HTTP method.
    pub method: String,
    /// The path, cut after 300 characters.
    pub path: String,
    /// The grant that a known client asked the token endpoint for (RFC 6749).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<&'static str>,
    /// What was remarkable about the request, although it was served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Names an entry while its request is in flight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryNumber(u64);

/// The last requests, and how many there were for each path.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    total: u64,
    entries: VecDeque<JournalEntry>,
    counts: HashMap<String, u64>,
    grants: HashMap<&'static str, u64>,
}

impl Journal {
    pub(crate) fn record(&mut self, method: &str, path: &str) -> EntryNumber {
        let path: String = path.chars().take(MAX_PATH_LENGTH).collect();
        self.total += 1;
        if let Some(count) = self.counts.get_mut(&path) {
            *count += 1;
        } else if self.counts.len() < MAX_PATHS {
            self.counts.insert(path.clone(), 1);
        }
        if self.entries.len() == MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(JournalEntry {
            number: self.total,
            method: method.to_owned(),
            path,
            grant_type: None,
            note: None,
        });
        EntryNumber(self.total)
    }

    pub(crate) fn annotate(&mut self, number: EntryNumber, note: String) {
        if let Some(entry) = self.entry(number) {
            entry.note = Some(note);
        }
    }

    pub(crate) fn record_grant(&mut self, number: EntryNumber, grant_type: &'static str) {
        *self.grants.entry(grant_type).or_insert(0) += 1;
        if let Some(entry) = self.entry(number) {
            entry.grant_type = Some(grant_type);
        }
    }

    pub(crate) fn grants(&self, grant_type: &str) -> u64 {
        self.grants.get(grant_type).copied().unwrap_or(0)
    }

    fn entry(&mut self, number: EntryNumber) -> Option<&mut JournalEntry> {
        let entries = self.entries.iter_mut().rev();
        entries.into_iter().find(|entry| entry.number == number.0)
    }

    /// Requests for a path, with any method. Only the first 500 different paths are counted.
    pub(crate) fn count(&self, path: &str) -> u64 {
        self.counts.get(path).copied().unwrap_or(0)
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &JournalEntry> {
        self.entries.iter()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_bounded_and_goes_on_counting() {
        let mut journal = Journal::default();
        for n in 0..1_500 {
            journal.record("GET", &format!("/{}", n % 700));
        }
        journal.record("GET", &"x".repeat(10_000));
        assert_eq!(journal.entries().count(), MAX_ENTRIES);
        assert_eq!(journal.total(), 1_501);
        assert_eq!(journal.count("/0"), 3);
        assert_eq!(journal.count("/600"), 0);
        assert!(
            journal
                .entries()
                .all(|entry| entry.path.len() <= MAX_PATH_LENGTH)
        );
    }

    #[test]
    fn a_note_goes_to_its_request() {
        let mut journal = Journal::default();
        let first = journal.record("GET", "/a");
        journal.record("GET", "/b");
        journal.annotate(first, "odd".to_owned());
        let notes: Vec<_> = journal
            .entries()
            .map(|entry| entry.note.as_deref())
            .collect();
        assert_eq!(notes, [Some("odd"), None]);
    }
}
