//! The header and the claims of a token whose signature is good: two lines of JSON.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use thyra_auth::{
    Algorithm, Audience, BearerToken, Issuers, JwtVerifier, ManualClock, Secret,
    TokenVerifier as _, Verdict, VerifyingKey,
};

use crate::shown::assert_printable;

const ISSUER: &str = "https://login.example.org";
const RESOURCE: &str = "https://mcp.example.com/mcp";
const SECRET: [u8; 32] = [7; 32];
/// When the tokens are judged.
const NOW: Duration = Duration::from_hours(500_000);

static VERIFIER: LazyLock<JwtVerifier> = LazyLock::new(|| {
    let key = VerifyingKey::from_secret(&Secret::new(SECRET), Algorithm::Hs256);
    let issuers = Issuers::any_of([ISSUER]).expect("there is an issuer");
    let audience = Audience::any_of([RESOURCE]).expect("there is an audience");
    JwtVerifier::builder(key.expect("the secret is long enough"), issuers, audience)
        .clock(Arc::new(ManualClock::new(NOW)))
        .cache_bytes(64 * 1024)
        .build()
        .expect("the verifier can accept tokens")
});

pub(crate) fn run(data: &[u8]) {
    let token = signed(data);
    let bearer = BearerToken::new(&token);
    match verdict(&bearer) {
        Verdict::Accepted(principal) => {
            assert_eq!(principal.issuer(), ISSUER);
            assert!(!principal.subject().is_empty());
            let ends = principal.expires_at().expect("every token ends");
            assert!(ends + Duration::from_mins(5) > NOW, "{ends:?} is over");
            let cached = VERIFIER.check_cached(&bearer);
            let Some(Verdict::Accepted(same)) = cached else {
                panic!("what was accepted is accepted again, and not {cached:?}");
            };
            assert_eq!(same.id(), principal.id());
        }
        Verdict::Rejected(rejected) => {
            assert_printable(&rejected);
            let cached = VERIFIER.check_cached(&bearer);
            assert!(!matches!(cached, Some(Verdict::Accepted(_))), "{cached:?}");
        }
        other => panic!("{other:?} with keys that are there"),
    }
}

/// A token with these two lines as header and claims.
fn signed(lines: &[u8]) -> String {
    let mut lines = lines.splitn(2, |byte| *byte == b'\n');
    let header = URL_SAFE_NO_PAD.encode(lines.next().unwrap_or_default());
    let claims = URL_SAFE_NO_PAD.encode(lines.next().unwrap_or_default());
    let signed = format!("{header}.{claims}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn verdict(token: &BearerToken<'_>) -> Verdict {
    VERIFIER
        .verify(token)
        .now_or_never()
        .expect("keys that do not change are not waited for")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_reaches_the_claims() {
        let accepts = |lines: &[u8]| {
            let token = signed(lines);
            matches!(verdict(&BearerToken::new(&token)), Verdict::Accepted(_))
        };
        assert!(accepts(include_bytes!("../corpus/claims/good")));
        assert!(accepts(include_bytes!("../corpus/claims/lists")));
        assert!(!accepts(include_bytes!("../corpus/claims/expired")));
    }
}
