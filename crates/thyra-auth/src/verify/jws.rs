//! JSON Web Signatures in compact form (RFC 7515 section 7.1), and how what is in them is read.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

pub(crate) use super::jwt::json::object;

/// The three parts, as they came. Nothing of them is verified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compact<'t> {
    header: &'t str,
    payload: &'t str,
    signed: &'t str,
    signature: &'t str,
}

impl<'t> Compact<'t> {
    /// Three parts: five would be encrypted (RFC 7516), two unfinished.
    pub(crate) fn split(text: &'t str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        (!payload.contains('.')).then_some(Self {
            header,
            payload,
            signed,
            signature,
        })
    }

    pub(crate) fn header(&self) -> Option<Vec<u8>> {
        decode(self.header)
    }

    pub(crate) fn payload(&self) -> Option<Vec<u8>> {
        decode(self.payload)
    }

    pub(crate) fn signature(&self) -> Option<Vec<u8>> {
        decode(self.signature)
    }

    /// What the signature is made over: header and payload, as they came.
    pub(crate) fn signed(&self) -> &'t [u8] {
        self.signed.as_bytes()
    }
}

/// Base64url without padding, and without bits that mean nothing (RFC 7515 section 2).
fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// Seconds since 1970, with or without a fraction (RFC 7519 section 2, `NumericDate`).
pub(crate) fn time(value: &Value) -> Option<Duration> {
    let whole = value.as_u64().map(Duration::from_secs);
    whole.or_else(|| Duration::try_from_secs_f64(value.as_f64()?).ok())
}
