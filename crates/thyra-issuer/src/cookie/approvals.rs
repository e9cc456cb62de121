//! What the person at a browser has allowed and does not want to be asked again.

use aws_lc_rs::aead::{AES_256_GCM, Aad, MAX_TAG_LEN, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};
use thiserror::Error;
use thyra_oauth::{ScopeSet, Secret};

use super::{CookiePolicy, only};

/// How many approvals a browser keeps.
const MAX: usize = 25;

/// How long an approval is good, in seconds: a year.
const LIFETIME: u64 = 365 * 24 * 60 * 60;

/// The bytes of the digest in an entry: a collision costs 2^96 tries.
const DIGEST: usize = 24;

/// The bytes of an entry: the digest, and the time in seconds since 1970.
const ENTRY: usize = DIGEST + 8;

/// What approvals are sealed with: AES-256-GCM.
#[derive(Debug)]
pub(crate) struct ApprovalKey(RandomizedNonceKey);

impl ApprovalKey {
    /// From 32 random bytes. All replicas need the same, or people are asked again.
    pub(crate) fn new(key: &Secret<[u8; 32]>) -> Result<Self, Unsealed> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.expose());
        key.map(Self).map_err(|_| Unsealed)
    }

    fn seal(&self, server: &str, mut content: Vec<u8>) -> Result<String, Unsealed> {
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(server), &mut content)
            .map_err(|_| Unsealed)?;
        Ok(URL_SAFE_NO_PAD.encode([&nonce.as_ref()[..], &content].concat()))
    }

    fn open(&self, server: &str, value: &str) -> Option<Vec<u8>> {
        const MAX_LEN: usize = NONCE_LEN + MAX * ENTRY + MAX_TAG_LEN;
        if value.len() > MAX_LEN.div_ceil(3) * 4 {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        let (nonce, content) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut content = content.to_vec();
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(server), &mut content)
            .ok()?;
        Some(opened.to_vec())
    }
}

/// The machine cannot seal approvals.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("approvals cannot be sealed: the machine gives no random numbers, or no AES-256-GCM")]
pub(crate) struct Unsealed;

/// What was allowed: this client, with the answer to exactly this place, may do exactly this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Approved<'a> {
    /// The client.
    pub(crate) client_id: &'a str,
    /// Byte for byte, with its query.
    pub(crate) redirect_uri: &'a str,
    /// In any order.
    pub(crate) scopes: &'a ScopeSet,
    /// The resource that the token is for.
    pub(crate) resource: &'a str,
}

impl Approved<'_> {
    fn digest(&self) -> [u8; DIGEST] {
        let mut scopes: Vec<_> = self.scopes.iter().collect();
        scopes.sort_unstable();
        let mut text = Vec::new();
        for part in [self.client_id, self.redirect_uri, self.resource]
            .into_iter()
            .chain(scopes)
        {
            // The length tells where each part ends.
            text.extend_from_slice(&(part.len() as u64).to_be_bytes());
            text.extend_from_slice(part.as_bytes());
        }
        let digest = digest(&SHA256, &text);
        let mut short = [0; DIGEST];
        for (to, from) in short.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        short
    }
}

/// The approvals that a browser shows, the newest first. A cookie that was changed, or that another
/// server set, holds none.
#[derive(Debug)]
pub(crate) struct Approvals(Vec<([u8; DIGEST], u64)>);

impl Approvals {
    /// Those of a request that are still good at `now`, in seconds since 1970.
    pub(crate) fn of(
        policy: &CookiePolicy,
        key: &ApprovalKey,
        headers: &HeaderMap,
        now: u64,
    ) -> Self {
        let value = only(headers, &policy.approvals());
        let opened = value.and_then(|value| key.open(&policy.server, value));
        let opened = opened.unwrap_or_default();
        let (entries, _) = opened.as_chunks::<ENTRY>();
        let entries = entries.iter().take(MAX).filter_map(|entry| {
            let (digest, time) = entry.split_first_chunk::<DIGEST>()?;
            let time = u64::from_be_bytes(*time.first_chunk()?);
            (now.saturating_sub(time) < LIFETIME).then_some((*digest, time))
        });
        Self(entries.collect())
    }

    /// Whether the person has allowed exactly this.
    pub(crate) fn hold(&self, approved: &Approved<'_>) -> bool {
        let digest = approved.digest();
        self.0.iter().any(|(held, _)| *held == digest)
    }

    /// A `Set-Cookie` header with one approval more, given `now`, in seconds since 1970. Of more
    /// than 25 the oldest are forgotten.
    ///
    /// # Errors
    ///
    /// [`Unsealed`] when the machine gives no random numbers.
    pub(crate) fn with(
        self,
        policy: &CookiePolicy,
        key: &ApprovalKey,
        approved: &Approved<'_>,
        now: u64,
    ) -> Result<HeaderValue, Unsealed> {
        let digest = approved.digest();
        let mut content = Vec::with_capacity(MAX * ENTRY + MAX_TAG_LEN);
        let others = self.0.into_iter().filter(|(held, _)| *held != digest);
        for (digest, time) in [(digest, now)].into_iter().chain(others).take(MAX) {
            content.extend_from_slice(&digest);
            content.extend_from_slice(&time.to_be_bytes());
        }
        let value = key.seal(&policy.server, content)?;
        Ok(policy.set(&policy.approvals(), &value, LIFETIME))
    }
}

impl CookiePolicy {
    fn approvals(&self) -> String {
        self.name(&format!("approvals-{}", self.server))
    }
}
