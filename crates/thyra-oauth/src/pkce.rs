//! Proof key for code exchange (RFC 7636), with the method `S256`.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::{NoRandomness, unguessable};
use crate::secret::Secret;

/// The secret that ties an authorization code to the client that asked for it (RFC 7636
/// section 4.1).
#[derive(Clone, Debug)]
pub struct CodeVerifier(Secret);

impl CodeVerifier {
    /// A new verifier of 43 characters.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] when the machine gives no random numbers.
    pub fn random() -> Result<Self, NoRandomness> {
        unguessable::<32>().map(Self)
    }

    /// What the authorization request names in place of the verifier (RFC 7636 section 4.2).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.expose().as_bytes()))
    }

    /// The verifier, which only the token endpoint may see.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<Secret> for CodeVerifier {
    fn from(verifier: Secret) -> Self {
        Self(verifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        assert_eq!(
            CodeVerifier::from(verifier).challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_verifier_is_long_enough_and_new_each_time() {
        let one = CodeVerifier::random().unwrap();
        // RFC 7636 section 4.1: 43 characters at least.
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one.expose(), CodeVerifier::random().unwrap().expose());
        assert!(!format!("{one:?}").contains(one.expose()));
    }
}
