use thyra_auth::Principal;

use super::*;

const KIB: usize = 1024;

fn subject(name: &str) -> SubjectId {
    let principal = Principal::builder("https://issuer.example", name).build();
    principal.id().subject()
}

#[test]
fn a_person_has_a_quarter_and_one_message_more() {
    let budget = ByteBudget::new(1024 * KIB);
    let mut held = Vec::new();
    let refused = loop {
        let mut loan = budget.open(Some(subject("ada")), None);
        match loan.grow(100 * KIB) {
            Ok(()) => held.push(loan),
            Err(full) => break full,
        }
    };
    assert_eq!(held.len(), 3);
    assert_eq!(refused, Full::Share { most: 256 * KIB });
    // Wherever the same person calls from, it is the same person.
    let elsewhere = Some([192, 0, 2, 1].into());
    assert!(
        budget
            .open(Some(subject("ada")), elsewhere)
            .grow(1)
            .is_err()
    );
    assert!(held[0].another().grow(1).is_err());
    budget.open(Some(subject("bob")), None).grow(1).unwrap();
    drop(held);
    assert_eq!(budget.taken(), 0);
    budget.open(Some(subject("ada")), None).grow(1).unwrap();
}

#[test]
fn large_bodies_leave_room_for_small_ones() {
    let budget = ByteBudget::new(1024 * KIB);
    let mut large = budget.open(None, None);
    while large.grow(32 * KIB).is_ok() {}
    assert_eq!(budget.taken(), 768 * KIB);
    assert!(budget.open(None, None).is_short());
    let small: Vec<_> = (0..4)
        .map(|_| {
            let mut small = budget.open(None, None);
            small.grow(SMALL).unwrap();
            small
        })
        .collect();
    assert_eq!(budget.open(None, None).grow(1), Err(Full::Table));
    drop((large, small));
    assert!(!budget.open(None, None).is_short());
    assert_eq!(budget.taken(), 0);
}

#[test]
fn a_small_reply_is_never_refused_and_a_large_one_is_when_there_is_no_room() {
    let budget = ByteBudget::new(256 * KIB);
    let mut reply = budget.open(None, None);
    assert_eq!(reply.grow_for_reply(200 * KIB), Err(Full::Table));
    reply.grow_for_reply(100 * KIB).unwrap();
    let mut body = budget.open(None, None);
    while body.grow(KIB).is_ok() {}
    let mut small = budget.open(None, None);
    small.grow_for_reply(SMALL).unwrap();
    let message = small.keep(vec![b'x'; SMALL]);
    let part = message.slice(..1);
    drop((message, body));
    assert_eq!(budget.taken(), 100 * KIB + SMALL);
    drop((part, reply));
    assert_eq!(budget.taken(), 0);
}
