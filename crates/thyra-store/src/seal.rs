//! Values that only those can read who have a key.

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use bytes::Bytes;
use thyra_oauth::Secret;

use crate::error::StoreError;
use crate::key::Key;
use crate::keys::{KeyId, StoreKeys};

/// The first byte of what this version writes.
const FORMAT: u8 = 1;

/// Encrypts and decrypts values with AES-256-GCM.
///
/// A sealed value is [`FORMAT`], the id of the key, the nonce, the ciphertext and the tag. Where it
/// is kept is authenticated with it, so that nobody can move a value to another place.
#[derive(Debug)]
pub(crate) struct Seal(StoreKeys);

impl Seal {
    pub(crate) fn new(keys: StoreKeys) -> Self {
        Self(keys)
    }

    pub(crate) fn seal(&self, key: &Key, value: &[u8]) -> Result<Bytes, StoreError> {
        let sealing = self.0.first();
        let mut sealed = value.to_vec();
        let nonce = sealing.cipher(key).and_then(|cipher| {
            let place = Aad::from(authenticated(sealing.id(), key));
            cipher.seal_in_place_append_tag(place, &mut sealed).ok()
        });
        let nonce = nonce.ok_or_else(|| StoreError::unavailable("a value cannot be encrypted"))?;
        let parts = [&[FORMAT], &sealing.id()[..], nonce.as_ref(), &sealed];
        Ok(parts.concat().into())
    }

    /// The value that was sealed for `key`.
    pub(crate) fn open(&self, key: &Key, bytes: &[u8]) -> Result<Secret<Vec<u8>>, StoreError> {
        self.opened(key, bytes).ok_or(StoreError::Undecryptable)
    }

    fn opened(&self, key: &Key, bytes: &[u8]) -> Option<Secret<Vec<u8>>> {
        let (&[FORMAT], rest) = bytes.split_first_chunk()? else {
            return None;
        };
        let (id, rest) = rest.split_first_chunk::<{ size_of::<KeyId>() }>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let cipher = self.0.find(*id)?.cipher(key)?;
        let mut opened = sealed.to_vec();
        let place = Aad::from(authenticated(*id, key));
        let length = cipher
            .open_in_place(Nonce::assume_unique_for_key(*nonce), place, &mut opened)
            .ok()?
            .len();
        opened.truncate(length);
        Some(Secret::new(opened))
    }
}

/// What is authenticated beside the value.
fn authenticated(id: KeyId, key: &Key) -> Vec<u8> {
    [&[FORMAT], &id[..], key.to_string().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{MAX_STORED, MAX_VALUE};
    use crate::keys::StoreKey;

    fn place(name: &str) -> Key {
        Key::new("codes", name).unwrap()
    }

    fn keys() -> StoreKeys {
        StoreKey::generate().unwrap().into()
    }

    #[test]
    fn what_was_sealed_can_be_opened_and_not_read() {
        let seal = Seal::new(keys());
        let sealed = seal.seal(&place("a"), b"a plain value").unwrap();
        assert_eq!(
            seal.open(&place("a"), &sealed).unwrap().expose(),
            b"a plain value"
        );
        assert!(!sealed.windows(5).any(|window| window == b"plain"));
        let again = seal.seal(&place("a"), b"a plain value").unwrap();
        assert_ne!(sealed, again, "a nonce is used once");

        let largest = seal.seal(&place("a"), &vec![7; MAX_VALUE]).unwrap();
        assert!(largest.len() <= MAX_STORED);
        let empty = seal.seal(&place("a"), b"").unwrap();
        assert!(seal.open(&place("a"), &empty).unwrap().expose().is_empty());
    }

    #[test]
    fn a_changed_or_shortened_value_is_not_opened() {
        let seal = Seal::new(keys());
        let sealed = seal.seal(&place("a"), b"value").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.to_vec();
            changed[at] ^= 1;
            assert!(
                matches!(
                    seal.open(&place("a"), &changed),
                    Err(StoreError::Undecryptable)
                ),
                "byte {at}"
            );
            assert!(seal.open(&place("a"), &sealed[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn a_moved_value_is_not_opened() {
        let seal = Seal::new(keys());
        let sealed = seal.seal(&place("a"), b"value").unwrap();
        assert!(seal.open(&place("b"), &sealed).is_err());
        let elsewhere = Key::new("grants", "a").unwrap();
        assert!(seal.open(&elsewhere, &sealed).is_err());
    }

    #[test]
    fn older_keys_open_and_the_first_one_seals() {
        let (old, new) = (StoreKey::generate().unwrap(), StoreKey::generate().unwrap());
        let before = Seal::new(old.clone().into());
        let rotated = Seal::new(StoreKeys::new(new.clone()).with_older(old).unwrap());
        let after = Seal::new(new.into());

        let sealed = before.seal(&place("a"), b"value").unwrap();
        assert_eq!(
            rotated.open(&place("a"), &sealed).unwrap().expose(),
            b"value"
        );
        assert!(after.open(&place("a"), &sealed).is_err());
        let sealed = rotated.seal(&place("a"), b"value").unwrap();
        assert_eq!(after.open(&place("a"), &sealed).unwrap().expose(), b"value");
        assert!(before.open(&place("a"), &sealed).is_err());
    }

    #[test]
    fn a_key_under_the_id_of_another_opens_nothing() {
        let (one, other) = (keys(), keys());
        let sealed = Seal::new(one).seal(&place("a"), b"value").unwrap();
        let mut relabelled = sealed.to_vec();
        relabelled[1..9].copy_from_slice(&other.first().id());
        assert!(Seal::new(other).open(&place("a"), &relabelled).is_err());
    }
}
