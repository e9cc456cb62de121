use std::sync::mpsc;

use futures_util::FutureExt as _;

use super::*;

#[test]
fn only_a_visit_that_is_underway_ends_and_once() {
    let (tell, heard) = mpsc::channel();
    let visits = Visits::heard_by(move |id| tell.send(id.to_owned()).unwrap());
    visits.begin("a");
    visits.begin("a");
    visits.begin("b");
    visits.forget("b");
    for id in ["other", "a", "a", "b"] {
        visits.end(id);
    }
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn visits_are_bounded() {
    let visits = Visits::default();
    for number in 0..=Visits::MOST {
        visits.begin(&number.to_string());
    }
    visits.begin(&"x".repeat(1025));
    let open = visits.open();
    assert_eq!(open.len(), Visits::MOST);
    assert_eq!(
        (
            open.front().unwrap().as_str(),
            open.back().unwrap().as_str()
        ),
        ("1", "256")
    );
}

#[test]
fn who_waits_hears_when_the_last_one_ends() {
    let visits = Visits::default();
    assert!(visits.ended(&["a"]).now_or_never().is_some());
    for id in ["a", "b", "c"] {
        visits.begin(id);
    }
    let mut waits = pin!(visits.ended(&["a", "b"]));
    assert!(waits.as_mut().now_or_never().is_none());
    visits.end("b");
    assert!(waits.as_mut().now_or_never().is_none());
    visits.end("a");
    assert!(waits.now_or_never().is_some());
}
