//! Which session makes room when all places are taken.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Opens a session, and sends a second request in it.
fn used(store: &SessionStore, owner: Option<&Arc<Principal>>) -> Arc<HttpSession> {
    let session = store.open(new(), owner).unwrap();
    assert!(lives(store, &session, owner));
    session
}

/// Whether the session is still there. Asking counts as a use.
fn lives(store: &SessionStore, session: &HttpSession, owner: Option<&Arc<Principal>>) -> bool {
    store.find(session.id(), owner).is_some()
}

/// Whether the session is still there, without using it.
fn is_kept(store: &SessionStore, session: &HttpSession) -> bool {
    store.lock().table.get(session.id()).is_some()
}

fn with_client(subject: &str, client: &str) -> Arc<Principal> {
    let principal = Principal::builder("https://issuer.example", subject);
    Arc::new(principal.client_id(client).build())
}

#[test]
fn a_flood_drives_out_itself_and_not_an_older_session_that_was_used() {
    let (store, clock) = store(&Limits::default().sessions(100));
    let honest = used(&store, None);
    clock.advance(SECOND);
    let first = store.open(new(), None).unwrap();
    for _ in 0..10_000 {
        store.open(new(), None).unwrap();
    }
    assert_eq!(open_sessions(&store), 100);
    assert!(!is_kept(&store, &first));
    assert!(lives(&store, &honest, None));
}

#[test]
fn among_used_sessions_the_longest_idle_goes_whenever_it_was_opened() {
    let (store, clock) = store(&Limits::default().sessions(3));
    let sessions: Vec<_> = (0..3).map(|_| used(&store, None)).collect();
    for place in [1, 2, 0] {
        clock.advance(SECOND);
        assert!(lives(&store, &sessions[place], None));
    }
    for gone in [1, 2, 0] {
        assert!(is_kept(&store, &sessions[gone]));
        clock.advance(SECOND);
        used(&store, None);
        assert!(!is_kept(&store, &sessions[gone]), "{gone}");
        assert_eq!(open_sessions(&store), 3);
    }
}

#[test]
fn a_new_client_has_a_moment_for_its_second_request_among_old_used_sessions() {
    let (store, clock) = store(&Limits::default().sessions(40));
    for _ in 0..40 {
        used(&store, None);
    }
    clock.advance(SECOND);
    let newcomer = store.open(new(), None).unwrap();
    for _ in 0..3 {
        store.open(new(), None).unwrap();
    }
    assert!(lives(&store, &newcomer, None));
}

#[test]
fn what_somebody_uses_is_spared_and_then_nobody_else_comes_in() {
    let (store, clock) = store(&Limits::default().sessions(2));
    let busy = store.open(new(), None).unwrap();
    let id = RequestId::Number(1);
    let place = busy.in_flight().try_enter(Some(id)).unwrap();
    let listening = store.open(new(), None).unwrap();
    let (_, reader) = listening.streams().standalone().unwrap();
    let refused = store.open(new(), None).unwrap_err();
    assert!(matches!(refused, NoSession::Full { retry_after } if retry_after > Duration::ZERO));
    assert!(is_kept(&store, &busy) && is_kept(&store, &listening));

    // When the work is over, they make room: the longer idle one first.
    drop(place);
    busy.touch();
    clock.advance(SECOND);
    drop(reader);
    assert!(lives(&store, &listening, None));
    clock.advance(SECOND);
    store.open(new(), None).unwrap();
    assert!(!is_kept(&store, &busy) && is_kept(&store, &listening));
    // Whoever was driven out is told so, and its calls are refused.
    assert!(busy.in_flight().try_enter(None).is_none());
}

#[test]
fn a_session_with_a_subscription_goes_after_those_without() {
    let (store, clock) = store(&Limits::default().sessions(2));
    let subscribed = used(&store, None);
    subscribed.session().subscribe("n://1").unwrap();
    for _ in 0..5 {
        clock.advance(SECOND);
        used(&store, None);
    }
    assert!(is_kept(&store, &subscribed));
    // It is not spared for ever: a subscription alone costs its client nothing.
    let other = used(&store, None);
    other.session().subscribe("n://1").unwrap();
    used(&store, None);
    assert!(!is_kept(&store, &subscribed) && is_kept(&store, &other));
}

#[test]
fn who_holds_most_makes_room_first() {
    let (store, clock) = store(&Limits::default().sessions(30));
    let people: Vec<_> = (0..14)
        .map(|number| somebody(&number.to_string()))
        .collect();
    // The first two hold three each, the others two each.
    let mut sessions = Vec::new();
    for (number, person) in people.iter().enumerate() {
        clock.advance(SECOND);
        for _ in 0..if number < 2 { 3 } else { 2 } {
            sessions.push(used(&store, Some(person)));
        }
    }
    // The second of them was heard of later, but so is everybody who holds less.
    clock.advance(SECOND);
    let newcomer = somebody("newcomer");
    used(&store, Some(&newcomer));
    assert!(!is_kept(&store, &sessions[0]));
    used(&store, Some(&somebody("another")));
    assert!(!is_kept(&store, &sessions[3]));
    let kept = sessions.iter().filter(|one| is_kept(&store, one)).count();
    assert_eq!(kept, sessions.len() - 2);
}

#[test]
fn ten_clients_of_one_person_share_one_quota_and_push_out_nobody_else() {
    let (store, clock) = store(&Limits::default().sessions(20));
    let bob = somebody("bob");
    let of_bob = used(&store, Some(&bob));
    clock.advance(SECOND);
    let clients: Vec<_> = (0..10)
        .map(|number| with_client("ada", &number.to_string()))
        .collect();
    let sessions: Vec<_> = clients
        .iter()
        .map(|client| {
            clock.advance(SECOND);
            used(&store, Some(client))
        })
        .collect();
    // The longest idle made room, and each is still its client's alone.
    assert_eq!(open_sessions(&store), 3);
    assert!(lives(&store, &of_bob, Some(&bob)));
    assert!(lives(&store, &sessions[9], Some(&clients[9])));
    assert!(!lives(&store, &sessions[9], Some(&clients[8])));
    assert!(lives(&store, &sessions[8], Some(&clients[8])));
    assert!(!is_kept(&store, &sessions[7]));
}

#[test]
fn who_uses_a_whole_share_is_told_so_and_others_come_in() {
    let (store, clock) = store(&Limits::default().sessions(20));
    let (ada, bob) = (somebody("ada"), somebody("bob"));
    let sessions = [used(&store, Some(&ada)), used(&store, Some(&ada))];
    let _calls: Vec<_> = sessions
        .iter()
        .map(|session| session.in_flight().try_enter(None).unwrap())
        .collect();
    let refused = store.open(new(), Some(&ada)).unwrap_err();
    assert!(matches!(refused, NoSession::ShareFull { most: 2, .. }));
    assert!(refused.to_string().contains("you have 2 sessions in use"));
    used(&store, Some(&bob));

    // A session that ends leaves its place at once, and only once.
    store.close(&sessions[0]);
    store.close(&sessions[0]);
    clock.advance(SECOND);
    used(&store, Some(&ada));
    assert_eq!(open_sessions(&store), 3);
}

#[test]
fn a_session_that_was_spared_can_make_room_later() {
    let (store, clock) = store(&Limits::default().sessions(1));
    let session = used(&store, None);
    let place = session.in_flight().try_enter(None).unwrap();
    for _ in 0..3 {
        assert!(store.open(new(), None).is_err());
    }
    drop(place);
    // The table looks again at those it spared, but not for each who asks.
    clock.advance(2 * SECOND);
    store.open(new(), None).unwrap();
    assert!(!is_kept(&store, &session));
}
