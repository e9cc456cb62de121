//! Keys and tokens for the tests of this module. RSA keys take a while to make, so they are shared.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Signs tokens.
pub(crate) struct Signer {
    kid: &'static str,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// An RSA key, `rsa`, for RS256.
pub(crate) fn rsa() -> &'static Signer {
    static KEY: LazyLock<Signer> = LazyLock::new(|| Signer {
        kid: "rsa",
        pair: Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
    });
    &KEY
}

/// An EC key, `ec`, on P-256.
pub(crate) fn ec() -> &'static Signer {
    static KEY: LazyLock<Signer> = LazyLock::new(|| Signer::ec("ec"));
    &KEY
}

impl Signer {
    /// A new EC key on P-256.
    pub(crate) fn ec(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self {
            kid,
            pair: Pair::Ec(pair),
        }
    }

    /// The public key.
    pub(crate) fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "kid": self.kid, "x": text(x), "y": text(y) })
            }
            Pair::Rsa(pair) => {
                let (n, e) = rsa_components(pair.public_key().as_ref());
                json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid, "n": text(n), "e": text(e) })
            }
        }
    }

    /// The public key.
    pub(crate) fn pem(&self) -> String {
        let der = match &self.pair {
            Pair::Ec(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
            Pair::Rsa(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
        };
        let body = STANDARD.encode(der);
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    /// A signed token.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let alg = match self.pair {
            Pair::Ec(_) => "ES256",
            Pair::Rsa(_) => "RS256",
        };
        let header = json!({ "alg": alg, "kid": self.kid, "typ": "JWT" });
        self.token_with(&header.to_string(), &claims.to_string())
    }

    /// A signed token with any header and payload.
    pub(crate) fn token_with(&self, header: &str, payload: &str) -> String {
        let input = signing_input(header, payload);
        let message = input.as_bytes();
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        };
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What a signature is made over.
pub(crate) fn signing_input(header: &str, payload: &str) -> String {
    let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{header}.{payload}")
}

/// A key set with these keys.
pub(crate) fn jwks(keys: &[&Signer]) -> String {
    let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
    json!({ "keys": keys }).to_string()
}

/// The integers of an `RSAPublicKey` in DER: a sequence of two.
fn rsa_components(der: &[u8]) -> (&[u8], &[u8]) {
    fn element(der: &[u8]) -> (&[u8], &[u8]) {
        let (length, rest) = match der[1] {
            short @ 0..=127 => (usize::from(short), &der[2..]),
            0x81 => (usize::from(der[2]), &der[3..]),
            _ => (usize::from(u16::from_be_bytes([der[2], der[3]])), &der[4..]),
        };
        rest.split_at(length)
    }
    let (sequence, _) = element(der);
    let (n, rest) = element(sequence);
    let (e, _) = element(rest);
    // Without the zero that keeps it positive.
    (&n[1..], e)
}
