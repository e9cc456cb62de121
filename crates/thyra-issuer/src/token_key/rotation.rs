//! When another key signs, and how long the ones before it verify.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thyra_auth::{Secret, SigningKey, SigningKeyError};

use crate::record::{Record, secret};

/// How long a key signs.
const SIGNS: Duration = Duration::from_hours(24 * 30);

/// How long a key is published before it signs.
const PUBLISHED_BEFORE: Duration = Duration::from_hours(24);

/// How much longer than the longest token a key verifies: clocks differ.
const MARGIN: Duration = Duration::from_hours(1);

/// All keys, the oldest first.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct StoredRing {
    pub(super) keys: Vec<StoredKey>,
}

/// A key of the ring.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct StoredKey {
    /// The private key.
    #[serde(with = "secret")]
    pub(super) pem: Secret,
    /// Its thumbprint (RFC 7638), by which tokens name it.
    pub(super) id: String,
    /// From when it signs, in seconds since 1970.
    pub(super) signs_from: u64,
}

impl Record for StoredRing {
    const COLLECTION: &'static str = "token-keys";
}

impl StoredRing {
    /// Adds the key that is due at `now`, and drops those that no living token was signed with.
    /// Says whether it changed anything.
    pub(super) fn turn(
        &mut self,
        now: u64,
        longest_token: Duration,
    ) -> Result<bool, SigningKeyError> {
        let begin = self.next_begin(now);
        if let Some(signs_from) = begin {
            let key = SigningKey::generate()?;
            self.keys.push(StoredKey {
                pem: key.to_pem()?,
                id: key.thumbprint(),
                signs_from,
            });
        }
        let rest = longest_token.saturating_add(MARGIN).as_secs();
        // A key signs until the one after it begins.
        let successors = self.keys.iter().skip(1);
        let ended = successors
            .take_while(|next| next.signs_from.saturating_add(rest) <= now)
            .count();
        self.keys.drain(..ended);
        Ok(begin.is_some() || ended > 0)
    }

    /// When a key must begin to sign that is not there yet.
    fn next_begin(&self, now: u64) -> Option<u64> {
        let Some(last) = self.keys.last() else {
            return Some(now);
        };
        let begin = last.signs_from.saturating_add(SIGNS.as_secs());
        let publish = begin.saturating_sub(PUBLISHED_BEFORE.as_secs());
        let soonest = now.saturating_add(PUBLISHED_BEFORE.as_secs());
        (now >= publish).then(|| begin.max(soonest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3600;
    const START: u64 = 1_800_000_000;
    const HOUR: Duration = Duration::from_hours(1);

    fn begins(ring: &StoredRing) -> Vec<u64> {
        let begins = ring.keys.iter().map(|key| key.signs_from);
        begins.map(|begin| begin - START).collect()
    }

    #[test]
    fn a_key_is_published_a_day_before_it_signs_and_verifies_until_its_tokens_have_ended() {
        let mut ring = StoredRing::default();
        assert!(ring.turn(START, HOUR).unwrap());
        // The very first one signs at once: nobody knows another.
        assert_eq!(begins(&ring), [0]);
        assert!(!ring.turn(START + 29 * DAY - 1, HOUR).unwrap());
        assert!(ring.turn(START + 29 * DAY, HOUR).unwrap());
        assert_eq!(begins(&ring), [0, 30 * DAY]);
        assert!(!ring.turn(START + 30 * DAY + 2 * 3600 - 1, HOUR).unwrap());
        assert!(ring.turn(START + 30 * DAY + 2 * 3600, HOUR).unwrap());
        assert_eq!(begins(&ring), [30 * DAY]);
    }

    #[test]
    fn after_a_long_rest_the_old_key_signs_for_another_day() {
        let mut ring = StoredRing::default();
        ring.turn(START, HOUR).unwrap();
        assert!(ring.turn(START + 100 * DAY, HOUR).unwrap());
        assert_eq!(begins(&ring), [0, 101 * DAY]);
    }

    #[test]
    fn the_keys_of_a_ring_stay_few_over_years() {
        let mut ring = StoredRing::default();
        for day in 0..2000 {
            ring.turn(START + day * DAY, Duration::from_hours(24 * 7))
                .unwrap();
            assert!((1..=3).contains(&ring.keys.len()), "{day}");
        }
    }
}
