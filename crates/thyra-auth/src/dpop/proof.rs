//! A proof that was read, and whose signature is good (RFC 9449 section 4.2).

use std::time::Duration;

use aws_lc_rs::digest;
use serde_json::{Map, Value};

use super::ProofRejected;
use crate::principal::Thumbprint;
use crate::verify::{Algorithms, VerifyingKey, jws};

/// How long a proof may be, in bytes; enough for an RSA key of 8192 bits.
const MAX_PROOF: usize = 8 * 1024;
/// How long the identifier of a proof may be, in bytes; a UUID has 36.
const MAX_JTI: usize = 256;

/// The members of a key that are not public, or make it a secret (RFC 7518 section 6, RFC 8037
/// section 2).
const PRIVATE: [&str; 8] = ["d", "dp", "dq", "k", "oth", "p", "q", "qi"];

/// What a proof says. Its signature is that of the key that it brings along; whose key that is,
/// only the token says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proof {
    /// The key that it is signed with.
    pub(super) key: Thumbprint,
    id: String,
    pub(super) method: String,
    pub(super) url: String,
    /// When it was made, as the time since 1970.
    pub(super) issued_at: Duration,
    pub(super) nonce: Option<String>,
    /// The SHA-256 of the token that it goes with.
    pub(super) token_hash: Option<Thumbprint>,
}

impl Proof {
    /// Reads a proof and verifies its signature (section 4.3, numbers 2 to 7).
    pub(super) fn read(text: &str, algorithms: Algorithms) -> Result<Self, ProofRejected> {
        if text.len() > MAX_PROOF {
            return Err(ProofRejected::TooLarge);
        }
        let parts = jws::Compact::split(text).ok_or(ProofRejected::Malformed)?;
        let mut header = object(parts.header())?;
        if header.get("typ").and_then(Value::as_str) != Some("dpop+jwt") {
            return Err(ProofRejected::TypeNotAllowed);
        }
        let algorithm = header.get("alg").and_then(Value::as_str);
        let algorithm = algorithm.and_then(|name| name.parse().ok());
        let allowed = algorithm.filter(|algorithm| algorithms.contains(*algorithm));
        let algorithm = allowed.ok_or(ProofRejected::AlgorithmNotAllowed)?;
        // No extension is supported (RFC 7515 section 4.1.11).
        if header.contains_key("crit") {
            return Err(ProofRejected::Malformed);
        }
        let Some(Value::Object(jwk)) = header.remove("jwk") else {
            return Err(ProofRejected::KeyNotPublic);
        };
        if PRIVATE.iter().any(|member| jwk.contains_key(*member)) {
            return Err(ProofRejected::KeyNotPublic);
        }
        let (verifying, key) = VerifyingKey::brought_along(jwk, algorithm)?;
        let signature = parts.signature().ok_or(ProofRejected::Malformed)?;
        if !verifying.verify(algorithm, parts.signed(), &signature) {
            return Err(ProofRejected::SignatureInvalid);
        }
        Self::of_claims(key, object(parts.payload())?)
    }

    fn of_claims(key: Thumbprint, mut claims: Map<String, Value>) -> Result<Self, ProofRejected> {
        let mut text = |name| match claims.remove(name) {
            Some(Value::String(text)) => Ok(Some(text)),
            None => Ok(None),
            Some(_) => Err(ProofRejected::Malformed),
        };
        let id = text("jti")?.filter(|id| (1..=MAX_JTI).contains(&id.len()));
        let (method, url) = (text("htm")?, text("htu")?);
        let (nonce, token_hash) = (text("nonce")?, text("ath")?);
        let issued_at = claims.get("iat").and_then(jws::time);
        let (Some(id), Some(method), Some(url), Some(issued_at)) = (id, method, url, issued_at)
        else {
            return Err(ProofRejected::Malformed);
        };
        let token_hash = token_hash.map(|hash| hash.parse()).transpose();
        Ok(Self {
            key,
            id,
            method,
            url,
            issued_at,
            nonce,
            token_hash: token_hash.map_err(|_| ProofRejected::Malformed)?,
        })
    }

    /// Stands for the proof among all others. `jti` is unique for one key and one URL only.
    pub(super) fn id(&self) -> [u8; 32] {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(self.key.as_bytes());
        // The length keeps two different pairs from giving the same bytes.
        hash.update(&(self.id.len() as u64).to_be_bytes());
        hash.update(self.id.as_bytes());
        hash.update(self.url.as_bytes());
        let mut id = [0; 32];
        id.copy_from_slice(hash.finish().as_ref());
        id
    }
}

fn object(part: Option<Vec<u8>>) -> Result<Map<String, Value>, ProofRejected> {
    part.and_then(|json| jws::object(&json).ok())
        .ok_or(ProofRejected::Malformed)
}
