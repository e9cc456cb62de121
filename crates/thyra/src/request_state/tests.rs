use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::value::RawValue;
use thyra_auth::{ManualClock, Principal, PrincipalId};

use super::sealer::{LONGEST, SealError, StateRefused};
use super::used::{MOST, Use, UsedStates};
use super::{Binding, RequestState, RequestStateKeys, Sealer};
use crate::shares::Full;

const NOW: Duration = Duration::from_secs(1_800_000_001);
const KEY: [u8; 32] = [1; 32];

fn clock() -> ManualClock {
    ManualClock::new(NOW)
}

fn state(keys: RequestStateKeys, clock: &ManualClock) -> RequestState {
    RequestState::new(keys).clock(Arc::new(clock.clone()))
}

fn sealer() -> Sealer {
    state(RequestStateKeys::new(KEY), &clock()).sealer()
}

fn caller(subject: &str) -> PrincipalId {
    Principal::builder("https://issuer.example", subject)
        .build()
        .id()
}

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("JSON")
}

fn call<'a>(principal: Option<&'a PrincipalId>, arguments: Option<&'a RawValue>) -> Binding<'a> {
    Binding {
        principal,
        server: "Notes",
        method: "tools/call",
        name: "write",
        version: Some("1"),
        arguments,
    }
}

#[test]
fn what_was_sealed_opens_for_the_same_call_any_number_of_times() {
    let sealer = sealer();
    let (ada, arguments) = (caller("ada"), json(r#"{"text":"hi"}"#));
    let binding = call(Some(&ada), Some(&arguments));
    for state in [&b""[..], b"{}", &[0xff; 1000]] {
        let text = sealer.seal(&binding, state).expect("sealed");
        assert_eq!(sealer.open(&binding, &text).as_deref(), Ok(state));
        assert_eq!(sealer.open(&binding, &text).as_deref(), Ok(state));
    }
}

#[test]
fn a_client_cannot_read_it() {
    let state = b"what only the server knows";
    let text = sealer().seal(&call(None, None), state).expect("sealed");
    let bytes = URL_SAFE_NO_PAD.decode(text).expect("base64url");
    assert!(!bytes.windows(state.len()).any(|window| window == state));
}

#[test]
fn the_same_state_never_looks_the_same() {
    let (sealer, binding) = (sealer(), call(None, None));
    assert_ne!(
        sealer.seal(&binding, b"state"),
        sealer.seal(&binding, b"state")
    );
}

#[test]
fn it_opens_for_no_other_call() {
    let sealer = sealer();
    let (ada, eve) = (caller("ada"), caller("eve"));
    let (arguments, other) = (json(r#"{"text":"hi"}"#), json(r#"{"text":"ho"}"#));
    let binding = call(Some(&ada), Some(&arguments));
    let text = sealer.seal(&binding, b"state").expect("sealed");
    let others = [
        (
            "another caller",
            Binding {
                principal: Some(&eve),
                ..binding
            },
        ),
        (
            "nobody",
            Binding {
                principal: None,
                ..binding
            },
        ),
        (
            "another version",
            Binding {
                version: Some("2"),
                ..binding
            },
        ),
        (
            "no version",
            Binding {
                version: None,
                ..binding
            },
        ),
        (
            "another server",
            Binding {
                server: "Note",
                ..binding
            },
        ),
        (
            "another method",
            Binding {
                method: "prompts/get",
                ..binding
            },
        ),
        (
            "another tool",
            Binding {
                name: "writer",
                ..binding
            },
        ),
        (
            "other arguments",
            Binding {
                arguments: Some(&other),
                ..binding
            },
        ),
        (
            "no arguments",
            Binding {
                arguments: None,
                ..binding
            },
        ),
        (
            "parts moved",
            Binding {
                server: "Notest",
                method: "ools/call",
                ..binding
            },
        ),
    ];
    for (what, other) in others {
        assert_eq!(
            sealer.open(&other, &text),
            Err(StateRefused::ForeignOrAltered),
            "{what}"
        );
    }
    assert!(sealer.open(&binding, &text).is_ok());
}

#[test]
fn arguments_may_be_written_in_another_way() {
    let sealer = sealer();
    let sealed_for = json(r#"{"a":{"x":1,"y":[true,null]},"b":"é","c":0.5}"#);
    let text = sealer
        .seal(&call(None, Some(&sealed_for)), b"state")
        .expect("sealed");
    let same = json("{ \"c\": 0.5, \"b\": \"\\u00e9\",\n \"a\": {\"y\": [true, null], \"x\": 1} }");
    assert!(sealer.open(&call(None, Some(&same)), &text).is_ok());
    for other in [
        r#"{"a":{"x":1,"y":[null,true]},"b":"é","c":0.5}"#,
        r#"{"a":{"x":"1","y":[true,null]},"b":"é","c":0.5}"#,
        r#"{"a":{"x":1,"y":[true,null]},"b":"é","c":0.5,"d":null}"#,
    ] {
        let other = json(other);
        assert_eq!(
            sealer.open(&call(None, Some(&other)), &text),
            Err(StateRefused::ForeignOrAltered)
        );
    }
}

/// Such numbers lose digits when JSON is parsed, so two different calls would look the same.
#[test]
fn arguments_that_cannot_be_compared_must_come_as_they_were() {
    let sealer = sealer();
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    for (before, after) in [
        (
            r#"{"n":18446744073709551617}"#.to_owned(),
            r#"{"n":18446744073709551618}"#.to_owned(),
        ),
        (
            r#"{"n":9007199254740992.0}"#.to_owned(),
            r#"{"n":9007199254740993.0}"#.to_owned(),
        ),
        (r#"{"n":1e999}"#.to_owned(), r#"{"n":1e998}"#.to_owned()),
        (format!("[{deep}]"), format!("[ {deep}]")),
    ] {
        let (before, after) = (json(&before), json(&after));
        let binding = call(None, Some(&before));
        let text = sealer.seal(&binding, b"state").expect("sealed");
        assert!(sealer.open(&binding, &text).is_ok());
        assert_eq!(
            sealer.open(&call(None, Some(&after)), &text),
            Err(StateRefused::ForeignOrAltered)
        );
    }
}

#[test]
fn it_expires() {
    let clock = clock();
    let sealer = state(RequestStateKeys::new(KEY), &clock)
        .lifetime(Duration::from_mins(1))
        .sealer();
    let binding = call(None, None);
    let text = sealer.seal(&binding, b"state").expect("sealed");
    clock.advance(Duration::from_millis(59_999));
    assert!(sealer.open(&binding, &text).is_ok());
    clock.advance(Duration::from_millis(1));
    assert_eq!(sealer.open(&binding, &text), Err(StateRefused::Expired));
}

#[test]
fn ten_minutes_are_the_default() {
    let clock = clock();
    let sealer = state(RequestStateKeys::new(KEY), &clock).sealer();
    let binding = call(None, None);
    let text = sealer.seal(&binding, b"state").expect("sealed");
    clock.advance(Duration::from_secs(599));
    assert!(sealer.open(&binding, &text).is_ok());
    clock.advance(Duration::from_secs(1));
    assert_eq!(sealer.open(&binding, &text), Err(StateRefused::Expired));
}

#[test]
fn a_lifetime_without_end_does_not_overflow() {
    let sealer = RequestState::new(RequestStateKeys::new(KEY))
        .clock(Arc::new(clock()))
        .lifetime(Duration::MAX)
        .sealer();
    let binding = call(None, None);
    let text = sealer.seal(&binding, b"state").expect("sealed");
    assert!(sealer.open(&binding, &text).is_ok());
}

#[test]
fn keys_can_be_replaced_and_withdrawn() {
    let clock = clock();
    let with = |keys: RequestStateKeys| state(keys, &clock).sealer();
    let binding = call(None, None);
    let old = with(RequestStateKeys::new([1; 32]));
    let both = with(RequestStateKeys::new([2; 32]).also_open([1; 32]));
    let new = with(RequestStateKeys::new([2; 32]));
    let of_old = old.seal(&binding, b"old").expect("sealed");
    let of_both = both.seal(&binding, b"both").expect("sealed");
    assert_eq!(both.open(&binding, &of_old).as_deref(), Ok(&b"old"[..]));
    assert_eq!(new.open(&binding, &of_both).as_deref(), Ok(&b"both"[..]));
    for (sealer, text) in [(&new, &of_old), (&old, &of_both)] {
        assert_eq!(
            sealer.open(&binding, text),
            Err(StateRefused::ForeignOrAltered)
        );
    }
}

#[test]
fn two_processes_do_not_open_each_others_states() {
    let (one, two) = (RequestState::default(), RequestState::default());
    let binding = call(None, None);
    let text = one.sealer().seal(&binding, b"state").expect("sealed");
    assert_eq!(
        two.sealer().open(&binding, &text),
        Err(StateRefused::ForeignOrAltered)
    );
}

#[test]
fn keys_are_not_printed() {
    let shown = format!("{:?}", state(RequestStateKeys::new([42; 32]), &clock()));
    assert!(shown.contains("RequestStateKeys(***)"), "{shown}");
    assert!(!shown.contains("42"), "{shown}");
}

#[test]
fn sizes_are_bounded_at_both_ends() {
    let (sealer, binding) = (sealer(), call(None, None));
    let fits = LONGEST / 4 * 3 - 41;
    let text = sealer.seal(&binding, &vec![0; fits]).expect("sealed");
    assert_eq!(text.len(), LONGEST);
    assert_eq!(
        sealer.open(&binding, &text).map(|state| state.len()),
        Ok(fits)
    );
    assert!(matches!(
        sealer.seal(&binding, &vec![0; fits + 1]),
        Err(SealError::TooLarge { bytes }) if bytes > LONGEST
    ));
    assert_eq!(
        sealer.open(&binding, &"A".repeat(LONGEST + 1)),
        Err(StateRefused::TooLarge)
    );
}

#[test]
fn a_single_use_state_opens_once() {
    let clock = clock();
    let sealer = state(RequestStateKeys::new(KEY), &clock)
        .single_use()
        .sealer();
    let (binding, eve) = (call(None, None), caller("eve"));
    let text = sealer.seal(&binding, b"state").expect("sealed");
    let another = sealer.seal(&binding, b"state").expect("sealed");
    // A stranger's attempt does not use up the state.
    assert!(sealer.open(&call(Some(&eve), None), &text).is_err());
    assert!(sealer.open(&binding, &text).is_ok());
    assert_eq!(sealer.open(&binding, &text), Err(StateRefused::Used));
    assert!(sealer.open(&binding, &another).is_ok());
    clock.advance(RequestState::LIFETIME);
    assert_eq!(sealer.open(&binding, &text), Err(StateRefused::Expired));
}

#[test]
fn used_states_are_kept_until_they_expire_and_new_ones_wait() {
    let nonce = |number: usize| {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&number.to_be_bytes());
        nonce
    };
    let (now, later) = (NOW, NOW + Duration::from_secs(1));
    let mut used = UsedStates::default();
    for number in 0..MOST {
        assert_eq!(used.mark(now, later, nonce(number), None), Use::First);
    }
    assert_eq!(
        used.mark(now, later, nonce(MOST), None),
        Use::Full(Full::Table)
    );
    assert_eq!(used.mark(now, later, nonce(0), None), Use::Again);
    let much_later = later + Duration::from_secs(1);
    assert_eq!(used.mark(later, much_later, nonce(MOST), None), Use::First);
}

#[test]
fn a_refusal_does_not_say_why_a_state_is_foreign() {
    assert_eq!(
        StateRefused::ForeignOrAltered.to_string(),
        "the requestState is not valid for this request"
    );
}

proptest! {
    #[test]
    fn no_altered_byte_goes_unseen(
        state in proptest::collection::vec(any::<u8>(), 0..64),
        place in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let (sealer, binding) = (sealer(), call(None, None));
        let text = sealer.seal(&binding, &state).expect("sealed");
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).expect("base64url");
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        let altered = URL_SAFE_NO_PAD.encode(bytes);
        let expected = if place == 0 { StateRefused::Malformed } else { StateRefused::ForeignOrAltered };
        prop_assert_eq!(sealer.open(&binding, &altered), Err(expected));
    }

    #[test]
    fn no_altered_character_goes_unseen(
        place in any::<prop::sample::Index>(),
        other in "[A-Za-z0-9_.=+/ -]",
    ) {
        let (sealer, binding) = (sealer(), call(None, None));
        let text = sealer.seal(&binding, b"some state").expect("sealed");
        let place = place.index(text.len());
        let mut altered = text.clone();
        altered.replace_range(place..=place, &other);
        prop_assume!(altered != text);
        prop_assert!(sealer.open(&binding, &altered).is_err());
    }

    #[test]
    fn nothing_made_up_opens(text in any::<String>()) {
        prop_assert!(sealer().open(&call(None, None), &text).is_err());
    }
}

#[test]
fn one_person_leaves_room_for_the_used_states_of_others() {
    let (now, later) = (Duration::from_secs(1), Duration::from_secs(2));
    let nonce = |number: usize| {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&(number as u64).to_be_bytes());
        nonce
    };
    let (ada, bob) = (caller("ada").subject(), caller("bob").subject());
    let share = MOST.div_ceil(10);
    let mut used = UsedStates::default();
    for number in 0..share {
        assert_eq!(used.mark(now, later, nonce(number), Some(ada)), Use::First);
    }
    let refused = used.mark(now, later, nonce(share), Some(ada));
    assert_eq!(refused, Use::Full(Full::Share { most: share }));
    assert_eq!(used.mark(now, later, nonce(share), Some(bob)), Use::First);
    // When they have expired, the places come back.
    let much_later = Duration::from_secs(3);
    let again = used.mark(later, much_later, nonce(share), Some(ada));
    assert_eq!(again, Use::First);
}
