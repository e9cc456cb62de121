//! The keys that request states are sealed with.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::{digest, rand};
use thyra_auth::Secret;

/// Keys that seal what clients carry from one round of a call to the next. The first one seals; all of them open.
///
/// To replace a key without breaking calls that are under way, first give the new one to every replica with
/// [`also_open`](Self::also_open), then make it the first, and drop the old one after the lifetime of a state. One key seals 2³² states
/// safely.
///
/// Keys are never shown, and are wiped from memory when the last copy of the ring is dropped.
///
/// ```
/// use thyra::RequestStateKeys;
///
/// let keys = RequestStateKeys::new([2; 32]).also_open([1; 32]);
/// assert_eq!(format!("{keys:?}"), "RequestStateKeys(***)");
/// ```
#[derive(Clone)]
pub struct RequestStateKeys {
    /// Empty when the machine gave no random key: such a ring seals and opens nothing.
    keys: Vec<Key>,
}

/// The beginning of every sealed state: it says which key to try.
pub(super) type KeyId = [u8; 4];

#[derive(Clone)]
pub(super) struct Key {
    id: KeyId,
    cipher: Arc<RandomizedNonceKey>,
}

impl RequestStateKeys {
    /// A ring of one key: 32 bytes from a good source of randomness.
    pub fn new(key: [u8; 32]) -> Self {
        Self {
            keys: Vec::from_iter(Key::new(&Secret::new(key))),
        }
    }

    /// Opens, too, what `key` sealed.
    #[must_use]
    pub fn also_open(mut self, key: [u8; 32]) -> Self {
        self.keys.extend(Key::new(&Secret::new(key)));
        self
    }

    /// A key that nobody else has and that ends with the process. Good for one replica; calls that are under way do not survive a restart.
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

    /// The keys that may have sealed something that begins with `id`.
    pub(super) fn with_id(&self, id: KeyId) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.id == id)
    }
}

impl Key {
    /// `None` only if the cipher did not take 32 bytes for a key, which AES-256 does.
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
