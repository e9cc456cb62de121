use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use thyra_auth::{Algorithm, Issuers, KeySet, VerifyingKey};
use thyra_oauth::SigningKey;

use super::vendor::{FakeVendor, Names};
use super::*;

const ISSUER: &str = "https://idp.example";

fn id_tokens(key: &SigningKey) -> IdTokens {
    let key = VerifyingKey::from_jwk(&key.public_jwk().to_string()).unwrap();
    IdTokens::new(IdTokenRules {
        keys: KeySet::from(key).into(),
        issuers: Issuers::any_of([ISSUER]).unwrap(),
        client_id: "app".to_owned(),
        algorithms: Vec::new(),
        clock: Arc::new(ManualClock::new(Duration::from_secs(NOW))),
    })
    .unwrap()
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "app", "sub": "ada", "iat": NOW, "exp": NOW + 60,
        "nonce": "nonce", "name": "Ada",
    })
}

fn signed(key: &SigningKey, kind: &str, claims: &Value) -> String {
    let header = Map::from_iter([("typ".to_owned(), kind.into())]);
    key.sign(header, claims).unwrap().expose().clone()
}

fn giving(id_token: Option<&str>) -> FakeVendor {
    FakeVendor::giving(&json!({
        "access_token": "ada-1", "token_type": "Bearer", "id_token": id_token,
    }))
}

fn upstream_by(vendor: &FakeVendor, identity: Identity) -> Upstream {
    let settings = UpstreamSettings {
        identity,
        ..settings(vendor)
    };
    Upstream::new(settings).unwrap()
}

#[tokio::test]
async fn the_id_token_says_who_signed_in() {
    let key = SigningKey::generate().unwrap();
    let token = signed(&key, "JWT", &claims());
    let vendor = giving(Some(&token));
    let upstream = upstream_by(&vendor, Identity::IdToken(id_tokens(&key)));
    let signed_in = redeem(&upstream, "openid").await.unwrap();
    assert_eq!(signed_in.subject, "ada");
    assert_eq!(
        json!(signed_in.claims),
        json!({ "iss": ISSUER, "sub": "ada", "name": "Ada" })
    );
    assert_eq!(signed_in.tokens.unwrap().id_token.unwrap().expose(), &token);
}

/// Whether an ID token with these changes lets somebody in.
async fn accepts(changes: &[(&str, Value)]) -> bool {
    let key = SigningKey::generate().unwrap();
    let mut claims = claims();
    for (name, value) in changes {
        claims[name] = value.clone();
    }
    claims
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    let vendor = giving(Some(&signed(&key, "JWT", &claims)));
    let upstream = upstream_by(&vendor, Identity::IdToken(id_tokens(&key)));
    redeem(&upstream, "openid").await.is_ok()
}

#[tokio::test]
async fn an_id_token_is_of_this_login_for_this_client_and_from_this_issuer() {
    for good in [
        vec![],
        vec![("azp", json!("app"))],
        vec![("aud", json!(["app"]))],
        vec![("aud", json!(["app", "other"])), ("azp", json!("app"))],
    ] {
        assert!(accepts(&good).await, "{good:?}");
    }
    for bad in [
        vec![("aud", json!("other"))],
        vec![("aud", json!(["app", "other"]))],
        vec![("azp", json!("other"))],
        vec![("azp", json!(["app"]))],
        vec![("exp", json!(NOW - 31))],
        vec![("exp", Value::Null)],
        vec![("iat", json!(NOW + 31))],
        vec![("iat", Value::Null)],
        vec![("iss", json!("https://idp.example/"))],
        vec![("iss", Value::Null)],
        vec![("nonce", json!("another"))],
        vec![("nonce", json!(1))],
        vec![("nonce", Value::Null)],
        vec![("sub", json!(""))],
        vec![("sub", Value::Null)],
    ] {
        assert!(!accepts(&bad).await, "{bad:?}");
    }
}

#[tokio::test]
async fn a_signature_is_one_of_the_issuer_with_a_public_key() {
    let key = SigningKey::generate().unwrap();
    let good = signed(&key, "JWT", &claims());
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let body = part(&claims());
    let unsigned = format!("{}.{body}.", part(&json!({ "alg": "none" })));
    let shared = format!("{}.{body}.AAAA", part(&json!({ "alg": "HS256" })));
    let other = SigningKey::generate().unwrap();
    let mut eve = claims();
    eve["sub"] = json!("eve");
    let eve = signed(&key, "JWT", &eve);
    let (eve, _) = eve.rsplit_once('.').unwrap();
    let spliced = format!("{eve}.{}", good.rsplit_once('.').unwrap().1);
    for bad in [
        None,
        Some(String::from("x")),
        Some(unsigned),
        Some(shared),
        Some(signed(&other, "JWT", &claims())),
        Some(signed(&key, "at+jwt", &claims())),
        Some(spliced),
        Some(good.replace('.', "..")),
    ] {
        let vendor = giving(bad.as_deref());
        let upstream = upstream_by(&vendor, Identity::IdToken(id_tokens(&key)));
        let error = redeem(&upstream, "openid").await.unwrap_err();
        assert!(
            matches!(error, UpstreamError::Identity { .. }),
            "{bad:?} {error:?}"
        );
    }
    let rules = IdTokenRules {
        keys: thyra_auth::Jwks::new("https://idp.example/keys")
            .unwrap()
            .into(),
        issuers: Issuers::any_of([ISSUER]).unwrap(),
        client_id: "app".to_owned(),
        algorithms: vec![Algorithm::Hs256],
        clock: Arc::new(ManualClock::new(Duration::ZERO)),
    };
    assert!(IdTokens::new(rules).is_err());
}

#[tokio::test]
async fn a_renewal_may_bring_no_id_token_and_never_another_person() {
    let key = SigningKey::generate().unwrap();
    let mut newer = claims();
    newer["name"] = json!("Ada Lovelace");
    newer.as_object_mut().unwrap().remove("nonce");
    let mut eve = claims();
    eve["sub"] = json!("eve");
    for (claims, name) in [
        (None, Some("Ada")),
        (Some(newer), Some("Ada Lovelace")),
        (Some(eve), None),
    ] {
        let token = claims.as_ref().map(|claims| signed(&key, "JWT", claims));
        let vendor = giving(token.as_deref());
        let upstream = upstream_by(&vendor, Identity::IdToken(id_tokens(&key)));
        let outcome = renew(&upstream, &tokens()).await;
        match name {
            Some(name) => assert_eq!(outcome.unwrap().claims["name"], name),
            None => assert!(outcome.unwrap_err().ends_login()),
        }
    }
}

#[tokio::test]
async fn both_tokens_are_of_one_person() {
    let key = SigningKey::generate().unwrap();
    for (subject, is_one) in [("ada", true), ("eve", false)] {
        let mut claims = claims();
        claims["sub"] = json!(subject);
        let vendor = giving(Some(&signed(&key, "JWT", &claims)));
        let identity = Identity::Both(id_tokens(&key), Arc::new(Names));
        let outcome = redeem(&upstream_by(&vendor, identity), "openid").await;
        assert_eq!(outcome.is_ok(), is_one, "{subject}");
        if let Ok(signed_in) = outcome {
            assert_eq!(signed_in.claims["name"], "Ada");
            assert_eq!(signed_in.claims["email"], "ada@x.example");
        }
    }
    let vendor = giving(None);
    let identity = Identity::Both(id_tokens(&key), Arc::new(Names));
    let renewed = renew(&upstream_by(&vendor, identity), &tokens())
        .await
        .unwrap();
    assert_eq!(renewed.claims["email"], "ada@x.example");
    assert_eq!(renewed.claims["name"], "Ada");
}
