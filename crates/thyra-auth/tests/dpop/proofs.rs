//! Proofs that are good, and for how long.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::json;
use thyra_auth::{
    Algorithm, DpopPolicy, ProofNonces, ProofRejected, Protection, Refusal, ResourceUrl, Secret,
    StaticTokens,
};
use thyra_oauth::{DpopProof, SigningKey};
use url::Url;

use crate::support::{BOUND, NOW, RESOURCE, Rig, dpop, parts};

fn refused(reason: ProofRejected) -> Result<(), Refusal> {
    Err(Refusal::InvalidProof(reason))
}

#[tokio::test]
async fn a_proof_is_good_around_the_time_at_which_it_was_made() {
    let rig = Rig::new(DpopPolicy::accepted().window(Duration::from_secs(30)));
    for (iat, expected) in [
        (json!(NOW), Ok(())),
        (json!(NOW - 30), Ok(())),
        (json!(NOW + 30), Ok(())),
        (json!(1_700_000_000.5), Ok(())),
        (json!(NOW - 31), refused(ProofRejected::TooOld)),
        (json!(0), refused(ProofRejected::TooOld)),
        (json!(NOW + 31), refused(ProofRejected::NotYetValid)),
        (json!(u64::MAX), refused(ProofRejected::NotYetValid)),
    ] {
        let proof = rig.proof(&iat.to_string()).claim("iat", iat.clone());
        assert_eq!(rig.show(&proof.signed(&rig.key)).await, expected, "{iat}");
    }
    // It is remembered as long as it is good, however early it came.
    let early = rig.proof("early").claim("iat", NOW + 30).signed(&rig.key);
    assert_eq!(rig.show(&early).await, Ok(()));
    for _ in 0..60 {
        rig.clock.advance(Duration::from_secs(1));
        assert_eq!(rig.show(&early).await, refused(ProofRejected::Replayed));
    }
    rig.clock.advance(Duration::from_secs(1));
    assert_eq!(rig.show(&early).await, refused(ProofRejected::TooOld));
}

#[tokio::test]
async fn the_same_identifier_is_another_proof_with_another_key_or_url() {
    let rig = Rig::accepting();
    assert_eq!(rig.show(&rig.proof("one").signed(&rig.key)).await, Ok(()));
    let other = rig
        .proof("one")
        .claim("htu", "https://mcp.example.com/other");
    let mut parts = parts(dpop(&other.signed(&rig.key)));
    parts.uri = "/other".parse().unwrap();
    assert_eq!(rig.send_parts(parts).await, Ok(()));
}

#[tokio::test]
async fn a_query_and_a_proxy_do_no_harm() {
    let rig = Rig::accepting();
    for (number, (uri, htu)) in [
        ("/mcp?tenant=1", RESOURCE),
        ("/mcp", "https://MCP.example.com:443/mcp?tenant=1#x"),
        ("http://10.0.0.7:8000/mcp", RESOURCE),
        ("http://10.0.0.7:8000/mcp", "https://mcp.example.com/%6dcp"),
    ]
    .into_iter()
    .enumerate()
    {
        let proof = rig.proof(&number.to_string()).claim("htu", htu);
        let mut parts = parts(dpop(&proof.signed(&rig.key)));
        parts.uri = uri.parse().unwrap();
        assert_eq!(rig.send_parts(parts).await, Ok(()), "{uri} {htu}");
    }
}

#[tokio::test]
async fn the_proofs_of_our_client_are_good() {
    let rig = Rig::accepting();
    let key = SigningKey::generate().unwrap();
    let url = Url::parse("https://mcp.example.com/mcp?x=1").unwrap();
    let token = Secret::new(BOUND.to_owned());
    let proof = DpopProof {
        method: &Method::POST,
        url: &url,
        token: Some(&token),
        nonce: None,
    };
    let proof = proof.sign(&key, &rig.clock).unwrap();
    // Only the key is not the token's.
    let got = rig.show(proof.to_str().unwrap()).await;
    assert_eq!(got, refused(ProofRejected::KeyMismatch));
}

#[tokio::test]
async fn a_nonce_is_wanted_given_and_taken() {
    let policy = DpopPolicy::required().nonces(ProofNonces::new().unwrap());
    let rig = Rig::new(policy);
    let refusal = rig
        .show(&rig.proof("one").signed(&rig.key))
        .await
        .unwrap_err();
    assert_eq!(refusal, Refusal::InvalidProof(ProofRejected::NonceMissing));
    let answer = rig.protection.answer(&refusal);
    let nonce = answer.headers()["dpop-nonce"].to_str().unwrap().to_owned();
    // It says when the proof was made, so the clock of the client does not matter.
    let with = |jti: &str| rig.proof(jti).claim("nonce", nonce.clone()).claim("iat", 1);
    assert_eq!(rig.show(&with("two").signed(&rig.key)).await, Ok(()));
    let again = rig.show(&with("two").signed(&rig.key)).await;
    assert_eq!(again, refused(ProofRejected::Replayed));

    // The next one is in the answers, and this one is good until the next but one.
    let renewed = |rig: &Rig| {
        let mut headers = http::HeaderMap::new();
        rig.protection.renew_nonce(&mut headers);
        headers["dpop-nonce"].to_str().unwrap().to_owned()
    };
    assert_eq!(renewed(&rig), nonce);
    rig.clock.advance(Duration::from_mins(1));
    assert_ne!(renewed(&rig), nonce);
    assert_eq!(rig.show(&with("three").signed(&rig.key)).await, Ok(()));
    rig.clock.advance(Duration::from_mins(1));
    let old = rig.show(&with("four").signed(&rig.key)).await;
    assert_eq!(old, refused(ProofRejected::NonceOutdated));
    let made_up = rig.proof("five").claim("nonce", "made-up").signed(&rig.key);
    let made_up = rig.show(&made_up).await;
    assert_eq!(made_up, refused(ProofRejected::NonceOutdated));
}

#[tokio::test]
async fn one_caller_cannot_fill_the_memory_of_proofs() {
    let rig = Rig::new(DpopPolicy::accepted().remembered(40));
    let mut admitted = 0;
    for number in 0..30 {
        let proof = rig.proof(&number.to_string()).signed(&rig.key);
        match rig.show(&proof).await {
            Ok(()) => admitted += 1,
            Err(refusal @ Refusal::TooManyProofs { .. }) => {
                let answer = rig.protection.answer(&refusal);
                assert_eq!(answer.status(), 429);
                assert_eq!(answer.headers()["retry-after"], "10");
                assert!(!answer.headers().contains_key("www-authenticate"));
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(admitted, 10);
    rig.clock.advance(Duration::from_secs(80));
    let proof = rig.proof("later").signed(&rig.key);
    assert_eq!(rig.show(&proof).await, Ok(()));
}

#[test]
fn policies_under_which_no_proof_is_good_are_errors() {
    let error = |policy: DpopPolicy| {
        let resource = ResourceUrl::new(RESOURCE, "").unwrap();
        let verifier = Arc::new(StaticTokens::default());
        let builder = Protection::builder::<&str>("test", resource, verifier, []);
        builder.dpop(policy).build().unwrap_err().to_string()
    };
    let accepted = DpopPolicy::accepted;
    for (policy, word) in [
        (accepted().algorithms([]), "ES256"),
        (accepted().algorithms([Algorithm::Hs256]), "public key"),
        (accepted().window(Duration::ZERO), "window"),
        (accepted().window(Duration::from_secs(301)), "300 seconds"),
        (accepted().remembered(0), "remember"),
        (accepted().remembered(usize::MAX), "remember"),
    ] {
        let text = error(policy);
        assert!(text.contains(word), "{text}");
    }
}
