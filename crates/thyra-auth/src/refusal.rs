//! How a refused request is answered.
//!
//! This is the one place where a refusal becomes a status, a challenge and a sentence for the
//! public. The sentences come from a closed set and contain nothing of the token; details go to the
//! log.

mod binding;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use thiserror::Error;
use thyra_oauth::{Challenge, ScopeSet};

use crate::answer::json_error;
use crate::dpop::{Dpop, ProofRejected};
use crate::verify::TokenRejected;

pub use self::binding::BindingRejected;

/// Why a request was not let in, or not far enough.
///
/// `Display` is the sentence for the log.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The token is good, but does not carry every scope that the operation needs: 403.
    #[error("the token lacks a scope; needed: {needed}")]
    InsufficientScope {
        /// Everything that the operation needs, so that one more authorization is enough.
        needed: ScopeSet,
    },
    /// The token is good, but the request does not prove to have what it is bound to: 401.
    #[error("the token was not accepted: {0}")]
    InvalidBinding(BindingRejected),
    /// The token is good, and the proof that came with it is not: 401.
    #[error("the proof of the token's key was not accepted: {0}")]
    InvalidProof(ProofRejected),
    /// The token was not accepted: 401.
    #[error("the token was not accepted: {0}")]
    InvalidToken(TokenRejected),
    /// The request does not say which token it means: 400.
    #[error("the request is malformed: {0}")]
    MalformedRequest(MalformedRequest),
    /// There is no bearer token: 401.
    #[error("the request carries no bearer token")]
    MissingToken,
    /// There is no bearer token. The endpoint needs none, but the operation does: 401.
    #[error("the operation needs a bearer token, and the request carries none; needed: {needed}")]
    TokenNeeded {
        /// The scopes that the operation needs, so that one authorization is enough.
        needed: ScopeSet,
    },
    /// Too many proofs have been used lately to remember another one: 429.
    #[error("too many proofs were used lately")]
    TooManyProofs {
        /// After how long it is worth trying again.
        retry_after: Duration,
    },
    /// The token could not be judged, which is not the caller's fault: 503.
    #[error("tokens cannot be verified at the moment")]
    Unavailable {
        /// After how long it is worth trying again.
        retry_after: Duration,
    },
}

/// Why a request does not say which token it means.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MalformedRequest {
    /// More than one `Authorization` header (RFC 6750 section 3.1: more than one token).
    #[error("it has several Authorization headers")]
    SeveralAuthorizationHeaders,
}

/// What a resource says in all its challenges.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
    /// The scopes that every request needs.
    pub(crate) required: &'a ScopeSet,
    /// The URL of the protected resource metadata.
    pub(crate) resource_metadata: &'a str,
    /// What judges proofs, where tokens are taken that are bound to a key.
    pub(crate) dpop: Option<&'a Dpop>,
}

/// A refusal as the public sees it: one row of the table below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    status: StatusCode,
    /// The `error` member of the body.
    error: &'static str,
    challenge: ChallengeKind,
    sentence: &'static str,
}

/// What the challenge says beside the URL of the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChallengeKind {
    /// No challenge at all.
    Absent,
    /// The error and its description.
    Error,
    /// The error, its description, and the scopes to ask for.
    ErrorAndScope,
    /// What it is for a lacking scope, but the error is that of the proof, so it is said of the
    /// scheme DPoP only (RFC 9449 section 7.1).
    Proof,
    /// The scopes to ask for and no error: RFC 6750 section 3.1 wants none when there was no token.
    Scope,
}

impl Refusal {
    /// The HTTP status of the answer.
    pub fn status(&self) -> StatusCode {
        self.row().status
    }

    /// The `error` member of the answer's body: a code of RFC 6750 section 3.1 or of RFC 9449
    /// section 12.2, or `missing_token`, `too_many_requests` or `temporarily_unavailable`.
    pub fn error_code(&self) -> &'static str {
        self.row().error
    }

    /// The sentence for the public: plain, and without any detail of the token.
    pub fn public_sentence(&self) -> &'static str {
        self.row().sentence
    }

    fn row(&self) -> Row {
        let row = |status, error, challenge, sentence| Row {
            status,
            error,
            challenge,
            sentence,
        };
        match self {
            Self::InsufficientScope { .. } => row(
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                ChallengeKind::ErrorAndScope,
                "The access token does not carry every scope that this operation needs.",
            ),
            Self::InvalidBinding(reason) => row(
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                ChallengeKind::ErrorAndScope,
                reason.sentence(),
            ),
            Self::InvalidProof(reason) => row(
                StatusCode::UNAUTHORIZED,
                match reason {
                    // As in the example of RFC 9449 section 7.1.
                    ProofRejected::KeyMismatch => "invalid_token",
                    reason if reason.wants_nonce() => "use_dpop_nonce",
                    _ => "invalid_dpop_proof",
                },
                ChallengeKind::Proof,
                reason.sentence(),
            ),
            Self::InvalidToken(reason) => row(
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                ChallengeKind::ErrorAndScope,
                invalid_token_sentence(*reason),
            ),
            Self::MalformedRequest(MalformedRequest::SeveralAuthorizationHeaders) => row(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                ChallengeKind::Error,
                "Send exactly one Authorization header.",
            ),
            Self::MissingToken => row(
                StatusCode::UNAUTHORIZED,
                "missing_token",
                ChallengeKind::Scope,
                "This endpoint needs an access token in the Authorization header: Bearer, a space, \
                 and the token. The resource_metadata URL of the challenge says where to get one.",
            ),
            Self::TokenNeeded { .. } => row(
                StatusCode::UNAUTHORIZED,
                "missing_token",
                ChallengeKind::Scope,
                "This operation needs an access token in the Authorization header: Bearer, a \
                 space, and the token. The resource_metadata URL of the challenge says where to \
                 get one.",
            ),
            Self::TooManyProofs { .. } => row(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                ChallengeKind::Absent,
                "This server remembers every DPoP proof for a while, and has no room for another \
                 one of yours. Try again later.",
            ),
            Self::Unavailable { .. } => row(
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                ChallengeKind::Absent,
                "The access token could not be verified because the authorization server is not \
                 reachable. Try again later.",
            ),
        }
    }

    /// The answer.
    ///
    /// Every answer has a JSON body, even the one to a missing token: the challenge must not carry
    /// an error there, but a person who looks at the answer deserves a sentence.
    pub(crate) fn answer(&self, terms: &Terms<'_>) -> Response<Full<Bytes>> {
        let Row {
            status,
            error,
            sentence,
            ..
        } = self.row();
        let mut response = json_error(status, error, sentence);
        let headers = response.headers_mut();
        for challenge in self.challenges(terms) {
            headers.append(header::WWW_AUTHENTICATE, challenge);
        }
        if let Self::Unavailable { retry_after } | Self::TooManyProofs { retry_after } = self {
            headers.insert(header::RETRY_AFTER, retry_after_seconds(*retry_after));
        }
        response.map(Full::new)
    }

    /// A challenge for each scheme that is taken, the one of plain bearer tokens first: a client
    /// that knows no other may read no further.
    fn challenges(&self, terms: &Terms<'_>) -> impl Iterator<Item = HeaderValue> {
        let Row {
            error,
            challenge: kind,
            sentence,
            ..
        } = self.row();
        let scope = match self {
            Self::InsufficientScope { needed } | Self::TokenNeeded { needed } => {
                Cow::Owned(terms.required.union(needed))
            }
            _ => Cow::Borrowed(terms.required),
        };
        let mut plain = Challenge::new().resource_metadata(terms.resource_metadata);
        if kind != ChallengeKind::Error {
            plain = plain.scope(&scope);
        }
        let full = match kind {
            ChallengeKind::Scope => plain.clone(),
            _ => plain.clone().error(error).error_description(sentence),
        };
        let bearer = if kind == ChallengeKind::Proof {
            &plain
        } else {
            &full
        };
        let offer = terms.dpop.map(|dpop| dpop.offer().clone());
        let takes_bearer = !terms.dpop.is_some_and(|dpop| dpop.is_required);
        let bearer = takes_bearer.then(|| bearer.header_value());
        let bound = offer.map(|offer| full.dpop(offer).header_value());
        let both = [bearer, bound].into_iter().flatten();
        both.filter(move |_| kind != ChallengeKind::Absent)
    }
}

/// Whole seconds, rounded up (RFC 9110 section 10.2.3). Zero would invite a loop.
fn retry_after_seconds(retry_after: Duration) -> HeaderValue {
    let whole = retry_after.as_secs();
    let seconds = if retry_after.subsec_nanos() > 0 {
        whole.saturating_add(1)
    } else {
        whole
    };
    seconds.max(1).into()
}

/// The closed set of sentences about a token that was not accepted.
///
/// They differ where the caller can do something about it. Everything that only an attacker or a
/// broken issuer runs into shares one sentence.
fn invalid_token_sentence(reason: TokenRejected) -> &'static str {
    match reason {
        TokenRejected::Expired => "The access token has expired. Get a new one.",
        TokenRejected::NotYetValid => {
            "The access token is not valid yet. Check the clocks of the machines involved."
        }
        TokenRejected::AudienceMismatch | TokenRejected::ResourceMismatch => {
            "The access token was not issued for this server. Ask for one with this server's \
             resource URL."
        }
        TokenRejected::IssuerMismatch => {
            "The access token was not issued by an authorization server of this server. The \
             resource metadata names them."
        }
        TokenRejected::Denied => "The access token has been revoked. Sign in again.",
        TokenRejected::Inactive => {
            "The access token has expired, was revoked, or was never issued. Get a new one."
        }
        TokenRejected::Malformed | TokenRejected::TooLarge => {
            "The access token is not well formed."
        }
        TokenRejected::AlgorithmNotAllowed
        | TokenRejected::ClaimNotAccepted
        | TokenRejected::InvalidClaim(_)
        | TokenRejected::MissingClaim(_)
        | TokenRejected::SignatureInvalid
        | TokenRejected::TypeNotAllowed
        | TokenRejected::UnknownKey
        | TokenRejected::UnknownToken
        | TokenRejected::UnsupportedCritical => "The access token is not valid. Get a new one.",
    }
}

#[cfg(test)]
mod tests;
