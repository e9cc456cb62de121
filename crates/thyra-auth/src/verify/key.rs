//! A key that verifies signatures: parsed once, and bound to the algorithms that it may be used with.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use aws_lc_rs::{
    digest, hmac,
    rsa::{PublicEncryptingKey, PublicKeyComponents},
    signature::{self, ParsedPublicKey, RsaParameters, VerificationAlgorithm},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use thiserror::Error;

use super::algorithm::{Algorithm, Algorithms};
use crate::secret::Secret;

/// A key of an issuer.
pub struct VerifyingKey {
    name: KeyName,
    material: Material,
    /// Stands for the name, the algorithms and the material.
    fingerprint: [u8; 32],
    retired: AtomicBool,
}

/// Which tokens a key is meant for, by their `kid`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyName {
    /// Whatever they say: the operator gave this key, and no name for it.
    Any,
    /// Those that name it.
    Kid(Box<str>),
    /// Those that name none: the key set has no name for it.
    Unnamed,
}

enum Material {
    Public(Vec<(Algorithm, ParsedPublicKey)>),
    Shared(Vec<(Algorithm, hmac::Key)>),
}

impl VerifyingKey {
    /// A key of a JSON Web Key (RFC 7517). `alg`, `use` and `key_ops` are honoured: it must be a key
    /// for signatures. Symmetric keys are never taken from a JWK; see
    /// [`VerifyingKey::from_secret`].
    ///
    /// # Errors
    ///
    /// [`KeyError`] when it is not a public key that can verify signatures.
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        let jwk: Jwk = serde_json::from_str(json).map_err(|source| KeyError::Syntax { source })?;
        let intended = jwk.intended()?;
        let material = match &*jwk.kty {
            "RSA" => {
                let n = integer(jwk.n.as_deref())?;
                let e = integer(jwk.e.as_deref())?;
                rsa(&n, &e, intended)?
            }
            "EC" => jwk.elliptic(intended)?,
            "OKP" => jwk.edwards(intended)?,
            _ => return Err(KeyError::UnsupportedType),
        };
        let name = jwk
            .kid
            .map_or(KeyName::Unnamed, |kid| KeyName::Kid(kid.into()));
        Ok(Self::new(name, Material::Public(material)))
    }

    /// A public key in PEM (`-----BEGIN PUBLIC KEY-----`, RFC 7468 section 13). Tokens are verified
    /// with it whatever `kid` they have.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when it is not a public key that can verify signatures.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let der = public_key_der(pem)?;
        Ok(Self::new(KeyName::Any, Material::Public(public(&der)?)))
    }

    /// A secret that is shared with the issuer, for one of the HMAC algorithms. Tokens are verified
    /// with it whatever `kid` they have.
    ///
    /// # Errors
    ///
    /// [`KeyError::WeakSecret`] when it is shorter than the algorithm's hash (RFC 7518 section 3.2),
    /// and [`KeyError::AlgorithmMismatch`] when the algorithm is none of HMAC.
    pub fn from_secret(
        secret: &Secret<impl AsRef<[u8]> + zeroize::Zeroize>,
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
        let mut new = Self::new(KeyName::Any, Material::Shared(vec![(algorithm, key)]));
        new.fingerprint
            .copy_from_slice(digest::digest(&digest::SHA256, secret).as_ref());
        Ok(new)
    }

    fn new(name: KeyName, material: Material) -> Self {
        let fingerprint = fingerprint(&name, &material);
        Self {
            name,
            material,
            fingerprint,
            retired: AtomicBool::new(false),
        }
    }

    /// The name that tokens mean it by.
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
            Material::Shared(keys) => keys.iter().map(|(algorithm, _)| *algorithm).collect(),
        }
    }

    /// Whether `signature` is the key's signature of `message`. An algorithm that the key may not be
    /// used with verifies nothing.
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Public(keys) => {
                find(keys, algorithm).is_some_and(|key| key.verify_sig(message, signature).is_ok())
            }
            Material::Shared(keys) => find(keys, algorithm)
                .is_some_and(|key| hmac::verify(key, message, signature).is_ok()),
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

    /// From now on the issuer does not vouch for it.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    pub(super) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
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
    /// It is no JSON Web Key.
    #[error("it is not a JSON Web Key")]
    Syntax {
        /// What is wrong.
        source: serde_json::Error,
    },
    /// It is no public key in PEM.
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

/// A JSON Web Key, as far as it matters here.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// What the key's owner allows.
    fn intended(&self) -> Result<Algorithms, KeyError> {
        let signatures = self.usage.as_deref().is_none_or(|usage| usage == "sig");
        let verify = |operations: &Vec<String>| operations.iter().any(|name| name == "verify");
        if !signatures || !self.key_ops.as_ref().is_none_or(verify) {
            return Err(KeyError::NotForSignatures);
        }
        match self.alg.as_deref() {
            None => Ok(Algorithms::asymmetric()),
            Some(name) => match name.parse() {
                Ok(algorithm) => Ok(Algorithms::from_iter([algorithm])),
                Err(_) => Err(KeyError::AlgorithmMismatch),
            },
        }
    }

    fn elliptic(
        &self,
        intended: Algorithms,
    ) -> Result<Vec<(Algorithm, ParsedPublicKey)>, KeyError> {
        let (algorithm, length) = match self.crv.as_deref() {
            Some("P-256") => (Algorithm::Es256, 32),
            Some("P-384") => (Algorithm::Es384, 48),
            Some("P-521") => (Algorithm::Es512, 66),
            Some(_) => return Err(KeyError::UnsupportedType),
            None => return Err(KeyError::Malformed("crv")),
        };
        // An uncompressed point (SEC 1 section 2.3.3).
        let mut point = vec![4];
        point.extend(coordinate("x", self.x.as_deref(), length)?);
        point.extend(coordinate("y", self.y.as_deref(), length)?);
        one(algorithm, &point, intended)
    }

    fn edwards(&self, intended: Algorithms) -> Result<Vec<(Algorithm, ParsedPublicKey)>, KeyError> {
        match self.crv.as_deref() {
            Some("Ed25519") => {}
            Some(_) => return Err(KeyError::UnsupportedType),
            None => return Err(KeyError::Malformed("crv")),
        }
        let point = coordinate("x", self.x.as_deref(), 32)?;
        ed25519(&point, intended)
    }
}

fn find<K>(keys: &[(Algorithm, K)], algorithm: Algorithm) -> Option<&K> {
    keys.iter()
        .find(|(of, _)| *of == algorithm)
        .map(|(_, key)| key)
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

/// A positive integer (RFC 7518 section 2: base64url, big-endian). Superfluous zeros in front are
/// a common mistake of issuers and do no harm.
fn integer(text: Option<&str>) -> Result<Vec<u8>, KeyError> {
    let malformed = || KeyError::Malformed("n or e");
    let bytes = URL_SAFE_NO_PAD
        .decode(text.ok_or_else(malformed)?)
        .map_err(|_| malformed())?;
    let first = bytes
        .iter()
        .position(|byte| *byte != 0)
        .ok_or_else(malformed)?;
    Ok(bytes.get(first..).unwrap_or_default().to_vec())
}

/// A coordinate of exactly the curve's length (RFC 7518 section 6.2.1.2, RFC 8037 section 2).
fn coordinate(name: &'static str, text: Option<&str>, length: usize) -> Result<Vec<u8>, KeyError> {
    text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .filter(|bytes| bytes.len() == length)
        .ok_or(KeyError::Malformed(name))
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}

fn other_parameters(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        Algorithm::Ed25519 | Algorithm::EdDsa => &signature::ED25519,
        Algorithm::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
        Algorithm::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
        Algorithm::Es512 => &signature::ECDSA_P521_SHA512_FIXED,
        _ => return None,
    })
}

type Parsed = Vec<(Algorithm, ParsedPublicKey)>;

fn rsa(n: &[u8], e: &[u8], intended: Algorithms) -> Result<Parsed, KeyError> {
    let bits = match n.first() {
        Some(first) => (n.len() * 8).saturating_sub(first.leading_zeros() as usize),
        None => 0,
    };
    if !(2048..=8192).contains(&bits) {
        return Err(KeyError::Size { bits });
    }
    // An exponent of one makes every message its own signature; even ones have no inverse.
    if e == [1] || e.last().is_none_or(|last| last % 2 == 0) {
        return Err(KeyError::Malformed("e"));
    }
    let components = PublicKeyComponents { n, e };
    parsed(intended, |algorithm| {
        let parameters = rsa_parameters(algorithm)?;
        Some(
            components
                .to_parsed_public_key(parameters)
                .map_err(|_| KeyError::Rejected),
        )
    })
}

fn one(algorithm: Algorithm, key: &[u8], intended: Algorithms) -> Result<Parsed, KeyError> {
    let only = Algorithms::from_iter([algorithm]);
    parse(key, intended.intersection(only))
}

fn ed25519(key: &[u8], intended: Algorithms) -> Result<Parsed, KeyError> {
    let only = Algorithms::from_iter([Algorithm::Ed25519, Algorithm::EdDsa]);
    parse(key, intended.intersection(only))
}

fn parse(key: &[u8], algorithms: Algorithms) -> Result<Parsed, KeyError> {
    parsed(algorithms, |algorithm| {
        let parameters = other_parameters(algorithm)?;
        Some(ParsedPublicKey::new(parameters, key).map_err(|_| KeyError::Rejected))
    })
}

fn parsed(
    algorithms: Algorithms,
    parse: impl Fn(Algorithm) -> Option<Result<ParsedPublicKey, KeyError>>,
) -> Result<Parsed, KeyError> {
    let keys: Result<Parsed, KeyError> = algorithms
        .iter()
        .filter_map(|algorithm| Some(parse(algorithm)?.map(|key| (algorithm, key))))
        .collect();
    let keys = keys?;
    if keys.is_empty() {
        return Err(KeyError::AlgorithmMismatch);
    }
    Ok(keys)
}

/// A `SubjectPublicKeyInfo` of whatever type; it says itself which.
fn public(der: &[u8]) -> Result<Parsed, KeyError> {
    // Checks the size as well.
    if PublicEncryptingKey::from_der(der).is_ok() {
        return parsed(Algorithms::asymmetric(), |algorithm| {
            let parameters = rsa_parameters(algorithm)?;
            Some(ParsedPublicKey::new(parameters, der).map_err(|_| KeyError::Rejected))
        });
    }
    // Shorter ones would be taken for a bare point.
    if der.len() > 40 {
        for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512] {
            if let Ok(keys) = one(algorithm, der, Algorithms::asymmetric())
                && der.first() == Some(&0x30)
            {
                return Ok(keys);
            }
        }
        return ed25519(der, Algorithms::asymmetric());
    }
    Err(KeyError::Rejected)
}

fn public_key_der(pem: &str) -> Result<Vec<u8>, KeyError> {
    let body = pem
        .trim()
        .strip_prefix("-----BEGIN PUBLIC KEY-----")
        .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"))
        .ok_or(KeyError::Pem)?;
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).map_err(|_| KeyError::Pem)
}

#[cfg(test)]
mod tests;
