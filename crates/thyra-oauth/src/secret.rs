//! Values that must not be printed.

use std::fmt;

use aws_lc_rs::constant_time;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use zeroize::{Zeroize, Zeroizing};

/// A value that no formatter shows, and that is wiped from memory when it is dropped.
///
/// ```
/// use thyra_oauth::Secret;
///
/// let secret = Secret::new("hunter2".to_owned());
/// assert_eq!(format!("{secret:?} {secret}"), "*** ***");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone)]
pub struct Secret<T: Zeroize = String>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Wraps the value.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value. Search for this name to see where secrets are used.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// How long it takes says nothing about where two differ.
impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.expose().as_ref(), other.expose().as_ref());
        constant_time::verify_slices_are_equal(one, other).is_ok()
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Secret<T> {}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The error of the string would repeat what is there in its place.
        let text = String::deserialize(deserializer).map_err(|_| D::Error::custom("no string"))?;
        Ok(Self::new(text))
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compared_and_read_and_not_shown() {
        let secret = Secret::new("hunter2".to_owned());
        assert!(secret == Secret::new("hunter2".to_owned()));
        assert!(secret != Secret::new("hunter3".to_owned()));
        assert!(secret != Secret::new(String::new()));
        assert!(serde_json::from_str::<Secret>("\"hunter2\"").unwrap() == secret);
        let error = serde_json::from_str::<Secret>("424242").unwrap_err();
        assert!(!error.to_string().contains("424242"), "{error}");
    }
}
