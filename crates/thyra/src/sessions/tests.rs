mod authority;
mod crowd;
mod memory;

use thyra_auth::{Confirmation, ManualClock, Thumbprint};
use thyra_protocol::{RequestId, Revision};

use super::*;
use crate::conversation::Client;

const NOW: Duration = Duration::from_secs(1_000_000);

fn new() -> NewSession {
    NewSession::new(Revision::V2025_11_25, Client::silent())
}

fn somebody(subject: &str) -> Arc<Principal> {
    Arc::new(Principal::builder("https://issuer.example", subject).build())
}

fn with_token_until(subject: &str, end: Duration) -> Arc<Principal> {
    let mut claims = serde_json::Map::new();
    claims.insert("iat".to_owned(), end.as_secs().into());
    let principal = Principal::builder("https://issuer.example", subject)
        .expires_at(end)
        .claims(claims);
    Arc::new(principal.build())
}

fn store(limits: &Limits) -> (SessionStore, ManualClock) {
    let clock = ManualClock::new(NOW);
    (SessionStore::new(limits, Arc::new(clock.clone())), clock)
}

fn open_sessions(store: &SessionStore) -> usize {
    store.lock().table.sessions().count()
}

#[test]
fn a_session_is_found_by_its_owner_alone() {
    let (store, _) = store(&Limits::default());
    let (ada, bob) = (somebody("ada"), somebody("bob"));
    let session = store.open(new(), Some(&ada)).unwrap();
    let id = session.id();
    assert!(id.len() >= 22, "{id}");
    assert!(id.bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "{id}");
    assert!(store.find(id, Some(&ada)).is_some());
    assert!(store.find(id, Some(&bob)).is_none());
    assert!(store.find(id, None).is_none());
    assert!(store.find("", Some(&ada)).is_none());

    store.close(&session);
    assert!(store.find(id, Some(&ada)).is_none());
    assert_eq!(open_sessions(&store), 0);

    let open = store.open(new(), None).unwrap();
    assert!(store.find(open.id(), None).is_some());
    assert!(store.find(open.id(), Some(&ada)).is_none());
}

#[test]
fn a_session_is_not_used_with_a_token_that_is_bound_to_something_else() {
    let (store, _) = store(&Limits::default());
    let bound = |to: Option<Confirmation>| {
        let ada = Principal::builder("https://issuer.example", "ada");
        let ada = match to {
            Some(to) => ada.confirmation(to),
            None => ada,
        };
        Arc::new(ada.build())
    };
    let thumbprints = [b"one".as_slice(), b"two"].map(Thumbprint::of);
    let [one, two] = thumbprints.map(|thumbprint| bound(Some(Confirmation::key(thumbprint))));
    let (certificate, free) = (
        bound(Some(Confirmation::certificate(thumbprints[0]))),
        bound(None),
    );
    let all = [one, two, certificate, free];
    for owner in &all {
        let session = store.open(new(), Some(owner)).unwrap();
        for caller in &all {
            let found = store.find(session.id(), Some(caller)).is_some();
            assert_eq!(found, Arc::ptr_eq(owner, caller), "{owner:?} {caller:?}");
        }
    }
}

#[test]
fn a_machine_whose_clock_is_set_ends_no_session_and_keeps_none() {
    let limits = Limits::default().session_idle_time(Duration::from_mins(10));
    let (store, clock) = store(&limits);
    let session = store.open(new(), None).unwrap();
    for unix in [NOW + Duration::from_hours(24 * 365), Duration::ZERO] {
        clock.set_unix(unix);
        assert!(store.find(session.id(), None).is_some());
        store.sweep(Duration::ZERO);
        assert_eq!(open_sessions(&store), 1);
    }
    clock.set_unix(Duration::ZERO);
    clock.advance(Duration::from_mins(11));
    clock.set_unix(Duration::ZERO);
    store.sweep(Duration::ZERO);
    assert_eq!(open_sessions(&store), 0);
}

#[test]
fn an_idle_session_ends_and_one_that_does_something_does_not() {
    let limits = Limits::default().session_idle_time(Duration::from_mins(10));
    let (store, clock) = store(&limits);
    let idle = store.open(new(), None).unwrap();
    store.find(idle.id(), None).unwrap();
    let busy = store.open(new(), None).unwrap();
    store.find(busy.id(), None).unwrap();
    let id = RequestId::Number(1);
    let place = busy.in_flight().try_enter(Some(id)).unwrap();
    let listening = store.open(new(), None).unwrap();
    let (_, reader) = listening.streams().standalone().unwrap();

    clock.advance(Duration::from_mins(9));
    assert!(store.find(idle.id(), None).is_some());
    clock.advance(Duration::from_mins(9));
    assert!(store.find(idle.id(), None).is_some());
    clock.advance(Duration::from_mins(11));
    assert!(store.find(idle.id(), None).is_none());
    assert!(store.find(busy.id(), None).is_some());
    assert!(store.find(listening.id(), None).is_some());

    drop((place, reader));
    clock.advance(Duration::from_mins(11));
    // Finding one session sweeps out the others.
    assert!(store.find("nobody", None).is_none());
    assert_eq!(open_sessions(&store), 0);
}

#[test]
fn a_session_that_is_never_used_does_not_stay_long() {
    let (store, clock) = store(&Limits::default());
    let session = store.open(new(), None).unwrap();
    clock.advance(Duration::from_secs(61));
    assert!(store.find(session.id(), None).is_none());
}

#[test]
fn a_session_ends_with_the_newest_token_of_its_owner() {
    let minute = Duration::from_mins(1);
    let (store, clock) = store(&Limits::default());
    let session = store
        .open(new(), Some(&with_token_until("ada", NOW + 2 * minute)))
        .unwrap();
    let fresher = with_token_until("ada", NOW + 10 * minute);
    let (_, _reader) = session.streams().standalone().unwrap();
    assert!(store.find(session.id(), Some(&fresher)).is_some());
    // An older token changes nothing afterwards.
    let older = with_token_until("ada", NOW + 3 * minute);
    assert!(store.find(session.id(), Some(&older)).is_some());

    clock.advance(9 * minute);
    assert!(!session.has_expired());
    clock.advance(minute);
    assert!(session.has_expired());
    // The owner may be getting another token.
    let next = with_token_until("ada", NOW + 15 * minute);
    assert!(store.find(session.id(), Some(&next)).is_some());
    assert!(!session.has_expired());
    clock.advance(6 * minute);
    let late = with_token_until("ada", NOW + 60 * minute);
    assert!(store.find(session.id(), Some(&late)).is_none());
}

#[tokio::test]
async fn the_end_of_a_session_ends_what_it_does() {
    for drop_store in [false, true] {
        let (store, _) = store(&Limits::default());
        let session = store.open(new(), None).unwrap();
        let place = session.in_flight().try_enter(None).unwrap();
        let ticket = place.ticket();
        let task = tokio::spawn(async move {
            let _place = place;
            std::future::pending::<()>().await;
        });
        ticket.runs_in(task.abort_handle());
        let (_writer, mut reader) = session.streams().open();
        if drop_store {
            drop(store);
        } else {
            store.close(&session);
        }
        assert!(task.await.unwrap_err().is_cancelled());
        let end = std::future::poll_fn(|cx| reader.poll_next(cx)).await;
        assert!(end.is_none());
        assert!(session.in_flight().enter(None, 0).await.is_none());
    }
}
