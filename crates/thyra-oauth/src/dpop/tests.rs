use std::time::Duration;

use http::HeaderMap;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use super::*;
use crate::clock::ManualClock;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// The claims of a proof, verified with the key that it carries.
fn verified(proof: &HeaderValue, key: &SigningKey) -> Map<String, Value> {
    let proof = proof.to_str().unwrap();
    let header = jsonwebtoken::decode_header(proof).unwrap();
    assert_eq!(header.typ.as_deref(), Some("dpop+jwt"));
    assert_eq!(header.alg, Algorithm::ES256);
    let jwk: Jwk = serde_json::from_value(key.public_jwk()).unwrap();
    assert_eq!(header.jwk.as_ref(), Some(&jwk));
    let mut rules = Validation::new(Algorithm::ES256);
    rules.required_spec_claims.clear();
    let decoding = DecodingKey::from_jwk(&jwk).unwrap();
    jsonwebtoken::decode(proof, &decoding, &rules)
        .unwrap()
        .claims
}

#[test]
fn others_verify_a_proof() {
    let key = SigningKey::generate().unwrap();
    let clock = ManualClock::new(Duration::from_secs(1_562_262_616));
    let place = url("https://mcp.example.com:8443/mcp?tenant=1#part");
    let proof = DpopProof {
        method: &Method::POST,
        url: &place,
        token: None,
        nonce: None,
    };
    let signed = proof.sign(&key, &clock).unwrap();
    assert!(signed.is_sensitive());
    let claims = verified(&signed, &key);
    assert_eq!(claims.len(), 4);
    assert_eq!(claims["htm"], "POST");
    assert_eq!(claims["htu"], "https://mcp.example.com:8443/mcp");
    assert_eq!(claims["iat"], 1_562_262_616);

    let again = verified(&proof.sign(&key, &clock).unwrap(), &key);
    assert_ne!(again["jti"], claims["jti"]);

    // The token and its hash are those of RFC 9449 section 7.1.
    let token = Secret::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU".to_owned());
    let shown = DpopProof {
        token: Some(&token),
        nonce: Some("eyJ7S_zG.eyJH0-Z.HX4w-7v"),
        ..proof
    };
    let claims = verified(&shown.sign(&key, &clock).unwrap(), &key);
    assert_eq!(claims["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    assert_eq!(claims["nonce"], "eyJ7S_zG.eyJH0-Z.HX4w-7v");
}

#[test]
fn a_key_that_was_kept_makes_proofs_of_the_same_key() {
    let key = SigningKey::generate().unwrap();
    let kept = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
    assert_eq!(kept.thumbprint(), key.thumbprint());
    let clock = ManualClock::new(Duration::ZERO);
    let proof = DpopProof {
        method: &Method::GET,
        url: &url("https://mcp.example.com/mcp"),
        token: None,
        nonce: None,
    };
    verified(&proof.sign(&kept, &clock).unwrap(), &key);
}

fn answer(nonces: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for nonce in nonces {
        headers.append("DPoP-Nonce", HeaderValue::from_str(nonce).unwrap());
    }
    headers
}

#[test]
fn the_newest_nonce_of_each_server_counts() {
    let nonces = DpopNonces::new();
    let (one, other) = (url("https://a.example/x"), url("https://a.example:444/x"));
    assert_eq!(nonces.of(&one), None);
    assert!(nonces.learn(&one, &answer(&["n1"]), None));
    assert!(nonces.learn(&other, &answer(&["o1"]), None));
    assert!(nonces.learn(&url("https://a.example/y?z"), &answer(&["n2"]), Some("n1")));
    assert!(!nonces.learn(&one, &answer(&["n2"]), Some("n2")));
    assert!(!nonces.learn(&one, &answer(&[]), Some("n2")));
    assert_eq!(nonces.clone().of(&one).as_deref(), Some("n2"));
    assert_eq!(nonces.of(&other).as_deref(), Some("o1"));
}

#[test]
fn what_is_no_nonce_is_not_kept() {
    let nonces = DpopNonces::new();
    let server = url("https://a.example/");
    let long = "n".repeat(1025);
    for odd in [
        &["a b"][..],
        &["a\"b"],
        &["a\\b"],
        &[""],
        &["one", "two"],
        &[&long],
    ] {
        assert!(!nonces.learn(&server, &answer(odd), None), "{odd:?}");
        assert_eq!(nonces.of(&server), None);
    }
    assert!(nonces.learn(&server, &answer(&["n".repeat(1024).as_str()]), None));
}

#[test]
fn the_nonces_of_few_servers_are_kept() {
    let nonces = DpopNonces::new();
    let server = |port: u16| url(&format!("https://a.example:{port}/"));
    for port in 1000..2000 {
        nonces.learn(&server(port), &answer(&["n"]), None);
    }
    let kept = (1000..2000).filter(|port| nonces.of(&server(*port)).is_some());
    assert_eq!(kept.collect::<Vec<_>>(), (1992..2000).collect::<Vec<_>>());
}
