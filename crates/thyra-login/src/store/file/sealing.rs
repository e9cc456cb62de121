//! Values that only those can read who have the key.

use std::fmt;
use std::io;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use thyra_oauth::Secret;

use crate::store::StoreKey;

/// Seals values with AES-256-GCM. A sealed value is its nonce, then the ciphertext. The key that it
/// is kept under is sealed with it, so that one file cannot take the place of another.
///
/// `None` only if the cipher rejected a key of 32 bytes, which AES-256 does not. Then nothing is
/// sealed or opened.
pub(super) struct Seal(Option<RandomizedNonceKey>);

impl Seal {
    pub(super) fn new(key: &Secret<[u8; 32]>) -> Self {
        Self(RandomizedNonceKey::new(&AES_256_GCM, key.expose()).ok())
    }

    pub(super) fn seal(&self, key: &StoreKey, value: &Secret) -> io::Result<Vec<u8>> {
        let mut sealed = value.expose().as_bytes().to_vec();
        let aad = Aad::from(key.as_str());
        let nonce = match &self.0 {
            Some(cipher) => cipher.seal_in_place_append_tag(aad, &mut sealed).ok(),
            None => None,
        };
        let nonce = nonce.ok_or_else(|| io::Error::other("the value cannot be sealed"))?;
        let mut bytes = nonce.as_ref().to_vec();
        bytes.append(&mut sealed);
        Ok(bytes)
    }

    /// The value, unless another key sealed it, or for another place.
    pub(super) fn open(&self, key: &StoreKey, bytes: &[u8]) -> Option<Secret<Vec<u8>>> {
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut opened = sealed.to_vec();
        let length = self
            .0
            .as_ref()?
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(key.as_str()),
                &mut opened,
            )
            .ok()?
            .len();
        opened.truncate(length);
        Some(Secret::new(opened))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(***)")
    }
}
