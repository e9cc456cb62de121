//! Replicas of one server: they share used proofs and the keys of nonces.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Ready, ready};
use http::{Request, Response, StatusCode};
use http_body_util::{Empty, Full};
use thyra_auth::{
    DpopPolicy, Noted, ProofNonces, ProofRejected, Protection, Refusal, ReplayStore, Secret,
    UsedProof,
};
use tower_service::Service;

use crate::support::{Rig, dpop, parts, protection};

/// A store that answers later, as a database does.
#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<HashSet<[u8; 32]>>,
    is_down: bool,
}

impl ReplayStore for Shared {
    fn note<'a>(&'a self, proof: &'a UsedProof) -> BoxFuture<'a, Noted> {
        async {
            tokio::task::yield_now().await;
            if self.is_down {
                let retry_after = Duration::from_secs(3);
                return Noted::Unavailable { retry_after };
            }
            if self.seen.lock().unwrap().insert(*proof.id()) {
                Noted::First
            } else {
                Noted::Replayed
            }
        }
        .boxed()
    }
}

async fn show(protection: &Protection, proof: &str) -> Result<(), Refusal> {
    let mut parts = parts(dpop(proof));
    protection.admit(&mut parts).await.map(drop)
}

#[tokio::test]
async fn a_proof_is_good_once_for_all_replicas_that_share_a_store() {
    let policy = DpopPolicy::accepted().replay_store(Arc::new(Shared::default()));
    let rig = Rig::new(policy.clone());
    let other = protection(policy, &rig.key, &rig.clock);
    let proof = rig.proof("one").signed(&rig.key);
    assert_eq!(rig.show(&proof).await, Ok(()));
    let replayed = Err(Refusal::InvalidProof(ProofRejected::Replayed));
    assert_eq!(show(&other, &proof).await, replayed);
    assert_eq!(rig.show(&proof).await, replayed);
    let proof = rig.proof("two").signed(&rig.key);
    assert_eq!(show(&other, &proof).await, Ok(()));
}

#[tokio::test]
async fn a_store_that_is_down_lets_nobody_in() {
    let store = Shared {
        is_down: true,
        ..Shared::default()
    };
    let rig = Rig::new(DpopPolicy::accepted().replay_store(Arc::new(store)));
    let outage = rig.show(&rig.proof("one").signed(&rig.key)).await;
    let retry_after = Duration::from_secs(3);
    assert_eq!(outage, Err(Refusal::Unavailable { retry_after }));
}

#[tokio::test]
async fn replicas_take_the_nonces_of_each_other() {
    let keys = |keys: &[u8]| ProofNonces::with_keys(keys.iter().map(|key| Secret::new([*key; 32])));
    let policy = |all: &[u8]| DpopPolicy::required().nonces(keys(all).unwrap());
    let rig = Rig::new(policy(&[1]));
    let changing = protection(policy(&[2, 1]), &rig.key, &rig.clock);
    let stranger = protection(policy(&[3]), &rig.key, &rig.clock);
    let refusal = rig
        .show(&rig.proof("one").signed(&rig.key))
        .await
        .unwrap_err();
    let answer = rig.protection.answer(&refusal);
    let nonce = answer.headers()["dpop-nonce"].to_str().unwrap();
    let proof = rig.proof("two").claim("nonce", nonce).signed(&rig.key);
    assert_eq!(show(&changing, &proof).await, Ok(()));
    let outdated = Err(Refusal::InvalidProof(ProofRejected::NonceOutdated));
    assert_eq!(show(&stranger, &proof).await, outdated);
}

#[derive(Clone)]
struct Hello;

impl<B> Service<Request<B>> for Hello {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        ready(Ok(Response::new(Full::default())))
    }
}

#[tokio::test]
async fn the_layer_asks_the_store_and_renews_the_nonce() {
    let nonces = || ProofNonces::with_keys([Secret::new([1; 32])]).unwrap();
    let shared = DpopPolicy::accepted().replay_store(Arc::new(Shared::default()));
    for (policy, has_nonce) in [
        (DpopPolicy::accepted(), false),
        (shared.clone(), false),
        (DpopPolicy::accepted().nonces(nonces()), true),
        (shared.nonces(nonces()), true),
    ] {
        let rig = Rig::new(policy);
        let refusal = rig.show("no proof").await.unwrap_err();
        let answer = rig.protection.answer(&refusal);
        let nonce = answer.headers().get("dpop-nonce").cloned();
        assert_eq!(nonce.is_some(), has_nonce);
        let mut proof = rig.proof("one");
        if let Some(nonce) = &nonce {
            proof = proof.claim("nonce", nonce.to_str().unwrap());
        }
        let proof = proof.signed(&rig.key);
        let mut service = rig.protection.protect(Hello);
        for status in [StatusCode::OK, StatusCode::UNAUTHORIZED] {
            let request = dpop(&proof).body(Empty::<Bytes>::new()).unwrap();
            let answer = service.call(request).await.unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers().get("dpop-nonce"), nonce.as_ref());
        }
    }
}
