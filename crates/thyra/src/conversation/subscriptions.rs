//! The resources whose changes the client of one session wants to hear of.

use std::collections::BTreeSet;

use thyra_protocol::ErrorObject;

use crate::shares::{Full, Place};

/// The most resources that one session may subscribe to.
pub(super) const MOST_SUBSCRIPTIONS: usize = 256;

/// The most bytes that the URIs of one session's subscriptions may have together.
pub(super) const LONGEST_SUBSCRIPTIONS: usize = 64 * 1024;

/// About what one subscription takes in memory beside its URI, in bytes.
const OVERHEAD: usize = 64;

/// The URIs that one client subscribed to.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    uris: BTreeSet<Box<str>>,
    /// The length of all URIs.
    bytes: usize,
    /// What the session holds of the memory of all sessions; `None` on stdio, where there is one.
    memory: Option<Place>,
}

impl Subscriptions {
    /// None yet. What they take is counted in `memory`.
    pub(super) fn within(memory: Option<Place>) -> Self {
        Self {
            memory,
            ..Self::default()
        }
    }

    /// Counts `bytes` more that the session keeps.
    ///
    /// # Errors
    ///
    /// [`Full`] when all sessions, or those of this caller, keep as much as they may.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Full> {
        self.memory
            .as_mut()
            .map_or(Ok(()), |memory| memory.grow(bytes))
    }

    /// Adds `uri`.
    ///
    /// # Errors
    ///
    /// When there would be too many, their URIs would be too long together, or all sessions keep as
    /// much as they may.
    pub(super) fn add(&mut self, uri: &str) -> Result<(), ErrorObject> {
        if self.uris.contains(uri) {
            return Ok(());
        }
        if self.uris.len() >= MOST_SUBSCRIPTIONS {
            return Err(ErrorObject::invalid_params(format!(
                "One session subscribes to at most {MOST_SUBSCRIPTIONS} resources; unsubscribe from one first"
            )));
        }
        if self.bytes + uri.len() > LONGEST_SUBSCRIPTIONS {
            return Err(ErrorObject::invalid_params(format!(
                "The URIs that one session subscribes to have at most {LONGEST_SUBSCRIPTIONS} bytes; unsubscribe from one first"
            )));
        }
        self.charge(uri.len() + OVERHEAD).map_err(|full| {
            ErrorObject::internal(match full {
                Full::Table => {
                    "The sessions of this server keep as much as they may; try again later"
                }
                Full::Share { .. } => {
                    "Your sessions keep as much as those of one caller may; unsubscribe or end one first"
                }
            })
        })?;
        self.uris.insert(uri.into());
        self.bytes += uri.len();
        Ok(())
    }

    /// Takes `uri` out.
    pub(super) fn remove(&mut self, uri: &str) {
        if self.uris.remove(uri) {
            self.bytes -= uri.len();
            if let Some(memory) = &mut self.memory {
                memory.shrink(uri.len() + OVERHEAD);
            }
        }
    }

    /// Forgets everything, because the session is over.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    pub(super) fn contains(&self, uri: &str) -> bool {
        self.uris.contains(uri)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.uris.is_empty()
    }

    pub(super) fn uris(&self) -> impl Iterator<Item = &str> {
        self.uris.iter().map(AsRef::as_ref)
    }
}
