use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::verify::testing::{self, Signer};
use crate::verify::{Algorithm, VerifyingKey};

fn all() -> Algorithms {
    Algorithms::asymmetric()
}

fn proof(signer: &Signer, algorithm: &str, claims: &serde_json::Value) -> String {
    let header = json!({ "typ": "dpop+jwt", "alg": algorithm, "jwk": signer.jwk() });
    signer.token_with(&header.to_string(), &claims.to_string())
}

/// The proof of RFC 9449 section 7.1, whose token is bound to its key (section 6.1).
const EXAMPLE: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";

#[test]
fn the_example_of_the_specification_is_read() {
    let proof = Proof::read(EXAMPLE, all()).unwrap();
    let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    assert_eq!(proof.key.to_string(), jkt);
    assert_eq!(proof.method, "GET");
    assert_eq!(proof.url, "https://resource.example.org/protectedresource");
    assert_eq!(proof.issued_at, Duration::from_secs(1_562_262_618));
    assert_eq!(proof.nonce, None);
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    assert_eq!(proof.token_hash, Some(Thumbprint::of(token.as_bytes())));
}

#[test]
fn keys_of_other_kinds_make_proofs_too() {
    let claims = json!({ "jti": "1", "htm": "POST", "htu": "https://h/", "iat": 1 });
    let rsa = proof(testing::rsa(), "RS256", &claims);
    let read = Proof::read(&rsa, all()).unwrap();
    let jwk = testing::rsa().jwk();
    let members = json!({ "e": jwk["e"], "kty": "RSA", "n": jwk["n"] });
    assert_eq!(read.key, Thumbprint::of(members.to_string().as_bytes()));
    let only_ec = Algorithms::from_iter([Algorithm::Es256]);
    let refused = Proof::read(&rsa, only_ec);
    assert_eq!(refused, Err(ProofRejected::AlgorithmNotAllowed));
    assert!(Proof::read(&proof(testing::ec(), "ES256", &claims), only_ec).is_ok());
}

#[test]
fn the_thumbprint_of_an_edwards_key_is_that_of_the_specification() {
    // RFC 8037 appendix A.3.
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let serde_json::Value::Object(members) = jwk else {
        panic!("an object")
    };
    let (_, key) = VerifyingKey::brought_along(members, Algorithm::EdDsa).unwrap();
    assert_eq!(
        key.to_string(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
}

#[test]
fn every_bit_of_a_signature_counts() {
    let (signed, signature) = EXAMPLE.rsplit_once('.').unwrap();
    for at in 0..signature.len() {
        let mut changed = signature.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = format!("{signed}.{}", String::from_utf8(changed).unwrap());
        assert!(Proof::read(&changed, all()).is_err(), "{at}");
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_read(text: String, bytes: Vec<u8>) {
        let _ = Proof::read(&text, all());
        let _ = Proof::read(&String::from_utf8_lossy(&bytes), all());
    }

    #[test]
    fn whatever_is_signed_is_read(claims in "\\PC{0,60}", jti in any::<String>(), iat in any::<i64>()) {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": testing::ec().jwk() });
        let _ = Proof::read(&testing::ec().token_with(&header.to_string(), &claims), all());
        let claims = json!({ "jti": jti, "htm": "GET", "htu": "https://h/", "iat": iat });
        let read = Proof::read(&proof(testing::ec(), "ES256", &claims), all());
        prop_assert_eq!(read.is_ok(), (1..=256).contains(&jti.len()) && iat >= 0);
    }
}
