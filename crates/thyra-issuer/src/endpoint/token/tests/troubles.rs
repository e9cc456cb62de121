//! A store that is down, full, slow, or loses what is written: nobody is let in, nobody is told
//! that their login has ended, and nothing hangs.

use thyra_store::{Fault, Faulty, MemoryStore, StoreKey};

use super::*;

const FAULTS: [Fault; 3] = [Fault::Down, Fault::LosesAnswers, Fault::Hangs];

fn faulty() -> (Faulty, Rig) {
    let faulty = Faulty::new(MemoryStore::new());
    let key = StoreKey::generate().unwrap();
    let store = Store::encrypted(faulty.clone(), key).time_limit(Duration::from_millis(20));
    (faulty, Rig::with(store, |proxy| proxy))
}

fn is_trouble(answer: &Answer) -> bool {
    answer.error() == (503, "temporarily_unavailable")
        && answer.headers.contains_key(header::RETRY_AFTER)
        && !answer.body.to_string().contains("down")
}

#[tokio::test]
async fn a_code_is_not_redeemed_while_the_store_is_in_trouble() {
    let (faulty, rig) = faulty();
    for fault in FAULTS {
        for collection in ["codes", "grants", "token-keys"] {
            // The keys are in memory once they were used.
            if collection == "token-keys" {
                continue;
            }
            let begun = rig.begun().await;
            faulty.fail_in(collection, fault);
            let answer = rig.redeem(&begun).await;
            assert!(is_trouble(&answer), "{fault:?} {collection} {answer:?}");
            faulty.heal();
        }
    }
}

#[tokio::test]
async fn nothing_is_signed_with_keys_that_the_store_does_not_keep() {
    for fault in [Fault::Down, Fault::Full, Fault::LosesWrites, Fault::Hangs] {
        let (faulty, rig) = faulty();
        let begun = rig.begun().await;
        faulty.fail_in("token-keys", fault);
        let answer = rig.redeem(&begun).await;
        assert!(is_trouble(&answer), "{fault:?} {answer:?}");
    }
}

#[tokio::test]
async fn a_store_that_loses_the_redemption_gives_tokens_once() {
    let (faulty, rig) = faulty();
    let begun = rig.begun().await;
    faulty.fail_in("codes", Fault::LosesWrites);
    let first = rig.redeem(&begun).await;
    assert!(first.is_ok(), "{first:?}");
    let second = rig.redeem(&begun).await;
    assert_eq!(second.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn a_grant_that_the_store_loses_lets_nobody_in() {
    let (faulty, rig) = faulty();
    let begun = rig.begun().await;
    faulty.fail_in("grants", Fault::LosesWrites);
    let answer = rig.redeem(&begun).await;
    if answer.is_ok() {
        assert!(rig.admit(&answer.text("access_token")).await.is_err());
    }
    faulty.heal();
    faulty.fail_in("grants", Fault::Full);
    let answer = rig.redeem(&rig.begun().await).await;
    assert!(is_trouble(&answer), "{answer:?}");
}

#[tokio::test]
async fn a_refresh_survives_trouble_and_revocation_says_that_it_failed() {
    let (faulty, rig) = faulty();
    let (access, refresh) = rig.tokens().await;
    for fault in [Fault::Down, Fault::Hangs, Fault::Full] {
        faulty.fail_in("grants", fault);
        let answer = rig.refresh(&refresh, &[]).await;
        assert!(is_trouble(&answer), "{fault:?} {answer:?}");
        faulty.heal();
    }
    assert!(rig.admit(&access).await.is_ok());
    let form = [("token", &*refresh), ("client_id", "one")];
    for fault in [Fault::Down, Fault::Hangs, Fault::LosesWrites] {
        faulty.fail_in("grants", fault);
        let answer = rig.post("/revoke", &form).await;
        assert!(is_trouble(&answer), "{fault:?} {answer:?}");
        faulty.heal();
    }
    assert!(rig.refresh(&refresh, &[]).await.is_ok());
    assert!(rig.post("/revoke", &form).await.is_ok());
}

#[tokio::test]
async fn an_answer_that_is_lost_costs_no_login() {
    let (faulty, rig) = faulty();
    let (_, refresh) = rig.tokens().await;
    faulty.fail_in("grants", Fault::LosesAnswers);
    let answer = rig.refresh(&refresh, &[]).await;
    assert!(is_trouble(&answer), "{answer:?}");
    faulty.heal();
    // Whoever tries again gets what was written.
    assert!(rig.refresh(&refresh, &[]).await.is_ok());
}

#[tokio::test]
async fn a_refresh_that_the_store_lost_goes_on_from_there() {
    let (faulty, rig) = faulty();
    let (_, refresh) = rig.tokens().await;
    faulty.fail_in("grants", Fault::LosesWrites);
    let lost = rig.refresh(&refresh, &[]).await;
    faulty.heal();
    assert!(lost.is_ok(), "{lost:?}");
    // The access token of a refresh that nobody remembers is not good.
    assert!(rig.admit(&lost.text("access_token")).await.is_err());
    let next = rig.refresh(&lost.text("refresh_token"), &[]).await;
    assert!(next.is_ok(), "{next:?}");
    assert!(rig.admit(&next.text("access_token")).await.is_ok());
}

#[tokio::test]
async fn a_caller_is_told_503_and_never_401_while_the_store_is_in_trouble() {
    let (faulty, rig) = faulty();
    for fault in FAULTS {
        let (access, _) = rig.tokens().await;
        faulty.fail_in("grants", fault);
        let refusal = rig.admit(&access).await.unwrap_err();
        let answer = rig.protection.answer(&refusal);
        assert_eq!(
            answer.status(),
            StatusCode::SERVICE_UNAVAILABLE,
            "{fault:?}"
        );
        faulty.heal();
        // It is left alone for a moment.
        rig.advance(10);
        assert!(rig.admit(&access).await.is_ok());
    }
}
