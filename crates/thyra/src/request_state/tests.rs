use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use proptest::prelude::*;
use serde_json::value::RawValue;
use thyra_auth::{ManualClock, Principal, PrincipalId};

use super::memory::{MOST, MemoryUsedStates};
use super::sealer::{LONGEST, SealError, StateRefused};
use super::{
    Binding, RequestState, RequestStateKeys, Sealer, Standing, UsedState, UsedStateError,
    UsedStateStore,
};

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

/// Sealing and opening where nothing happens to the component.
trait Simply {
    fn sealed(&self, binding: &Binding<'_>, state: &[u8]) -> Result<String, SealError>;
    fn opened(&self, binding: &Binding<'_>, sealed: &str) -> Result<Vec<u8>, StateRefused>;
    /// Opens a state and uses it up.
    fn used(&self, binding: &Binding<'_>, sealed: &str) -> Result<(), StateRefused>;
}

impl Simply for Sealer {
    fn sealed(&self, binding: &Binding<'_>, state: &[u8]) -> Result<String, SealError> {
        self.seal(binding, Standing::new(b"{}", false), state)
    }

    fn opened(&self, binding: &Binding<'_>, sealed: &str) -> Result<Vec<u8>, StateRefused> {
        self.open(binding, sealed).map(|opened| opened.state)
    }

    fn used(&self, binding: &Binding<'_>, sealed: &str) -> Result<(), StateRefused> {
        let opened = self.open(binding, sealed)?;
        at_once(self.use_up(&opened.used))
    }
}

/// The memory of this process never waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("no waiting")
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
        let text = sealer.sealed(&binding, state).expect("sealed");
        assert_eq!(sealer.opened(&binding, &text).as_deref(), Ok(state));
        assert_eq!(sealer.opened(&binding, &text).as_deref(), Ok(state));
    }
}

#[test]
fn a_client_cannot_read_it() {
    let state = b"what only the server knows";
    let text = sealer().sealed(&call(None, None), state).expect("sealed");
    let bytes = URL_SAFE_NO_PAD.decode(text).expect("base64url");
    assert!(!bytes.windows(state.len()).any(|window| window == state));
}

#[test]
fn the_same_state_never_looks_the_same() {
    let (sealer, binding) = (sealer(), call(None, None));
    assert_ne!(
        sealer.sealed(&binding, b"state"),
        sealer.sealed(&binding, b"state")
    );
}

#[test]
fn it_opens_for_no_other_call() {
    let sealer = sealer();
    let (ada, eve) = (caller("ada"), caller("eve"));
    let (arguments, other) = (json(r#"{"text":"hi"}"#), json(r#"{"text":"ho"}"#));
    let binding = call(Some(&ada), Some(&arguments));
    let text = sealer.sealed(&binding, b"state").expect("sealed");
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
            sealer.opened(&other, &text),
            Err(StateRefused::ForeignOrAltered),
            "{what}"
        );
    }
    assert!(sealer.opened(&binding, &text).is_ok());
}

#[test]
fn arguments_may_be_written_in_another_way() {
    let sealer = sealer();
    let sealed_for = json(r#"{"a":{"x":1,"y":[true,null]},"b":"é","c":0.5}"#);
    let text = sealer
        .sealed(&call(None, Some(&sealed_for)), b"state")
        .expect("sealed");
    let same = json("{ \"c\": 0.5, \"b\": \"\\u00e9\",\n \"a\": {\"y\": [true, null], \"x\": 1} }");
    assert!(sealer.opened(&call(None, Some(&same)), &text).is_ok());
    for other in [
        r#"{"a":{"x":1,"y":[null,true]},"b":"é","c":0.5}"#,
        r#"{"a":{"x":"1","y":[true,null]},"b":"é","c":0.5}"#,
        r#"{"a":{"x":1,"y":[true,null]},"b":"é","c":0.5,"d":null}"#,
    ] {
        let other = json(other);
        assert_eq!(
            sealer.opened(&call(None, Some(&other)), &text),
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
        let text = sealer.sealed(&binding, b"state").expect("sealed");
        assert!(sealer.opened(&binding, &text).is_ok());
        assert_eq!(
            sealer.opened(&call(None, Some(&after)), &text),
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
    let text = sealer.sealed(&binding, b"state").expect("sealed");
    clock.advance(Duration::from_millis(59_999));
    assert!(sealer.opened(&binding, &text).is_ok());
    clock.advance(Duration::from_millis(1));
    assert_eq!(sealer.opened(&binding, &text), Err(StateRefused::Expired));
}

#[test]
fn ten_minutes_are_the_default() {
    let clock = clock();
    let sealer = state(RequestStateKeys::new(KEY), &clock).sealer();
    let binding = call(None, None);
    let text = sealer.sealed(&binding, b"state").expect("sealed");
    clock.advance(Duration::from_secs(599));
    assert!(sealer.opened(&binding, &text).is_ok());
    clock.advance(Duration::from_secs(1));
    assert_eq!(sealer.opened(&binding, &text), Err(StateRefused::Expired));
}

#[test]
fn a_lifetime_without_end_does_not_overflow() {
    let sealer = RequestState::new(RequestStateKeys::new(KEY))
        .clock(Arc::new(clock()))
        .lifetime(Duration::MAX)
        .sealer();
    let binding = call(None, None);
    let text = sealer.sealed(&binding, b"state").expect("sealed");
    assert!(sealer.opened(&binding, &text).is_ok());
}

#[test]
fn keys_can_be_replaced_and_withdrawn() {
    let clock = clock();
    let with = |keys: RequestStateKeys| state(keys, &clock).sealer();
    let binding = call(None, None);
    let old = with(RequestStateKeys::new([1; 32]));
    let both = with(RequestStateKeys::new([2; 32]).also_open([1; 32]));
    let new = with(RequestStateKeys::new([2; 32]));
    let of_old = old.sealed(&binding, b"old").expect("sealed");
    let of_both = both.sealed(&binding, b"both").expect("sealed");
    assert_eq!(both.opened(&binding, &of_old).as_deref(), Ok(&b"old"[..]));
    assert_eq!(new.opened(&binding, &of_both).as_deref(), Ok(&b"both"[..]));
    for (sealer, text) in [(&new, &of_old), (&old, &of_both)] {
        assert_eq!(
            sealer.opened(&binding, text),
            Err(StateRefused::ForeignOrAltered)
        );
    }
}

#[test]
fn two_processes_do_not_open_each_others_states() {
    let (one, two) = (RequestState::default(), RequestState::default());
    let binding = call(None, None);
    let text = one.sealer().sealed(&binding, b"state").expect("sealed");
    assert_eq!(
        two.sealer().opened(&binding, &text),
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
    let fits = LONGEST / 4 * 3 - 74;
    let text = sealer.sealed(&binding, &vec![0; fits]).expect("sealed");
    assert_eq!(text.len(), LONGEST);
    assert_eq!(
        sealer.opened(&binding, &text).map(|state| state.len()),
        Ok(fits)
    );
    assert!(matches!(
        sealer.sealed(&binding, &vec![0; fits + 1]),
        Err(SealError::TooLarge { bytes }) if bytes > LONGEST
    ));
    assert_eq!(
        sealer.opened(&binding, &"A".repeat(LONGEST + 1)),
        Err(StateRefused::TooLarge)
    );
}

#[test]
fn a_state_is_used_up_once() {
    let clock = clock();
    let sealer = state(RequestStateKeys::new(KEY), &clock).sealer();
    let (binding, eve) = (call(None, None), caller("eve"));
    let text = sealer.sealed(&binding, b"state").expect("sealed");
    let another = sealer.sealed(&binding, b"state").expect("sealed");
    // A stranger's attempt does not use up the state.
    assert!(sealer.used(&call(Some(&eve), None), &text).is_err());
    assert!(sealer.used(&binding, &text).is_ok());
    assert_eq!(sealer.used(&binding, &text), Err(StateRefused::Used));
    assert!(sealer.used(&binding, &another).is_ok());
    clock.advance(RequestState::LIFETIME);
    assert_eq!(sealer.used(&binding, &text), Err(StateRefused::Expired));
}

#[test]
fn a_state_that_is_given_back_is_used_up_once_more() {
    let (sealer, binding) = (sealer(), call(None, None));
    let text = sealer.sealed(&binding, b"state").expect("sealed");
    assert!(sealer.used(&binding, &text).is_ok());
    at_once(sealer.give_back(&binding, &text));
    assert!(sealer.used(&binding, &text).is_ok());
    assert_eq!(sealer.used(&binding, &text), Err(StateRefused::Used));
}

#[test]
fn the_author_of_a_component_goes_before_the_server_and_the_server_before_the_hints() {
    let settings = || state(RequestStateKeys::new(KEY), &clock());
    for (sealer, harmless, harmful) in [
        (settings().sealer(), true, false),
        (settings().single_use().sealer(), false, false),
        (settings().repeatable().sealer(), true, true),
    ] {
        assert_eq!(sealer.may_repeat(None, true), harmless);
        assert_eq!(sealer.may_repeat(None, false), harmful);
        for is_harmless in [true, false] {
            assert!(sealer.may_repeat(Some(true), is_harmless));
            assert!(!sealer.may_repeat(Some(false), is_harmless));
        }
    }
}

#[test]
fn the_standing_comes_back_as_it_was_sealed() {
    let (sealer, binding) = (sealer(), call(None, None));
    for hidden in [true, false] {
        let standing = Standing::new(b"{\"name\":\"write\"}", hidden);
        let text = sealer.seal(&binding, standing, b"state").expect("sealed");
        let opened = sealer.open(&binding, &text).expect("opened");
        assert_eq!(opened.standing, standing);
        assert!(standing.has_definition_of(&Standing::new(b"{\"name\":\"write\"}", !hidden)));
        assert!(!standing.has_definition_of(&Standing::new(b"{\"name\":\"read\"}", hidden)));
    }
}

/// A state with this number.
fn numbered(number: usize, expires: Duration, subject: Option<&PrincipalId>) -> UsedState {
    let mut id = [0; 12];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    UsedState {
        id,
        expires,
        subject: subject.map(PrincipalId::subject),
    }
}

#[test]
fn used_states_are_kept_until_they_expire_and_new_ones_wait() {
    let clock = clock();
    let used = MemoryUsedStates::with_clock(Arc::new(clock.clone()));
    let second = Duration::from_secs(1);
    let mark = |number, expires| at_once(used.mark(&numbered(number, expires, None)));
    for number in 0..MOST {
        assert!(mark(number, NOW + second).expect("room"));
    }
    assert!(matches!(
        mark(MOST, NOW + second),
        Err(UsedStateError::Full)
    ));
    assert!(!mark(0, NOW + second).expect("known"));
    clock.advance(second);
    assert!(mark(MOST, NOW + 2 * second).expect("room"));
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
        let text = sealer.sealed(&binding, &state).expect("sealed");
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).expect("base64url");
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        let altered = URL_SAFE_NO_PAD.encode(bytes);
        let expected = if place == 0 { StateRefused::Malformed } else { StateRefused::ForeignOrAltered };
        prop_assert_eq!(sealer.opened(&binding, &altered), Err(expected));
    }

    #[test]
    fn no_altered_character_goes_unseen(
        place in any::<prop::sample::Index>(),
        other in "[A-Za-z0-9_.=+/ -]",
    ) {
        let (sealer, binding) = (sealer(), call(None, None));
        let text = sealer.sealed(&binding, b"some state").expect("sealed");
        let place = place.index(text.len());
        let mut altered = text.clone();
        altered.replace_range(place..=place, &other);
        prop_assume!(altered != text);
        prop_assert!(sealer.opened(&binding, &altered).is_err());
    }

    #[test]
    fn nothing_made_up_opens(text in any::<String>()) {
        prop_assert!(sealer().opened(&call(None, None), &text).is_err());
    }
}

#[test]
fn one_person_leaves_room_for_the_used_states_of_others() {
    let clock = clock();
    let used = MemoryUsedStates::with_clock(Arc::new(clock.clone()));
    let second = Duration::from_secs(1);
    let (ada, bob) = (caller("ada"), caller("bob"));
    let mark = |number, expires, who| at_once(used.mark(&numbered(number, expires, Some(who))));
    let share = MOST.div_ceil(10);
    for number in 0..share {
        assert!(mark(number, NOW + second, &ada).expect("room"));
    }
    assert!(matches!(
        mark(share, NOW + second, &ada),
        Err(UsedStateError::FullForCaller { most }) if most == share
    ));
    assert!(mark(share, NOW + second, &bob).expect("room"));
    // When they have expired, the places come back.
    clock.advance(second);
    assert!(mark(share, NOW + 2 * second, &ada).expect("room"));
}
