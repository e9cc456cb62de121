//! What clients read.

use thyra::prelude::*;

use crate::{NoteError, Store};

/// One note, as Markdown.
#[resource("note:///{id}", mime_type = "text/markdown")]
pub(crate) fn note(
    #[arg(complete = ids)] id: i64,
    State(store): State<Store>,
) -> Result<String, NoteError> {
    let note = store.note(id)?;
    Ok(format!("# {}\n\n{}\n", note.title, note.text))
}

async fn ids(digits: String, State(store): State<Store>) -> Result<Vec<String>, NoteError> {
    store.ids(&digits)
}
