//! The keys that encrypt.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use thyra_oauth::{NoRandomness, Secret, unguessable};

use crate::key::Key;

/// The most keys of one store.
const MAX_KEYS: usize = 16;

/// The shortest secret that a key may be derived from, in bytes.
const MIN_SECRET: usize = 24;

/// The name of a key in what it sealed.
pub(crate) type KeyId = [u8; 8];

/// A key that encrypts what a store keeps: 256 bits that nobody can guess.
#[derive(Clone)]
pub struct StoreKey {
    bytes: Secret<[u8; 32]>,
    id: KeyId,
}

impl StoreKey {
    /// The key that `text` is: 32 bytes in base64 or base64url, with or without padding.
    /// `openssl rand -base64 32` prints one.
    ///
    /// # Errors
    ///
    /// [`StoreKeyError::NotBase64`] and [`StoreKeyError::Length`].
    pub fn from_base64(text: &str) -> Result<Self, StoreKeyError> {
        let lenient =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let bytes = [&alphabet::STANDARD, &alphabet::URL_SAFE]
            .into_iter()
            .find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(text).ok())
            .map(Secret::new)
            .ok_or(StoreKeyError::NotBase64)?;
        let bytes = bytes.expose().as_slice();
        match bytes.try_into() {
            Ok(bytes) => Self::new(Secret::new(bytes)),
            Err(_) => Err(StoreKeyError::Length(bytes.len())),
        }
    }

    /// A key made of a secret that a program has anyway, such as its client secret: HKDF-SHA256 of
    /// it. Another `purpose` gives another key. The secret must be random: it must not be something
    /// that a person thought of.
    ///
    /// # Errors
    ///
    /// [`StoreKeyError::ShortSecret`] if it has fewer than 24 bytes.
    pub fn derive(secret: &Secret, purpose: &str) -> Result<Self, StoreKeyError> {
        let secret = secret.expose().as_bytes();
        if secret.len() < MIN_SECRET {
            return Err(StoreKeyError::ShortSecret(secret.len()));
        }
        let source = Salt::new(HKDF_SHA256, b"thyra-store").extract(secret);
        Self::new(expand(&source, &[b"key for ", purpose.as_bytes()])?)
    }

    /// A new key.
    ///
    /// # Errors
    ///
    /// [`StoreKeyError::NoRandomness`] when the machine gives no random numbers.
    pub fn generate() -> Result<Self, StoreKeyError> {
        Self::from_base64(unguessable::<32>()?.expose())
    }

    /// The key in base64, for [`from_base64`](Self::from_base64).
    pub fn to_base64(&self) -> Secret {
        Secret::new(STANDARD.encode(self.bytes.expose()))
    }

    fn new(bytes: Secret<[u8; 32]>) -> Result<Self, StoreKeyError> {
        let name = expand(&prk(&bytes), &[b"name of the key"])?;
        let id = name.expose().first_chunk().copied();
        let id = id.ok_or(StoreKeyError::Cipher)?;
        Ok(Self { bytes, id })
    }

    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    /// The cipher for what is kept under `key`. Each entry has its own, so the number of entries
    /// does not count against what random nonces allow for one key (NIST SP 800-38D, 8.3).
    pub(crate) fn cipher(&self, key: &Key) -> Option<RandomizedNonceKey> {
        let place = key.to_string();
        let own = expand(&prk(&self.bytes), &[b"entry ", place.as_bytes()]).ok()?;
        RandomizedNonceKey::new(&AES_256_GCM, own.expose()).ok()
    }
}

fn prk(bytes: &Secret<[u8; 32]>) -> Prk {
    Prk::new_less_safe(HKDF_SHA256, bytes.expose())
}

/// 32 bytes for the purpose that `info` says (HKDF-Expand of RFC 5869).
fn expand(prk: &Prk, info: &[&[u8]]) -> Result<Secret<[u8; 32]>, StoreKeyError> {
    let mut bytes = [0; 32];
    prk.expand(info, HKDF_SHA256)
        .and_then(|expanded| expanded.fill(&mut bytes))
        .map_err(|_| StoreKeyError::Cipher)?;
    Ok(Secret::new(bytes))
}

/// Shows which key it is, and not the key.
impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreKey({:016x})", u64::from_be_bytes(self.id))
    }
}

/// The keys of a store, at least one. The first one encrypts; all of them decrypt.
///
/// To rotate, put a new key first and keep the old one. A value is encrypted anew when it is next
/// written, so the old key may go when everything that it wrote has ended.
#[derive(Clone, Debug)]
pub struct StoreKeys {
    first: StoreKey,
    older: Vec<StoreKey>,
}

impl StoreKeys {
    /// One key.
    pub fn new(first: StoreKey) -> Self {
        Self {
            first,
            older: Vec::new(),
        }
    }

    /// A further key, which decrypts what it once encrypted.
    ///
    /// # Errors
    ///
    /// [`StoreKeyError::TooMany`] beyond 16 keys.
    pub fn with_older(mut self, key: StoreKey) -> Result<Self, StoreKeyError> {
        if self.older.len() + 1 >= MAX_KEYS {
            return Err(StoreKeyError::TooMany);
        }
        self.older.push(key);
        Ok(self)
    }

    /// Keys as [`StoreKey::from_base64`] reads them, with commas between them, the one that
    /// encrypts first.
    ///
    /// # Errors
    ///
    /// Those of [`StoreKey::from_base64`] and [`with_older`](Self::with_older).
    pub fn from_base64(list: &str) -> Result<Self, StoreKeyError> {
        let mut keys = list.split(',').map(|key| StoreKey::from_base64(key.trim()));
        let first = keys.next().ok_or(StoreKeyError::Length(0))??;
        keys.try_fold(Self::new(first), |keys, key| keys.with_older(key?))
    }

    /// The key that encrypts.
    pub(crate) fn first(&self) -> &StoreKey {
        &self.first
    }

    /// The key with this id.
    pub(crate) fn find(&self, id: KeyId) -> Option<&StoreKey> {
        std::iter::once(&self.first)
            .chain(&self.older)
            .find(|key| key.id == id)
    }
}

impl From<StoreKey> for StoreKeys {
    fn from(key: StoreKey) -> Self {
        Self::new(key)
    }
}

/// Why something cannot be a key. The text holds nothing of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreKeyError {
    /// The cryptographic library refused it, which it has no reason to do.
    #[error("the cryptographic library refuses the key")]
    Cipher,
    /// It has this many bytes.
    #[error("the key has {0} bytes, not 32; `openssl rand -base64 32` prints a key")]
    Length(usize),
    /// The machine gives no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// It is not base64.
    #[error("the key is not base64; `openssl rand -base64 32` prints a key")]
    NotBase64,
    /// The secret has this many bytes.
    #[error("the secret has {0} bytes; a key is made of 24 or more that are random")]
    ShortSecret(usize),
    /// There are more than 16 keys.
    #[error("a store has at most 16 keys; remove those that nothing was written with")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_either_base64() {
        let bytes = [0xfb; 32];
        let key = StoreKey::from_base64(&STANDARD.encode(bytes)).unwrap();
        assert!(STANDARD.encode(bytes).contains('+'));
        let url_safe = STANDARD.encode(bytes).replace('+', "-").replace('/', "_");
        for text in [&*url_safe, url_safe.trim_end_matches('=')] {
            assert_eq!(StoreKey::from_base64(text).unwrap().id(), key.id());
        }
        let again = StoreKey::from_base64(key.to_base64().expose()).unwrap();
        assert_eq!(again.bytes, key.bytes);
    }

    #[test]
    fn what_is_no_key_is_not_repeated() {
        for text in ["", "c2hvcnQ=", "not base64!", &"A".repeat(44)] {
            let error = StoreKey::from_base64(text).unwrap_err().to_string();
            assert!(error.contains("openssl rand -base64 32"), "{error}");
            assert!(text.is_empty() || !error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = StoreKey::generate().unwrap();
        let shown = format!("{key:?} {:?}", StoreKeys::new(key.clone()));
        assert!(!shown.contains(key.to_base64().expose()), "{shown}");
        assert!(shown.starts_with("StoreKey("), "{shown}");
    }

    #[test]
    fn a_derived_key_depends_on_the_secret_and_the_purpose() {
        let secret = Secret::new("a client secret that is random".to_owned());
        let derive = |secret, purpose| StoreKey::derive(secret, purpose).unwrap();
        let key = derive(&secret, "state");
        assert_eq!(key.bytes, derive(&secret, "state").bytes);
        assert_ne!(key.id(), derive(&secret, "other").id());
        let other = Secret::new("another client secret, as random".to_owned());
        assert_ne!(key.id(), derive(&other, "state").id());
        let short = Secret::new("hunter2".to_owned());
        assert!(matches!(
            StoreKey::derive(&short, "state"),
            Err(StoreKeyError::ShortSecret(7))
        ));
    }

    #[test]
    fn keys_are_a_list_with_a_bound() {
        let new = || StoreKey::generate().unwrap();
        let (first, older) = (new(), new());
        let list = format!(
            "{} , {}",
            first.to_base64().expose(),
            older.to_base64().expose()
        );
        let keys = StoreKeys::from_base64(&list).unwrap();
        assert_eq!(keys.first().id(), first.id());
        assert!(keys.find(older.id()).is_some());
        assert!(keys.find(new().id()).is_none());

        let one = first.to_base64().expose().clone();
        StoreKeys::from_base64(&vec![one.clone(); 16].join(",")).unwrap();
        assert!(matches!(
            StoreKeys::from_base64(&vec![one; 17].join(",")),
            Err(StoreKeyError::TooMany)
        ));
    }
}
