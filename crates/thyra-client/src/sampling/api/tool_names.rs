//! The names of tools, as every provider takes them.

use std::collections::HashMap;

use thyra_protocol::{CreateMessageParams, SamplingContent};

/// The names that providers do not take, and what stands in their place. All of them take up to 64
/// letters, digits, `_` and `-` after a letter or `_`; MCP has longer names, and more characters.
#[derive(Debug, Default)]
pub(super) struct ToolNames {
    /// From MCP's name to the provider's.
    there: HashMap<String, String>,
    /// From the provider's name to MCP's.
    back: HashMap<String, String>,
}

impl ToolNames {
    const LONGEST: usize = 64;

    /// The names in a question: of the tools, and of those that were called before.
    pub(super) fn of(question: &CreateMessageParams) -> Self {
        let tools = question
            .tools
            .iter()
            .flatten()
            .map(|tool| tool.name.as_str());
        let blocks = question
            .messages
            .iter()
            .flat_map(|message| &message.content);
        let called = blocks.filter_map(|block| match block {
            SamplingContent::ToolUse(call) => Some(call.name.as_str()),
            _ => None,
        });
        let all: Vec<&str> = tools.chain(called).collect();
        let mut names = Self::default();
        for name in all.iter().filter(|name| is_taken_as_it_is(name)) {
            names.back.insert((*name).to_owned(), (*name).to_owned());
        }
        for (place, name) in all.iter().enumerate() {
            if !is_taken_as_it_is(name) && !names.there.contains_key(*name) {
                let mut stand_in = stand_in(name, "");
                // The place is another for each, so a few steps find a free name.
                let mut number = place;
                while names.back.contains_key(&stand_in) {
                    number += all.len();
                    stand_in = self::stand_in(name, &format!("_{number}"));
                }
                names.back.insert(stand_in.clone(), (*name).to_owned());
                names.there.insert((*name).to_owned(), stand_in);
            }
        }
        names
    }

    /// The provider's name of a tool of the question.
    pub(super) fn there<'n>(&'n self, name: &'n str) -> &'n str {
        self.there.get(name).map_or(name, String::as_str)
    }

    /// MCP's name of a tool that the model calls. One that it makes up stays as it is.
    pub(super) fn back(&self, name: String) -> String {
        match self.back.get(&name) {
            Some(known) => known.clone(),
            None => name,
        }
    }
}

fn is_taken_as_it_is(name: &str) -> bool {
    name.len() <= ToolNames::LONGEST && name.starts_with(is_first) && name.chars().all(is_taken)
}

fn is_first(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_taken(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// A name like `name` that ends in `end`.
fn stand_in(name: &str, end: &str) -> String {
    let first = if name.starts_with(is_first) { "" } else { "_" };
    let characters = name.chars().map(|c| if is_taken(c) { c } else { '_' });
    let room = ToolNames::LONGEST - first.len() - end.len();
    let name: String = characters.take(room).collect();
    format!("{first}{name}{end}")
}
