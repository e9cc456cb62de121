//! Private keys that a client signs with: assertions about itself, and proofs that a token is its
//! own.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// A private key that signs JSON Web Tokens (RFC 7519) with ES256 or RS256.
pub struct SigningKey {
    pair: Pair,
    key_id: Option<String>,
}

enum Pair {
    P256(Box<EcdsaKeyPair>),
    Rsa(Box<rsa::KeyPair>),
}

impl SigningKey {
    /// Reads a PEM text with one private key: PKCS#8, SEC 1 (`EC PRIVATE KEY`) or PKCS#1 (`RSA
    /// PRIVATE KEY`). The key is on the curve P-256, or an RSA key of 2048 bits or more.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError`] says what is wrong, and repeats nothing of the key.
    pub fn from_pem(pem: &Secret) -> Result<Self, SigningKeyError> {
        let der = PrivateKeyDer::from_pem_slice(pem.expose().as_bytes())
            .map_err(|_| SigningKeyError::NotPem)?;
        let bytes = der.secret_der();
        let curve = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes)
            .or_else(|_| EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes));
        if let Ok(pair) = curve {
            return Ok(Pair::P256(Box::new(pair)).into());
        }
        let pair = rsa::KeyPair::from_pkcs8(bytes)
            .or_else(|_| rsa::KeyPair::from_der(bytes))
            .map_err(|_| SigningKeyError::Kind)?;
        Ok(Pair::Rsa(Box::new(pair)).into())
    }

    /// A new key on the curve P-256.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError::NoRandomness`].
    pub fn generate() -> Result<Self, SigningKeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| SigningKeyError::NoRandomness)?;
        Ok(Pair::P256(Box::new(pair)).into())
    }

    /// The private key as PEM (PKCS#8), which [`SigningKey::from_pem`] reads.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError::NotKept`].
    pub fn to_pem(&self) -> Result<Secret, SigningKeyError> {
        let der = match &self.pair {
            Pair::P256(pair) => pair
                .to_pkcs8v1()
                .map(|der| Zeroizing::new(der.as_ref().to_vec())),
            Pair::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(&**pair)
                .map(|der| Zeroizing::new(der.as_ref().to_vec())),
        };
        let der = der.map_err(|_| SigningKeyError::NotKept)?;
        let text = Zeroizing::new(STANDARD.encode(&*der));
        Ok(Secret::new(format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            *text
        )))
    }

    /// Sets the identifier by which others find the public half: `kid` in what it signs.
    #[must_use]
    pub fn key_id(mut self, id: impl Into<String>) -> Self {
        self.key_id = Some(id.into());
        self
    }

    /// `ES256` or `RS256` (RFC 7518 section 3.1).
    pub fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::P256(_) => "ES256",
            Pair::Rsa(_) => "RS256",
        }
    }

    /// The public half (RFC 7517), with the members that make its thumbprint only.
    pub fn public_jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::P256(pair) => {
                // An uncompressed point: 4, then x and y.
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                json!({ "crv": "P-256", "kty": "EC", "x": encode(x), "y": encode(y) })
            }
            Pair::Rsa(pair) => {
                let key = pair.public_key();
                let (e, n) = (key.exponent(), key.modulus());
                let (e, n) = (
                    e.big_endian_without_leading_zero(),
                    n.big_endian_without_leading_zero(),
                );
                json!({ "e": encode(e), "kty": "RSA", "n": encode(n) })
            }
        }
    }

    /// The SHA-256 thumbprint of the public half, in base64url (RFC 7638).
    pub fn thumbprint(&self) -> String {
        // The members are in the order of the alphabet, and there is no space between them.
        let text = self.public_jwk().to_string();
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
    }

    /// A JSON Web Token with these `claims` (RFC 7519). `header` is the JOSE header without `alg`
    /// and `kid`, which the key knows.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError::Sign`].
    pub fn sign(
        &self,
        mut header: serde_json::Map<String, Value>,
        claims: &impl Serialize,
    ) -> Result<Secret, SigningKeyError> {
        header.insert("alg".to_owned(), json!(self.algorithm()));
        if let Some(id) = &self.key_id {
            header.insert("kid".to_owned(), json!(id));
        }
        let header = serde_json::to_vec(&header).map_err(|_| SigningKeyError::Sign)?;
        let claims = serde_json::to_vec(claims).map_err(|_| SigningKeyError::Sign)?;
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(Secret::new(token))
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SigningKeyError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::P256(pair) => {
                let signature = pair.sign(&random, message);
                Ok(signature
                    .map_err(|_| SigningKeyError::Sign)?
                    .as_ref()
                    .to_vec())
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| SigningKeyError::Sign)?;
                Ok(signature)
            }
        }
    }
}

impl From<Pair> for SigningKey {
    fn from(pair: Pair) -> Self {
        Self { pair, key_id: None }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// Why a private key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// It is for another algorithm.
    #[error(
        "the private key is neither on the curve P-256 nor an RSA key of 2048 bits or more, or it is damaged"
    )]
    Kind,
    /// The machine gives no random numbers.
    #[error("the machine gives no random numbers")]
    NoRandomness,
    /// It cannot be written.
    #[error("the private key cannot be kept, because it gives no PKCS#8")]
    NotKept,
    /// It is not there.
    #[error("the text holds no private key in PEM; it begins with `-----BEGIN PRIVATE KEY-----`")]
    NotPem,
    /// Nothing could be signed with it.
    #[error("nothing can be signed with the private key")]
    Sign,
}

#[cfg(test)]
mod tests;
