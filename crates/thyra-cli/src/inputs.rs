//! What a file of servers leaves to the person at the terminal.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _};

use console::Term;
use thyra_client::{McpInput, Printable};

/// What the person has said, so that nobody is asked twice.
#[derive(Debug, Default)]
pub(crate) struct Answers(RefCell<HashMap<String, Option<String>>>);

impl Answers {
    /// What the person says to `input`, which `server` needs; `None` if nobody is at a terminal, or
    /// nothing is said.
    pub(crate) fn to(&self, server: &str, input: &McpInput) -> Option<String> {
        if let Some(known) = self.0.borrow().get(&input.id) {
            return known.clone();
        }
        let said = if io::stdin().is_terminal() && io::stderr().is_terminal() {
            // Without an answer, the entry says what it needs.
            ask(server, input).ok().flatten()
        } else {
            None
        };
        self.0.borrow_mut().insert(input.id.clone(), said.clone());
        said
    }
}

fn ask(server: &str, input: &McpInput) -> io::Result<Option<String>> {
    let terminal = Term::stderr();
    let prompt = prompt(server, input);
    loop {
        terminal.write_str(&prompt)?;
        let typed = if input.is_secret {
            terminal.read_secure_line()?
        } else {
            let mut line = String::new();
            if io::stdin().lock().read_line(&mut line)? == 0 {
                return Ok(None);
            }
            line.trim_end_matches(['\r', '\n']).to_owned()
        };
        if typed.is_empty() {
            return Ok(None);
        }
        if input.options.is_empty() || input.options.contains(&typed) {
            return Ok(Some(typed));
        }
    }
}

fn prompt(server: &str, input: &McpInput) -> String {
    let what = input.description.as_deref().unwrap_or(&input.id);
    let mut prompt = format!("{} (for `{}`", Printable(what), Printable(server));
    if !input.options.is_empty() {
        let options: Vec<_> = input.options.iter().map(Printable).collect();
        let options: Vec<_> = options.iter().map(ToString::to_string).collect();
        // A text takes whatever is written to it.
        let _ = write!(prompt, ", one of {}", options.join(", "));
    }
    prompt.push(')');
    if let Some(default) = input.default.as_ref().filter(|_| !input.is_secret) {
        let _ = write!(prompt, " [{}]", Printable(default));
    }
    prompt + ": "
}
