//! Server-sent events (WHATWG HTML, section 9.2.6): the data of `message` events, and what a stream
//! needs to be resumed (up to 2025-11-25).

use std::time::Duration;

/// The longest id of an event that is kept: it has to fit into a header.
const LONGEST_ID: usize = 1024;

/// Takes a stream apart as its bytes come.
#[derive(Debug)]
pub(super) struct Decoder {
    /// The most bytes that one event may have.
    limit: usize,
    line: Vec<u8>,
    /// The lines of data so far, if there is any.
    data: Option<Vec<u8>>,
    kind: Kind,
    /// A line feed next is the second half of a line end.
    after_return: bool,
    is_first_line: bool,
    /// The id that the event has so far.
    id: Option<String>,
    /// The id of the last event.
    last_id: Option<String>,
    retry: Option<Duration>,
}

/// An event of a stream.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) data: Vec<u8>,
}

/// What an event is for, as its type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `endpoint`: it names where messages are posted (MCP 2024-11-05).
    Endpoint,
    /// `message`, which it is without a type.
    Message,
    Other,
}

/// An event is larger than the limit.
#[derive(Debug)]
pub(super) struct TooLarge;

/// The data of the events of a stream that comes in these pieces, or `None` when one has more than
/// `limit` bytes. Public for the fuzz targets only.
pub fn events<'a>(
    limit: usize,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Option<Vec<Vec<u8>>> {
    let mut decoder = Decoder::new(limit);
    let mut events = Vec::new();
    for piece in pieces {
        events.extend(decoder.feed(piece).ok()?);
    }
    Some(events)
}

impl Decoder {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            data: None,
            kind: Kind::Message,
            after_return: false,
            is_first_line: true,
            id: None,
            last_id: None,
            retry: None,
        }
    }

    /// The id of the last event, if events have ids.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// How long the server wants the client to wait before it connects again.
    pub(super) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Makes ready for the next stream. What was not completed is dropped; the last id stays.
    pub(super) fn restart(&mut self) {
        let mut next = Self::new(self.limit);
        next.id.clone_from(&self.last_id);
        next.last_id = self.last_id.take();
        next.retry = self.retry;
        *self = next;
    }

    /// The data of the messages that `chunk` completes.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<Vec<Vec<u8>>, TooLarge> {
        let events = self.feed_events(chunk)?.into_iter();
        let messages = events.filter(|event| event.kind == Kind::Message);
        Ok(messages.map(|event| event.data).collect())
    }

    /// The events that `chunk` completes.
    pub(super) fn feed_events(&mut self, chunk: &[u8]) -> Result<Vec<Event>, TooLarge> {
        let mut events = Vec::new();
        for &byte in chunk {
            let is_second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            match byte {
                b'\n' if is_second_half => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ if self.line.len() + self.data.as_ref().map_or(0, Vec::len) >= self.limit => {
                    return Err(TooLarge);
                }
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if std::mem::take(&mut self.is_first_line) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            self.last_id.clone_from(&self.id);
            let kind = std::mem::replace(&mut self.kind, Kind::Message);
            let data = self.data.take();
            return data.map(|data| Event { kind, data });
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => {
                let (field, value) = line.split_at(colon);
                let value = value.strip_prefix(b":").unwrap_or(value);
                (field, value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &[][..]),
        };
        match field {
            b"data" => match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_vec()),
            },
            b"event" => {
                self.kind = match value {
                    b"" | b"message" => Kind::Message,
                    b"endpoint" => Kind::Endpoint,
                    _ => Kind::Other,
                }
            }
            // An id that no header can carry, or an empty one, leaves nothing to resume from.
            b"id" if !value.contains(&0) => {
                self.id = std::str::from_utf8(value)
                    .ok()
                    .filter(|id| (1..=LONGEST_ID).contains(&id.len()))
                    .map(str::to_owned);
            }
            b"retry" if value.iter().all(u8::is_ascii_digit) => {
                let milliseconds = std::str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                self.retry = milliseconds.map(Duration::from_millis).or(self.retry);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(stream: &str) -> Vec<String> {
        let events = Decoder::new(1000).feed(stream.as_bytes()).unwrap();
        events
            .into_iter()
            .map(|event| String::from_utf8(event).unwrap())
            .collect()
    }

    #[test]
    fn events_are_read_as_the_standard_says() {
        let cases: &[(&str, &[&str])] = &[
            ("data: a\n\n", &["a"]),
            ("data:a\r\n\r\ndata: b\r\r", &["a", "b"]),
            ("\u{feff}data: a\n\n", &["a"]),
            ("data: a\ndata:  b\n\n", &["a\n b"]),
            ("data\n\n", &[""]),
            (": a comment\n\n\n", &[]),
            ("event: message\nid: 1\nretry: 5\ndata: a\n\n", &["a"]),
            ("event: other\ndata: a\n\ndata: b\n\n", &["b"]),
            ("data: a", &[]),
            ("data: a\n", &[]),
        ];
        for (stream, wanted) in cases {
            assert_eq!(decode(stream), *wanted, "{stream:?}");
        }
    }

    #[test]
    fn the_type_of_an_event_says_what_it_is_for() {
        let stream = "event: endpoint\ndata: /m\n\ndata: a\n\nevent: ping\ndata: b\n\n";
        let events = Decoder::new(1000).feed_events(stream.as_bytes()).unwrap();
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [Kind::Endpoint, Kind::Message, Kind::Other]);
        assert_eq!(events[0].data, b"/m");
    }

    #[test]
    fn what_a_stream_is_resumed_with_is_kept() {
        let retry = |milliseconds| Some(Duration::from_millis(milliseconds));
        let cases: &[(&str, Option<&str>, Option<Duration>)] = &[
            ("data: a\n\n", None, None),
            ("id: 1\nretry: 500\ndata:\n\n", Some("1"), retry(500)),
            ("id: 1\n\ndata: a\n\n", Some("1"), None),
            ("id: 1\n\nid: 2\ndata: not yet complete", Some("1"), None),
            ("id: 1\n\nid\n\n", None, None),
            ("id: a\0b\n\nretry: soon\n\nretry: -1\n\n", None, None),
            ("retry: 7\nretry:\n\n", None, retry(7)),
        ];
        for (stream, id, retry) in cases {
            let mut decoder = Decoder::new(1000);
            decoder.feed(stream.as_bytes()).unwrap();
            assert_eq!(
                (decoder.last_id(), decoder.retry()),
                (*id, *retry),
                "{stream:?}"
            );
            decoder.restart();
            assert_eq!(decoder.feed(b"data: b\n\n").unwrap(), [b"b"]);
            assert_eq!(
                (decoder.last_id(), decoder.retry()),
                (*id, *retry),
                "{stream:?}"
            );
        }
        let mut decoder = Decoder::new(10_000);
        decoder
            .feed(format!("id: {}\n\n", "x".repeat(LONGEST_ID + 1)).as_bytes())
            .unwrap();
        assert_eq!(decoder.last_id(), None);
    }

    #[test]
    fn an_event_has_a_bound_and_the_next_one_has_it_anew() {
        let mut decoder = Decoder::new(10);
        for _ in 0..5 {
            assert_eq!(decoder.feed(b"data: abcd\n\n").unwrap(), [b"abcd"]);
        }
        assert!(decoder.feed(b"data: abcde").is_err());
        let mut decoder = Decoder::new(10);
        assert!(decoder.feed(b"data:abc\ndata:abc\ndata:abc\n").is_err());
    }

    proptest! {
        #[test]
        fn where_the_chunks_end_does_not_matter(
            stream in "(data: ?[a-c]{0,3}|event: x|:c|\r\n|\n|\r){0,12}",
            at in 0usize..60,
        ) {
            let bytes = stream.as_bytes();
            let (head, tail) = bytes.split_at(at.min(bytes.len()));
            let mut decoder = Decoder::new(1000);
            let mut events = decoder.feed(head).unwrap();
            events.extend(decoder.feed(tail).unwrap());
            prop_assert_eq!(events, Decoder::new(1000).feed(bytes).unwrap());
        }
    }
}
