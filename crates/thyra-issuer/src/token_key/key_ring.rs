//! The keys, ready for use.

use serde_json::{Value, json};
use thyra_auth::{KeySet, SigningKey};

use super::TokenKeyError;
use super::rotation::{StoredKey, StoredRing};

/// The keys, ready for use.
#[derive(Debug)]
pub(crate) struct KeyRing {
    /// The oldest first.
    signers: Vec<Signer>,
    verifying: KeySet,
    published: Value,
}

#[derive(Debug)]
struct Signer {
    key: SigningKey,
    id: String,
    /// In seconds since 1970.
    signs_from: u64,
}

impl KeyRing {
    pub(super) fn stored(ring: &StoredRing) -> Result<Self, TokenKeyError> {
        let mut signers = Vec::new();
        for stored in &ring.keys {
            let key = SigningKey::from_pem(&stored.pem)?;
            signers.push(Signer::new(key, stored.signs_from));
        }
        Self::of(signers)
    }

    pub(super) fn given(keys: impl IntoIterator<Item = SigningKey>) -> Result<Self, TokenKeyError> {
        let mut signers: Vec<_> = keys.into_iter().map(|key| Signer::new(key, 0)).collect();
        // The last one of those that have begun signs.
        signers.reverse();
        Self::of(signers)
    }

    fn of(signers: Vec<Signer>) -> Result<Self, TokenKeyError> {
        if signers.is_empty() {
            return Err(TokenKeyError::NoKey);
        }
        let keys: Vec<_> = signers.iter().map(Signer::published).collect();
        let published = json!({ "keys": keys });
        let verifying = KeySet::from_jwks(published.to_string().as_bytes())?;
        Ok(Self {
            signers,
            verifying,
            published,
        })
    }

    /// The key that signs at `now`, in seconds since 1970.
    pub(super) fn signer(&self, now: u64) -> Result<&SigningKey, TokenKeyError> {
        let begun = self.signers.iter().rev();
        let mut begun = begun.filter(|signer| signer.signs_from <= now);
        // The machine's clock may have been set back.
        let signer = begun.next().or(self.signers.first());
        signer.map(|signer| &signer.key).ok_or(TokenKeyError::NoKey)
    }

    /// The keys that verify.
    pub(crate) fn verifying(&self) -> &KeySet {
        &self.verifying
    }

    /// The public halves as a JSON Web Key Set (RFC 7517 section 5).
    pub(crate) fn published(&self) -> &Value {
        &self.published
    }

    /// The ring that it was made of.
    pub(super) fn to_store(&self) -> Result<StoredRing, TokenKeyError> {
        let mut keys = Vec::new();
        for signer in &self.signers {
            keys.push(StoredKey {
                pem: signer.key.to_pem()?,
                id: signer.id.clone(),
                signs_from: signer.signs_from,
            });
        }
        Ok(StoredRing { keys })
    }

    /// Whether it was made of this ring.
    pub(super) fn is_of(&self, ring: &StoredRing) -> bool {
        let same = |(signer, stored): (&Signer, &StoredKey)| {
            signer.id == stored.id && signer.signs_from == stored.signs_from
        };
        self.signers.len() == ring.keys.len() && self.signers.iter().zip(&ring.keys).all(same)
    }
}

impl Signer {
    fn new(key: SigningKey, signs_from: u64) -> Self {
        let id = key.thumbprint();
        Self {
            key: key.key_id(&id),
            id,
            signs_from,
        }
    }

    fn published(&self) -> Value {
        let mut jwk = self.key.public_jwk();
        for (name, value) in [
            ("alg", self.key.algorithm()),
            ("kid", &self.id),
            ("use", "sig"),
        ] {
            if let Some(members) = jwk.as_object_mut() {
                members.insert(name.to_owned(), value.into());
            }
        }
        jwk
    }
}
