//! A key that verifies signatures. It is parsed once, and bound to the algorithms it may be used
//! with.

mod jwk;
mod material;

use std::fmt;

use aws_lc_rs::{digest, hmac};
use serde_json::{Map, Value};
use thiserror::Error;
use thyra_oauth::{Secret, Zeroize};

use super::algorithm::{Algorithm, Algorithms};
use jwk::Jwk;
use material::Parsed;

use crate::principal::{Retirement, Thumbprint};

/// A key of an issuer.
pub struct VerifyingKey {
    name: KeyName,
    material: Material,
    /// Stands for the name, the algorithms and the material.
    fingerprint: [u8; 32],
    retirement: Retirement,
}

/// Which tokens a key is meant for, by their `kid`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyName {
    /// All of them: the operator gave this key without a name.
    Any,
    /// Those that name it.
    Kid(Box<str>),
    /// Those without a `kid`: the key set gives this key no name.
    Unnamed,
}

enum Material {
    /// One key, parsed for each algorithm.
    Public(Parsed),
    Shared(Algorithm, Box<hmac::Key>),
}

impl VerifyingKey {
    /// A key of a JSON Web Key (RFC 7517). `alg`, `use` and `key_ops` are honoured: it must be a
    /// key for signatures. Symmetric keys are never taken from a JWK; see
    /// [`VerifyingKey::from_secret`].
    ///
    /// # Errors
    ///
    /// [`KeyError`] when it is not a public key that can verify signatures.
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        let jwk: Jwk = serde_json::from_str(json).map_err(|source| KeyError::Syntax { source })?;
        let material = jwk.material()?;
        let name = jwk
            .kid
            .map_or(KeyName::Unnamed, |kid| KeyName::Kid(kid.into()));
        Ok(Self::new(name, Material::Public(material)))
    }

    /// A key that a message brings along, to verify that very message, and its thumbprint (RFC
    /// 7638). It proves nothing but that whoever signed the message has the private half.
    pub(crate) fn brought_along(
        mut members: Map<String, Value>,
        algorithm: Algorithm,
    ) -> Result<(Self, Thumbprint), KeyError> {
        // Only this algorithm is needed, so the key need not be parsed for others.
        let named = members
            .entry("alg")
            .or_insert_with(|| algorithm.as_str().into());
        if *named != algorithm.as_str() {
            return Err(KeyError::AlgorithmMismatch);
        }
        let jwk: Jwk = serde_json::from_value(Value::Object(members))
            .map_err(|source| KeyError::Syntax { source })?;
        let material = jwk.material()?;
        let thumbprint = jwk.thumbprint()?;
        Ok((
            Self::new(KeyName::Any, Material::Public(material)),
            thumbprint,
        ))
    }

    /// A public key in PEM (`-----BEGIN PUBLIC KEY-----`, RFC 7468 section 13). Tokens are verified
    /// with it, whatever their `kid`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when it is not a public key that can verify signatures.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let material = material::from_pem(pem)?;
        Ok(Self::new(KeyName::Any, Material::Public(material)))
    }

    /// A secret that is shared with the issuer, for one of the HMAC algorithms. Tokens are verified
    /// with it, whatever their `kid`.
    ///
    /// # Errors
    ///
    /// [`KeyError::WeakSecret`] when it is shorter than the algorithm's hash (RFC 7518 section
    /// 3.2), and [`KeyError::AlgorithmMismatch`] when the algorithm is not an HMAC one.
    pub fn from_secret(
        secret: &Secret<impl AsRef<[u8]> + Zeroize>,
        algorithm: Algorithm,
    ) -> Result<Self, KeyError> {
        let hash = match algorithm {
            Algorithm::Hs256 => hmac::HMAC_SHA256,
            Algorithm::Hs384 => hmac::HMAC_SHA384,
            Algorithm::Hs512 => hmac::HMAC_SHA512,
            _ => return Err(KeyError::AlgorithmMismatch),
        };
        let secret = secret.expose().as_ref();
        // Whoever knows the public key could sign with it.
        if secret.trim_ascii_start().starts_with(b"-----BEGIN ") {
            return Err(KeyError::PemSecret);
        }
        let needed = hash.digest_algorithm().output_len();
        if secret.len() < needed {
            return Err(KeyError::WeakSecret { needed });
        }
        let key = hmac::Key::new(hash, secret);
        let mut new = Self::new(KeyName::Any, Material::Shared(algorithm, Box::new(key)));
        new.fingerprint
            .copy_from_slice(digest::digest(&digest::SHA256, secret).as_ref());
        Ok(new)
    }

    /// The same key, for tokens that name it, and for those that name none.
    #[must_use]
    pub fn with_kid(mut self, kid: &str) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&self.fingerprint);
        hash.update(kid.as_bytes());
        self.fingerprint.copy_from_slice(hash.finish().as_ref());
        self.name = KeyName::Kid(kid.into());
        self
    }

    fn new(name: KeyName, material: Material) -> Self {
        let fingerprint = fingerprint(&name, &material);
        Self {
            name,
            material,
            fingerprint,
            retirement: Retirement::default(),
        }
    }

    /// The name that tokens use for it.
    pub fn kid(&self) -> Option<&str> {
        match &self.name {
            KeyName::Kid(kid) => Some(kid),
            KeyName::Any | KeyName::Unnamed => None,
        }
    }

    /// The algorithms that it may be used with.
    pub fn algorithms(&self) -> Algorithms {
        match &self.material {
            Material::Public(keys) => keys.iter().map(|(algorithm, _)| *algorithm).collect(),
            Material::Shared(algorithm, _) => Algorithms::from_iter([*algorithm]),
        }
    }

    /// Whether `signature` is the key's signature of `message`. An algorithm that the key may not
    /// be used with verifies nothing.
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Public(keys) => keys
                .iter()
                .find(|(of, _)| *of == algorithm)
                .is_some_and(|(_, key)| key.verify_sig(message, signature).is_ok()),
            Material::Shared(of, key) => {
                *of == algorithm && hmac::verify(key, message, signature).is_ok()
            }
        }
    }

    /// Whether the key is meant for tokens with this `kid`.
    pub(super) fn answers_to(&self, kid: Option<&str>) -> bool {
        match &self.name {
            KeyName::Any => true,
            KeyName::Kid(name) => kid.is_none_or(|kid| kid == &**name),
            KeyName::Unnamed => kid.is_none(),
        }
    }

    /// Whether it is the same key, for the same use.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }

    /// The issuer no longer publishes it.
    pub(super) fn retire(&self) {
        self.retirement.begin();
    }

    pub(super) fn is_retired(&self) -> bool {
        self.retirement.has_begun()
    }

    /// What those hold on to whom the key has admitted.
    pub(super) fn retirement(&self) -> Retirement {
        self.retirement.clone()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("name", &self.name)
            .field("algorithms", &self.algorithms())
            .field("retired", &self.is_retired())
            .finish_non_exhaustive()
    }
}

/// Why a key cannot be used. It never quotes the key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// `alg` does not go with the type of the key.
    #[error("its algorithm does not go with its type, or is not one of signatures")]
    AlgorithmMismatch,
    /// A part of the key is missing or malformed.
    #[error("its `{0}` is missing or malformed")]
    Malformed(&'static str),
    /// `use` or `key_ops` say that it is for something else.
    #[error("it is not for verifying signatures")]
    NotForSignatures,
    /// The key was rejected by the cryptographic library.
    #[error("it is no valid key")]
    Rejected,
    /// An RSA key of a size that is not accepted.
    #[error("its modulus has {bits} bits; RSA keys must have 2048 to 8192")]
    Size {
        /// Its size.
        bits: usize,
    },
    /// It is not a JSON Web Key.
    #[error("it is not a JSON Web Key")]
    Syntax {
        /// What is wrong.
        source: serde_json::Error,
    },
    /// It is not a public key in PEM.
    #[error(
        "it is not a public key in PEM: it must begin with `-----BEGIN PUBLIC KEY-----`; \
         `openssl pkey -pubout` writes one"
    )]
    Pem,
    /// A secret that is a key or a certificate in PEM.
    #[error("the secret is a PEM document; give public keys as such, not as a secret")]
    PemSecret,
    /// A type or a curve that is not supported.
    #[error("keys of its type are not supported")]
    UnsupportedType,
    /// A secret that is too short to be one.
    #[error("the secret must have at least {needed} bytes")]
    WeakSecret {
        /// How many bytes it must have.
        needed: usize,
    },
}

fn fingerprint(name: &KeyName, material: &Material) -> [u8; 32] {
    let mut hash = digest::Context::new(&digest::SHA256);
    if let KeyName::Kid(kid) = name {
        hash.update(&(kid.len() as u64).to_be_bytes());
        hash.update(kid.as_bytes());
    }
    if let Material::Public(keys) = material {
        let algorithms: Algorithms = keys.iter().map(|(algorithm, _)| *algorithm).collect();
        hash.update(&algorithms.bits().to_be_bytes());
        // All of them are the same key.
        if let Some((_, key)) = keys.first() {
            hash.update(key.as_ref());
        }
    }
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(hash.finish().as_ref());
    fingerprint
}

#[cfg(test)]
mod tests;
