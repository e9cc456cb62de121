//! The nonces that servers want in proofs (RFC 9449 sections 8 and 9).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use url::{Origin, Url};

use super::DPOP_NONCE;

/// The longest nonce that is kept, in bytes.
const MAX_NONCE: usize = 1024;
/// A login talks to few servers.
const MAX_ORIGINS: usize = 8;

/// The newest nonce of each of the last few servers. Clones share them.
///
/// A resource and an authorization server on one origin have nonces of their own, so keep theirs
/// apart.
#[derive(Clone, Debug, Default)]
pub struct DpopNonces(Arc<Mutex<VecDeque<Known>>>);

#[derive(Debug)]
struct Known {
    server: Origin,
    nonce: Arc<str>,
}

impl DpopNonces {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The nonce for the next proof to the server at `url`.
    pub fn of(&self, url: &Url) -> Option<Arc<str>> {
        let server = url.origin();
        let all = self.all();
        let found = all.iter().find(|known| known.server == server);
        found.map(|known| Arc::clone(&known.nonce))
    }

    /// Takes note of the nonce in an answer of the server at `url`, if there is one. Whether it is
    /// another one than in the proof that was answered, `sent`: if the server refused that proof, a
    /// new one may be taken.
    pub fn learn(&self, url: &Url, headers: &HeaderMap, sent: Option<&str>) -> bool {
        let mut values = headers.get_all(DPOP_NONCE).into_iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return false;
        };
        let Some(nonce) = value.to_str().ok().filter(|text| is_nonce(text)) else {
            return false;
        };
        let server = url.origin();
        let mut all = self.all();
        all.retain(|known| known.server != server);
        all.truncate(MAX_ORIGINS - 1);
        all.push_front(Known {
            server,
            nonce: nonce.into(),
        });
        sent != Some(nonce)
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// RFC 9449 section 8.1.
fn is_nonce(text: &str) -> bool {
    let is_of_nonces = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    (1..=MAX_NONCE).contains(&text.len()) && text.bytes().all(is_of_nonces)
}
