//! What holds between providers.

use futures_util::FutureExt;

use super::testing::{Sample, refuses_hostile_tokens, request};
use super::*;
use crate::verify::testing;

/// One of every vendor whose tokens are JWTs, all with the same keys.
fn samples() -> Vec<Sample> {
    vec![
        auth0::tests::sample(),
        authkit::tests::sample(),
        cognito::tests::sample(),
        descope::tests::sample(),
        entra::tests::sample(),
        keycloak::tests::sample(),
        okta::tests::sample(),
        stytch::tests::sample(),
        supabase::tests::sample(),
    ]
}

#[tokio::test]
async fn a_token_is_good_at_its_own_vendor_only() {
    for Sample { name, claims, .. } in samples() {
        for other in samples() {
            let outcome = other.door.judge(&claims).await.map(drop);
            assert_eq!(
                outcome.is_ok(),
                name == other.name,
                "a token of {name} at {}: {outcome:?}",
                other.name
            );
        }
    }
}

#[tokio::test]
async fn no_vendor_accepts_hostile_tokens() {
    for sample in samples() {
        refuses_hostile_tokens(&sample).await;
    }
}

#[tokio::test]
async fn a_warm_token_is_judged_without_waiting() {
    for Sample { name, door, claims } in samples() {
        let token = testing::rsa().token(&claims);
        door.judge_token(&token).await.unwrap();
        let mut request = request(&token);
        let entry = door.protection.admit(&mut request).now_or_never();
        assert!(entry.is_some_and(|entry| entry.is_ok()), "{name}");
        assert_eq!(door.fetched().len(), 1, "{name}");
    }
}
