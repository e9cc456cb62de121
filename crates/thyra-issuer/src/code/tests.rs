use std::collections::BTreeSet;

use serde_json::Map;
use thyra_auth::ManualClock;
use tokio::task::JoinSet;

use super::*;

const MINUTES: Duration = Duration::from_mins(5);

fn codes() -> (Codes, ManualClock) {
    let clock = ManualClock::new(Duration::from_hours(500_000));
    let codes = Codes::new(Store::memory(), Arc::new(clock.clone()), MINUTES);
    (codes, clock)
}

fn request() -> Transaction {
    Transaction {
        client_id: "client".to_owned(),
        redirect_uri: "http://127.0.0.1/callback".to_owned(),
        state: None,
        challenge: "challenge".to_owned(),
        scopes: ScopeSet::parse("read write"),
        resource: "https://mcp.example/mcp".to_owned(),
        binding: Digest::of("cookie"),
        approval: None,
        created_at: 0,
    }
}

fn ada() -> SignedIn {
    SignedIn {
        subject: "ada".to_owned(),
        claims: Map::new(),
        scopes: None,
        tokens: None,
    }
}

async fn issued(codes: &Codes) -> Secret {
    let scopes = ScopeSet::parse("read");
    codes.issue(&request(), ada(), scopes).await.unwrap()
}

#[tokio::test]
async fn a_code_gives_what_it_stands_for_once_and_then_names_the_grant() {
    let (codes, _) = codes();
    let code = issued(&codes).await;
    let redeemed = codes.redeem(code.expose(), "client").await.unwrap();
    assert_eq!(redeemed.signed_in.subject, "ada");
    assert_eq!(redeemed.scopes, ScopeSet::parse("read"));
    assert_eq!(redeemed.redirect_uri, request().redirect_uri);
    assert_eq!(redeemed.challenge, "challenge");
    assert_eq!(redeemed.resource, request().resource);
    let again = codes.redeem(code.expose(), "client").await.unwrap_err();
    let CodeError::Replayed { grant_id } = again else {
        panic!("{again}")
    };
    assert_eq!(grant_id, redeemed.grant_id);
}

#[tokio::test]
async fn another_client_neither_gets_nor_burns_a_code() {
    let (codes, _) = codes();
    let code = issued(&codes).await;
    let other = codes.redeem(code.expose(), "other").await;
    assert!(matches!(other, Err(CodeError::Unknown)));
    assert!(codes.redeem(code.expose(), "client").await.is_ok());
    let other = codes.redeem(code.expose(), "other").await;
    assert!(matches!(other, Err(CodeError::Unknown)));
}

#[tokio::test]
async fn a_code_ends_and_what_is_none_is_unknown() {
    let (codes, clock) = codes();
    let code = issued(&codes).await;
    for wrong in ["", "x", &"x".repeat(43), &"x".repeat(10_000), "é"] {
        let outcome = codes.redeem(wrong, "client").await;
        assert!(matches!(outcome, Err(CodeError::Unknown)), "{wrong}");
    }
    clock.advance(MINUTES);
    let late = codes.redeem(code.expose(), "client").await;
    assert!(matches!(late, Err(CodeError::Unknown)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_redemptions_at_once_exactly_one_wins() {
    let (codes, _) = codes();
    let code = issued(&codes).await;
    let codes = Arc::new(codes);
    let mut tries = JoinSet::new();
    for _ in 0..100 {
        let (codes, code) = (Arc::clone(&codes), code.clone());
        tries.spawn(async move { codes.redeem(code.expose(), "client").await });
    }
    let outcomes = tries.join_all().await;
    let mut grants = BTreeSet::new();
    let mut won = 0;
    for outcome in outcomes {
        match outcome {
            Ok(redeemed) => {
                won += 1;
                grants.insert(redeemed.grant_id);
            }
            Err(CodeError::Replayed { grant_id }) => {
                grants.insert(grant_id);
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((won, grants.len()), (1, 1));
}
