//! A door for tests, whose tokens can be revoked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use thyra_auth::{
    BearerToken, Principal, Protection, ResourceUrl, TokenRejected, TokenVerifier, Verdict,
};

/// Revokes the token `old`, and no other one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revocation(Arc<AtomicBool>);

impl Revocation {
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn protection(&self) -> Protection {
        let resource = ResourceUrl::new("https://h", "/mcp").unwrap();
        let verifier = Arc::new(self.clone());
        Protection::builder("test", resource, verifier, ["https://issuer.example"])
            .build()
            .unwrap()
    }
}

impl TokenVerifier for Revocation {
    fn verify<'a>(&'a self, _: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        ready(Verdict::Rejected(TokenRejected::UnknownToken)).boxed()
    }

    fn is_revoked(&self, principal: &Principal) -> bool {
        principal.token_id() == Some("old") && self.0.load(Ordering::Relaxed)
    }
}

/// The principal of Ada's token `id`, issued at `issued` seconds.
pub(crate) fn token(id: &str, issued: u64) -> Arc<Principal> {
    let mut claims = serde_json::Map::new();
    claims.insert("iat".to_owned(), issued.into());
    let ada = Principal::builder("https://issuer.example", "ada")
        .token_id(id)
        .claims(claims);
    Arc::new(ada.build())
}
