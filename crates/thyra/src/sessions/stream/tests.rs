use futures_util::FutureExt;

use super::*;

fn message(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

/// The events that the reader can get now, as `id text`, and whether it has reached its end.
fn read(reader: &mut StreamReader) -> (Vec<String>, bool) {
    let mut events = Vec::new();
    loop {
        match poll_fn(|cx| reader.poll_next(cx)).now_or_never() {
            None => return (events, false),
            Some(None) => return (events, true),
            Some(Some((id, text))) => {
                events.push(format!(
                    "{id} {}",
                    String::from_utf8(text.to_vec()).unwrap()
                ));
            }
        }
    }
}

fn push(writer: &mut StreamWriter, text: &str) -> Option<Written> {
    writer.push(message(text)).now_or_never()
}

fn id(text: &str) -> EventId {
    text.parse().unwrap()
}

#[test]
fn what_is_written_is_read_in_order_and_the_end_after_it() {
    let streams = Streams::new(&Budget::new(10_000));
    let (mut writer, mut reader) = streams.open();
    assert_eq!(read(&mut reader), (vec![], false));
    push(&mut writer, "a").unwrap();
    push(&mut writer, "b").unwrap();
    assert_eq!(
        read(&mut reader),
        (vec!["1-1 a".into(), "1-2 b".into()], false)
    );
    push(&mut writer, "c").unwrap();
    drop(writer);
    assert_eq!(read(&mut reader), (vec!["1-3 c".into()], true));
}

#[test]
fn a_client_that_comes_back_gets_what_followed_and_nothing_of_other_streams() {
    let streams = Streams::new(&Budget::new(10_000));
    let (mut writer, mut reader) = streams.open();
    let (mut other, _other_reader) = streams.open();
    assert_eq!(reader.announce(), id("1-0"));
    for text in ["a", "b", "c"] {
        push(&mut writer, text).unwrap();
        push(&mut other, "of another").unwrap();
    }
    read(&mut reader);
    drop(reader);
    push(&mut writer, "d").unwrap();
    drop(writer);

    let mut again = streams.resume(id("1-1")).unwrap();
    let all = vec!["1-2 b".to_owned(), "1-3 c".into(), "1-4 d".into()];
    assert_eq!(read(&mut again), (all, true));
    drop(again);
    // The event is kept until the client says that it has it.
    let mut again = streams.resume(id("1-3")).unwrap();
    assert_eq!(read(&mut again), (vec!["1-4 d".into()], true));
    assert!(streams.resume(id("1-5")).is_none());
    assert!(streams.resume(id("9-0")).is_none());
}

#[test]
fn one_who_comes_back_ends_the_connection_before() {
    let streams = Streams::new(&Budget::new(10_000));
    let (mut writer, mut first) = streams.open();
    first.announce();
    push(&mut writer, "a").unwrap();
    let mut second = streams.resume(id("1-0")).unwrap();
    assert_eq!(read(&mut first), (vec![], true));
    drop(first);
    assert_eq!(read(&mut second), (vec!["1-1 a".into()], false));
    push(&mut writer, "b").unwrap();
    assert_eq!(read(&mut second), (vec!["1-2 b".into()], false));
}

#[test]
fn a_cut_ends_the_connection_and_not_the_stream() {
    let streams = Streams::new(&Budget::new(10_000));
    let (mut writer, mut reader) = streams.open();
    reader.announce();
    push(&mut writer, "a").unwrap();
    writer.cut();
    // Later messages are for the next connection, even if this one has not ended yet.
    push(&mut writer, "b").unwrap();
    assert_eq!(read(&mut reader), (vec!["1-1 a".into()], true));
    drop(reader);
    let mut again = streams.resume(id("1-1")).unwrap();
    assert_eq!(read(&mut again), (vec!["1-2 b".into()], false));
    drop(writer);
    assert_eq!(read(&mut again), (vec![], true));
}

#[test]
fn a_stream_that_nobody_was_told_of_leaves_nothing_behind() {
    let streams = Streams::new(&Budget::new(10_000));
    for announce in [false, true] {
        let (mut writer, reader) = streams.open();
        if announce {
            reader.announce();
        }
        push(&mut writer, "a").unwrap();
        drop(reader);
        assert_eq!(push(&mut writer, "b"), Some(Written::Kept));
        drop(writer);
        assert_eq!(streams.size().0, usize::from(announce));
    }
    let (writer, reader) = streams.open();
    writer.discard();
    drop(reader);
    assert_eq!(streams.size().0, 1);
}

#[test]
fn a_slow_reader_holds_the_writer_up_and_a_missing_one_does_not() {
    let streams = Streams::new(&Budget::new(300));
    let (mut writer, mut reader) = streams.open();
    reader.announce();
    let mut written = 0;
    while push(&mut writer, &"x".repeat(36)).is_some() {
        written += 1;
    }
    assert_eq!(written, 3);
    assert_eq!(read(&mut reader).0.len(), 3);
    push(&mut writer, "after").unwrap();
    assert_eq!(read(&mut reader).0, ["1-4 after"]);

    drop(reader);
    for _ in 0..20 {
        assert_eq!(push(&mut writer, &"y".repeat(36)), Some(Written::Kept));
    }
    let (_, bytes) = streams.size();
    assert!(bytes <= 300, "{bytes}");
    // The oldest are gone. The newest are left, in order.
    let mut again = streams.resume(id("1-4")).unwrap();
    let (events, _) = read(&mut again);
    let places: Vec<_> = events.iter().map(|event| &event[..4]).collect();
    assert_eq!(places, ["1-22", "1-23", "1-24"]);
}

#[tokio::test]
async fn a_writer_that_waits_goes_on_when_there_is_room_or_nobody_left() {
    for leave in [false, true] {
        let streams = Streams::new(&Budget::new(100));
        let (mut writer, mut reader) = streams.open();
        reader.announce();
        push(&mut writer, &"x".repeat(30)).unwrap();
        let waiting = tokio::spawn(async move { writer.push(message(&"x".repeat(30))).await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        if leave {
            drop(reader);
        } else {
            assert_eq!(read(&mut reader).0.len(), 1);
        }
        assert_eq!(waiting.await.unwrap(), Written::Kept);
    }
}

#[test]
fn a_message_over_the_bound_reaches_a_reader_and_is_lost_without_one() {
    let streams = Streams::new(&Budget::new(100));
    let (mut writer, mut reader) = streams.open();
    reader.announce();
    let long = "x".repeat(1000);
    assert_eq!(push(&mut writer, &long), Some(Written::Kept));
    assert_eq!(read(&mut reader).0, [format!("1-1 {long}")]);
    drop(reader);
    assert_eq!(push(&mut writer, &long), Some(Written::Lost));
    assert_eq!(streams.size().1, 0);
    push(&mut writer, "short").unwrap();
    drop(writer);
    let mut again = streams.resume(id("1-1")).unwrap();
    assert_eq!(read(&mut again), (vec!["1-3 short".into()], true));
}

#[test]
fn streams_that_are_over_are_bounded_and_a_reply_that_nobody_read_is_kept_longest() {
    let streams = Streams::new(&Budget::new(100_000));
    let (mut writer, reader) = streams.open();
    reader.announce();
    drop(reader);
    push(&mut writer, "the reply").unwrap();
    drop(writer);
    for _ in 0..1000 {
        let (mut writer, mut reader) = streams.open();
        reader.announce();
        push(&mut writer, "a").unwrap();
        drop(writer);
        assert!(read(&mut reader).1);
    }
    assert_eq!(streams.size().0, MOST_ENDED);
    let mut again = streams.resume(id("1-0")).unwrap();
    assert_eq!(read(&mut again), (vec!["1-1 the reply".into()], true));
}

#[test]
fn the_stream_of_no_call_has_one_reader_and_keeps_what_was_not_read() {
    let streams = Streams::new(&Budget::new(10_000));
    let (writer, mut reader) = streams.standalone().unwrap();
    let mut writer = writer.unwrap();
    assert!(streams.standalone().is_none());
    assert_eq!(reader.announce(), id("0-0"));
    push(&mut writer, "a").unwrap();
    assert_eq!(read(&mut reader).0, ["0-1 a"]);
    drop(reader);
    push(&mut writer, "b").unwrap();
    let (none, mut reader) = streams.standalone().unwrap();
    assert!(none.is_none());
    assert_eq!(read(&mut reader).0, ["0-2 b"]);
    assert!(streams.are_read());
    // A client that names an event takes over the stream, because the other connection may be dead
    // unnoticed.
    let mut third = streams.resume(id("0-0")).unwrap();
    assert_eq!(read(&mut third).0, ["0-1 a", "0-2 b"]);
    assert!(read(&mut reader).1);
    drop(third);
    assert!(!streams.are_read());
}

#[test]
fn closing_ends_all() {
    let streams = Streams::new(&Budget::new(10_000));
    let (mut writer, mut reader) = streams.open();
    reader.announce();
    push(&mut writer, "a").unwrap();
    streams.close();
    assert!(read(&mut reader).1);
    assert_eq!(push(&mut writer, "b"), Some(Written::Kept));
    assert_eq!(streams.size(), (0, 0));
    assert!(streams.resume(id("1-0")).is_none());
}

#[test]
fn ids_are_read_as_they_are_written_and_nothing_else_is() {
    assert_eq!(id("12-34").to_string(), "12-34");
    for text in [
        "",
        "1",
        "-",
        "1-",
        "-1",
        "1-2-3",
        "+1-2",
        "1- 2",
        "a-b",
        "1-99999999999999999999",
    ] {
        assert_eq!(text.parse::<EventId>(), Err(UnknownEvent), "{text}");
    }
}
