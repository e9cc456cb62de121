//! A request state that the client changed. Pairs of bytes change the one that the server gave:
//! where, and how; what begins with `=` replaces it.

use std::cell::OnceCell;

use serde_json::Value;

use crate::service::call;
use crate::shown::assert_printable;

const ARGUMENTS: &str = r#","arguments":{"dish":"soup"}"#;

thread_local! {
    static GIVEN: OnceCell<String> = const { OnceCell::new() };
}

pub(crate) fn run(data: &[u8]) {
    let given = GIVEN.with(|given| given.get_or_init(first_round).clone());
    let changed = match data.strip_prefix(b"=") {
        Some(other) => String::from_utf8_lossy(other).into_owned(),
        None => change(&given, data),
    };
    if changed == given {
        return;
    }
    let state = Value::from(changed);
    let reply = call(
        "order",
        &format!(
            r#"{ARGUMENTS},"requestState":{state},"inputResponses":{{"name":{{"action":"accept","content":{{"value":"Ada"}}}}}}"#
        ),
    );
    match reply.get("error") {
        Some(error) => {
            assert_printable(&error["message"].as_str().expect("an error has a message"));
        }
        // Without a state the answer counts as one that came with the first request.
        None => assert_eq!(state, "", "{state} was taken: {reply}"),
    }
}

/// The state of the first round.
fn first_round() -> String {
    let reply = call("order", ARGUMENTS);
    let state = reply["result"]["requestState"].as_str();
    state.expect("the tool asks").to_owned()
}

/// `given` with other characters in some places.
fn change(given: &str, edits: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.";
    let mut changed = given.as_bytes().to_vec();
    for edit in edits.chunks_exact(2) {
        let [place, letter] = [usize::from(edit[0]), usize::from(edit[1])];
        let place = place % changed.len();
        match ALPHABET.get(letter) {
            Some(letter) => changed[place] = *letter,
            None if changed.len() == 1 => {}
            None => {
                changed.remove(place);
            }
        }
    }
    String::from_utf8_lossy(&changed).into_owned()
}
