use std::fmt::Write as _;
use std::sync::Mutex;

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::*;

/// Keeps the events: the level, and the fields in one line.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<(tracing::Level, String)>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, "{}={value} ", field.name());
    }
}

impl Subscriber for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        assert_eq!(event.metadata().target(), "thyra_client::server");
        let mut line = Line(String::new());
        event.record(&mut line);
        let level = *event.metadata().level();
        self.0.lock().unwrap().push((level, line.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn what_a_server_logs_is_an_event_that_no_server_can_fake() {
    let kept = Kept::default();
    let log = Log::new(LoggingLevel::Info, trace);
    let data = format!("\u{1b}[2J\n{}", "x".repeat(9000));
    tracing::subscriber::with_default(kept.clone(), || {
        for level in ["debug", "notice", "warning", "emergency"] {
            let message = json!({ "level": level, "logger": "a\u{202e}b", "data": data });
            log.hear(serde_json::from_value(message).unwrap());
        }
    });
    let kept = kept.0.lock().unwrap();
    let levels: Vec<_> = kept.iter().map(|(level, _)| *level).collect();
    assert_eq!(
        levels,
        [
            tracing::Level::INFO,
            tracing::Level::WARN,
            tracing::Level::ERROR
        ]
    );
    for (_, line) in kept.iter() {
        assert!(!line.contains(['\u{1b}', '\n', '\u{202e}']), "{line}");
        assert!(line.len() < 5000, "{}", line.len());
    }
    assert!(kept[0].1.contains("level=notice"), "{}", kept[0].1);
}
