//! A URI with its percent-encoding decoded, but not forgotten.

use crate::percent::{is_reserved, triplet};

/// One decoded byte of a URI.
///
/// Two units are equal when their URIs are equivalent (RFC 3986, section 6.2.2.2): `%7E` is `~`,
/// but `%2F` is not `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) byte: u8,
    /// Whether it is a reserved character that was not percent-encoded, so that it may separate
    /// values.
    pub(super) delimits: bool,
}

impl Unit {
    /// Whether it is `byte`; if `byte` is a delimiter, this must be one, too.
    pub(super) fn is(self, byte: u8) -> bool {
        self == Self::literal(byte)
    }

    pub(super) fn is_one_of(self, bytes: &[u8]) -> bool {
        bytes.iter().any(|byte| self.is(*byte))
    }

    /// Whether a character begins here.
    pub(super) fn begins_character(self) -> bool {
        self.byte & 0xc0 != 0x80
    }

    fn literal(byte: u8) -> Self {
        let delimits = is_reserved(byte);
        Self { byte, delimits }
    }
}

/// The units of a URI or a part of it; `None` if a `%` lacks its two hexadecimal digits.
pub(super) fn units(text: &str) -> Option<Vec<Unit>> {
    let mut units = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        if *byte == b'%' {
            let byte = triplet(rest)?;
            let delimits = false;
            units.push(Unit { byte, delimits });
            rest = rest.get(3..).unwrap_or_default();
        } else {
            units.push(Unit::literal(*byte));
            rest = after;
        }
    }
    Some(units)
}

/// The text that units stand for; `None` if it is not UTF-8.
pub(super) fn text(units: &[Unit]) -> Option<String> {
    String::from_utf8(units.iter().map(|unit| unit.byte).collect()).ok()
}

#[cfg(test)]
mod tests {
    use super::{text, units};

    #[test]
    fn percent_encoding_says_what_is_no_delimiter() {
        assert_eq!(units("%7e%41é"), units("~A%C3%A9"));
        assert_ne!(units("%2F"), units("/"));
        for wrong in ["%", "%4", "%4g", "%%41", "a%é1"] {
            assert_eq!(units(wrong), None, "{wrong}");
        }
        let decoded = |uri: &str| text(&units(uri)?);
        assert_eq!(decoded("a%2Fb%00").as_deref(), Some("a/b\0"));
        assert_eq!(decoded("%FF"), None);
        assert_eq!(decoded("%ED%A0%80"), None, "a surrogate");
    }
}
