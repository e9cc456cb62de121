//! What a value is kept under.

use std::fmt;
use std::sync::Arc;

use crate::error::StoreError;

/// The longest name of a collection, in bytes.
const MAX_COLLECTION: usize = 64;

/// The longest name of a key, in bytes.
const MAX_NAME: usize = 256;

/// What a value is kept under: a collection, and a name in it. Collections do not know each other.
///
/// Names are not encrypted. Where a name would be a secret, use its SHA-256.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    collection: &'static str,
    name: Arc<str>,
}

impl Key {
    /// The key `name` of `collection`.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidKey`] unless `collection` has 1 to 64 lower-case ASCII letters, digits,
    /// `-` or `_`, and `name` has 1 to 256 visible ASCII characters, without spaces.
    pub fn new(collection: &'static str, name: impl Into<String>) -> Result<Self, StoreError> {
        let name = name.into();
        let is_of_collections = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        let problem = if !(1..=MAX_COLLECTION).contains(&collection.len()) {
            "its collection must have 1 to 64 bytes"
        } else if !collection.bytes().all(is_of_collections) {
            "its collection must have lower-case ASCII letters, digits, `-` and `_` only"
        } else if !(1..=MAX_NAME).contains(&name.len()) {
            "its name must have 1 to 256 bytes"
        } else if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            "its name must have visible ASCII characters only"
        } else {
            let name = name.into();
            return Ok(Self { collection, name });
        };
        Err(StoreError::InvalidKey { problem })
    }

    /// The collection.
    pub fn collection(&self) -> &'static str {
        self.collection
    }

    /// The name in the collection.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes both have.
    pub(crate) fn length(&self) -> usize {
        self.collection.len() + self.name.len()
    }
}

/// `collection:name`. No other key reads the same, because collections have no colon.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.collection, self.name)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_collection_and_a_name() {
        let key = Key::new("codes", "~a!:b").unwrap();
        assert_eq!((key.collection(), key.name()), ("codes", "~a!:b"));
        assert_eq!(key.to_string(), "codes:~a!:b");
        Key::new("a".repeat(64).leak(), "n".repeat(256)).unwrap();
    }

    #[test]
    fn collections_and_names_are_short_ascii() {
        for collection in ["", "Codes", "a:b", "a b", "ä", "a".repeat(65).leak()] {
            assert!(
                matches!(
                    Key::new(collection, "name"),
                    Err(StoreError::InvalidKey { .. })
                ),
                "{collection}"
            );
        }
        for name in ["", "a b", "a\n", "\u{7f}", "ä", &"n".repeat(257)] {
            let refused = Key::new("codes", name).unwrap_err();
            assert!(
                refused.to_string().contains("its name must have"),
                "{name}: {refused}"
            );
        }
    }
}
