//! Which token of the owner decides.

use super::*;
use crate::app::testing::{Revocation, token};

const MINUTE: Duration = Duration::from_mins(1);

fn protected(revocation: &Revocation) -> (SessionStore, ManualClock) {
    let (store, clock) = store(&Limits::default());
    let protection = revocation.protection();
    (store.protected_by(Some(&protection)), clock)
}

fn decides(session: &HttpSession) -> String {
    let newest = session.principal().unwrap();
    newest.token_id().unwrap().to_owned()
}

#[test]
fn the_token_that_was_issued_last_decides_whichever_comes_last() {
    let (store, _) = store(&Limits::default());
    let session = store.open(new(), Some(&token("first", 10))).unwrap();
    for (id, issued, expected) in [
        ("second", 20, "second"),
        // It was on its way when the second one came.
        ("first", 10, "second"),
        ("twin", 20, "twin"),
        ("third", 30, "third"),
    ] {
        store.find(session.id(), Some(&token(id, issued))).unwrap();
        assert_eq!(decides(&session), expected, "{id}");
    }
    // It does not say when it was issued.
    let undated = Principal::builder("https://issuer.example", "ada").token_id("undated");
    store
        .find(session.id(), Some(&Arc::new(undated.build())))
        .unwrap();
    assert_eq!(decides(&session), "undated");
}

#[test]
fn a_token_that_has_ended_or_was_revoked_gives_way_to_an_older_one() {
    let revocation = Revocation::default();
    let (store, clock) = protected(&revocation);
    let session = store.open(new(), Some(&token("old", 20))).unwrap();
    let older = token("older", 10);
    store.find(session.id(), Some(&older)).unwrap();
    assert_eq!(decides(&session), "old");
    revocation.begin();
    store.find(session.id(), Some(&older)).unwrap();
    assert_eq!(decides(&session), "older");

    let short = with_token_until("ada", NOW + MINUTE);
    let session = store.open(new(), Some(&short)).unwrap();
    clock.advance(MINUTE);
    assert!(session.has_expired());
    store.find(session.id(), Some(&older)).unwrap();
    assert!(!session.has_expired());
}

#[tokio::test]
async fn a_session_whose_token_was_revoked_drops_its_calls_and_waits_a_while_for_another() {
    for comes_back in [true, false] {
        let revocation = Revocation::default();
        let (store, clock) = protected(&revocation);
        let session = store.open(new(), Some(&token("old", 10))).unwrap();
        let other = store.open(new(), Some(&token("other", 10))).unwrap();
        let (one, another) = (
            session.in_flight().try_enter(None).unwrap(),
            other.in_flight().try_enter(None).unwrap(),
        );
        let calls = [one.ticket(), another.ticket()].map(|ticket| {
            let task = tokio::spawn(std::future::pending::<()>());
            ticket.runs_in(task.abort_handle());
            task
        });
        assert!(!session.is_revoked());
        revocation.begin();
        assert!(session.is_revoked() && !other.is_revoked());
        let [dropped, kept] = calls;
        assert!(dropped.await.unwrap_err().is_cancelled());
        assert!(!kept.is_finished());
        drop((one, another));

        let fresh = token("fresh", 20);
        clock.advance(Duration::from_secs(59));
        if comes_back {
            assert!(store.find(session.id(), Some(&fresh)).is_some());
            assert!(!session.is_revoked());
        }
        clock.advance(Duration::from_secs(1));
        assert_eq!(store.find(session.id(), Some(&fresh)).is_some(), comes_back);
    }
}
