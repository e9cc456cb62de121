//! Refresh tokens: which grant they are of, which refresh they came of, and a proof of both.
//!
//! Whoever knows the grant's key can make each of them, so nothing is kept of them, and whoever may
//! ask for the same one again gets the same one.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thyra_auth::Secret;

use crate::record::Grant;

/// How many characters the identifier of a grant has, and a proof.
const GRANT_ID: usize = 22;
const PROOF: usize = 43;

/// A refresh token that looks like one of ours. Only [`is_of`](Self::is_of) says that it is.
#[derive(Clone, Copy)]
pub(super) struct RefreshToken<'t> {
    pub(super) grant_id: &'t str,
    pub(super) generation: u64,
    proof: [u8; 32],
}

impl<'t> RefreshToken<'t> {
    pub(super) fn parse(token: &'t str) -> Option<Self> {
        // The longest number has 20 digits.
        if token.len() > GRANT_ID + PROOF + 22 {
            return None;
        }
        let mut parts = token.split('.');
        let (grant_id, number, proof) = (parts.next()?, parts.next()?, parts.next()?);
        let is_of_ids = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if parts.next().is_some() || grant_id.len() != GRANT_ID || !grant_id.bytes().all(is_of_ids)
        {
            return None;
        }
        let generation: u64 = number.parse().ok()?;
        let proof = URL_SAFE_NO_PAD.decode(proof).ok()?;
        // There is one way to write a number.
        (generation.to_string() == number).then_some(Self {
            grant_id,
            generation,
            proof: proof.try_into().ok()?,
        })
    }

    /// Whether it was made for this grant.
    pub(super) fn is_of(&self, grant: &Grant) -> bool {
        let text = message(self.generation);
        hmac::verify(&key(grant), text.as_bytes(), &self.proof).is_ok()
    }
}

/// The refresh token of a grant as it is now.
pub(super) fn refresh_token(grant_id: &str, grant: &Grant) -> Secret {
    let proof = hmac::sign(&key(grant), message(grant.generation).as_bytes());
    let proof = URL_SAFE_NO_PAD.encode(proof);
    Secret::new(format!("{grant_id}.{}.{proof}", grant.generation))
}

fn key(grant: &Grant) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, grant.refresh_key.expose().as_bytes())
}

fn message(generation: u64) -> String {
    format!("refresh token {generation}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use thyra_oauth::unguessable;

    use super::*;
    use crate::grant::testing::grant;

    #[test]
    fn a_token_is_of_its_grant_only() {
        let id = unguessable::<16>().unwrap();
        let (one, other) = (grant(), grant());
        let token = refresh_token(id.expose(), &one);
        let read = RefreshToken::parse(token.expose()).unwrap();
        assert_eq!((read.grant_id, read.generation), (id.expose().as_str(), 0));
        assert!(read.is_of(&one) && !read.is_of(&other));
        // The same again for whoever may ask again.
        assert!(token == refresh_token(id.expose(), &one));
    }

    #[test]
    fn a_number_cannot_be_changed() {
        let id = unguessable::<16>().unwrap();
        let grant = grant();
        let token = refresh_token(id.expose(), &grant);
        let later = token.expose().replacen(".0.", ".1.", 1);
        assert!(!RefreshToken::parse(&later).unwrap().is_of(&grant));
    }

    #[test]
    fn only_one_spelling_is_read() {
        let id = "A".repeat(22);
        let proof = "A".repeat(43);
        assert!(RefreshToken::parse(&format!("{id}.10.{proof}")).is_some());
        for number in [
            "",
            "+1",
            "01",
            "-1",
            " 1",
            "1 ",
            "18446744073709551616",
            "x",
        ] {
            let token = format!("{id}.{number}.{proof}");
            assert!(RefreshToken::parse(&token).is_none(), "{number}");
        }
        for token in [
            String::new(),
            format!("{id}.1"),
            format!("{id}.1.{proof}.x"),
            format!("{id}A.1.{proof}"),
            format!("{id}.1.{proof}A"),
            format!("{}.1.{proof}", "/".repeat(22)),
            format!("{id}.1.{}B", "A".repeat(42)),
        ] {
            assert!(RefreshToken::parse(&token).is_none(), "{token}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_refused(text in "\\PC*", dots in "[A-Za-z0-9._-]{0,120}") {
            let _ = RefreshToken::parse(&text);
            let _ = RefreshToken::parse(&dots);
        }
    }
}
