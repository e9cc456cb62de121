//! What somebody tries who has stolen a token, a proof, or both.

use aws_lc_rs::hmac;
use http::Method;
use serde_json::json;
use thyra_auth::{Algorithm, BindingRejected, DpopPolicy, ProofRejected, Refusal};

use crate::support::{BOUND, FREE, Key, Proof, RESOURCE, Rig, dpop, parts, presenting, signed};

fn proof_refused(reason: ProofRejected) -> Result<(), Refusal> {
    Err(Refusal::InvalidProof(reason))
}

fn binding_refused(reason: BindingRejected) -> Result<(), Refusal> {
    Err(Refusal::InvalidBinding(reason))
}

#[tokio::test]
async fn a_replayed_proof_is_refused() {
    let rig = Rig::accepting();
    let proof = rig.proof("one").signed(&rig.key);
    assert_eq!(rig.show(&proof).await, Ok(()));
    for _ in 0..3 {
        let again = rig.show(&proof).await;
        assert_eq!(again, proof_refused(ProofRejected::Replayed));
    }
    // The same claims signed once more are the same proof.
    let resigned = rig.proof("one").signed(&rig.key);
    assert_ne!(resigned, proof);
    let again = rig.show(&resigned).await;
    assert_eq!(again, proof_refused(ProofRejected::Replayed));
    assert_eq!(rig.show(&rig.proof("two").signed(&rig.key)).await, Ok(()));
}

#[tokio::test]
async fn a_proof_for_another_url_is_refused() {
    let rig = Rig::accepting();
    for url in [
        "https://evil.example/mcp",
        "http://mcp.example.com/mcp",
        "https://mcp.example.com:8443/mcp",
        "https://mcp.example.com/other",
        "https://mcp.example.com/mcp/",
        "https://mcp.example.com@evil.example/mcp",
        "/mcp",
        "",
    ] {
        let proof = rig.proof("one").claim("htu", url).signed(&rig.key);
        let refused = rig.show(&proof).await;
        assert_eq!(refused, proof_refused(ProofRejected::UrlMismatch), "{url}");
    }
    // What a client or a proxy writes into the request changes nothing.
    let proof = rig.proof("host").claim("htu", "https://evil.example/mcp");
    let request = dpop(&proof.signed(&rig.key))
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example");
    let refused = rig.send(request).await;
    assert_eq!(refused, proof_refused(ProofRejected::UrlMismatch));
}

#[tokio::test]
async fn a_proof_for_another_method_is_refused() {
    let rig = Rig::accepting();
    for method in ["GET", "post", "DELETE", "POST ", ""] {
        let proof = rig.proof("one").claim("htm", method).signed(&rig.key);
        let refused = rig.show(&proof).await;
        assert_eq!(refused, proof_refused(ProofRejected::MethodMismatch));
    }
    let mut parts = parts(dpop(&rig.proof("get").claim("htm", "GET").signed(&rig.key)));
    parts.method = Method::GET;
    assert_eq!(rig.send_parts(parts).await, Ok(()));
}

#[tokio::test]
async fn a_bound_token_is_not_downgraded_to_a_bearer_token() {
    let rig = Rig::accepting();
    let missing = binding_refused(BindingRejected::ProofMissing);
    for scheme in ["Bearer", "bearer"] {
        assert_eq!(rig.send(presenting(scheme, BOUND)).await, missing);
        // A good proof beside it does not help: the scheme says what the client means.
        let proof = rig.proof(scheme).signed(&rig.key);
        let request = presenting(scheme, BOUND).header("dpop", proof);
        assert_eq!(rig.send(request).await, missing);
    }
    assert_eq!(rig.send(presenting("Bearer", FREE)).await, Ok(()));
}

#[tokio::test]
async fn a_bound_token_is_refused_where_none_is_taken() {
    let rig = Rig::new(DpopPolicy::off());
    let proof = rig.proof("one").signed(&rig.key);
    let refused = binding_refused(BindingRejected::KeysNotTaken);
    assert_eq!(rig.show(&proof).await, refused);
    assert_eq!(rig.send(presenting("Bearer", BOUND)).await, refused);
    assert_eq!(rig.send(presenting("DPoP", FREE)).await, refused);
    assert_eq!(rig.send(presenting("Bearer", FREE)).await, Ok(()));
}

#[tokio::test]
async fn where_a_key_is_required_plain_tokens_are_refused() {
    let rig = Rig::new(DpopPolicy::required());
    let demanded = binding_refused(BindingRejected::KeyDemanded);
    assert_eq!(rig.send(presenting("Bearer", FREE)).await, demanded);
    let missing = binding_refused(BindingRejected::ProofMissing);
    assert_eq!(rig.send(presenting("Bearer", BOUND)).await, missing);
    assert_eq!(rig.show(&rig.proof("one").signed(&rig.key)).await, Ok(()));
}

#[tokio::test]
async fn a_token_that_is_not_bound_is_no_dpop_token() {
    for policy in [DpopPolicy::accepted(), DpopPolicy::required()] {
        let rig = Rig::new(policy);
        let request = presenting("DPoP", FREE).header("dpop", rig.proof("one").signed(&rig.key));
        let refused = rig.send(request).await;
        assert_eq!(refused, binding_refused(BindingRejected::NotBound));
    }
}

#[tokio::test]
async fn a_thief_without_the_key_does_not_come_in() {
    let rig = Rig::accepting();
    let own = Key::new();
    // With a proof of his own key, and with the key of the token and a signature of his own.
    let refused = rig.show(&Proof::of(&own, "one").signed(&own)).await;
    assert_eq!(refused, proof_refused(ProofRejected::KeyMismatch));
    let refused = rig.show(&rig.proof("two").signed(&own)).await;
    assert_eq!(refused, proof_refused(ProofRejected::SignatureInvalid));
    // With a proof that the key has signed for another token.
    for ath in [json!("A".repeat(43)), json!(null), json!(7), json!("short")] {
        let proof = rig.proof("three").claim("ath", ath.clone());
        let refused = rig.show(&proof.signed(&rig.key)).await;
        assert!(matches!(refused, Err(Refusal::InvalidProof(_))), "{ath}");
    }
    let proof = rig.proof("four").without("ath").signed(&rig.key);
    let refused = rig.show(&proof).await;
    assert_eq!(refused, proof_refused(ProofRejected::TokenMismatch));
}

#[tokio::test]
async fn algorithms_are_not_confused() {
    let rig = Rig::accepting();
    let not_allowed = proof_refused(ProofRejected::AlgorithmNotAllowed);
    for name in [
        "none", "None", "NONE", "", "es256", "ES256K", "ES512", "dir",
    ] {
        let proof = rig.proof(name).header("alg", name);
        assert_eq!(
            rig.show(&proof.signed(&rig.key)).await,
            not_allowed,
            "{name}"
        );
        let unsigned = proof.signed_with(|_| Vec::new());
        assert_eq!(rig.show(&unsigned).await, not_allowed, "{name}");
    }
    // A public key is no secret, in whatever form.
    let jwk = rig.key.jwk().to_string();
    for (name, algorithm) in [
        ("HS256", hmac::HMAC_SHA256),
        ("HS384", hmac::HMAC_SHA384),
        ("HS512", hmac::HMAC_SHA512),
    ] {
        let key = hmac::Key::new(algorithm, jwk.as_bytes());
        let proof = rig.proof(name).header("alg", name);
        let proof = proof.signed_with(|message| hmac::sign(&key, message).as_ref().to_vec());
        assert_eq!(rig.show(&proof).await, not_allowed);
    }
    // An algorithm that is allowed, and is not the key's.
    for name in ["RS256", "PS256", "ES384", "EdDSA", "Ed25519"] {
        let proof = rig.proof(name).header("alg", name).signed(&rig.key);
        let refused = rig.show(&proof).await;
        assert_eq!(refused, not_allowed, "{name}");
    }
    let mut jwk = rig.key.jwk();
    jwk["alg"] = json!("ES384");
    let proof = rig.proof("jwk").header("jwk", jwk).signed(&rig.key);
    assert_eq!(rig.show(&proof).await, not_allowed);
    let narrow = Rig::new(DpopPolicy::accepted().algorithms([Algorithm::EdDsa]));
    let proof = narrow.proof("narrow").signed(&narrow.key);
    assert_eq!(narrow.show(&proof).await, not_allowed);
}

#[tokio::test]
async fn a_proof_with_a_private_key_or_none_is_refused() {
    let rig = Rig::accepting();
    let refused = proof_refused(ProofRejected::KeyNotPublic);
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let mut jwk = rig.key.jwk();
        jwk[member] = json!("AQAB");
        let proof = rig.proof(member).header("jwk", jwk).signed(&rig.key);
        assert_eq!(rig.show(&proof).await, refused, "{member}");
    }
    let y = rig.key.jwk()["y"].clone();
    for jwk in [
        json!(null),
        json!("key"),
        json!({}),
        json!({ "kty": "oct", "k": "AQAB" }),
        json!({ "kty": "EC", "crv": "P-256", "x": y, "y": y }),
        json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }),
    ] {
        let proof = rig.proof("jwk").header("jwk", jwk.clone()).signed(&rig.key);
        let got = rig.show(&proof).await;
        let not_allowed = proof_refused(ProofRejected::AlgorithmNotAllowed);
        assert!(got == refused || got == not_allowed, "{jwk}: {got:?}");
    }
    // Where else a key may be is not looked at.
    let proof = rig.proof("kid").without("jwk").header("kid", "a");
    let proof = proof
        .header("jku", "https://evil.example/keys")
        .signed(&rig.key);
    assert_eq!(rig.show(&proof).await, refused);
}

#[tokio::test]
async fn only_one_proof_comes_with_a_token() {
    let rig = Rig::accepting();
    let [one, two] = ["one", "two"].map(|jti| rig.proof(jti).signed(&rig.key));
    let refused = rig.send(dpop(&one).header("dpop", &two)).await;
    assert_eq!(refused, proof_refused(ProofRejected::Several));
    let refused = rig.send(dpop(&format!("{one}, {two}"))).await;
    assert_eq!(refused, proof_refused(ProofRejected::Malformed));
    let refused = rig.send(presenting("DPoP", BOUND)).await;
    assert_eq!(refused, proof_refused(ProofRejected::Missing));
    // Two ways to present a token at once are none.
    let both = dpop(&one).header("authorization", format!("Bearer {FREE}"));
    let refused = rig.send(both).await;
    assert!(matches!(refused, Err(Refusal::MalformedRequest(_))));
    assert_eq!(rig.show(&one).await, Ok(()));
}

#[tokio::test]
async fn what_is_no_proof_is_refused() {
    let rig = Rig::accepting();
    let good = rig.proof("good");
    let malformed = proof_refused(ProofRejected::Malformed);
    for text in [
        "",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        "e30.e30.",
        "..",
        "e30=.e30=.e30=",
    ] {
        let refused = rig.show(text).await;
        assert!(matches!(refused, Err(Refusal::InvalidProof(_))), "{text}");
    }
    for name in ["jti", "htm", "htu", "iat"] {
        let proof = good.clone().without(name).signed(&rig.key);
        assert_eq!(rig.show(&proof).await, malformed, "{name}");
        for value in [json!(null), json!({}), json!([]), json!(true)] {
            let proof = good.clone().claim(name, value.clone()).signed(&rig.key);
            assert_eq!(rig.show(&proof).await, malformed, "{name}: {value}");
        }
    }
    for (name, value) in [
        ("jti", json!("")),
        ("jti", json!("j".repeat(257))),
        ("iat", json!("1700000000")),
        ("iat", json!(-1)),
        ("iat", json!(1e300)),
        ("nonce", json!(7)),
    ] {
        let proof = good.clone().claim(name, value.clone()).signed(&rig.key);
        assert_eq!(rig.show(&proof).await, malformed, "{name}: {value}");
    }
    let proof = good.clone().header("crit", json!(["b64"])).signed(&rig.key);
    assert_eq!(rig.show(&proof).await, malformed);
    for typ in [
        json!("JWT"),
        json!("at+jwt"),
        json!("DPOP+JWT"),
        json!(null),
        json!(1),
    ] {
        let proof = good.clone().header("typ", typ.clone()).signed(&rig.key);
        let refused = rig.show(&proof).await;
        assert_eq!(
            refused,
            proof_refused(ProofRejected::TypeNotAllowed),
            "{typ}"
        );
    }
    let long = good
        .clone()
        .claim("x", "x".repeat(8 * 1024))
        .signed(&rig.key);
    let refused = rig.show(&long).await;
    assert_eq!(refused, proof_refused(ProofRejected::TooLarge));
    // Readers that disagree about a member that comes twice are not played off against each other.
    let claims = good
        .claims
        .to_string()
        .replacen('{', r#"{"htu":"https://evil.example/","#, 1);
    let twice = signed(&good.header.to_string(), &claims, |message| {
        rig.key.sign(message)
    });
    assert_eq!(rig.show(&twice).await, malformed);
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let deep = signed(&good.header.to_string(), &deep, |message| {
        rig.key.sign(message)
    });
    assert_eq!(rig.show(&deep).await, malformed);
    assert_eq!(rig.show(&good.signed(&rig.key)).await, Ok(()));
}

#[tokio::test]
async fn a_token_and_its_proof_are_never_shown() {
    let rig = Rig::accepting();
    let proof = rig
        .proof("secret-jti")
        .claim("htu", RESOURCE.replace("mcp", "x"));
    let refusal = rig.show(&proof.signed(&rig.key)).await.unwrap_err();
    let answer = rig.protection.answer(&refusal);
    let shown = format!("{refusal} {refusal:?} {answer:?}");
    for part in [BOUND, "secret-jti", &rig.key.thumbprint().to_string()] {
        assert!(!shown.contains(part), "{shown}");
    }
}
