//! Why a token that is bound to something was not accepted.

use thiserror::Error;

/// Why a token was not accepted, although it is good by itself: the request does not prove to have
/// what the token is bound to (RFC 9449 section 7, RFC 8705 section 3).
///
/// `Display` is for the log.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BindingRejected {
    /// It is bound to a certificate, and the connection has none that this server knows of.
    #[error("it is bound to a certificate, and the request came without one")]
    CertificateMissing,
    /// It is bound to a key, and this server takes no such tokens.
    #[error("it is bound to a key, and this server does not take such tokens")]
    KeysNotTaken,
    /// It is bound to something that this server cannot check.
    #[error("it is bound in a way that is not supported, or malformed")]
    MethodUnknown,
}

impl BindingRejected {
    /// All of them, for tables and metrics.
    pub const ALL: &[Self] = &[
        Self::CertificateMissing,
        Self::KeysNotTaken,
        Self::MethodUnknown,
    ];

    /// What the caller can do about it.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::CertificateMissing => {
                "The access token is bound to a client certificate, and this request came without \
                 one. Connect with the certificate that the token was issued for."
            }
            Self::KeysNotTaken => {
                "The access token is bound to a key (DPoP), and this server does not take such \
                 tokens. Get one that is not bound."
            }
            Self::MethodUnknown => {
                "The access token is bound in a way that this server cannot check. Get one that is \
                 not bound."
            }
        }
    }
}
