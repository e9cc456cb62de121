use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::verify::testing;

fn change(mut jwk: Value, changes: &Value) -> Result<VerifyingKey, KeyError> {
    for (name, value) in changes.as_object().unwrap() {
        jwk[name] = value.clone();
    }
    VerifyingKey::from_jwk(&jwk.to_string())
}

#[test]
fn what_a_jwk_allows() {
    let rsa = |changes| change(testing::rsa().jwk(), &changes).map(|key| key.algorithms());
    let only = |algorithm| Algorithms::from_iter([algorithm]);
    assert_eq!(rsa(json!({})).unwrap(), only(Algorithm::Rs256));
    assert_eq!(
        rsa(json!({ "alg": "PS512" })).unwrap(),
        only(Algorithm::Ps512)
    );
    assert_eq!(rsa(json!({ "alg": null })).unwrap().iter().count(), 6);
    assert_eq!(
        rsa(json!({ "key_ops": ["verify"] })).unwrap(),
        only(Algorithm::Rs256)
    );
    assert_eq!(
        rsa(json!({ "use": null, "unknown": { "a": 1 } })).unwrap(),
        only(Algorithm::Rs256)
    );
    for (changes, expected) in [
        (json!({ "alg": "ES256" }), KeyError::AlgorithmMismatch),
        (json!({ "alg": "HS256" }), KeyError::AlgorithmMismatch),
        (json!({ "alg": "RSA-OAEP" }), KeyError::AlgorithmMismatch),
        (json!({ "alg": "none" }), KeyError::AlgorithmMismatch),
        (json!({ "use": "enc" }), KeyError::NotForSignatures),
        (json!({ "use": "SIG" }), KeyError::NotForSignatures),
        (json!({ "key_ops": ["sign"] }), KeyError::NotForSignatures),
        (json!({ "key_ops": [] }), KeyError::NotForSignatures),
        (json!({ "kty": "rsa" }), KeyError::UnsupportedType),
        (
            json!({ "kty": "oct", "k": "AAAA" }),
            KeyError::UnsupportedType,
        ),
        (json!({ "n": null }), KeyError::Malformed("n or e")),
        (json!({ "n": "AA" }), KeyError::Malformed("n or e")),
        (json!({ "n": "AQ==" }), KeyError::Malformed("n or e")),
        (json!({ "n": "AQ" }), KeyError::Size { bits: 1 }),
        (
            json!({ "n": URL_SAFE_NO_PAD.encode([255; 255]) }),
            KeyError::Size { bits: 2040 },
        ),
        (
            json!({ "n": URL_SAFE_NO_PAD.encode([255; 1025]) }),
            KeyError::Size { bits: 8200 },
        ),
        (json!({ "e": "AQ" }), KeyError::Malformed("e")),
        (json!({ "e": "Ag" }), KeyError::Malformed("e")),
    ] {
        let error = rsa(changes.clone()).unwrap_err();
        assert_eq!(error.to_string(), expected.to_string(), "{changes}");
    }
}

#[test]
fn superfluous_zeros_of_an_rsa_key_do_no_harm() {
    let jwk = testing::rsa().jwk();
    let n = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    let padded = URL_SAFE_NO_PAD.encode([&[0, 0][..], &n].concat());
    let key = change(jwk.clone(), &json!({ "n": padded })).unwrap();
    assert!(key.is_same(&change(jwk, &json!({})).unwrap()));
}

#[test]
fn elliptic_curves() {
    let jwk = testing::ec().jwk();
    let ec = |changes| change(jwk.clone(), &changes).map(|key| key.algorithms());
    assert_eq!(
        ec(json!({})).unwrap(),
        Algorithms::from_iter([Algorithm::Es256])
    );
    let x = jwk["x"].as_str().unwrap();
    for (changes, expected) in [
        (json!({ "alg": "ES384" }), KeyError::AlgorithmMismatch),
        (json!({ "crv": "P-384" }), KeyError::Malformed("x")),
        (json!({ "crv": "secp256k1" }), KeyError::UnsupportedType),
        (json!({ "crv": null }), KeyError::Malformed("crv")),
        (json!({ "x": null }), KeyError::Malformed("x")),
        // Not on the curve.
        (json!({ "y": x }), KeyError::Rejected),
        (json!({ "kty": "OKP" }), KeyError::UnsupportedType),
        (
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" }),
            KeyError::Malformed("x"),
        ),
    ] {
        let error = ec(changes.clone()).unwrap_err();
        assert_eq!(error.to_string(), expected.to_string(), "{changes}");
    }
}

#[test]
fn secrets() {
    let make = |length, algorithm| {
        VerifyingKey::from_secret(&Secret::new(vec![7_u8; length]), algorithm).map(drop)
    };
    for (length, algorithm) in [
        (32, Algorithm::Hs256),
        (48, Algorithm::Hs384),
        (64, Algorithm::Hs512),
    ] {
        assert!(make(length, algorithm).is_ok());
        assert!(matches!(
            make(length - 1, algorithm),
            Err(KeyError::WeakSecret { .. })
        ));
    }
    assert!(matches!(
        make(64, Algorithm::Rs256),
        Err(KeyError::AlgorithmMismatch)
    ));
    let pem = Secret::new(testing::rsa().pem());
    let error = VerifyingKey::from_secret(&pem, Algorithm::Hs256).unwrap_err();
    assert!(matches!(error, KeyError::PemSecret));
}

#[test]
fn pem() {
    let rsa = VerifyingKey::from_pem(&testing::rsa().pem()).unwrap();
    assert_eq!(rsa.algorithms().iter().count(), 6);
    let ec = VerifyingKey::from_pem(&testing::ec().pem()).unwrap();
    assert_eq!(ec.algorithms(), Algorithms::from_iter([Algorithm::Es256]));
    // RFC 8410 section 10.1.
    let ed = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----";
    let ed = VerifyingKey::from_pem(ed).unwrap();
    assert!(ed.algorithms().contains(Algorithm::EdDsa));
    let body = testing::rsa().pem();
    let private = body.replace("PUBLIC", "PRIVATE");
    for text in [
        "",
        "x",
        &private,
        "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----",
    ] {
        assert!(
            matches!(VerifyingKey::from_pem(text), Err(KeyError::Pem)),
            "{text}"
        );
    }
    for bytes in [&[][..], &[7; 32], &[4; 65], &[0x30; 91]] {
        let text = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
            STANDARD.encode(bytes)
        );
        assert!(VerifyingKey::from_pem(&text).is_err(), "{bytes:?}");
    }
}

#[test]
fn a_key_never_prints_what_it_is_made_of() {
    let secret = Secret::new("a secret of more than thirty-two bytes".to_owned());
    let key = VerifyingKey::from_secret(&secret, Algorithm::Hs256).unwrap();
    assert_eq!(
        format!("{key:?}"),
        r#"VerifyingKey { name: Any, algorithms: {"HS256"}, retired: false, .. }"#
    );
}
