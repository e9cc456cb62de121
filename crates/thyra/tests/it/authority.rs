//! Whose authority counts for what outlives its request: the newest token of a session, and no
//! token that was revoked.

mod checked;
mod newest;
mod revoked;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use serde_json::{Map, Value};
use thyra::auth::{BearerToken, Principal, StaticAuth, TokenRejected, TokenVerifier, Verdict};

/// Ada's tokens, some of which are revoked. Each is called as its scopes are, with the time at
/// which it was issued: `pay-20`.
#[derive(Clone, Debug, Default)]
struct Tokens(Arc<Mutex<Issued>>);

#[derive(Debug, Default)]
struct Issued {
    known: Vec<(String, Arc<Principal>)>,
    revoked: BTreeSet<String>,
}

impl Tokens {
    fn revoke(&self, token: &str) {
        self.0.lock().unwrap().revoked.insert(token.to_owned());
    }

    fn auth(&self) -> StaticAuth {
        StaticAuth::new("http://localhost:8000").token_verifier(Arc::new(self.clone()))
    }

    fn judge(&self, token: &str) -> Verdict {
        let mut issued = self.0.lock().unwrap();
        if issued.revoked.contains(token) {
            return Verdict::Rejected(TokenRejected::Denied);
        }
        if let Some((_, known)) = issued.known.iter().find(|(known, _)| known == token) {
            return Verdict::Accepted(Arc::clone(known));
        }
        let (scope, time) = token.split_once('-').unwrap();
        let mut claims = Map::new();
        claims.insert("iat".to_owned(), Value::from(time.parse::<u64>().unwrap()));
        let ada = Principal::builder("https://issuer.example", "ada")
            .scopes([scope])
            .token_id(token)
            .claims(claims);
        let ada = Arc::new(ada.build());
        issued.known.push((token.to_owned(), Arc::clone(&ada)));
        Verdict::Accepted(ada)
    }
}

impl TokenVerifier for Tokens {
    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        ready(self.judge(token.as_str())).boxed()
    }

    fn is_revoked(&self, principal: &Principal) -> bool {
        let issued = self.0.lock().unwrap();
        principal
            .token_id()
            .is_some_and(|id| issued.revoked.contains(id))
    }
}
