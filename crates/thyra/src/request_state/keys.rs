//! The keys that seal request states.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::{digest, rand};
use thyra_auth::Secret;

/// The keys that seal what clients carry from one round of a call to the next. The first key seals,
/// and all of them open.
///
/// To replace a key without breaking calls in progress, first give the new key to every replica
/// with [`also_open`](Self::also_open). Then make it the first key, and drop the old key after the
/// lifetime of a state. One key can safely seal 2³² states.
///
/// Keys are never printed, and are wiped from memory when the last copy of the key ring is dropped.
///
/// ```
/// use thyra::RequestStateKeys;
///
/// let keys = RequestStateKeys::new([2; 32]).also_open([1; 32]);
/// assert_eq!(format!("{keys:?}"), "RequestStateKeys(***)");
/// ```
#[derive(Clone)]
pub struct RequestStateKeys {
    /// Empty when the machine gave no random key. Such a key ring seals and opens nothing.
    keys: Vec<Key>,
}

/// The id of a key. Every sealed state carries it, to say which key to try.
pub(super) type KeyId = [u8; 4];

#[derive(Clone)]
pub(super) struct Key {
    id: KeyId,
    cipher: Arc<RandomizedNonceKey>,
}

impl RequestStateKeys {
    /// A key ring with one key: 32 bytes from a good source of randomness.
    pub fn new(key: [u8; 32]) -> Self {
        Self {
            keys: Vec::from_iter(Key::new(&Secret::new(key))),
        }
    }

    /// Also opens what `key` sealed.
    #[must_use]
    pub fn also_open(mut self, key: [u8; 32]) -> Self {
        self.keys.extend(Key::new(&Secret::new(key)));
        self
    }

    /// A random key that lives only in this process. It suits a single replica. Calls in progress
    /// do not survive a restart.
    pub fn ephemeral() -> Self {
        let mut key = [0; 32];
        let keys = match rand::fill(&mut key) {
            Ok(()) => Vec::from_iter(Key::new(&Secret::new(key))),
            Err(_) => Vec::new(),
        };
        Self { keys }
    }

    /// The key that seals.
    pub(super) fn first(&self) -> Option<&Key> {
        self.keys.first()
    }

    /// The keys with this `id`.
    pub(super) fn with_id(&self, id: KeyId) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.id == id)
    }
}

impl Key {
    /// `None` only if the cipher rejected a key of 32 bytes, which AES-256 does not.
    fn new(key: &Secret<[u8; 32]>) -> Option<Self> {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(b"thyra request state key id\0");
        hash.update(key.expose());
        let id = *hash.finish().as_ref().first_chunk()?;
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, key.expose()).ok()?;
        Some(Self {
            id,
            cipher: Arc::new(cipher),
        })
    }

    pub(super) fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn cipher(&self) -> &RandomizedNonceKey {
        &self.cipher
    }
}

impl fmt::Debug for RequestStateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestStateKeys(***)")
    }
}
