//! Why a token that is bound to something was not accepted.

use thiserror::Error;

/// Why a token was not accepted, although it is good by itself: the request does not prove to have
/// what the token is bound to (RFC 9449 section 7, RFC 8705 section 3).
///
/// `Display` is for the log.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BindingRejected {
    /// It is bound to another certificate than that of the connection.
    #[error("it is bound to another certificate than the connection's")]
    CertificateMismatch,
    /// It is bound to a certificate, and the connection has none that this server knows of.
    #[error("it is bound to a certificate, and the request came without one")]
    CertificateMissing,
    /// It is bound to no key, and this server takes only those that are.
    #[error("it is bound to no key, and this server takes no others")]
    KeyDemanded,
    /// It is bound to a key, and this server takes no such tokens.
    #[error("it is bound to a key, and this server does not take such tokens")]
    KeysNotTaken,
    /// It is bound to something that this server cannot check.
    #[error("it is bound in a way that is not supported, or malformed")]
    MethodUnknown,
    /// It was presented as one that is bound to a key, and is not.
    #[error("it is bound to no key, and came with the scheme DPoP")]
    NotBound,
    /// It is bound to a key, and was presented like a plain bearer token.
    #[error("it is bound to a key, and came with the scheme Bearer")]
    ProofMissing,
}

impl BindingRejected {
    /// All of them, for tables and metrics.
    pub const ALL: &[Self] = &[
        Self::CertificateMismatch,
        Self::CertificateMissing,
        Self::KeyDemanded,
        Self::KeysNotTaken,
        Self::MethodUnknown,
        Self::NotBound,
        Self::ProofMissing,
    ];

    /// What the caller can do about it.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::CertificateMismatch | Self::CertificateMissing => {
                "The access token is bound to a client certificate, and this request came without \
                 it. Connect with the certificate that the token was issued for."
            }
            Self::KeyDemanded => {
                "This server takes only access tokens that are bound to a key (DPoP). Ask the \
                 authorization server for one."
            }
            Self::KeysNotTaken => {
                "This server does not take access tokens that are bound to a key (DPoP). Get one \
                 that is not bound, and send it with the scheme Bearer."
            }
            Self::MethodUnknown => {
                "The access token is bound in a way that this server cannot check. Get one that is \
                 not bound."
            }
            Self::NotBound => {
                "The access token is bound to no key. Send it with the scheme Bearer, or get one \
                 that is bound."
            }
            Self::ProofMissing => {
                "The access token is bound to a key. Send it with the scheme DPoP, and a proof of \
                 the key in the DPoP header."
            }
        }
    }
}
