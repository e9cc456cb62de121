//! Tokens of two kinds, told apart by their form.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::principal::Principal;
use crate::verify::{BearerToken, JwtVerifier, TokenVerifier, Verdict};

/// Verifies JWTs, and asks about all other tokens.
#[derive(Debug)]
pub(super) struct Either {
    jwt: JwtVerifier,
    opaque: Arc<dyn TokenVerifier>,
}

impl Either {
    pub(super) fn new(jwt: JwtVerifier, opaque: Arc<dyn TokenVerifier>) -> Self {
        Self { jwt, opaque }
    }

    fn of(&self, token: &BearerToken<'_>) -> &dyn TokenVerifier {
        let token = token.as_str();
        // A header of JSON in base64url begins so, and two dots follow.
        let is_jwt = token.starts_with("ey") && token.matches('.').count() == 2;
        if is_jwt { &self.jwt } else { &*self.opaque }
    }
}

impl TokenVerifier for Either {
    fn check_cached(&self, token: &BearerToken<'_>) -> Option<Verdict> {
        self.of(token).check_cached(token)
    }

    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        self.of(token).verify(token)
    }

    fn is_revoked(&self, principal: &Principal) -> bool {
        // Only answers about tokens have this member.
        let is_opaque = principal.claim("active").is_some();
        let of: &dyn TokenVerifier = if is_opaque { &*self.opaque } else { &self.jwt };
        of.is_revoked(principal)
    }

    fn knows_issuer(&self, issuer: &str) -> bool {
        self.jwt.knows_issuer(issuer)
    }

    fn warnings(&self) -> Vec<String> {
        self.jwt.warnings()
    }
}
