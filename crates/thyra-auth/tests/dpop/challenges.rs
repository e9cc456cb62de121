//! What clients are told.

use std::fmt::Write as _;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use thyra_auth::{
    Algorithm, BindingRejected, Challenge, Cors, DpopPolicy, ProofNonces, ProofRejected, Refusal,
    Secret, TokenRejected,
};

use crate::support::{BOUND, FREE, Rig, presenting};

/// Status, the headers that matter, and the body, as text.
async fn text<B>(answer: Response<B>) -> String
where
    B: http_body::Body<Data = bytes::Bytes>,
    B::Error: std::fmt::Debug,
{
    let (parts, body) = answer.into_parts();
    let mut text = parts.status.to_string();
    for (name, value) in &parts.headers {
        if matches!(name.as_str(), "www-authenticate" | "dpop-nonce") {
            write!(text, "\n{name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    let body = body.collect().await.unwrap().to_bytes();
    format!("{text}\n\n{}", std::str::from_utf8(&body).unwrap())
}

fn es256() -> DpopPolicy {
    DpopPolicy::accepted().algorithms([Algorithm::Es256])
}

async fn told(policy: DpopPolicy, refusal: Refusal) -> String {
    text(Rig::new(policy).protection.answer(&refusal)).await
}

#[tokio::test]
async fn where_both_kinds_are_taken_there_is_a_challenge_for_each() {
    insta::assert_snapshot!(told(es256(), Refusal::MissingToken).await);
    insta::assert_snapshot!(told(es256(), Refusal::InvalidToken(TokenRejected::Expired)).await);
}

#[tokio::test]
async fn the_error_of_a_proof_is_said_of_its_scheme_only() {
    let replayed = Refusal::InvalidProof(ProofRejected::Replayed);
    insta::assert_snapshot!(told(es256(), replayed).await);
    let other_key = Refusal::InvalidProof(ProofRejected::KeyMismatch);
    insta::assert_snapshot!(told(es256(), other_key).await);
}

#[tokio::test]
async fn a_bound_token_without_a_proof_is_told_what_to_do() {
    let missing = Refusal::InvalidBinding(BindingRejected::ProofMissing);
    insta::assert_snapshot!(told(es256(), missing).await);
    let off = Refusal::InvalidBinding(BindingRejected::KeysNotTaken);
    insta::assert_snapshot!(told(DpopPolicy::off(), off).await);
}

#[tokio::test]
async fn where_a_key_is_required_no_other_scheme_is_offered() {
    let nonces = ProofNonces::with_keys([Secret::new([7; 32])]).unwrap();
    let policy = DpopPolicy::required().algorithms([Algorithm::Es256]);
    let wanted = Refusal::InvalidProof(ProofRejected::NonceMissing);
    insta::assert_snapshot!(told(policy.nonces(nonces), wanted).await);
}

#[tokio::test]
async fn clients_read_what_is_written() {
    for (policy, beside_bearer) in [(es256(), true), (DpopPolicy::required(), false)] {
        let rig = Rig::new(policy);
        for refusal in [
            rig.send(presenting("Bearer", BOUND)).await.unwrap_err(),
            rig.send(presenting("DPoP", FREE)).await.unwrap_err(),
            rig.show("no proof").await.unwrap_err(),
            rig.send(Request::post("/mcp")).await.unwrap_err(),
        ] {
            let answer = rig.protection.answer(&refusal);
            let challenge = Challenge::from_headers(answer.headers()).unwrap();
            let offer = challenge.dpop.as_ref().unwrap();
            assert_eq!(offer.beside_bearer, beside_bearer);
            assert!(offer.algorithms.iter().any(|name| name == "ES256"));
            let metadata = challenge.resource_metadata.as_deref();
            assert_eq!(metadata, Some(rig.protection.metadata_url()));
            let error = challenge.error.as_deref();
            match refusal {
                Refusal::MissingToken => assert_eq!(error, None),
                refusal => assert_eq!(error, Some(refusal.error_code())),
            }
        }
    }
}

#[tokio::test]
async fn the_metadata_says_which_tokens_are_taken() {
    for (policy, expected) in [
        (DpopPolicy::off(), ""),
        (es256(), r#""dpop_signing_alg_values_supported":["ES256"]"#),
        (
            DpopPolicy::required().algorithms([Algorithm::Es256]),
            r#""dpop_signing_alg_values_supported":["ES256"],"dpop_bound_access_tokens_required":true"#,
        ),
    ] {
        let protection = Rig::new(policy).protection;
        let request = Request::get("/.well-known/oauth-protected-resource");
        let request = request
            .body(http_body_util::Empty::<bytes::Bytes>::new())
            .unwrap();
        let routes = protection.public_routes();
        let document = text(routes.respond(request, &Cors::default()).await).await;
        let end = r#""bearer_methods_supported":["header"]"#;
        let (_, rest) = document.split_once(end).unwrap();
        assert_eq!(rest.trim_matches(['}', ',']), expected);
    }
}
