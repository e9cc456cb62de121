//! Why a proof was not accepted.

use thiserror::Error;

use crate::verify::KeyError;

/// Why the proof of a request was not accepted (RFC 9449 section 4.3). `Display` is for the log,
/// and contains nothing of the proof.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProofRejected {
    /// Its algorithm is not allowed, or not with its key.
    #[error("its algorithm is not allowed, or not with its key")]
    AlgorithmNotAllowed,
    /// It is signed with another key than the one that the token is bound to.
    #[error("it is signed with another key than the token's")]
    KeyMismatch,
    /// It brings no public key along, or more than that.
    #[error("its key is missing, no public key, or not public alone")]
    KeyNotPublic,
    /// It is not a JSON Web Token, or lacks something, or has something malformed.
    #[error("it is not well formed")]
    Malformed,
    /// It was made for another HTTP method.
    #[error("it is for another method")]
    MethodMismatch,
    /// There is none.
    #[error("it is missing")]
    Missing,
    /// It has no nonce, and this server wants one.
    #[error("it has no nonce")]
    NonceMissing,
    /// Its nonce is old, or none of this server's.
    #[error("its nonce is old, or of another server")]
    NonceOutdated,
    /// It was made in the future.
    #[error("it is not valid yet")]
    NotYetValid,
    /// It was used before.
    #[error("it was used before")]
    Replayed,
    /// There are several.
    #[error("there are several")]
    Several,
    /// Its signature does not verify.
    #[error("its signature is invalid")]
    SignatureInvalid,
    /// It was made for another token, or for none.
    #[error("it is for another token")]
    TokenMismatch,
    /// It is longer than any proof should be.
    #[error("it is too large")]
    TooLarge,
    /// It was made too long ago.
    #[error("it is too old")]
    TooOld,
    /// Its `typ` is not `dpop+jwt`.
    #[error("its type is not that of a proof")]
    TypeNotAllowed,
    /// It was made for another URL.
    #[error("it is for another URL")]
    UrlMismatch,
}

impl ProofRejected {
    /// All of them, for tables and metrics.
    pub const ALL: &[Self] = &[
        Self::AlgorithmNotAllowed,
        Self::KeyMismatch,
        Self::KeyNotPublic,
        Self::Malformed,
        Self::MethodMismatch,
        Self::Missing,
        Self::NonceMissing,
        Self::NonceOutdated,
        Self::NotYetValid,
        Self::Replayed,
        Self::Several,
        Self::SignatureInvalid,
        Self::TokenMismatch,
        Self::TooLarge,
        Self::TooOld,
        Self::TypeNotAllowed,
        Self::UrlMismatch,
    ];

    /// Whether the client should repeat the request with the nonce of the answer (section 9).
    pub const fn wants_nonce(self) -> bool {
        matches!(self, Self::NonceMissing | Self::NonceOutdated)
    }

    /// What the caller can do about it.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Missing | Self::Several => {
                "The access token is bound to a key: send one DPoP header with a proof of it."
            }
            Self::NonceMissing | Self::NonceOutdated => {
                "Send the request again, with a proof that holds the nonce of the DPoP-Nonce header."
            }
            Self::NotYetValid | Self::TooOld => {
                "The DPoP proof was not made just now. Make one for each request, and check the \
                 clocks of the machines involved."
            }
            Self::Replayed => "The DPoP proof was used before. Make one for each request.",
            Self::MethodMismatch | Self::UrlMismatch => {
                "The DPoP proof is for another request. Make one with the method and the public \
                 URL of this one."
            }
            Self::TokenMismatch => {
                "The DPoP proof is for another access token. Put the hash of this one into ath."
            }
            Self::KeyMismatch => {
                "The DPoP proof is signed with another key than the one that the access token is \
                 bound to."
            }
            Self::AlgorithmNotAllowed => {
                "The DPoP proof is signed with an algorithm that is not allowed. The challenge names \
                 those that are."
            }
            Self::KeyNotPublic
            | Self::Malformed
            | Self::SignatureInvalid
            | Self::TooLarge
            | Self::TypeNotAllowed => "The DPoP proof is not valid.",
        }
    }
}

impl From<KeyError> for ProofRejected {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::AlgorithmMismatch => Self::AlgorithmNotAllowed,
            _ => Self::KeyNotPublic,
        }
    }
}
