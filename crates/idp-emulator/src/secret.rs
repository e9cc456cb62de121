//! Random values, and their comparison.

use aws_lc_rs::{constant_time, digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::key::CryptoError;

/// 256 random bits in URL-safe base64: a code, a refresh token, a client secret.
pub(crate) fn random() -> Result<String, CryptoError> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| CryptoError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Compares two secrets in a time that does not depend on where they differ.
pub(crate) fn equal(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

/// The S256 code challenge of a verifier (RFC 7636 section 4.2).
pub(crate) fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s256_matches_the_example_of_rfc_7636_appendix_b() {
        assert_eq!(
            s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn two_secrets_differ() {
        let (a, b) = (random().unwrap(), random().unwrap());
        assert!(!equal(&a, &b));
        assert!(equal(&a, &a.clone()));
    }
}
