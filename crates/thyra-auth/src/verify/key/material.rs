//! Public keys, parsed by the cryptographic library once, so that verifying costs no more than
//! that.

use aws_lc_rs::rsa::{PublicEncryptingKey, PublicKeyComponents};
use aws_lc_rs::signature;
use aws_lc_rs::signature::{ParsedPublicKey, RsaParameters, VerificationAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::KeyError;
use crate::verify::algorithm::{Algorithm, Algorithms};

/// A public key in PEM, of whatever type.
pub(super) fn from_pem(pem: &str) -> Result<Parsed, KeyError> {
    public(&der(pem)?)
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

/// One public key, parsed for each algorithm that it may be used with.
pub(super) type Parsed = Vec<(Algorithm, ParsedPublicKey)>;

pub(super) fn rsa(n: &[u8], e: &[u8], intended: Algorithms) -> Result<Parsed, KeyError> {
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

pub(super) fn one(
    algorithm: Algorithm,
    key: &[u8],
    intended: Algorithms,
) -> Result<Parsed, KeyError> {
    let only = Algorithms::from_iter([algorithm]);
    parse(key, intended.intersection(only))
}

pub(super) fn ed25519(key: &[u8], intended: Algorithms) -> Result<Parsed, KeyError> {
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

fn der(pem: &str) -> Result<Vec<u8>, KeyError> {
    let body = pem
        .trim()
        .strip_prefix("-----BEGIN PUBLIC KEY-----")
        .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"))
        .ok_or(KeyError::Pem)?;
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).map_err(|_| KeyError::Pem)
}
