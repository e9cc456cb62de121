//! Lines of the log that callers can cause as often as they like.

use thyra_auth::{Clock, SystemClock};
use thyra_oauth::{Sum, Throttle};

/// One for the process, as the log is.
static LINES: Throttle<Line> = Throttle::new();

/// What lines are told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    text: &'static str,
    component: Box<str>,
}

/// Writes a line to the log as `tracing` does, unless many such lines about the same component were
/// written within a minute: `throttled!(warn, "a task could not be begun", about = "", %error)`.
macro_rules! throttled {
    ($level:ident, $text:literal, about = $component:expr $(, $($field:tt)+)?) => {
        $crate::throttled::unless_many($text, $component, || {
            tracing::$level!($($($field)+,)? $text);
        })
    };
}

pub(crate) use throttled;

/// Calls `write`, which writes the line `text` to the log, unless many such lines about `component`
/// were written within a minute. Those are counted, and their number is written later.
///
/// `component` is a name that the author gave, or empty. A caller's word would tell apart as many
/// lines as the caller likes.
pub(crate) fn unless_many(text: &'static str, component: &str, write: impl FnOnce()) {
    let line = Line {
        text,
        component: component.into(),
    };
    let noted = LINES.note(line, SystemClock.monotonic());
    sum_up(noted.sums);
    if noted.is_whole {
        write();
    }
}

/// Writes what was counted and not said yet, when a server ends.
pub(crate) fn sum_up_the_rest() {
    sum_up(LINES.rest());
}

fn sum_up(sums: Vec<Sum<Line>>) {
    for Sum { kind, more } in sums {
        let (line, component) = kind.map_or_else(
            || ("other lines", Box::default()),
            |kind| (kind.text, kind.component),
        );
        tracing::warn!(component, more, "there were more of these: {line}");
    }
}
