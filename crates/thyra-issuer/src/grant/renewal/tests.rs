use serde_json::json;
use thyra_auth::ScopeSet;
use thyra_store::{Fault, Faulty, MemoryStore, Store, StoreKey};
use tokio::task::JoinSet;

use super::super::testing::{ISSUER, Rig, START, redeemed, upstream};
use super::*;
use crate::record::Record;

fn signed_in(tokens: Option<UpstreamTokens>) -> SignedIn {
    SignedIn {
        subject: "ada".to_owned(),
        claims: serde_json::Map::from_iter([("email".to_owned(), json!("ada@new.example"))]),
        scopes: None,
        tokens,
    }
}

/// A grant whose upstream access token ends in a minute.
async fn begun(rig: &Rig) -> String {
    let code = redeemed(Some(upstream(1, Some(START + 60))));
    let id = code.grant_id.clone();
    rig.grants.begin(code, true).await.unwrap();
    id
}

async fn found(rig: &Rig, id: &str) -> Grant {
    rig.grants.find(id).await.unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_cause_one_renewal_and_all_get_its_tokens() {
    let rig = Rig::new();
    let id = begun(&rig).await;
    rig.advance(60);
    rig.provider.takes(Duration::from_secs(1));
    let next = upstream(2, Some(START + 3600));
    rig.provider.will(Ok(signed_in(Some(next))));
    let old = found(&rig, &id).await;
    let mut callers = JoinSet::new();
    let replicas = [Arc::clone(&rig.grants), rig.replica()];
    for n in 0..100 {
        let (grants, id, old) = (Arc::clone(&replicas[n % 2]), id.clone(), old.clone());
        callers.spawn(async move { grants.fresh(&id, old).await.unwrap() });
    }
    for grant in callers.join_all().await {
        let tokens = grant.upstream.unwrap();
        assert_eq!(tokens.access_token.expose(), "access 2");
        assert_eq!(grant.claims["email"], "ada@new.example");
    }
    // Both replicas together.
    assert_eq!(rig.provider.renewed(), [Some("refresh 1".to_owned())]);
    let grant = found(&rig, &id).await;
    let tokens = grant.upstream.unwrap();
    assert_eq!(tokens.refresh_token.unwrap().expose(), "refresh 2");
}

/// A grant whose upstream access token has no end, and no refresh token beside it.
async fn endless(rig: &Rig) -> (String, Grant) {
    let tokens = UpstreamTokens {
        refresh_token: None,
        ..upstream(1, None)
    };
    let code = redeemed(Some(tokens));
    let id = code.grant_id.clone();
    rig.grants.begin(code, true).await.unwrap();
    let grant = found(rig, &id).await;
    (id, grant)
}

#[tokio::test(start_paused = true)]
async fn whether_an_endless_token_is_good_is_asked_every_few_minutes() {
    let rig = Rig::new();
    let (id, grant) = endless(&rig).await;
    rig.advance(UNASKED - 1);
    rig.grants.fresh(&id, grant.clone()).await.unwrap();
    assert!(rig.provider.renewed().is_empty(), "nobody was asked yet");
    rig.advance(1);
    rig.provider.will(Ok(signed_in(None)));
    let fresh = rig.grants.fresh(&id, grant).await.unwrap();
    assert_eq!(fresh.claims["email"], "ada@new.example");
    assert_eq!(
        fresh.upstream.as_ref().unwrap().access_token.expose(),
        "access 1"
    );
    // Its owner takes the access away at the identity provider.
    rig.advance(UNASKED);
    rig.provider.will(Err(RenewError::Over));
    let over = rig.grants.fresh(&id, fresh).await;
    assert!(matches!(over, Err(GrantError::Over)), "{over:?}");
    assert!(rig.grants.find(&id).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_endless_token_outlives_an_outage_of_an_hour() {
    let rig = Rig::new();
    let (id, grant) = endless(&rig).await;
    let outage = || Err(RenewError::Unavailable { retry_after: None });
    rig.advance(UNASKED);
    rig.provider.will(outage());
    assert!(rig.grants.fresh(&id, grant.clone()).await.is_ok());
    rig.advance(3600);
    rig.provider.will(outage());
    let late = rig.grants.fresh(&id, grant).await;
    assert!(matches!(late, Err(GrantError::Upstream { .. })), "{late:?}");
    assert!(rig.grants.find(&id).await.unwrap().is_some(), "it is kept");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_goes_on_when_nobody_waits_for_it_any_more() {
    let rig = Rig::new();
    let id = begun(&rig).await;
    rig.advance(60);
    rig.provider.takes(Duration::from_secs(5));
    let next = upstream(2, Some(START + 3600));
    rig.provider.will(Ok(signed_in(Some(next))));
    let old = found(&rig, &id).await;
    let left = tokio::time::timeout(Duration::from_secs(1), rig.grants.fresh(&id, old));
    assert!(left.await.is_err());
    let old = found(&rig, &id).await;
    let grant = rig.grants.fresh(&id, old).await.unwrap();
    assert_eq!(grant.upstream.unwrap().access_token.expose(), "access 2");
    assert_eq!(rig.provider.renewed().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_over_upstream_ends_here() {
    let rig = Rig::new();
    let id = begun(&rig).await;
    rig.advance(60);
    rig.provider.will(Err(RenewError::Over));
    let old = found(&rig, &id).await;
    let outcome = rig.grants.fresh(&id, old).await;
    assert!(matches!(outcome, Err(GrantError::Over)));
    assert!(rig.grants.find(&id).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_outage_upstream_ends_no_login() {
    let rig = Rig::new();
    let id = begun(&rig).await;
    rig.advance(60);
    let retry_after = Some(Duration::from_secs(7));
    rig.provider
        .will(Err(RenewError::Unavailable { retry_after }));
    let old = found(&rig, &id).await;
    let outcome = rig.grants.fresh(&id, old).await;
    let Err(GrantError::Upstream { retry_after: after }) = outcome else {
        panic!("it was let in")
    };
    assert_eq!(after, retry_after);
    // One that takes too long is the same.
    rig.provider.takes(Duration::from_mins(10));
    let old = found(&rig, &id).await;
    let outcome = rig.grants.fresh(&id, old).await;
    assert!(matches!(outcome, Err(GrantError::Upstream { .. })));
    // Afterwards it goes on.
    rig.provider.takes(Duration::ZERO);
    let next = upstream(2, Some(START + 3600));
    rig.provider.will(Ok(signed_in(Some(next))));
    let old = found(&rig, &id).await;
    assert!(rig.grants.fresh(&id, old).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_refresh_during_an_outage_goes_on_while_the_upstream_token_lives() {
    let rig = Rig::new();
    let code = redeemed(Some(upstream(1, Some(START + 3600))));
    let issued = rig.grants.begin(code, true).await.unwrap();
    let token = issued.refresh_token.unwrap();
    rig.advance(1800);
    let outage = || Err(RenewError::Unavailable { retry_after: None });
    rig.provider.will(outage());
    let issued = rig.grants.refresh(token.expose(), "client", None);
    let issued = issued.await.unwrap();
    let token = issued.refresh_token.unwrap();
    rig.advance(1800);
    rig.provider.will(outage());
    let outcome = rig.grants.refresh(token.expose(), "client", None).await;
    assert!(matches!(outcome, Err(GrantError::Upstream { .. })));
    // It was not used up.
    let next = upstream(2, Some(START + 7200));
    rig.provider.will(Ok(signed_in(Some(next))));
    assert!(
        rig.grants
            .refresh(token.expose(), "client", None)
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn scopes_only_get_narrower_and_another_person_ends_the_login() {
    let rig = Rig::new();
    let id = begun(&rig).await;
    rig.advance(60);
    let mut answer = signed_in(Some(upstream(2, Some(START + 120))));
    answer.scopes = Some(ScopeSet::parse("read admin"));
    rig.provider.will(Ok(answer));
    let old = found(&rig, &id).await;
    let grant = rig.grants.fresh(&id, old).await.unwrap();
    assert_eq!(grant.scopes, ScopeSet::parse("read"));
    rig.advance(60);
    let mut answer = signed_in(Some(upstream(3, Some(START + 3600))));
    answer.subject = "eve".to_owned();
    rig.provider.will(Ok(answer));
    let outcome = rig.grants.fresh(&id, grant).await;
    assert!(matches!(outcome, Err(GrantError::Over)));
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_does_not_name_stays() {
    let rig = Rig::new();
    let id = begun(&rig).await;
    rig.advance(60);
    let next = UpstreamTokens {
        refresh_token: None,
        ..upstream(2, Some(START + 3600))
    };
    rig.provider.will(Ok(signed_in(Some(next))));
    let old = found(&rig, &id).await;
    let grant = rig.grants.fresh(&id, old).await.unwrap();
    let tokens = grant.upstream.unwrap();
    assert_eq!(tokens.refresh_token.unwrap().expose(), "refresh 1");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_was_revoked_while_it_was_renewed_stays_ended() {
    let rig = Rig::new();
    let id = begun(&rig).await;
    rig.advance(60);
    rig.provider.takes(Duration::from_secs(2));
    let next = upstream(2, Some(START + 3600));
    rig.provider.will(Ok(signed_in(Some(next))));
    let old = found(&rig, &id).await;
    let renewed = rig.grants.fresh(&id, old.clone());
    let revoked = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        rig.grants.end(&id, &old).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(renewed, revoked);
    assert!(matches!(outcome, Err(GrantError::Over)));
    assert!(rig.grants.find(&id).await.unwrap().is_none());
    // The tokens that it just got are given back, too.
    let ended = [Some("refresh 1".to_owned()), Some("refresh 2".to_owned())];
    assert_eq!(rig.provider.ended(), ended);
}

fn lease(holder: &str) -> Lease {
    Lease {
        holder: holder.to_owned(),
    }
}

#[tokio::test]
async fn a_lease_is_given_back_by_its_holder_alone() {
    let rig = Rig::new();
    let clock = Arc::new(rig.clock.clone());
    let shelf = Shelf::new(rig.store.clone(), clock, ISSUER);
    let (ours, theirs) = (lease("ours"), lease("theirs"));
    assert!(shelf.lease("id", &ours, LEASE).await.unwrap());
    // Whoever lost it takes it from nobody.
    shelf.give_back("id", &theirs).await.unwrap();
    assert!(!shelf.lease("id", &theirs, LEASE).await.unwrap());
    shelf.give_back("id", &ours).await.unwrap();
    assert!(shelf.lease("id", &theirs, LEASE).await.unwrap());
    assert!(!shelf.lease("id", &ours, LEASE).await.unwrap());
    shelf.give_back("id", &ours).await.unwrap();
    assert!(!shelf.lease("id", &ours, LEASE).await.unwrap());
}

#[tokio::test]
async fn of_those_who_want_a_lease_that_was_given_back_one_gets_it() {
    let rig = Rig::new();
    let clock = Arc::new(rig.clock.clone());
    let shelf = Shelf::new(rig.store.clone(), clock, ISSUER);
    let first = lease("first");
    assert!(shelf.lease("id", &first, LEASE).await.unwrap());
    shelf.give_back("id", &first).await.unwrap();
    let mut askers = JoinSet::new();
    for n in 0..20 {
        let shelf = shelf.clone();
        askers.spawn(async move {
            let lease = lease(&n.to_string());
            shelf.lease("id", &lease, LEASE).await.unwrap()
        });
    }
    let got = askers.join_all().await;
    assert_eq!(got.into_iter().filter(|got| *got).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_written_to_no_longer_than_the_lease_lasts() {
    let faulty = Faulty::new(MemoryStore::new());
    let key = StoreKey::generate().unwrap();
    let rig = Rig::on(Store::encrypted(faulty.clone(), key).time_limit(Duration::from_secs(20)));
    let id = begun(&rig).await;
    rig.advance(60);
    rig.provider.takes(Duration::from_secs(10));
    let next = upstream(2, Some(START + 3600));
    rig.provider.will(Ok(signed_in(Some(next))));
    let old = found(&rig, &id).await;
    let began = Instant::now();
    let hangs = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        faulty.fail_in(Grant::COLLECTION, Fault::Hangs);
    };
    let renewed = rig.grants.fresh(&id, old.clone());
    let (outcome, ()) = tokio::join!(renewed, hangs);
    assert!(matches!(outcome, Err(GrantError::Upstream { .. })));
    assert_eq!(began.elapsed().as_secs(), WORK_LIMIT.as_secs());
    // The lease was given back: another replica need not wait for its end.
    faulty.heal();
    rig.provider.takes(Duration::ZERO);
    rig.provider
        .will(Ok(signed_in(Some(upstream(3, Some(START + 3600))))));
    let grant = rig.replica().fresh(&id, old).await.unwrap();
    assert_eq!(grant.upstream.unwrap().access_token.expose(), "access 3");
    assert_eq!(began.elapsed().as_secs(), WORK_LIMIT.as_secs());
}
