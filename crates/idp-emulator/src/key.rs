//! One RSA signing key.

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
    #[error("an RSA key could not be generated; start the emulator again")]
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

/// An RSA-2048 key with the identifier under which it is published.
#[derive(Debug)]
pub(crate) struct SigningKey {
    id: String,
    pair: KeyPair,
}

impl SigningKey {
    pub(crate) fn generate(id: String) -> Result<Self, CryptoError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| CryptoError::Generate)?;
        Ok(Self { id, pair })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn sign(
        &self,
        algorithm: RsaAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                algorithm.encoding(),
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| CryptoError::Sign)?;
        Ok(signature)
    }

    /// The public half as it is published: `use`, `kty`, `kid`, `alg`, `n`, `e` (RFC 7517).
    pub(crate) fn jwk(&self) -> Value {
        rsa_jwk(self.pair.public_key(), &self.id, "sig", "RS256")
    }

    /// The public half as a `SubjectPublicKeyInfo` PEM: what a confused verifier would take for a
    /// shared secret.
    pub(crate) fn public_pem(&self) -> Result<String, CryptoError> {
        let der: PublicKeyX509Der<'_> = self
            .pair
            .public_key()
            .as_der()
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
    let curve = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING)
        .map_err(|_| CryptoError::Generate)?;
    let point = curve.public_key().as_ref();
    // An uncompressed P-256 point is 0x04, then 32 bytes of x, then 32 bytes of y.
    let (x, y) = point
        .get(1..)
        .and_then(|coordinates| coordinates.split_at_checked(32))
        .ok_or(CryptoError::Generate)?;
    Ok(vec![
        rsa_jwk(
            encryption.public_key(),
            &format!("{prefix}decoy_enc"),
            "enc",
            "RSA-OAEP-256",
        ),
        json!({
            "use": "sig", "kty": "EC", "kid": format!("{prefix}decoy_ec"), "alg": "ES256",
            "crv": "P-256",
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        }),
        json!({"use": "sig", "kty": "oct", "kid": format!("{prefix}decoy_oct"), "alg": "HS256", "k": "c2VjcmV0"}),
        json!({"use": "sig", "kty": "RSA", "kid": format!("{prefix}decoy_broken"), "alg": "RS256", "n": "!", "e": "AQAB"}),
        json!({"kid": format!("{prefix}decoy_untyped")}),
    ])
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
