//! The keys of one issuer.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;

use super::TokenRejected;
use super::algorithm::Algorithm;
use super::key::VerifyingKey;

/// How many keys of a set are looked at. Issuers have two or three.
const MAX_KEYS: usize = 64;

/// The keys of one issuer.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<Arc<VerifyingKey>>);

impl KeySet {
    /// Reads a JSON Web Key Set (RFC 7517 section 5). Keys that cannot verify signatures are left
    /// out: they may be for something else, or newer than this code.
    ///
    /// # Errors
    ///
    /// [`KeySetError`] when it is not a key set, or has no usable key.
    pub fn from_jwks(json: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Jwks<'a> {
            #[serde(borrow)]
            keys: Vec<&'a RawValue>,
        }
        if !json.trim_ascii_start().starts_with(b"{") {
            return Err(KeySetError::NotAnObject);
        }
        let jwks: Jwks = serde_json::from_slice(json)?;
        let total = jwks.keys.len();
        let mut keys: Vec<Arc<VerifyingKey>> = Vec::new();
        for key in jwks.keys.into_iter().take(MAX_KEYS) {
            match VerifyingKey::from_jwk(key.get()) {
                // A token without a `kid` must find one key, and the same key twice would count as
                // two.
                Ok(key) if keys.iter().any(|other| other.is_same(&key)) => {}
                Ok(key) => keys.push(Arc::new(key)),
                Err(reason) => tracing::debug!(%reason, "a key of the key set is not used"),
            }
        }
        if total > MAX_KEYS {
            tracing::warn!(total, used = MAX_KEYS, "the key set has too many keys");
        }
        if keys.is_empty() {
            return Err(KeySetError::NoUsableKey { total });
        }
        Ok(Self(keys))
    }

    /// The keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &VerifyingKey> {
        self.0.iter().map(|key| &**key)
    }

    /// Whether a token with this `kid` means one of the keys. A token without one means any.
    pub(super) fn knows(&self, kid: Option<&str>) -> bool {
        kid.is_none() || self.0.iter().any(|key| key.answers_to(kid))
    }

    /// The keys that a token may be signed with: those that its `kid` names and that go with its
    /// algorithm; without a `kid`, the only one that goes with its algorithm.
    pub(super) fn candidates(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<impl Iterator<Item = &Arc<VerifyingKey>>, TokenRejected> {
        let named = || self.0.iter().filter(move |key| key.answers_to(kid));
        let fitting = move || named().filter(move |key| key.algorithms().contains(algorithm));
        if named().next().is_none() {
            return Err(TokenRejected::UnknownKey);
        }
        match (kid, fitting().count()) {
            (_, 0) => Err(TokenRejected::AlgorithmNotAllowed),
            (None, 2..) => Err(TokenRejected::UnknownKey),
            _ => Ok(fitting()),
        }
    }

    /// This set as the successor of another. Keys in both stay the same objects, and those that are
    /// gone are retired. The flag says whether anything changed.
    pub(super) fn succeed(mut self, old: &Self) -> (Self, bool) {
        let mut kept = 0;
        for key in &mut self.0 {
            if let Some(same) = old.0.iter().find(|other| other.is_same(key)) {
                *key = Arc::clone(same);
                kept += 1;
            }
        }
        let mut changed = kept != self.0.len();
        for key in &old.0 {
            if !self.0.iter().any(|other| Arc::ptr_eq(other, key)) {
                key.retire();
                changed = true;
            }
        }
        (self, changed)
    }
}

impl From<VerifyingKey> for KeySet {
    fn from(key: VerifyingKey) -> Self {
        Self(vec![Arc::new(key)])
    }
}

impl FromIterator<VerifyingKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = VerifyingKey>>(keys: I) -> Self {
        Self(keys.into_iter().map(Arc::new).collect())
    }
}

/// Why a document is not a key set.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// None of its keys can be used.
    #[error("none of its {total} keys can verify signatures")]
    NoUsableKey {
        /// How many keys it has.
        total: usize,
    },
    /// It is not a JSON object.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// It is not JSON, or has no `keys`.
    #[error("it is not a JSON Web Key Set")]
    Syntax(#[from] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use thyra_oauth::Secret;

    use super::*;
    use crate::verify::TokenRejected::{AlgorithmNotAllowed, UnknownKey};

    /// A point of Ed25519, from RFC 8037 appendix A.2.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn okp(kid: Option<&str>, alg: Option<&str>) -> serde_json::Value {
        let mut key = json!({ "kty": "OKP", "crv": "Ed25519", "x": X });
        if let Some(kid) = kid {
            key["kid"] = kid.into();
        }
        if let Some(alg) = alg {
            key["alg"] = alg.into();
        }
        key
    }

    fn set(keys: &[serde_json::Value]) -> KeySet {
        KeySet::from_jwks(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn one_bad_key_does_not_spoil_the_set() {
        let good = okp(Some("a"), None);
        let set = set(&[
            json!(1),
            json!({}),
            json!({ "kty": "RSA", "n": "!", "e": "AQAB" }),
            json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "a" }),
            json!({ "kty": "OKP", "crv": "X25519", "x": X }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": X, "use": "enc", "kid": "enc" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": X, "key_ops": ["sign"], "kid": "ops" }),
            json!({ "kty": "NEW", "kid": "new" }),
            good.clone(),
            good,
        ]);
        assert_eq!(
            set.iter().map(VerifyingKey::kid).collect::<Vec<_>>(),
            [Some("a")]
        );
    }

    #[test]
    fn documents_that_are_no_key_sets() {
        for json in [
            "",
            "{}",
            "[]",
            "[[]]",
            "null",
            r#"{"keys":{}}"#,
            r#"{"keys":[]}"#,
            r#"{"keys":[{"kty":"oct"}]}"#,
            "<html>",
        ] {
            assert!(KeySet::from_jwks(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        let keys: Vec<_> = (0..100).map(|n| okp(Some(&n.to_string()), None)).collect();
        assert_eq!(set(&keys).iter().count(), MAX_KEYS);
    }

    #[test]
    fn candidates_by_kid_and_algorithm() {
        let two = set(&[okp(Some("a"), Some("EdDSA")), okp(Some("b"), Some("EdDSA"))]);
        let twins = set(&[
            okp(Some("a"), Some("EdDSA")),
            okp(Some("a"), Some("Ed25519")),
        ]);
        let unnamed = set(&[okp(None, None)]);
        let any = KeySet::from(
            VerifyingKey::from_secret(&Secret::from([7; 32]), Algorithm::Hs256).unwrap(),
        );
        for (set, kid, algorithm, expected) in [
            (&two, Some("a"), Algorithm::EdDsa, Ok(1)),
            (&two, Some("A"), Algorithm::EdDsa, Err(UnknownKey)),
            (&two, Some("a"), Algorithm::Rs256, Err(AlgorithmNotAllowed)),
            (&two, None, Algorithm::EdDsa, Err(UnknownKey)),
            (&twins, Some("a"), Algorithm::EdDsa, Ok(1)),
            (&twins, None, Algorithm::EdDsa, Ok(1)),
            (&unnamed, None, Algorithm::EdDsa, Ok(1)),
            (&unnamed, Some("a"), Algorithm::EdDsa, Err(UnknownKey)),
            (&any, Some("a"), Algorithm::Hs256, Ok(1)),
            (&any, None, Algorithm::Hs512, Err(AlgorithmNotAllowed)),
        ] {
            let found = set.candidates(kid, algorithm).map(Iterator::count);
            assert_eq!(found, expected, "{kid:?} {algorithm}");
        }
    }

    #[test]
    fn a_successor_keeps_what_stays_and_retires_what_goes() {
        let old = set(&[okp(Some("a"), None), okp(Some("b"), None)]);
        let (same, changed) = set(&[okp(Some("b"), None), okp(Some("a"), None)]).succeed(&old);
        assert!(!changed && !old.iter().any(VerifyingKey::is_retired));
        let (new, changed) = set(&[okp(Some("b"), None), okp(Some("c"), None)]).succeed(&same);
        assert!(changed);
        let retired: Vec<_> = old
            .iter()
            .map(|key| (key.kid().unwrap(), key.is_retired()))
            .collect();
        assert_eq!(retired, [("a", true), ("b", false)]);
        assert!(!new.iter().any(VerifyingKey::is_retired));
    }

    proptest! {
        #[test]
        fn whatever_is_published_is_read(json in "\\PC{0,80}", key in "[\\[\\]{}\",:0-9a-zA-Z_-]{0,80}") {
            prop_assert!(KeySet::from_jwks(json.as_bytes()).is_err());
            let set = format!(r#"{{"keys":[{key},{}]}}"#, okp(Some("a"), None));
            // Either the set is no JSON, or the good key is found.
            if let Ok(set) = KeySet::from_jwks(set.as_bytes()) {
                prop_assert!(set.knows(Some("a")));
            }
        }
    }
}
