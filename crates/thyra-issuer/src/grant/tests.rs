use serde_json::{Map, Value};
use thyra_auth::Algorithms;
use tokio::task::JoinSet;

use super::testing::{ISSUER, RESOURCE, Rig, START, redeemed, upstream};
use super::*;
use crate::record::UpstreamTokens;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

async fn begun(rig: &Rig, tokens: Option<UpstreamTokens>) -> (String, Issued) {
    let code = redeemed(tokens);
    let id = code.grant_id.clone();
    (id, rig.grants.begin(code, true).await.unwrap())
}

fn refresh_of(issued: &Issued) -> &str {
    issued.refresh_token.as_ref().unwrap().expose()
}

async fn claims(grants: &Grants, token: &Secret) -> Map<String, Value> {
    let ring = grants.keys().ring().await.unwrap();
    let payload = ring
        .verifying()
        .verify_jws(token.expose(), Algorithms::asymmetric())
        .unwrap();
    serde_json::from_slice(&payload).unwrap()
}

async fn generation(grants: &Grants, issued: &Issued) -> u64 {
    let claims = claims(grants, &issued.access_token).await;
    claims["gen"].as_u64().unwrap()
}

#[tokio::test]
async fn an_access_token_says_who_for_whom_and_for_how_long() {
    let rig = Rig::new();
    let (id, issued) = begun(&rig, None).await;
    let claims = claims(&rig.grants, &issued.access_token).await;
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(claims["aud"], RESOURCE);
    assert_eq!(claims["sub"], "ada");
    assert_eq!(claims["client_id"], "client");
    assert_eq!(claims["scope"], "read write");
    assert_eq!(claims["sid"], *id);
    assert_eq!(claims["exp"], START + HOUR);
    assert_eq!(issued.expires_in, HOUR);
    assert_eq!(grant_of(claims["jti"].as_str().unwrap()), id);
    assert!(!claims.contains_key("email"));
}

#[tokio::test]
async fn each_refresh_gives_the_next_tokens_and_ends_the_ones_before() {
    let rig = Rig::new();
    let (id, first) = begun(&rig, None).await;
    rig.advance(HOUR);
    let second = rig.grants.refresh(refresh_of(&first), "client", None);
    let second = second.await.unwrap();
    assert_ne!(refresh_of(&first), refresh_of(&second));
    assert_eq!(generation(&rig.grants, &second).await, 1);
    let grant = rig.grants.find(&id).await.unwrap().unwrap();
    assert_eq!(rig.grants.admits(&grant, 1), Some(Duration::MAX));
    // For a moment, what was there before is still good.
    assert_eq!(rig.grants.admits(&grant, 0), Some(Duration::from_secs(30)));
    rig.advance(29);
    assert_eq!(rig.grants.admits(&grant, 0), Some(Duration::from_secs(1)));
    rig.advance(1);
    assert_eq!(rig.grants.admits(&grant, 0), None);
    assert_eq!(rig.grants.admits(&grant, 2), None);
}

#[tokio::test]
async fn whoever_asks_again_at_once_gets_the_same_successor() {
    let rig = Rig::new();
    let (_, first) = begun(&rig, None).await;
    rig.advance(HOUR);
    let mut askers = JoinSet::new();
    let replicas = [Arc::clone(&rig.grants), rig.replica()];
    for n in 0..50 {
        let grants = Arc::clone(&replicas[n % 2]);
        let token = refresh_of(&first).to_owned();
        askers.spawn(async move { grants.refresh(&token, "client", None).await.unwrap() });
    }
    let all = askers.join_all().await;
    for issued in &all {
        assert_eq!(refresh_of(issued), refresh_of(&all[0]));
        assert_eq!(generation(&rig.grants, issued).await, 1);
    }
}

#[tokio::test]
async fn the_family_ends_when_the_owner_comes_after_the_thief() {
    let rig = Rig::new();
    let (id, first) = begun(&rig, Some(upstream(1, None))).await;
    let stolen = refresh_of(&first).to_owned();
    rig.advance(60);
    let thief = rig.grants.refresh(&stolen, "client", None).await.unwrap();
    rig.advance(31);
    let owner = rig.grants.refresh(&stolen, "client", None).await;
    assert!(matches!(owner, Err(GrantError::Reused)));
    assert!(rig.grants.find(&id).await.unwrap().is_none());
    let thief = rig.grants.refresh(refresh_of(&thief), "client", None).await;
    assert!(matches!(thief, Err(GrantError::Unknown)));
    assert!(rig.grants.has_ended(&format!("{id}.1")));
    assert_eq!(rig.provider.ended(), [Some("refresh 1".to_owned())]);
}

#[tokio::test]
async fn the_family_ends_when_the_thief_comes_after_the_owner() {
    let rig = Rig::new();
    let (id, first) = begun(&rig, None).await;
    let stolen = refresh_of(&first).to_owned();
    let owner = rig.grants.refresh(&stolen, "client", None).await.unwrap();
    let next = rig.grants.refresh(refresh_of(&owner), "client", None);
    let next = next.await.unwrap();
    // Two refreshes ago: even at once.
    let thief = rig.grants.refresh(&stolen, "client", None).await;
    assert!(matches!(thief, Err(GrantError::Reused)));
    assert!(rig.grants.find(&id).await.unwrap().is_none());
    let owner = rig.grants.refresh(refresh_of(&next), "client", None).await;
    assert!(matches!(owner, Err(GrantError::Unknown)));
}

#[tokio::test]
async fn a_stranger_neither_refreshes_nor_ends_a_grant() {
    let rig = Rig::new();
    let (id, issued) = begun(&rig, None).await;
    let token = refresh_of(&issued).to_owned();
    let forged = format!("{}{}", &token[..token.len() - 1], "!");
    let other = token.replacen(".0.", ".9.", 1);
    let changed = token.replace(&id, &"A".repeat(22));
    for (token, client) in [
        (&*token, "other"),
        (&*forged, "client"),
        (&*other, "client"),
        (&*changed, "client"),
        ("", "client"),
    ] {
        let outcome = rig.grants.refresh(token, client, None).await;
        assert!(
            matches!(outcome, Err(GrantError::Unknown)),
            "{token} {client}"
        );
    }
    // The owner of the token is asked before it is revoked.
    assert!(rig.grants.revoke(&token, "other").await.unwrap());
    assert!(rig.grants.find(&id).await.unwrap().is_some());
    assert!(!rig.grants.revoke(&forged, "client").await.unwrap());
    assert!(rig.grants.revoke(&token, "client").await.unwrap());
    assert!(rig.grants.find(&id).await.unwrap().is_none());
    assert!(!rig.grants.revoke(&token, "client").await.unwrap());
}

#[tokio::test]
async fn a_refresh_may_leave_scopes_out_but_none_that_are_needed() {
    let rig = Rig::new();
    let (_, first) = begun(&rig, None).await;
    let more = ScopeSet::parse("read admin");
    let token = refresh_of(&first);
    let outcome = rig.grants.refresh(token, "client", Some(&more)).await;
    assert!(matches!(outcome, Err(GrantError::Scope)));
    // Nothing was used up.
    let write = ScopeSet::parse("write");
    let issued = rig.grants.refresh(token, "client", Some(&write));
    let issued = issued.await.unwrap();
    assert_eq!(issued.scopes, ScopeSet::parse("read write"));
    let read = ScopeSet::parse("read");
    let token = refresh_of(&issued);
    let issued = rig.grants.refresh(token, "client", Some(&read));
    let issued = issued.await.unwrap();
    assert_eq!(issued.scopes, read);
    // The refresh token is good for all that was granted.
    let token = refresh_of(&issued);
    let issued = rig.grants.refresh(token, "client", None).await.unwrap();
    assert_eq!(issued.scopes, ScopeSet::parse("read write"));
}

#[tokio::test]
async fn a_login_slides_on_for_a_year_at_most() {
    let rig = Rig::new();
    let (_, first) = begun(&rig, None).await;
    let mut token = refresh_of(&first).to_owned();
    for _ in 0..18 {
        rig.advance(20 * DAY);
        let issued = rig.grants.refresh(&token, "client", None).await.unwrap();
        token = refresh_of(&issued).to_owned();
    }
    // 360 days have passed.
    rig.advance(5 * DAY - 60);
    let last = rig.grants.refresh(&token, "client", None).await.unwrap();
    assert_eq!((last.expires_in, last.refresh_token.is_some()), (60, false));
    rig.advance(60);
    let late = rig.grants.refresh(&token, "client", None).await;
    assert!(matches!(late, Err(GrantError::Unknown)));
}

#[tokio::test]
async fn a_login_that_is_not_used_ends() {
    let rig = Rig::new();
    let (_, first) = begun(&rig, None).await;
    rig.advance(30 * DAY);
    let late = rig.grants.refresh(refresh_of(&first), "client", None).await;
    assert!(matches!(late, Err(GrantError::Unknown)));
}

#[tokio::test]
async fn what_came_of_a_replayed_code_ends_and_a_redemption_under_way_goes_on() {
    let rig = Rig::new();
    let code = redeemed(None);
    rig.grants.replayed(&code.grant_id).await.unwrap();
    let id = code.grant_id.clone();
    let issued = rig.grants.begin(code, true).await.unwrap();
    rig.grants.replayed(&id).await.unwrap();
    assert!(rig.grants.find(&id).await.unwrap().is_none());
    let outcome = rig
        .grants
        .refresh(refresh_of(&issued), "client", None)
        .await;
    assert!(matches!(outcome, Err(GrantError::Unknown)));
}

#[tokio::test]
async fn one_code_never_gives_two_grants() {
    let rig = Rig::new();
    let (one, mut other) = (redeemed(None), redeemed(None));
    other.grant_id.clone_from(&one.grant_id);
    rig.grants.begin(one, true).await.unwrap();
    let outcome = rig.grants.begin(other, true).await;
    assert!(matches!(outcome, Err(GrantError::Unknown)));
}

#[tokio::test]
async fn another_authorization_server_on_the_same_store_knows_none_of_the_grants() {
    let rig = Rig::new();
    let (id, issued) = begun(&rig, None).await;
    let other = rig.stranger();
    assert!(other.find(&id).await.unwrap().is_none());
    let outcome = other.refresh(refresh_of(&issued), "client", None).await;
    assert!(matches!(outcome, Err(GrantError::Unknown)));
    assert!(rig.replica().find(&id).await.unwrap().is_some());
}
