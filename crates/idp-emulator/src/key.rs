//! One signing key.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKey};
use aws_lc_rs::signature;
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use thiserror::Error;

/// What can go wrong inside the cryptography library.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CryptoError {
    /// No key could be generated.
    #[error("a key could not be generated; start the emulator again")]
    Generate,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// A token could not be signed.
    #[error("a token could not be signed; rotate the keys and try again")]
    Sign,
}

/// The RSA signature algorithms of RFC 7518 section 3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RsaAlgorithm {
    Ps256,
    Ps384,
    Ps512,
    Rs256,
    Rs384,
    Rs512,
}

impl RsaAlgorithm {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            _ => return None,
        })
    }

    fn encoding(self) -> &'static dyn RsaEncoding {
        match self {
            Self::Ps256 => &signature::RSA_PSS_SHA256,
            Self::Ps384 => &signature::RSA_PSS_SHA384,
            Self::Ps512 => &signature::RSA_PSS_SHA512,
            Self::Rs256 => &signature::RSA_PKCS1_SHA256,
            Self::Rs384 => &signature::RSA_PKCS1_SHA384,
            Self::Rs512 => &signature::RSA_PKCS1_SHA512,
        }
    }
}

/// What kind of key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// ES256.
    P256,
    /// RSA-2048, RS256 unless told otherwise.
    Rsa,
}

impl KeyKind {
    /// The `alg` of what it signs.
    pub(crate) fn algorithm(self) -> &'static str {
        match self {
            Self::P256 => "ES256",
            Self::Rsa => "RS256",
        }
    }
}

/// A key with the identifier under which it is published.
#[derive(Debug)]
pub(crate) struct SigningKey {
    id: String,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    P256(EcdsaKeyPair),
    Rsa(KeyPair),
}

impl SigningKey {
    pub(crate) fn generate(id: String, kind: KeyKind) -> Result<Self, CryptoError> {
        let pair = match kind {
            KeyKind::P256 => Pair::P256(generate_p256()?),
            KeyKind::Rsa => {
                Pair::Rsa(KeyPair::generate(KeySize::Rsa2048).map_err(|_| CryptoError::Generate)?)
            }
        };
        Ok(Self { id, pair })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn kind(&self) -> KeyKind {
        match self.pair {
            Pair::P256(_) => KeyKind::P256,
            Pair::Rsa(_) => KeyKind::Rsa,
        }
    }

    /// Signs; `algorithm` says how an RSA key does it.
    pub(crate) fn sign(
        &self,
        algorithm: RsaAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::P256(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| CryptoError::Sign),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(algorithm.encoding(), &random, message, &mut signature)
                    .map_err(|_| CryptoError::Sign)?;
                Ok(signature)
            }
        }
    }

    /// The public half as it is published: `use`, `kty`, `kid`, `alg`, and what makes up the key
    /// (RFC 7517).
    pub(crate) fn jwk(&self) -> Result<Value, CryptoError> {
        match &self.pair {
            Pair::P256(pair) => p256_jwk(pair, &self.id),
            Pair::Rsa(pair) => Ok(rsa_jwk(pair.public_key(), &self.id, "sig", "RS256")),
        }
    }

    /// The public half as a `SubjectPublicKeyInfo` PEM: what a confused verifier would take for a
    /// shared secret.
    pub(crate) fn public_pem(&self) -> Result<String, CryptoError> {
        let der: PublicKeyX509Der<'_> = match &self.pair {
            Pair::P256(pair) => pair.public_key().as_der(),
            Pair::Rsa(pair) => pair.public_key().as_der(),
        }
        .map_err(|_| CryptoError::Sign)?;
        let body = STANDARD.encode(der.as_ref());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, tail) = rest.split_at_checked(64).unwrap_or((rest, ""));
            pem.push_str(line);
            pem.push('\n');
            rest = tail;
        }
        pem.push_str("-----END PUBLIC KEY-----\n");
        Ok(pem)
    }
}

/// Keys that a careful verifier steps over: for encryption, of another type, of no use, broken.
/// Their identifiers begin with `prefix`, as those of real keys do.
pub(crate) fn decoys(prefix: &str) -> Result<Vec<Value>, CryptoError> {
    let encryption = KeyPair::generate(KeySize::Rsa2048).map_err(|_| CryptoError::Generate)?;
    Ok(vec![
        rsa_jwk(
            encryption.public_key(),
            &format!("{prefix}decoy_enc"),
            "enc",
            "RSA-OAEP-256",
        ),
        p256_jwk(&generate_p256()?, &format!("{prefix}decoy_ec"))?,
        json!({"use": "sig", "kty": "oct", "kid": format!("{prefix}decoy_oct"), "alg": "HS256", "k": "c2VjcmV0"}),
        json!({"use": "sig", "kty": "RSA", "kid": format!("{prefix}decoy_broken"), "alg": "RS256", "n": "!", "e": "AQAB"}),
        json!({"kid": format!("{prefix}decoy_untyped")}),
    ])
}

fn generate_p256() -> Result<EcdsaKeyPair, CryptoError> {
    EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING)
        .map_err(|_| CryptoError::Generate)
}

fn p256_jwk(pair: &EcdsaKeyPair, id: &str) -> Result<Value, CryptoError> {
    // An uncompressed P-256 point is 0x04, then 32 bytes of x, then 32 bytes of y.
    let point = pair.public_key().as_ref();
    let (x, y) = point
        .get(1..)
        .and_then(|coordinates| coordinates.split_at_checked(32))
        .ok_or(CryptoError::Generate)?;
    Ok(json!({
        "use": "sig", "kty": "EC", "kid": id, "alg": "ES256", "crv": "P-256",
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    }))
}

fn rsa_jwk(key: &PublicKey, id: &str, purpose: &str, algorithm: &str) -> Value {
    json!({
        "use": purpose,
        "kty": "RSA",
        "kid": id,
        "alg": algorithm,
        "n": URL_SAFE_NO_PAD.encode(key.modulus().big_endian_without_leading_zero()),
        "e": URL_SAFE_NO_PAD.encode(key.exponent().big_endian_without_leading_zero()),
    })
}
