//! The signing keys of the environment and their rotation.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::key::{CryptoError, KeyKind, SigningKey};

/// Keys that stay published after they stopped signing, and keys remembered after that.
const MAX_OLD_KEYS: usize = 8;

/// One step in the life of the signing keys.
///
/// Scalekit rotates in three phases: it publishes a new key, then signs with it, then removes the
/// old one. [`Rotation::Now`] takes them in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Publish a new key and sign with it at once.
    Now {
        /// Remove the previous keys from the key set too, as in an emergency.
        drop_old: bool,
    },
    /// Publish a new key beside the old one; the old one goes on signing.
    Publish,
    /// Remove from the key set all keys that no longer sign.
    Retire,
    /// Sign with the key that was published before; the old one stays published.
    Sign,
}

/// Why a key could not be rotated.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotateError {
    /// A key is already waiting to sign.
    #[error("a new key is already published; take stage `sign` next")]
    AlreadyPublished,
    /// The new key could not be made.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// There is no key waiting to sign.
    #[error("no new key is published; take stage `publish` first")]
    NothingPublished,
    /// There is no key to retire.
    #[error("every published key is in use; take stages `publish` and `sign` first")]
    NothingToRetire,
}

/// The identifiers of the keys, after a rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeySummary {
    /// The key that signs.
    pub active: String,
    /// All keys in the key set, the active one first.
    pub published: Vec<String>,
    /// The key that stopped signing last, whether still published or not.
    pub retired: Option<String>,
}

/// All keys that this environment ever signed with, as far as it remembers them.
#[derive(Debug)]
pub(crate) struct KeyRing {
    prefix: &'static str,
    kind: KeyKind,
    /// Key identifiers are never used twice, not even after a reset: a verifier may remember them.
    issued: u64,
    first: Arc<SigningKey>,
    active: Arc<SigningKey>,
    upcoming: Option<Arc<SigningKey>>,
    /// Published, no longer signing; the newest at the back.
    retiring: VecDeque<Arc<SigningKey>>,
    /// No longer published; the newest at the back.
    retired: VecDeque<Arc<SigningKey>>,
}

impl KeyRing {
    /// One key. The identifiers of all keys begin with `prefix`.
    pub(crate) fn generate(prefix: &'static str, kind: KeyKind) -> Result<Self, CryptoError> {
        let first = Arc::new(SigningKey::generate(format!("{prefix}1"), kind)?);
        Ok(Self {
            prefix,
            kind,
            issued: 1,
            active: Arc::clone(&first),
            first,
            upcoming: None,
            retiring: VecDeque::new(),
            retired: VecDeque::new(),
        })
    }

    /// Back to the key of the start, alone.
    pub(crate) fn reset(&mut self) {
        self.active = Arc::clone(&self.first);
        self.upcoming = None;
        self.retiring.clear();
        self.retired.clear();
    }

    pub(crate) fn active(&self) -> &Arc<SigningKey> {
        &self.active
    }

    /// The key that stopped signing last.
    pub(crate) fn last_retired(&self) -> Option<&Arc<SigningKey>> {
        self.retiring.back().or_else(|| self.retired.back())
    }

    pub(crate) fn jwks(&self) -> Vec<Value> {
        // Of a key that was generated there is always a public half.
        self.published().filter_map(|key| key.jwk().ok()).collect()
    }

    pub(crate) fn summary(&self) -> KeySummary {
        KeySummary {
            active: self.active.id().to_owned(),
            published: self.published().map(|key| key.id().to_owned()).collect(),
            retired: self.last_retired().map(|key| key.id().to_owned()),
        }
    }

    pub(crate) fn rotate(&mut self, rotation: Rotation) -> Result<(), RotateError> {
        match rotation {
            Rotation::Now { drop_old } => {
                if self.upcoming.is_none() {
                    self.publish()?;
                }
                self.sign()?;
                if drop_old {
                    self.retire();
                }
                Ok(())
            }
            Rotation::Publish if self.upcoming.is_some() => Err(RotateError::AlreadyPublished),
            Rotation::Publish => self.publish(),
            Rotation::Retire if self.retiring.is_empty() => Err(RotateError::NothingToRetire),
            Rotation::Retire => {
                self.retire();
                Ok(())
            }
            Rotation::Sign => self.sign(),
        }
    }

    fn published(&self) -> impl Iterator<Item = &Arc<SigningKey>> {
        [&self.active]
            .into_iter()
            .chain(&self.upcoming)
            .chain(self.retiring.iter().rev())
    }

    fn publish(&mut self) -> Result<(), RotateError> {
        let id = format!("{}{}", self.prefix, self.issued + 1);
        self.upcoming = Some(Arc::new(SigningKey::generate(id, self.kind)?));
        self.issued += 1;
        Ok(())
    }

    fn sign(&mut self) -> Result<(), RotateError> {
        let new = self.upcoming.take().ok_or(RotateError::NothingPublished)?;
        let old = mem::replace(&mut self.active, new);
        self.retiring.push_back(old);
        while self.retiring.len() > MAX_OLD_KEYS {
            self.retiring.pop_front();
        }
        Ok(())
    }

    fn retire(&mut self) {
        self.retired.append(&mut self.retiring);
        while self.retired.len() > MAX_OLD_KEYS {
            self.retired.pop_front();
        }
    }
}

/// A key set document (RFC 7517 section 5).
pub(crate) fn key_set(keys: &[Value]) -> Value {
    json!({ "keys": keys })
}
