//! What the demonstration prints: one line for each hop.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::builder::styling::{AnsiColor, Style};
use thyra_client::{Hop, Observer, Printable, Stage, login};

/// Numbers the hops and prints each on its own line when it is done.
pub(crate) struct Report {
    is_coloured: bool,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    /// What has been printed, in order.
    steps: Vec<String>,
}

impl Report {
    pub(crate) fn new(out: impl Write + Send + 'static, is_coloured: bool) -> Self {
        Self {
            is_coloured,
            state: Mutex::new(State {
                out: Box::new(out),
                steps: Vec::new(),
            }),
        }
    }

    /// Prints a step: its name, then what was sent and what was learned, with an arrow in between.
    /// The text may hold what a server said.
    pub(crate) fn step(&self, name: &str, text: &dyn Display) {
        let text = Printable(text).to_string();
        let mut state = self.state();
        state.steps.push(name.to_owned());
        let number = state.steps.len();
        let line = if self.is_coloured {
            let faint = Style::new().dimmed();
            let label = AnsiColor::Cyan.on_default();
            let text = text.replacen(" -> ", &format!(" {faint}->{faint:#} "), 1);
            format!("{faint}{number:>2}{faint:#}  {label}{name:<29}{label:#}  {text}")
        } else {
            format!("{number:>2}  {name:<29}  {text}")
        };
        state.print(&line);
    }

    /// Prints a line that is not a step.
    pub(crate) fn line(&self, line: &str) {
        self.state().print(line);
    }

    /// The names of the steps so far.
    pub(crate) fn steps(&self) -> Vec<String> {
        self.state().steps.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn print(&mut self, line: &str) {
        // The reader is gone; the exit code still tells how it ended.
        let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }
}

impl Observer for Report {
    fn hop(&self, hop: &Hop<'_>) {
        match hop {
            // The demonstration shows the result instead.
            Hop::Answered { .. } => {}
            Hop::Challenged { status, .. } => self.step(&format!("{status} challenge"), hop),
            _ => self.step(stage_name(hop.stage()), hop),
        }
    }
}

/// The name of a step that is not a call.
fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Login(login::LoginStage::Authorization) => "authorization",
        Stage::Login(login::LoginStage::AuthorizationServerMetadata) => {
            "authorization server metadata"
        }
        Stage::Login(login::LoginStage::Registration) => "client registration",
        Stage::Login(login::LoginStage::ResourceMetadata) => "protected-resource metadata",
        Stage::Login(login::LoginStage::Token) => "token",
        _ => "call",
    }
}
