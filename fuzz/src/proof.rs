//! The header and the claims of a proof whose signature is good: two lines of JSON. What does not
//! begin like JSON is the whole header `DPoP`.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use http::{HeaderValue, Request};
use thyra_auth::{
    Confirmation, DpopPolicy, ManualClock, Principal, ProofRejected, Protection, Refusal,
    ResourceUrl, StaticTokens,
};

use crate::shown::assert_printable;

/// The key pair of RFC 8037 appendix A.1, and its thumbprint (appendix A.3).
const SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
const TOKEN: &str = "token";
/// When the proofs are judged.
const NOW: Duration = Duration::from_hours(500_000);

static KEY: LazyLock<Ed25519KeyPair> = LazyLock::new(|| {
    let seed = URL_SAFE_NO_PAD.decode(SEED).expect("the seed is base64url");
    Ed25519KeyPair::from_seed_unchecked(&seed).expect("the seed has 32 bytes")
});

static PROTECTION: LazyLock<Protection> = LazyLock::new(|| {
    let key = THUMBPRINT.parse().expect("the thumbprint is one");
    let caller = Principal::builder("https://issuer.example", "ada");
    let caller = caller.confirmation(Confirmation::key(key)).build();
    let resource = ResourceUrl::new("https://mcp.example.com", "/mcp").expect("the URL is one");
    let tokens = Arc::new(StaticTokens::default().token(TOKEN, caller));
    Protection::builder("fuzz", resource, tokens, ["https://issuer.example"])
        .dpop(DpopPolicy::required())
        .clock(Arc::new(ManualClock::new(NOW)))
        .build()
        .expect("the protection can let somebody in")
});

pub(crate) fn run(data: &[u8]) {
    let header = if data.starts_with(b"{") {
        HeaderValue::try_from(signed(data)).expect("a token is a header value")
    } else {
        match HeaderValue::from_bytes(data) {
            Ok(header) => header,
            Err(_) => return,
        }
    };
    match admit(&header) {
        Ok(()) => {
            let again = admit(&header);
            let replayed = Refusal::InvalidProof(ProofRejected::Replayed);
            assert_eq!(again, Err(replayed), "a proof is good once");
        }
        Err(refusal) => {
            assert_printable(&refusal);
            assert!(refusal.status().is_client_error(), "{refusal}");
        }
    }
}

fn admit(proof: &HeaderValue) -> Result<(), Refusal> {
    let request = Request::post("/mcp")
        .header("authorization", format!("DPoP {TOKEN}"))
        .header("dpop", proof);
    let request = request.body(()).expect("the request is one");
    let mut parts = request.into_parts().0;
    let admitted = PROTECTION.admit(&mut parts).now_or_never();
    admitted.expect("nobody is waited for").map(drop)
}

/// A proof with these two lines as header and claims.
fn signed(lines: &[u8]) -> String {
    let mut lines = lines.splitn(2, |byte| *byte == b'\n');
    let header = URL_SAFE_NO_PAD.encode(lines.next().unwrap_or_default());
    let claims = URL_SAFE_NO_PAD.encode(lines.next().unwrap_or_default());
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(KEY.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_reaches_the_claims() {
        let outcome = |lines: &[u8]| {
            let proof = HeaderValue::try_from(signed(lines)).unwrap();
            admit(&proof)
        };
        assert_eq!(outcome(include_bytes!("../corpus/proof/good")), Ok(()));
        let refused = |reason| Err(Refusal::InvalidProof(reason));
        assert_eq!(
            outcome(include_bytes!("../corpus/proof/elsewhere")),
            refused(ProofRejected::UrlMismatch)
        );
        assert_eq!(
            outcome(include_bytes!("../corpus/proof/private")),
            refused(ProofRejected::KeyNotPublic)
        );
    }
}
