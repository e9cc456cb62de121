//! Nonces that this server gives out and wants in proofs (RFC 9449 section 9).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use thiserror::Error;
use thyra_oauth::{NoRandomness, ResourceUrl, Secret, Zeroize, unguessable};

/// How long a nonce is the newest. The one before it is still taken.
const TURN: Duration = Duration::from_mins(1);
/// How many bytes a key must have: as many as the hash (RFC 2104 section 3).
const MIN_KEY: usize = 32;
/// How many keys may be in use at once.
const MAX_KEYS: usize = 8;
/// The turn, and the part of its authentication code that is sent.
const LENGTH: usize = 8 + 16;

/// Wants a nonce of this server's in each proof. So nobody can make proofs in advance, and the
/// clocks of clients do not matter.
///
/// Nothing is kept of a nonce: it is the time, authenticated with a key. A new one comes every
/// minute, and each is good for one minute more. A client learns the first one with a request that
/// is refused, and the following ones with its answers.
#[derive(Clone)]
pub struct ProofNonces(Arc<[hmac::Key]>);

impl ProofNonces {
    /// With a random key, for a server that is one process.
    ///
    /// # Errors
    ///
    /// When the machine gives no random numbers.
    pub fn new() -> Result<Self, NoRandomness> {
        let key = unguessable::<32>()?;
        Ok(Self([imported(key.expose().as_bytes())].into()))
    }

    /// With keys that all replicas of a server share, so that each takes the nonces of the others.
    /// The first one makes new nonces. To change it, put the new key in front, and take the old one
    /// away once all replicas know the new one and two minutes have passed.
    ///
    /// # Errors
    ///
    /// [`NonceKeyError`] when there is no key, there are more than eight, or one has less than 32
    /// bytes.
    pub fn with_keys<K: AsRef<[u8]> + Zeroize>(
        keys: impl IntoIterator<Item = Secret<K>>,
    ) -> Result<Self, NonceKeyError> {
        let mut imports = Vec::new();
        for key in keys {
            let key = key.expose().as_ref();
            if key.len() < MIN_KEY {
                return Err(NonceKeyError::Weak);
            }
            if imports.len() == MAX_KEYS {
                return Err(NonceKeyError::Number);
            }
            imports.push(imported(key));
        }
        if imports.is_empty() {
            return Err(NonceKeyError::Number);
        }
        Ok(Self(imports.into()))
    }
}

fn imported(key: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key)
}

impl fmt::Debug for ProofNonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofNonces")
            .field("keys", &self.0.len())
            .finish()
    }
}

/// Why keys cannot make nonces.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NonceKeyError {
    /// There is none, or there are too many.
    #[error("give between one and {MAX_KEYS} keys for nonces")]
    Number,
    /// A key is too short.
    #[error(
        "a key for nonces must have at least {MIN_KEY} bytes; `openssl rand -base64 48` makes one"
    )]
    Weak,
}

/// Makes and judges the nonces of one resource.
#[derive(Debug)]
pub(super) struct Issuer {
    keys: ProofNonces,
    resource: String,
    newest: Mutex<Option<(u64, HeaderValue)>>,
}

impl Issuer {
    pub(super) fn new(keys: ProofNonces, resource: &ResourceUrl) -> Self {
        Self {
            keys,
            resource: resource.as_str().to_owned(),
            newest: Mutex::new(None),
        }
    }

    /// The newest nonce at `now`, the time since 1970. It is the same for all callers.
    pub(super) fn current(&self, now: Duration) -> HeaderValue {
        let turn = turn(now);
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        match &*newest {
            Some((of, nonce)) if *of == turn => nonce.clone(),
            _ => {
                let nonce = self.nonce(turn);
                *newest = Some((turn, nonce.clone()));
                nonce
            }
        }
    }

    /// When a nonce ends that is good at `now`. `None` if it is no good one.
    pub(super) fn end_of(&self, nonce: &str, now: Duration) -> Option<Duration> {
        let mut bytes = [0; LENGTH];
        let length = URL_SAFE_NO_PAD.decode_slice(nonce, &mut bytes);
        let (of, code) = bytes.split_first_chunk::<8>()?;
        let (of, current) = (u64::from_be_bytes(*of), turn(now));
        // The clock of the replica that gave it out may be ahead.
        let is_near = (current.saturating_sub(1)..=current.saturating_add(1)).contains(&of);
        if length != Ok(LENGTH) || !is_near {
            return None;
        }
        let is_ours = |key| {
            let own = self.code(key, of);
            constant_time::verify_slices_are_equal(&own, code).is_ok()
        };
        let ends = TURN.saturating_mul(u32::try_from(of.saturating_add(2)).ok()?);
        self.keys.0.iter().any(is_ours).then_some(ends)
    }

    fn nonce(&self, turn: u64) -> HeaderValue {
        let mut bytes = turn.to_be_bytes().to_vec();
        if let Some(key) = self.keys.0.first() {
            bytes.extend(self.code(key, turn));
        }
        // Base64url is always a header value.
        HeaderValue::try_from(URL_SAFE_NO_PAD.encode(bytes))
            .unwrap_or(HeaderValue::from_static("0"))
    }

    fn code(&self, key: &hmac::Key, turn: u64) -> [u8; 16] {
        let mut context = hmac::Context::with_key(key);
        context.update(b"DPoP-Nonce");
        context.update(&turn.to_be_bytes());
        context.update(self.resource.as_bytes());
        let mut code = [0; 16];
        code.copy_from_slice(context.sign().as_ref().split_at(16).0);
        code
    }
}

fn turn(now: Duration) -> u64 {
    now.as_secs() / TURN.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: &[u8]) -> ProofNonces {
        ProofNonces::with_keys(keys.iter().map(|key| Secret::new([*key; 32]))).unwrap()
    }

    fn issuer(keys: ProofNonces, resource: &str) -> Issuer {
        Issuer::new(keys, &ResourceUrl::new(resource, "").unwrap())
    }

    const HERE: &str = "https://h/mcp";

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_nonce_is_good_for_its_turn_and_the_next() {
        let issuer = issuer(keys(&[1]), HERE);
        let nonce = issuer.current(seconds(6_000));
        let nonce = nonce.to_str().unwrap();
        assert_eq!(nonce.len(), 32);
        assert_eq!(issuer.current(seconds(6_059)), nonce);
        assert_ne!(issuer.current(seconds(6_060)), nonce);
        for now in [6_000, 6_059, 6_060, 6_119] {
            assert_eq!(issuer.end_of(nonce, seconds(now)), Some(seconds(6_120)));
        }
        // A replica whose clock is a little behind takes it, too.
        assert!(issuer.end_of(nonce, seconds(5_990)).is_some());
        for now in [0, 5_939, 6_120, 1_000_000] {
            assert_eq!(issuer.end_of(nonce, seconds(now)), None, "{now}");
        }
    }

    #[test]
    fn replicas_take_the_nonces_of_each_other_while_the_key_changes() {
        let now = seconds(6_000);
        let (old, both, new) = (
            issuer(keys(&[1]), HERE),
            issuer(keys(&[2, 1]), HERE),
            issuer(keys(&[2]), HERE),
        );
        let takes = |issuer: &Issuer, of: &Issuer| {
            let nonce = of.current(now);
            issuer.end_of(nonce.to_str().unwrap(), now).is_some()
        };
        assert!(takes(&both, &old) && takes(&both, &new) && takes(&new, &both));
        assert!(!takes(&old, &new) && !takes(&new, &old));
    }

    #[test]
    fn what_was_given_out_elsewhere_or_made_up_is_no_nonce() {
        let now = seconds(6_000);
        let here = issuer(keys(&[1]), HERE);
        let other = issuer(keys(&[1]), "https://h/other").current(now);
        let nonce = here.current(now).to_str().unwrap().to_owned();
        let mut wrong = vec![
            String::new(),
            "0".to_owned(),
            "A".repeat(32),
            "A".repeat(100_000),
            format!("{nonce}A"),
            format!("{nonce}="),
            nonce[1..].to_owned(),
            other.to_str().unwrap().to_owned(),
        ];
        wrong.extend((0..32).map(|at| {
            let mut bytes = nonce.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        }));
        for text in wrong {
            assert_eq!(here.end_of(&text, now), None, "{text}");
        }
        let random = issuer(ProofNonces::new().unwrap(), HERE);
        assert_eq!(random.end_of(&nonce, now), None);
    }

    #[test]
    fn keys_that_cannot_work() {
        let make = |keys: Vec<Vec<u8>>| ProofNonces::with_keys(keys.into_iter().map(Secret::new));
        assert_eq!(make(vec![]).unwrap_err(), NonceKeyError::Number);
        assert_eq!(
            make(vec![vec![1; 32]; 9]).unwrap_err(),
            NonceKeyError::Number
        );
        assert_eq!(make(vec![vec![1; 31]]).unwrap_err(), NonceKeyError::Weak);
        assert_eq!(format!("{:?}", keys(&[7])), "ProofNonces { keys: 1 }");
    }
}
