//! Server-sent events, as the client reads them. The first two bytes choose the limit and where the
//! stream is cut.

use thyra_client::__private::events;

pub(crate) fn run(data: &[u8]) {
    let [limit, cut, stream @ ..] = data else {
        return;
    };
    let limit = usize::from(*limit) * 8;
    let whole = events(limit, [stream]);
    // Where the network cuts a stream does not matter.
    let (one, other) = stream.split_at(usize::from(*cut).min(stream.len()));
    assert_eq!(events(limit, [one, other]), whole);
    assert_eq!(events(limit, stream.chunks(1)), whole);
    let Some(whole) = whole else {
        return;
    };
    assert!(whole.iter().all(|event| event.len() <= limit));
    // What was read can be sent as events, and is read as it was.
    let mut again = Vec::new();
    for event in &whole {
        for line in event.split(|byte| *byte == b'\n') {
            again.extend_from_slice(b"data: ");
            again.extend_from_slice(line);
            again.push(b'\n');
        }
        again.push(b'\n');
    }
    assert_eq!(events(usize::MAX, [again.as_slice()]), Some(whole));
}
