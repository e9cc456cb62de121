//! What shows that a form came from a page of ours.

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thyra_oauth::Secret;

/// The token in the form of a transaction: the HMAC of it, with the secret of the browser's binding
/// cookie for a key. Nothing is kept, and a page that is fetched twice keeps working.
pub(crate) fn csrf_token(binding: &Secret, transaction: &str) -> String {
    let tag = hmac::sign(&key(binding), &message(transaction));
    URL_SAFE_NO_PAD.encode(tag)
}

/// Whether a form shows the token of its transaction. Takes the same time wherever the two differ.
pub(crate) fn csrf_is_good(binding: &Secret, transaction: &str, token: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(token)
        .is_ok_and(|tag| hmac::verify(&key(binding), &message(transaction), &tag).is_ok())
}

fn key(binding: &Secret) -> Key {
    Key::new(HMAC_SHA256, binding.expose().as_bytes())
}

fn message(transaction: &str) -> Vec<u8> {
    [b"consent", transaction.as_bytes()].concat()
}
