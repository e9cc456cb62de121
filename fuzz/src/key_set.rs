//! A JSON Web Key Set.

use thyra_auth::KeySet;

use crate::shown::assert_printable;

/// More keys than any set has that is read.
const MAX_KEYS: usize = 64;

pub(crate) fn run(data: &[u8]) {
    match KeySet::from_jwks(data) {
        Err(error) => assert_printable(&error),
        Ok(keys) => {
            assert!((1..=MAX_KEYS).contains(&keys.iter().len()));
            for key in keys.iter() {
                assert!(key.algorithms().iter().next().is_some());
                for algorithm in key.algorithms().iter() {
                    assert!(!key.verify(algorithm, b"message", b"no signature"));
                }
            }
        }
    }
}
