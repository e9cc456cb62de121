use super::*;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Starts the planned attempt at its time and ends it.
fn run(schedule: &mut Schedule, outcome: Attempt) -> Duration {
    let at = schedule.next().expect("an attempt is planned");
    schedule.start(at);
    schedule.finish(outcome);
    at
}

#[test]
fn the_first_request_fetches_at_once() {
    let mut schedule = Schedule::default();
    assert_eq!(schedule.next(), None);
    schedule.cold(ms(7));
    assert_eq!(schedule.next(), Some(ms(7)));
    assert_eq!(schedule.upcoming(), 1);
    schedule.start(ms(7));
    assert_eq!((schedule.next(), schedule.ended(1)), (None, None));
    schedule.finish(Attempt::Changed);
    assert_eq!(schedule.ended(1), Some(Ended::Well));
    assert_eq!(schedule.ended(2), None);
}

#[test]
fn after_a_cold_failure_the_next_starts_half_a_second_after_the_last() {
    for (asked, expected) in [
        (ms(100), ms(500)),
        (ms(499), ms(500)),
        (ms(500), ms(500)),
        (ms(9_000), ms(9_000)),
    ] {
        let mut schedule = Schedule::default();
        schedule.cold(ms(0));
        run(&mut schedule, Attempt::Failed);
        assert_eq!(schedule.ended(1), Some(Ended::Failed));
        schedule.cold(asked);
        assert_eq!(schedule.next(), Some(expected), "{asked:?}");
    }
}

#[test]
fn who_comes_during_a_cold_attempt_has_another_if_it_fails_and_only_then() {
    for (outcome, next) in [(Attempt::Failed, Some(ms(500))), (Attempt::Changed, None)] {
        let mut schedule = Schedule::default();
        schedule.cold(ms(0));
        schedule.start(ms(0));
        schedule.cold(ms(10));
        schedule.finish(outcome);
        assert_eq!(schedule.next(), next, "{outcome:?}");
    }
}

#[test]
fn a_stale_set_is_renewed_by_one_attempt_and_rarely_while_that_fails() {
    let mut schedule = Schedule::default();
    schedule.cold(ms(0));
    run(&mut schedule, Attempt::Changed);
    schedule.stale(ms(300_000));
    schedule.stale(ms(300_001));
    assert_eq!(schedule.next(), Some(ms(300_000)));
    schedule.start(ms(300_000));
    schedule.stale(ms(300_100));
    assert_eq!(schedule.next(), None);
    schedule.finish(Attempt::Failed);
    schedule.stale(ms(301_000));
    assert_eq!(schedule.next(), Some(ms(305_000)));
    // Should the keys come to their end meanwhile, it is sooner.
    schedule.cold(ms(302_000));
    assert_eq!(schedule.next(), Some(ms(302_000)));
}

#[test]
fn unknown_kids_wait_for_an_attempt_that_starts_after_them() {
    let mut schedule = Schedule::default();
    schedule.cold(ms(0));
    run(&mut schedule, Attempt::Changed);
    // A crowd while the first attempt is under way shares the second.
    let first = schedule.upcoming();
    assert_eq!(schedule.unknown(ms(2_000)), Advice::Wait);
    assert_eq!(schedule.next(), Some(ms(2_000)));
    schedule.start(ms(2_000));
    let second = schedule.upcoming();
    for n in 1..100 {
        assert_eq!(schedule.unknown(ms(2_000 + n)), Advice::Wait);
    }
    schedule.finish(Attempt::Unchanged);
    assert_eq!(schedule.ended(first), Some(Ended::Well));
    assert_eq!(schedule.ended(second), None);
    assert_eq!(run(&mut schedule, Attempt::Unchanged), ms(3_000));
    assert_eq!(schedule.ended(second), Some(Ended::Well));
    assert_eq!(schedule.next(), None);
}

/// A schedule with a flood that began at zero.
fn flooded() -> Schedule {
    let mut schedule = Schedule::default();
    schedule.cold(ms(0));
    run(&mut schedule, Attempt::Changed);
    for n in 1..=4 {
        assert_eq!(schedule.unknown(ms(n * 1_000)), Advice::Wait);
        assert_eq!(run(&mut schedule, Attempt::Unchanged), ms(n * 1_000));
    }
    schedule
}

#[test]
fn in_a_flood_unknown_kids_give_up_and_one_attempt_stays_planned() {
    let mut schedule = flooded();
    for n in 0..100 {
        assert_eq!(schedule.unknown(ms(4_001 + n)), Advice::GiveUp);
        assert_eq!(schedule.next(), Some(ms(9_000)));
    }
    run(&mut schedule, Attempt::Unchanged);
    assert_eq!(schedule.unknown(ms(9_001)), Advice::GiveUp);
    assert_eq!(schedule.next(), Some(ms(14_000)));
}

#[test]
fn a_flood_ends_with_a_change_or_with_silence() {
    let mut changed = flooded();
    assert_eq!(changed.unknown(ms(5_000)), Advice::GiveUp);
    run(&mut changed, Attempt::Changed);
    assert_eq!(changed.unknown(ms(10_000)), Advice::Wait);
    assert_eq!(changed.next(), Some(ms(10_000)));

    for (silence, advice) in [(59_999, Advice::GiveUp), (60_000, Advice::Wait)] {
        let mut silent = flooded();
        assert_eq!(silent.unknown(ms(4_000 + silence)), advice, "{silence}");
        assert_eq!(silent.next(), Some(ms(4_000 + silence)));
    }
}

#[test]
fn failures_and_attempts_for_other_purposes_count_as_they_should() {
    let mut schedule = Schedule::default();
    schedule.cold(ms(0));
    run(&mut schedule, Attempt::Changed);
    for n in 1..=4 {
        assert_eq!(schedule.unknown(ms(n * 1_000)), Advice::Wait);
        run(&mut schedule, Attempt::Failed);
    }
    assert_eq!(schedule.unknown(ms(5_000)), Advice::GiveUp);

    let mut schedule = Schedule::default();
    for n in 0..10 {
        schedule.stale(ms(n * 300_000));
        run(&mut schedule, Attempt::Unchanged);
    }
    assert_eq!(schedule.unknown(ms(3_000_000)), Advice::Wait);
}

#[test]
fn an_attempt_that_was_cut_off_is_owed() {
    let mut schedule = Schedule::default();
    schedule.cold(ms(0));
    let wanted = schedule.upcoming();
    schedule.start(ms(0));
    schedule.abandon();
    assert_eq!(schedule.ended(wanted), None);
    run(&mut schedule, Attempt::Changed);
    assert_eq!(schedule.ended(wanted), Some(Ended::Well));
}
