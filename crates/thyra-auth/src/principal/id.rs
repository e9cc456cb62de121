//! What identifies a principal.

use std::fmt;

use aws_lc_rs::digest;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Identifies a principal. The same issuer, subject, client and
/// [source](crate::Principal::source) give the same value in every process and on every machine,
/// and different ones give different values. It is a hash, so it does not reveal whom it
/// identifies. Serde writes it as `Display` does, in 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalId([u8; 32]);

/// Identifies a subject: the same person, or the same machine, whichever client it uses. What
/// belongs to a caller is kept under a [`PrincipalId`]; how much a caller may take is counted under
/// a `SubjectId`, because one person can register as many clients as they like.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId([u8; 16]);

impl PrincipalId {
    /// The first half stands for the subject, and the second for all three parts. So whoever has
    /// the id knows whose quota counts.
    pub(super) fn of(issuer: &str, subject: &str, client_id: Option<&str>) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        // The lengths keep two different triples from giving the same bytes.
        for part in [issuer, subject] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let of_subject = hash.clone().finish();
        if let Some(client_id) = client_id {
            hash.update(client_id.as_bytes());
            hash.update(&[1]);
        }
        Self::from_halves(&of_subject, &hash.finish())
    }

    /// The id of this principal as one of several sources admits it. Its subject is of that source
    /// too.
    pub(super) fn at(self, source: &str) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        // No issuer has this length, so no principal without a source has the id of one with it.
        hash.update(&u64::MAX.to_be_bytes());
        hash.update(&(source.len() as u64).to_be_bytes());
        hash.update(source.as_bytes());
        let (subject, rest) = self.0.split_at(16);
        hash.update(subject);
        let of_subject = hash.clone().finish();
        hash.update(rest);
        Self::from_halves(&of_subject, &hash.finish())
    }

    fn from_halves(of_subject: &digest::Digest, of_all: &digest::Digest) -> Self {
        let mut id = [0; 32];
        id.copy_from_slice(of_all.as_ref());
        id[..16].copy_from_slice(&of_subject.as_ref()[..16]);
        Self(id)
    }

    /// The subject of the principal, whichever client it uses.
    pub fn subject(&self) -> SubjectId {
        let mut id = [0; 16];
        id.copy_from_slice(&self.0[..16]);
        SubjectId(id)
    }

    /// The value as bytes, for use as a key elsewhere.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrincipalId({self})")
    }
}

impl Serialize for PrincipalId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PrincipalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = read_hex(&text).ok_or_else(|| {
            D::Error::custom("the id of a principal has 64 hexadecimal digits, in lower case")
        })?;
        Ok(Self(id))
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectId({self})")
    }
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Reads what [`write_hex`] writes.
fn read_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    bytes.collect::<Option<Vec<_>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subject_is_the_same_whichever_client_it_uses() {
        let subject = |issuer: &str, subject: &str, client: Option<&str>| {
            PrincipalId::of(issuer, subject, client).subject()
        };
        let ada = subject("i", "ada", None);
        for client in ["", "a", "b"] {
            assert_eq!(subject("i", "ada", Some(client)), ada);
        }
        assert_ne!(subject("i", "bob", None), ada);
        assert_ne!(subject("j", "ada", None), ada);
        assert_ne!(subject("ia", "da", None), ada);
        assert_eq!(ada.to_string().len(), 32);
    }

    #[test]
    fn an_id_is_read_as_it_is_written_and_nothing_else_is() {
        let id = PrincipalId::of("https://issuer", "usr_1", Some("m2m_1"));
        let text = id.to_string();
        assert_eq!(serde_json::to_value(id).unwrap(), json!(text));
        assert_eq!(
            serde_json::from_value::<PrincipalId>(json!(text)).unwrap(),
            id
        );
        for wrong in [
            String::new(),
            text[1..].to_owned(),
            text[2..].to_owned(),
            format!("{text}00"),
            text.replacen(|_| true, "g", 1),
            "é".repeat(32),
            "A".repeat(64),
        ] {
            assert!(
                serde_json::from_value::<PrincipalId>(json!(wrong)).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn ids_differ_whenever_issuer_subject_or_client_do() {
        let id = PrincipalId::of;
        let ids = [
            id("i", "s", None),
            id("i", "s", Some("")),
            id("i", "s", Some("c")),
            id("is", "", None),
            id("", "is", None),
            id("i", "sc", None),
            id("i2", "s", None),
        ];
        for (index, one) in ids.iter().enumerate() {
            assert!(
                ids.iter().skip(index + 1).all(|other| other != one),
                "{index}"
            );
        }
        assert_eq!(id("i", "s", Some("c")), id("i", "s", Some("c")));
    }

    #[test]
    fn sources_keep_the_same_principal_apart() {
        let id = PrincipalId::of("i", "ada", Some("c"));
        let ids = [
            id,
            id.at("a"),
            id.at("b"),
            id.at("a").at("b"),
            id.at("ab"),
            id.at(""),
        ];
        for (index, one) in ids.iter().enumerate() {
            for other in &ids[index + 1..] {
                assert_ne!(one, other);
                assert_ne!(one.subject(), other.subject());
            }
        }
        assert_eq!(id.at("a"), id.at("a"));
        let other_client = PrincipalId::of("i", "ada", Some("d"));
        assert_ne!(id.at("a"), other_client.at("a"));
        assert_eq!(id.at("a").subject(), other_client.at("a").subject());
    }
}
