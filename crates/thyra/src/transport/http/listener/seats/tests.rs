use super::*;

fn seats(count: usize) -> Arc<Seats> {
    Arc::new(Seats::new(count))
}

fn leaves(seats: &Seats) -> Option<usize> {
    seats.give_way(|_| true)
}

async fn pass(milliseconds: u64) {
    tokio::time::advance(Duration::from_millis(milliseconds)).await;
}

/// A connection that has had its answer.
fn idle(seats: &Arc<Seats>, index: usize) -> Seat {
    let seat = seats.take(index);
    assert!(seat.hears() && seat.begins());
    seat.answers(false);
    seat.flushes();
    seat
}

#[tokio::test(start_paused = true)]
async fn who_was_silent_for_long_goes_first_and_who_has_just_come_goes_last() {
    let seats = seats(6);
    let used_before = idle(&seats, 0);
    let slow = seats.take(1);
    pass(1).await;
    seats.take(2);
    pass(5).await;
    idle(&seats, 3);
    assert!(slow.hears());
    pass(1000).await;
    assert!(used_before.hears() && used_before.begins());
    used_before.answers(false);
    used_before.flushes();
    seats.take(4);
    seats.take(5).hears();
    let order: Vec<_> = std::iter::from_fn(|| leaves(&seats)).collect();
    assert_eq!(order, [1, 2, 3, 0, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn who_is_served_does_not_make_room() {
    let seats = seats(3);
    let seat = seats.take(0);
    assert!(seat.begins());
    pass(60_000).await;
    assert_eq!(leaves(&seats), None);
    seat.answers(false);
    // Part of the answer may still be on its way.
    assert_eq!(leaves(&seats), None);
    seat.flushes();
    assert_eq!(leaves(&seats), Some(0));

    let last = seats.take(1);
    assert!(last.begins());
    last.answers(true);
    last.flushes();
    assert_eq!(leaves(&seats), None);
    assert_eq!(last.lingers(), Doing::LastAnswered);
    assert_eq!(leaves(&seats), Some(1));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_begins_nothing_until_the_seat_is_free() {
    let seats = seats(1);
    let seat = seats.take(0);
    assert_eq!(leaves(&seats), Some(0));
    assert!(!seat.hears());
    assert!(!seat.begins());
    assert_eq!(leaves(&seats), None);
    seats.leave(0);
    assert_eq!(leaves(&seats), None);
    assert!(seats.take(0).begins());
}

#[tokio::test(start_paused = true)]
async fn only_those_who_are_asked_make_room() {
    let seats = seats(2);
    seats.take(0);
    seats.take(1);
    assert_eq!(seats.give_way(|index| index == 1), Some(1));
    assert_eq!(seats.give_way(|index| index == 1), None);
}

#[tokio::test(start_paused = true)]
async fn somebody_who_waits_hears_of_a_seat() {
    let seats = seats(1);
    let seat = seats.take(0);
    assert!(seat.begins());
    seats.want(true);
    seat.answers(false);
    seat.flushes();
    seats.vacancy().await;
    assert_eq!(leaves(&seats), Some(0));
}
