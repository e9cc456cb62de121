//! Compact JWS serialisation (RFC 7515 section 7.1) around bytes that the caller chose.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::key::{CryptoError, RsaAlgorithm, SigningKey};

/// What goes into the third part of a token.
#[derive(Debug)]
pub(crate) enum Signature<'a> {
    /// HMAC-SHA256 with the given bytes as the secret.
    Hmac(&'a [u8]),
    /// Nothing: the third part is empty.
    None,
    /// By a key; the algorithm says how an RSA key does it.
    Key(&'a SigningKey, RsaAlgorithm),
}

/// Encodes and signs a token. Header and payload are taken as they are, valid JSON or not.
pub(crate) fn encode(
    header: &[u8],
    payload: &[u8],
    signature: &Signature<'_>,
) -> Result<String, CryptoError> {
    let mut token = URL_SAFE_NO_PAD.encode(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signed = match signature {
        Signature::Hmac(secret) => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
            hmac::sign(&key, token.as_bytes()).as_ref().to_vec()
        }
        Signature::None => Vec::new(),
        Signature::Key(key, algorithm) => key.sign(*algorithm, token.as_bytes())?,
    };
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signed, &mut token);
    Ok(token)
}
