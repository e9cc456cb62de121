//! What people choose.

use thyra::prelude::*;
use thyra::{PromptMessage, completion_values};

use crate::{NoteError, Store};

/// Asks for a summary of notes.
#[prompt(title = "Summarize notes")]
pub(crate) fn summarize(
    /// Of the notes with these words; of all, if it is left out
    words: Option<String>,
    /// How long the summary is
    #[arg(complete = completion_values(["brief", "detailed"]))]
    style: Option<String>,
    State(store): State<Store>,
) -> Result<Vec<PromptMessage>, NoteError> {
    let style = style.as_deref().unwrap_or("brief");
    let mut messages = vec![PromptMessage::user(format!(
        "Here are some notes. Write a {style} summary of them."
    ))];
    for note in store.search(words.as_deref().unwrap_or_default(), 20)? {
        messages.push(PromptMessage::user(format!(
            "# {}\n\n{}",
            note.title, note.text
        )));
    }
    Ok(messages)
}
