//! Judges the JOSE vectors of Wycheproof with the code that verifies the signatures of tokens.
//!
//! The vectors are read from `$THYRA_SHARED/vectors/wycheproof`, or from `shared` beside the
//! repository. Where there are none, the tests say so and pass.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use thyra_auth::{Algorithm, Algorithms, KeySet, Secret, VerifyingKey};

/// Why we judge a vector otherwise than its authors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// Valid there: `alg` is `ES521`, which was never registered; RFC 7518 calls it `ES512`.
    Es521,
    /// Valid there: it has characters that are not base64url, which a lenient decoder skips.
    LenientBase64,
    /// Invalid there: the padding that should make it so was lost, and it is the same token as one
    /// that is valid there.
    LostPadding,
    /// Valid there: it is encrypted, and we take signed tokens only.
    Encrypted,
    /// Valid there: the token's `alg` is `PS384`, though the key's own `alg` is `PS256`.
    OtherAlgorithm,
    /// Invalid there: the key set has one `kid` twice. We try each key that fits.
    SameKid,
    /// Invalid there: the RSA key has the weakness of ROCA. A key that its issuer publishes is
    /// trusted to be a good one.
    Roca,
}

/// The keys of a group, as an issuer would publish them, or as secrets when all are secrets.
fn keys(group: &Value) -> Option<KeySet> {
    let source = group
        .get("public")
        .or_else(|| group.get("private"))
        .expect("a key");
    let keys = match source.get("keys") {
        Some(keys) => keys.as_array().expect("keys").clone(),
        None => vec![source.clone()],
    };
    if keys.iter().all(|key| key["kty"] == "oct") {
        let secrets = keys.iter().map(|key| {
            let algorithm: Algorithm = key["alg"].as_str()?.parse().ok()?;
            let secret = URL_SAFE_NO_PAD.decode(key["k"].as_str()?).ok()?;
            let key_id = key["kid"].as_str()?;
            let secret = VerifyingKey::from_secret(&Secret::from(secret), algorithm).ok()?;
            Some(secret.with_kid(key_id))
        });
        // As in published sets, one bad key does not spoil the others.
        return Some(secrets.flatten().collect());
    }
    KeySet::from_jwks(json!({ "keys": keys }).to_string().as_bytes()).ok()
}

fn difference(group: &str, key_algorithm: &str, valid: bool, comment: &str) -> Option<Difference> {
    match (group, valid) {
        ("jwe_aes" | "jwe_ec", true) => Some(Difference::Encrypted),
        ("rfc7520" | "rfc7520WithKeyOps", true) if key_algorithm == "ES521" => {
            Some(Difference::Es521)
        }
        ("base64", true) if comment.starts_with("InvalidCharacterInserted") => {
            Some(Difference::LenientBase64)
        }
        ("rfc7520" | "rfc7520WithKeyOps", true) if key_algorithm == "PS256" => {
            Some(Difference::OtherAlgorithm)
        }
        ("base64", false) if comment.starts_with("invalidBase64Padding") => {
            Some(Difference::LostPadding)
        }
        ("jws_duplicate_kid", false) => Some(Difference::SameKid),
        ("jws_rsa_roca_key", false) => Some(Difference::Roca),
        _ => None,
    }
}

/// Judges a file; says how many vectors were judged, and how many otherwise than there.
fn judge(file: &str) -> Option<(usize, BTreeMap<Difference, usize>)> {
    let shared = env::var_os("THYRA_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join("vectors/wycheproof").join(file);
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("not judged, there are no vectors at {}", path.display());
        return None;
    };
    let vectors: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    let algorithms = Algorithms::from_iter(Algorithm::ALL);
    let (mut total, mut differences) = (0, BTreeMap::new());
    for group in vectors["testGroups"].as_array().expect("groups") {
        let name = group["comment"].as_str().expect("a comment");
        let source = group
            .get("public")
            .or_else(|| group.get("private"))
            .expect("a key");
        let key_algorithm = source["alg"].as_str().unwrap_or_default();
        let keys = keys(group);
        let tests = group["tests"].as_array().expect("tests");
        for test in tests {
            let id = &test["tcId"];
            let token = test.get("jws").or_else(|| test.get("jwe"));
            // Some are in the JSON serialization.
            let token = token.expect("a token");
            let token = token
                .as_str()
                .map_or_else(|| token.to_string(), str::to_owned);
            let valid = match test["result"].as_str() {
                Some("valid") => true,
                Some("invalid") => false,
                other => panic!("{file} {id}: the result {other:?} is new"),
            };
            let comment = test["comment"].as_str().unwrap_or_default();
            let accepted = keys
                .as_ref()
                .is_some_and(|keys| keys.verify_jws(&token, algorithms).is_ok());
            total += 1;
            match difference(name, key_algorithm, valid, comment) {
                None => assert_eq!(accepted, valid, "{file} {id} {name} {comment}"),
                Some(difference) => {
                    assert_ne!(
                        accepted, valid,
                        "{file} {id} {name} {comment}: no {difference:?}"
                    );
                    if difference == Difference::LostPadding {
                        let same = |other: &Value| other["jws"] == test["jws"];
                        let mut valid = tests.iter().filter(|other| other["result"] == "valid");
                        assert!(valid.any(same), "{file} {id}: not the same as a valid one");
                    }
                    *differences.entry(difference).or_default() += 1;
                }
            }
        }
    }
    assert_eq!(
        Some(total),
        vectors["numberOfTests"]
            .as_u64()
            .and_then(|n| n.try_into().ok())
    );
    Some((total, differences))
}

#[test]
fn signatures() {
    if let Some((total, differences)) = judge("json_web_signature_test.json") {
        assert!(total >= 401, "{total}");
        let expected = [
            (Difference::Es521, 2),
            (Difference::LenientBase64, 2),
            (Difference::LostPadding, 2),
            (Difference::OtherAlgorithm, 2),
        ];
        assert_eq!(differences, expected.into());
    }
}

#[test]
fn keys_and_key_sets() {
    if let Some((total, differences)) = judge("json_web_key_test.json") {
        assert!(total >= 26, "{total}");
        let expected = [(Difference::SameKid, 1), (Difference::Roca, 1)];
        assert_eq!(differences, expected.into());
    }
}

#[test]
fn the_older_collection() {
    if let Some((total, differences)) = judge("json_web_crypto_test.json") {
        assert!(total >= 83, "{total}");
        let expected = [(Difference::Encrypted, 2), (Difference::Roca, 1)];
        assert_eq!(differences, expected.into());
    }
}
