//! How far a call has come, on the terminal.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use thyra_client::{Printable, ProgressParams};

/// How many steps a bar has.
const STEPS: u64 = 1000;

/// Shows progress on standard error if that is a terminal. A clone shows the same.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    is_shown: bool,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    bar: Option<ProgressBar>,
    is_paused: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            is_shown: std::io::stderr().is_terminal(),
            state: Arc::default(),
        }
    }

    /// Shows a report.
    pub(crate) fn report(&self, report: &ProgressParams) {
        let mut state = self.state();
        if !self.is_shown || state.is_paused {
            return;
        }
        let bar = state.bar.get_or_insert_with(ProgressBar::no_length);
        let (share, text) = told(report);
        match share {
            Some(position) => {
                bar.set_style(style("{bar:24} {percent:>3}%  {wide_msg}"));
                bar.set_length(STEPS);
                bar.set_position(position);
            }
            None => bar.set_style(style("{spinner} {wide_msg}")),
        }
        bar.set_message(text);
        bar.tick();
    }

    /// Takes the bar away while somebody else uses the terminal.
    pub(crate) fn pause(&self) {
        let mut state = self.state();
        state.is_paused = true;
        state.clear();
    }

    pub(crate) fn resume(&self) {
        self.state().is_paused = false;
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.state().clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are those above, and they are well formed.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// How far it has come, in steps of a bar if the end is known, and what to say about it.
fn told(report: &ProgressParams) -> (Option<u64>, String) {
    let progress = report.progress.as_f64().unwrap_or_default();
    let total = report.total.as_ref().and_then(serde_json::Number::as_f64);
    let message = report.message.as_deref().unwrap_or_default();
    let message = format!("{:.200}", Printable(message));
    match total.filter(|total| *total > 0.0) {
        Some(total) => {
            let share = (progress / total).clamp(0.0, 1.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                clippy::cast_sign_loss,
                reason = "it is between 0 and the number of steps"
            )]
            let position = (share * STEPS as f64) as u64;
            (Some(position), message)
        }
        None if message.is_empty() => (None, report.progress.to_string()),
        None => (None, format!("{} {message}", report.progress)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(value: serde_json::Value) -> (Option<u64>, String) {
        told(&serde_json::from_value(value).unwrap())
    }

    #[test]
    fn a_report_is_a_share_of_the_whole_or_a_count() {
        for (value, share, text) in [
            (
                json!({ "progress": 1, "total": 4, "message": "one\u{1b}[2J" }),
                Some(250),
                r"one\u{1b}[2J",
            ),
            (json!({ "progress": 9, "total": 4 }), Some(1000), ""),
            (json!({ "progress": -1, "total": 4 }), Some(0), ""),
            (json!({ "progress": 3, "total": 0 }), None, "3"),
            (
                json!({ "progress": 2.5, "message": "files" }),
                None,
                "2.5 files",
            ),
        ] {
            let mut value = value;
            value["progressToken"] = json!(1);
            assert_eq!(report(value), (share, text.to_owned()));
        }
    }
}
