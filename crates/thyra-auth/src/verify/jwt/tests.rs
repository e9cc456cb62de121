mod vendors;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::{Value, json};
use thyra_oauth::{ManualClock, ScopeSet, Secret};

use super::*;
use crate::principal::{Principal, PrincipalKind};
use crate::verify::algorithm::Algorithm;
use crate::verify::testing::Signer;
use crate::verify::{ClaimName, testing};

const NOW: u64 = 1_700_000_000;
const ISSUER: &str = "https://acme.scalekit.dev/resources/res_1";
const AUDIENCE: &str = "res_1";
const URL: &str = "https://mcp.example.com/mcp";

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Duration::from_secs(NOW)))
}

fn builder(keys: impl Into<KeySource>) -> JwtVerifierBuilder {
    let issuers = Issuers::any_of(["https://acme.scalekit.dev", ISSUER]).unwrap();
    let audience = Audience::any_of([AUDIENCE]).unwrap();
    JwtVerifier::builder(keys, issuers, audience)
        .organization_claims(["oid", "org_id"])
        .resource([URL])
        .clock(clock())
}

fn key_set(keys: &[&Signer]) -> KeySet {
    KeySet::from_jwks(testing::jwks(keys).as_bytes()).unwrap()
}

/// A verifier that knows an RSA key, `rsa`, for RS256 only, and an EC key, `ec`.
fn verifier() -> JwtVerifier {
    let keys = key_set(&[testing::rsa(), testing::ec()]);
    let algorithms = [Algorithm::Rs256, Algorithm::Es256, Algorithm::Rs512];
    builder(keys).algorithms(algorithms).build().unwrap()
}

fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": [URL, AUDIENCE],
        "sub": "usr_1",
        "client_id": "m2m_1",
        "exp": NOW + 300,
        "iat": NOW,
        "nbf": NOW,
        "jti": "tkn_1",
        "oid": "org_1",
        "scope": "openid todo:read",
    })
}

fn with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

async fn judge(verifier: &JwtVerifier, token: &str) -> Result<Arc<Principal>, TokenRejected> {
    match verifier.verify(&BearerToken::new(token)).await {
        Verdict::Accepted(principal) => Ok(principal),
        Verdict::Rejected(reason) => Err(reason),
        Verdict::Unavailable(_) => panic!("the keys are fixed"),
    }
}

#[tokio::test]
async fn a_good_token_says_who_calls() {
    let token = testing::rsa().token(&claims());
    let principal = judge(&verifier(), &token).await.unwrap();
    assert_eq!(principal.subject(), "usr_1");
    assert_eq!(principal.issuer(), ISSUER);
    assert_eq!(principal.client_id(), Some("m2m_1"));
    assert_eq!(principal.organization(), Some("org_1"));
    assert_eq!(principal.token_id(), Some("tkn_1"));
    assert_eq!(principal.kind(), PrincipalKind::User);
    assert_eq!(principal.expires_at(), Some(Duration::from_secs(NOW + 300)));
    assert_eq!(principal.scopes(), &ScopeSet::parse("openid todo:read"));
    assert_eq!(principal.claim("aud"), Some(&json!([URL, AUDIENCE])));
}

#[tokio::test]
async fn claims_that_are_accepted() {
    let verifier = verifier();
    for claims in [
        claims(),
        with(&json!({ "iss": "https://acme.scalekit.dev" })),
        with(&json!({ "aud": AUDIENCE })),
        with(&json!({ "exp": 1_700_000_300.5 })),
        with(&json!({ "exp": NOW - 29 })),
        with(&json!({ "nbf": NOW + 30, "iat": NOW + 30 })),
        with(&json!({ "iat": 1_700_000_000.25 })),
        with(&json!({ "resource": URL })),
        with(&json!({ "resource": ["https://other", URL] })),
        with(&json!({ "org_id": null, "custom_claims": { "plan": "pro" } })),
        without("nbf"),
        without("iat"),
        without("jti"),
        without("client_id"),
        without("scope"),
    ] {
        let token = testing::rsa().token(&claims);
        assert!(judge(&verifier, &token).await.is_ok(), "{claims}");
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it is one table")]
async fn claims_that_are_refused() {
    use TokenRejected::{
        AudienceMismatch, Expired, InvalidClaim, IssuerMismatch, MissingClaim, NotYetValid,
        ResourceMismatch,
    };
    let verifier = verifier();
    for (claims, expected) in [
        (without("exp"), MissingClaim(ClaimName::Exp)),
        (without("iss"), MissingClaim(ClaimName::Iss)),
        (without("sub"), MissingClaim(ClaimName::Sub)),
        (without("aud"), MissingClaim(ClaimName::Aud)),
        (with(&json!({ "exp": NOW - 30 })), Expired),
        (with(&json!({ "exp": 0 })), Expired),
        (
            with(&json!({ "exp": (NOW + 300).to_string() })),
            InvalidClaim(ClaimName::Exp),
        ),
        (with(&json!({ "exp": -1 })), InvalidClaim(ClaimName::Exp)),
        (with(&json!({ "exp": -1.5 })), InvalidClaim(ClaimName::Exp)),
        (with(&json!({ "exp": 1e300 })), InvalidClaim(ClaimName::Exp)),
        (with(&json!({ "exp": true })), InvalidClaim(ClaimName::Exp)),
        (with(&json!({ "exp": null })), InvalidClaim(ClaimName::Exp)),
        (
            with(&json!({ "exp": [NOW + 300] })),
            InvalidClaim(ClaimName::Exp),
        ),
        (with(&json!({ "nbf": NOW + 31 })), NotYetValid),
        (with(&json!({ "nbf": NOW + 600 })), NotYetValid),
        (with(&json!({ "iat": NOW + 600 })), NotYetValid),
        (
            with(&json!({ "nbf": "soon" })),
            InvalidClaim(ClaimName::Nbf),
        ),
        (with(&json!({ "iat": -5 })), InvalidClaim(ClaimName::Iat)),
        (
            with(&json!({ "iss": format!("{ISSUER}/") })),
            IssuerMismatch,
        ),
        (
            with(&json!({ "iss": "https://ACME.scalekit.dev" })),
            IssuerMismatch,
        ),
        (
            with(&json!({ "iss": "https://acme.scalekit.dev/resources/res_2" })),
            IssuerMismatch,
        ),
        (
            with(&json!({ "iss": format!("{ISSUER}.evil.example") })),
            IssuerMismatch,
        ),
        (
            with(&json!({ "iss": [ISSUER] })),
            InvalidClaim(ClaimName::Iss),
        ),
        (with(&json!({ "iss": "" })), InvalidClaim(ClaimName::Iss)),
        (with(&json!({ "aud": [] })), AudienceMismatch),
        (with(&json!({ "aud": URL })), AudienceMismatch),
        (with(&json!({ "aud": ["res_2"] })), AudienceMismatch),
        (with(&json!({ "aud": 1 })), InvalidClaim(ClaimName::Aud)),
        (
            with(&json!({ "aud": [[AUDIENCE]] })),
            InvalidClaim(ClaimName::Aud),
        ),
        (
            with(&json!({ "aud": [AUDIENCE, 1] })),
            InvalidClaim(ClaimName::Aud),
        ),
        (
            with(&json!({ "aud": { "a": AUDIENCE } })),
            InvalidClaim(ClaimName::Aud),
        ),
        (with(&json!({ "aud": null })), InvalidClaim(ClaimName::Aud)),
        (with(&json!({ "sub": " " })), InvalidClaim(ClaimName::Sub)),
        (with(&json!({ "sub": 7 })), InvalidClaim(ClaimName::Sub)),
        (with(&json!({ "scope": 7 })), InvalidClaim(ClaimName::Scope)),
        (
            with(&json!({ "scope": { "a": true } })),
            InvalidClaim(ClaimName::Scope),
        ),
        (
            with(&json!({ "scopes": ["a", 7] })),
            InvalidClaim(ClaimName::Scopes),
        ),
        (
            with(&json!({ "scopes": ["a b"] })),
            InvalidClaim(ClaimName::Scopes),
        ),
        (
            with(&json!({ "scp": [null] })),
            InvalidClaim(ClaimName::Scp),
        ),
        (
            with(&json!({ "client_id": 7 })),
            InvalidClaim(ClaimName::ClientId),
        ),
        (with(&json!({ "jti": 7 })), InvalidClaim(ClaimName::Jti)),
        (with(&json!({ "cnf": null })), InvalidClaim(ClaimName::Cnf)),
        (with(&json!({ "cnf": {} })), InvalidClaim(ClaimName::Cnf)),
        (
            with(&json!({ "cnf": { "jkt": "short" } })),
            InvalidClaim(ClaimName::Cnf),
        ),
        (
            with(&json!({ "oid": 7 })),
            InvalidClaim(ClaimName::Organization),
        ),
        (
            with(&json!({ "resource": "https://mcp.example.com/mcp/" })),
            ResourceMismatch,
        ),
        (with(&json!({ "resource": [] })), ResourceMismatch),
        (
            with(&json!({ "resource": 7 })),
            InvalidClaim(ClaimName::Resource),
        ),
    ] {
        let token = testing::rsa().token(&claims);
        assert_eq!(
            judge(&verifier, &token).await.unwrap_err(),
            expected,
            "{claims}"
        );
    }
}

#[tokio::test]
async fn scopes_and_kind_come_from_every_shape() {
    let verifier = verifier();
    for (changes, scopes) in [
        (json!({ "scope": "a b" }), "a b"),
        (json!({ "scope": ["a", "b"] }), "a b"),
        (
            json!({ "scope": "", "scopes": ["a"], "scp": "b c" }),
            "a b c",
        ),
        (json!({ "scope": "a", "scp": ["a", "b"] }), "a b"),
    ] {
        let token = testing::rsa().token(&with(&changes));
        let principal = judge(&verifier, &token).await.unwrap();
        assert_eq!(principal.scopes().to_string(), scopes, "{changes}");
    }
    for (changes, client, kind) in [
        (
            json!({ "sub": "m2m_1" }),
            Some("m2m_1"),
            PrincipalKind::Machine,
        ),
        (
            json!({ "sub": "x", "client_id": null, "azp": "x" }),
            Some("x"),
            PrincipalKind::Machine,
        ),
        (
            json!({ "sub": "x", "azp": "x" }),
            Some("m2m_1"),
            PrincipalKind::User,
        ),
        (json!({ "client_id": null }), None, PrincipalKind::User),
    ] {
        let token = testing::rsa().token(&with(&changes));
        let principal = judge(&verifier, &token).await.unwrap();
        assert_eq!(
            (principal.client_id(), principal.kind()),
            (client, kind),
            "{changes}"
        );
    }
}

#[tokio::test]
async fn headers_that_are_accepted() {
    let verifier = verifier();
    let rsa = testing::rsa();
    for header in [
        json!({ "alg": "RS256", "kid": "rsa" }),
        json!({ "alg": "RS256", "kid": "rsa", "typ": "jwt" }),
        json!({ "alg": "RS256", "kid": "rsa", "typ": "at+JWT" }),
        json!({ "alg": "RS256", "kid": "rsa", "typ": "application/at+jwt" }),
        // The only key for RS256.
        json!({ "alg": "RS256" }),
        // Never looked at.
        json!({ "alg": "RS256", "kid": "rsa", "jku": "https://evil.example/keys", "x5u": 1, "jwk": { "kty": "RSA" }, "x5c": [], "b64": false }),
    ] {
        let token = rsa.token_with(&header.to_string(), &claims().to_string());
        assert!(judge(&verifier, &token).await.is_ok(), "{header}");
    }
}

#[tokio::test]
async fn headers_that_are_refused() {
    use TokenRejected::{
        AlgorithmNotAllowed, Malformed, SignatureInvalid, TypeNotAllowed, UnknownKey,
        UnsupportedCritical,
    };
    let verifier = verifier();
    let rsa = testing::rsa();
    for (header, expected) in [
        (r#"{"alg":"none","kid":"rsa"}"#, AlgorithmNotAllowed),
        (r#"{"alg":"None","kid":"rsa"}"#, AlgorithmNotAllowed),
        (r#"{"alg":"","kid":"rsa"}"#, AlgorithmNotAllowed),
        (r#"{"alg":"HS256","kid":"rsa"}"#, AlgorithmNotAllowed),
        (r#"{"alg":"PS256","kid":"rsa"}"#, AlgorithmNotAllowed),
        // Allowed by the settings, not by the key.
        (r#"{"alg":"RS512","kid":"rsa"}"#, AlgorithmNotAllowed),
        (r#"{"alg":"RS512"}"#, AlgorithmNotAllowed),
        (r#"{"alg":"RS256","kid":"ec"}"#, AlgorithmNotAllowed),
        (r#"{"alg":"ES256","kid":"ec"}"#, SignatureInvalid),
        (r#"{"alg":"ES256"}"#, SignatureInvalid),
        (r#"{"alg":"RS256","kid":"RSA"}"#, UnknownKey),
        (r#"{"alg":"RS256","kid":"other"}"#, UnknownKey),
        (r#"{"alg":"RS256","kid":""}"#, UnknownKey),
        (r#"{"alg":"RS256","kid":"../../rsa"}"#, UnknownKey),
        (
            r#"{"alg":"RS256","kid":"https://evil.example/keys"}"#,
            UnknownKey,
        ),
        (r#"{"alg":"RS256","kid":7}"#, Malformed),
        (r#"{"alg":"RS256","kid":null}"#, Malformed),
        (r#"{"alg":["RS256"],"kid":"rsa"}"#, Malformed),
        (r#"{"kid":"rsa"}"#, Malformed),
        (r#"{"alg":"RS256","alg":"RS256","kid":"rsa"}"#, Malformed),
        (r#"{"alg":"RS256","kid":"rsa","x":1,"x":1}"#, Malformed),
        (
            r#"{"alg":"RS256","kid":"rsa","x":{"a":1,"a":1}}"#,
            Malformed,
        ),
        (r#"{"alg":"RS256","kid":"rsa"} x"#, Malformed),
        (r#"["RS256"]"#, Malformed),
        ("", Malformed),
        (
            r#"{"alg":"RS256","kid":"rsa","crit":["exp"],"exp":1}"#,
            UnsupportedCritical,
        ),
        (
            r#"{"alg":"RS256","kid":"rsa","crit":["b64"],"b64":true}"#,
            UnsupportedCritical,
        ),
        (
            r#"{"alg":"RS256","kid":"rsa","crit":[]}"#,
            UnsupportedCritical,
        ),
        (
            r#"{"alg":"RS256","kid":"rsa","typ":"ID+JWT"}"#,
            TypeNotAllowed,
        ),
        (
            r#"{"alg":"RS256","kid":"rsa","typ":"dpop+jwt"}"#,
            TypeNotAllowed,
        ),
        (r#"{"alg":"RS256","kid":"rsa","typ":""}"#, TypeNotAllowed),
        (r#"{"alg":"RS256","kid":"rsa","typ":7}"#, Malformed),
    ] {
        let token = rsa.token_with(header, &claims().to_string());
        assert_eq!(
            judge(&verifier, &token).await.unwrap_err(),
            expected,
            "{header}"
        );
    }
    let many = (0..40)
        .map(|n| format!(r#","m{n}":0"#))
        .collect::<Vec<_>>()
        .concat();
    let token = rsa.token_with(
        &format!(r#"{{"alg":"RS256"{many}}}"#),
        &claims().to_string(),
    );
    assert_eq!(judge(&verifier, &token).await.unwrap_err(), Malformed);
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    // The classic confusion: the token is signed with HMAC, and the public key as the secret.
    let verifier = verifier();
    for secret in [testing::rsa().jwk().to_string(), testing::rsa().pem()] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let input = testing::signing_input(r#"{"alg":"HS256","kid":"rsa"}"#, &claims().to_string());
        let tag = hmac::sign(&key, input.as_bytes());
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag));
        let verdict = judge(&verifier, &token).await;
        assert_eq!(verdict.unwrap_err(), TokenRejected::AlgorithmNotAllowed);
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let verifier = verifier();
    let good = testing::rsa().token(&claims());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts")
    };
    let other = testing::rsa().token(&with(&json!({ "sub": "usr_2" })));
    let foreign = other.rsplit_once('.').unwrap().1;
    for (token, expected) in [
        (String::new(), TokenRejected::Malformed),
        (".".to_owned(), TokenRejected::Malformed),
        ("..".to_owned(), TokenRejected::Malformed),
        ("a.b.c".to_owned(), TokenRejected::Malformed),
        (format!("{header}.{payload}"), TokenRejected::Malformed),
        (
            format!("{header}.{payload}.{signature}.{signature}"),
            TokenRejected::Malformed,
        ),
        (
            format!("{header}.a.b.c.{signature}"),
            TokenRejected::Malformed,
        ),
        (
            format!("{header}.{payload}.{signature}="),
            TokenRejected::Malformed,
        ),
        (
            format!("{header}=.{payload}.{signature}"),
            TokenRejected::Malformed,
        ),
        (
            format!("{header}.{payload}.{signature}\n"),
            TokenRejected::Malformed,
        ),
        (
            format!("{header}.{payload}.+/{signature}"),
            TokenRejected::Malformed,
        ),
        (
            format!("{header}.{payload}."),
            TokenRejected::SignatureInvalid,
        ),
        (
            format!("{header}.{payload}.{foreign}"),
            TokenRejected::SignatureInvalid,
        ),
        (
            format!("{header}..{signature}"),
            TokenRejected::SignatureInvalid,
        ),
        ("é.é.é".to_owned(), TokenRejected::Malformed),
        ("a".repeat(MAX_TOKEN), TokenRejected::Malformed),
        ("a".repeat(200_000), TokenRejected::TooLarge),
    ] {
        let verdict = judge(&verifier, &token).await;
        assert_eq!(verdict.unwrap_err(), expected, "{token:.60}");
    }
    let cached = verifier.check_cached(&BearerToken::new(&"a".repeat(200_000)));
    assert!(matches!(
        cached,
        Some(Verdict::Rejected(TokenRejected::TooLarge))
    ));
    for payload in [
        "",
        "[]",
        "null",
        r#"{"sub":"a","sub":"b"}"#,
        "{",
        &format!("{} x", claims()),
    ] {
        let token = testing::rsa().token_with(r#"{"alg":"RS256","kid":"rsa"}"#, payload);
        assert_eq!(
            judge(&verifier, &token).await.unwrap_err(),
            TokenRejected::Malformed,
            "{payload}"
        );
    }
}

#[tokio::test]
async fn every_bit_of_a_signature_counts() {
    let verifier = verifier();
    for signer in [testing::rsa(), testing::ec()] {
        let good = signer.token(&claims());
        assert!(judge(&verifier, &good).await.is_ok());
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        for at in [0, signature.len() / 2, signature.len() - 1] {
            let mut bad = signature.clone();
            bad[at] ^= 1;
            let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bad));
            assert_eq!(
                judge(&verifier, &token).await.unwrap_err(),
                TokenRejected::SignatureInvalid
            );
        }
    }
}

#[tokio::test]
async fn a_good_token_is_remembered_until_it_expires_and_denied_at_any_time() {
    let clock = clock();
    let denied = Arc::new(AtomicBool::new(false));
    let hook = Arc::clone(&denied);
    let verifier = builder(key_set(&[testing::rsa()]))
        .clock(clock.clone())
        .deny(move |id| id == "tkn_1" && hook.load(Ordering::Relaxed))
        .build()
        .unwrap();
    let token = testing::rsa().token(&claims());
    let bearer = BearerToken::new(&token);
    assert!(verifier.check_cached(&bearer).is_none());
    let first = judge(&verifier, &token).await.unwrap();
    let Some(Verdict::Accepted(again)) = verifier.check_cached(&bearer) else {
        panic!("it is remembered")
    };
    assert!(Arc::ptr_eq(&first, &again));
    denied.store(true, Ordering::Relaxed);
    let cached = verifier.check_cached(&bearer);
    assert!(matches!(
        cached,
        Some(Verdict::Rejected(TokenRejected::Denied))
    ));
    assert_eq!(
        judge(&verifier, &token).await.unwrap_err(),
        TokenRejected::Denied
    );
    denied.store(false, Ordering::Relaxed);
    clock.advance(Duration::from_mins(5));
    assert!(verifier.check_cached(&bearer).is_none());
    // Only the leeway lets it in now.
    assert!(judge(&verifier, &token).await.is_ok());
    assert!(verifier.check_cached(&bearer).is_none());
    clock.advance(Duration::from_secs(30));
    assert_eq!(
        judge(&verifier, &token).await.unwrap_err(),
        TokenRejected::Expired
    );
}

/// A token says when it ends by the clock on the wall, and only that clock decides, whatever was
/// remembered before it was set.
#[tokio::test]
async fn a_remembered_token_ends_when_the_clock_is_set_beyond_its_end() {
    let clock = clock();
    let now = clock.unix();
    let verifier = builder(key_set(&[testing::rsa()]))
        .clock(clock.clone())
        .build()
        .unwrap();
    let token = testing::rsa().token(&claims());
    let bearer = BearerToken::new(&token);
    judge(&verifier, &token).await.unwrap();
    assert!(verifier.check_cached(&bearer).is_some());
    clock.set_unix(now + Duration::from_hours(1));
    assert!(verifier.check_cached(&bearer).is_none());
    assert_eq!(
        judge(&verifier, &token).await.unwrap_err(),
        TokenRejected::Expired
    );
    // Corrected: the token is what it was.
    clock.set_unix(now);
    judge(&verifier, &token).await.unwrap();
    // Far in the past a token that nobody has seen is not valid yet.
    clock.set_unix(now.saturating_sub(Duration::from_hours(1)));
    let other = testing::rsa().token(&{
        let mut claims = claims();
        claims["jti"] = json!("tkn_2");
        claims["nbf"] = json!(now.as_secs());
        claims
    });
    assert_eq!(
        judge(&verifier, &other).await.unwrap_err(),
        TokenRejected::NotYetValid
    );
}

#[tokio::test]
async fn audiences() {
    let verifier = |demand: AudienceDemand| {
        let issuers = Issuers::any_of([ISSUER]).unwrap();
        JwtVerifier::builder(key_set(&[testing::rsa()]), issuers, demand)
            .clock(clock())
            .build()
            .unwrap()
    };
    let any = || Audience::any_of(["a", "b"]).unwrap().into();
    let all = || Audience::all_of(["a", "b"]).unwrap().into();
    for (demand, aud, accepted) in [
        (any(), json!("a"), true),
        (any(), json!(["x", "b"]), true),
        (any(), json!(["x"]), false),
        (all(), json!("a"), false),
        (all(), json!(["b", "x", "a"]), true),
        (AudienceUnchecked.into(), json!("x"), true),
        (AudienceUnchecked.into(), json!(7), true),
    ] {
        let token = testing::rsa().token(&with(&json!({ "aud": aud })));
        let verdict = judge(&verifier(demand), &token).await;
        assert_eq!(verdict.is_ok(), accepted, "{aud}");
    }
}

#[tokio::test]
async fn keys_of_every_kind() {
    let ed = Ed25519KeyPair::generate().unwrap();
    let x = URL_SAFE_NO_PAD.encode(ed.public_key().as_ref());
    let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "ed" }] });
    let keys = KeySet::from_jwks(jwks.to_string().as_bytes()).unwrap();
    let verifier = builder(keys).build().unwrap();
    for alg in ["EdDSA", "Ed25519"] {
        let header = json!({ "alg": alg, "kid": "ed" }).to_string();
        let input = testing::signing_input(&header, &claims().to_string());
        let signature = URL_SAFE_NO_PAD.encode(ed.sign(input.as_bytes()));
        assert!(
            judge(&verifier, &format!("{input}.{signature}"))
                .await
                .is_ok(),
            "{alg}"
        );
    }

    let secret = Secret::new(vec![9_u8; 32]);
    let key = VerifyingKey::from_secret(&secret, Algorithm::Hs256).unwrap();
    let verifier = builder(key).build().unwrap();
    let input = testing::signing_input(r#"{"alg":"HS256","kid":"any"}"#, &claims().to_string());
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, secret.expose()),
        input.as_bytes(),
    );
    let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag));
    assert!(judge(&verifier, &token).await.is_ok());

    for signer in [testing::rsa(), testing::ec()] {
        let key = VerifyingKey::from_pem(&signer.pem()).unwrap();
        let verifier = builder(key).build().unwrap();
        assert!(judge(&verifier, &signer.token(&claims())).await.is_ok());
    }
}

#[tokio::test]
async fn who_was_let_in_is_denied_later() {
    let denied = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&denied);
    let verifier = builder(key_set(&[testing::ec()]))
        .deny(move |id| id == "tkn_1" && asked.load(Ordering::Relaxed))
        .build()
        .unwrap();
    let principal = judge(&verifier, &testing::ec().token(&claims()))
        .await
        .unwrap();
    let nameless = judge(&verifier, &testing::ec().token(&without("jti")))
        .await
        .unwrap();
    assert!(!verifier.is_revoked(&principal));
    denied.store(true, Ordering::Relaxed);
    assert!(verifier.is_revoked(&principal));
    assert!(!verifier.is_revoked(&nameless));
}

#[test]
fn settings_that_cannot_work() {
    let blank: [&[&str]; 3] = [&[], &[""], &["a", " "]];
    for values in blank {
        assert_eq!(Issuers::any_of(values).unwrap_err(), VerifierError::Issuer);
        assert_eq!(
            Audience::any_of(values).unwrap_err(),
            VerifierError::Audience
        );
        assert_eq!(
            Audience::all_of(values).unwrap_err(),
            VerifierError::Audience
        );
    }
    let keys = || key_set(&[testing::ec()]);
    let remote = || Jwks::new("https://issuer.example/keys").unwrap();
    for (builder, expected) in [
        (
            builder(keys()).leeway(Duration::from_secs(301)),
            VerifierError::Leeway,
        ),
        (
            builder(keys()).algorithms([Algorithm::Rs256]),
            VerifierError::Algorithms,
        ),
        (builder(remote()).algorithms([]), VerifierError::Algorithms),
        (
            builder(remote()).algorithms([Algorithm::Hs256]),
            VerifierError::SharedSecret,
        ),
        (builder(keys()).types([""]), VerifierError::Types),
        (builder(keys()).resource([""]), VerifierError::Resource),
    ] {
        assert_eq!(builder.build().unwrap_err(), expected);
    }
}

#[test]
fn nothing_prints_a_token() {
    let token = testing::rsa().token(&claims());
    let shown = format!("{:?} {:?}", BearerToken::new(&token), verifier());
    assert!(!shown.contains(token.split('.').nth(2).unwrap()), "{shown}");
}

proptest! {
    #[test]
    fn whatever_comes_is_judged(token in "\\PC{0,60}", header in "\\PC{0,60}", payload in "\\PC{0,60}") {
        let verifier = verifier();
        for token in [
            token,
            testing::signing_input(&header, &payload),
            format!("{}.AAAA", testing::signing_input(&header, &payload)),
        ] {
            let bearer = BearerToken::new(&token);
            let verdict = verifier.verify(&bearer).now_or_never();
            prop_assert!(matches!(verdict, Some(Verdict::Rejected(_))));
        }
    }

    #[test]
    fn whatever_claims_are_signed_are_judged(json in "[\\[\\]{}\",:0-9a-z.-]{0,60}") {
        let header = r#"{"alg":"ES256","kid":"ec"}"#;
        let token = testing::ec().token_with(header, &json);
        let bearer = BearerToken::new(&token);
        let verdict = verifier().verify(&bearer).now_or_never();
        prop_assert!(matches!(verdict, Some(Verdict::Rejected(_))));
    }
}
