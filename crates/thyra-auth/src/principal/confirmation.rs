//! What a token is bound to (`cnf`, RFC 7800).

use std::fmt;

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use thiserror::Error;

/// What a request must prove to have beside the token: its claim `cnf` (RFC 7800 section 3).
///
/// A token that has one is worth nothing without the key or the certificate, so a
/// [`Protection`](crate::Protection) admits it only with the proof. Whoever judges tokens with a
/// verifier directly has to see to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    key: Option<Thumbprint>,
    certificate: Option<Thumbprint>,
}

impl Confirmation {
    /// Bound to the key with this thumbprint (`jkt`, RFC 9449 section 6.1).
    pub const fn key(thumbprint: Thumbprint) -> Self {
        Self {
            key: Some(thumbprint),
            certificate: None,
        }
    }

    /// Bound to the certificate with this thumbprint (`x5t#S256`, RFC 8705 section 3.1).
    pub const fn certificate(thumbprint: Thumbprint) -> Self {
        Self {
            key: None,
            certificate: Some(thumbprint),
        }
    }

    /// Bound in a way that cannot be proved here.
    pub(super) const fn unknown() -> Self {
        Self {
            key: None,
            certificate: None,
        }
    }

    /// Reads the value of `cnf`, from a token or from the answer of an introspection (RFC 9449
    /// section 6.2, RFC 8705 section 3.2).
    ///
    /// Methods that are not known are ignored beside one that is (RFC 7800 section 3.1). A token
    /// with none that is known is admitted nowhere.
    ///
    /// # Errors
    ///
    /// [`ConfirmationError`] when it is no object with at least one member, or a thumbprint is
    /// none.
    pub fn read(cnf: &Value) -> Result<Self, ConfirmationError> {
        let methods = cnf.as_object().filter(|methods| !methods.is_empty());
        let methods = methods.ok_or(ConfirmationError)?;
        let thumbprint = |name| {
            let text = methods.get(name).map(|value| value.as_str());
            text.map(|text| text.unwrap_or_default().parse())
                .transpose()
        };
        Ok(Self {
            key: thumbprint("jkt")?,
            certificate: thumbprint("x5t#S256")?,
        })
    }

    /// The key that a proof must be signed with, if the token is bound to one.
    pub const fn of_key(&self) -> Option<&Thumbprint> {
        self.key.as_ref()
    }

    /// The certificate that the connection must have, if the token is bound to one.
    pub const fn of_certificate(&self) -> Option<&Thumbprint> {
        self.certificate.as_ref()
    }
}

/// A claim `cnf` that is malformed. Its token must not be accepted.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("it says what it is bound to in a way that is malformed")]
pub struct ConfirmationError;

/// The SHA-256 of a public key (RFC 7638) or of a certificate (RFC 8705 section 3.1).
///
/// `Display` and `FromStr` use base64url without padding.
#[derive(Clone, Copy)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// The thumbprint of these bytes: those of a certificate in DER, or the members of a key that
    /// RFC 7638 section 3 names.
    pub fn of(bytes: &[u8]) -> Self {
        let mut thumbprint = [0; 32];
        thumbprint.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        Self(thumbprint)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Thumbprint {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for Thumbprint {}

impl std::str::FromStr for Thumbprint {
    type Err = ConfirmationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut thumbprint = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut thumbprint) {
            Ok(32) => Ok(Self(thumbprint)),
            _ => Err(ConfirmationError),
        }
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The one of RFC 9449 section 6.1.
    const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    /// The one of RFC 8705 section 3.1.
    const X5T: &str = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";

    #[test]
    fn the_examples_of_the_specifications_are_read() {
        let key = Confirmation::read(&json!({ "jkt": JKT })).unwrap();
        assert_eq!(key.of_key().unwrap().to_string(), JKT);
        assert_eq!(key, Confirmation::key(JKT.parse().unwrap()));
        assert_eq!(key.of_certificate(), None);
        // Its last character has bits that mean nothing.
        let x5t = X5T.replace("dg2", "dg0");
        let certificate = Confirmation::read(&json!({ "x5t#S256": x5t })).unwrap();
        assert_eq!(certificate, Confirmation::certificate(x5t.parse().unwrap()));
        assert_eq!(certificate.of_key(), None);
    }

    #[test]
    fn an_unknown_method_is_nothing_to_prove_and_no_hindrance() {
        let unknown = Confirmation::read(&json!({ "jwk": { "kty": "EC" }, "kid": 1 })).unwrap();
        assert_eq!(unknown, Confirmation::unknown());
        let beside = Confirmation::read(&json!({ "kid": "a", "jkt": JKT })).unwrap();
        assert_eq!(beside, Confirmation::key(JKT.parse().unwrap()));
    }

    #[test]
    fn what_is_malformed_is_an_error_even_beside_a_good_one() {
        for wrong in [
            json!(null),
            json!({}),
            json!([]),
            json!(JKT),
            json!({ "jkt": null }),
            json!({ "jkt": 1 }),
            json!({ "jkt": "" }),
            json!({ "jkt": "AAAA" }),
            json!({ "jkt": format!("{JKT}=") }),
            json!({ "jkt": format!("{JKT}A") }),
            json!({ "jkt": JKT.replace('-', "+") }),
            json!({ "jkt": "A".repeat(100_000) }),
            json!({ "jkt": JKT, "x5t#S256": [X5T] }),
        ] {
            assert_eq!(
                Confirmation::read(&wrong),
                Err(ConfirmationError),
                "{wrong}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_thumbprint_is_read_as_it_is_written(bytes in any::<[u8; 32]>(), other in any::<[u8; 32]>()) {
            let thumbprint = Thumbprint(bytes);
            prop_assert_eq!(thumbprint.to_string().parse::<Thumbprint>().unwrap(), thumbprint);
            prop_assert_eq!(thumbprint == Thumbprint(other), bytes == other);
        }
    }
}
