//! What models may do with notes.

use jiff::Timestamp;
use thyra::prelude::*;

use crate::{Note, NoteError, Priority, Store};

/// Writes a note down.
#[tool]
pub(crate) fn write_note(
    /// What it is about, in a few words
    title: String,
    /// What it says
    text: String,
    /// How urgent it is
    #[arg(default = Priority::Normal)]
    priority: Priority,
    State(store): State<Store>,
) -> Result<Json<Note>, NoteError> {
    let note = store.add(&title, &text, priority, Timestamp::now())?;
    Ok(Json(note))
}

/// Finds the newest notes that have these words in their title or text.
#[tool(read_only)]
pub(crate) fn search_notes(
    /// All notes, if it is left out
    words: Option<String>,
    /// How many notes at most
    #[arg(default = 20)]
    at_most: u32,
    State(store): State<Store>,
) -> Result<Json<Vec<Note>>, NoteError> {
    let notes = store.search(words.as_deref().unwrap_or_default(), at_most.min(100))?;
    Ok(Json(notes))
}

/// Deletes a note, if the user agrees.
#[tool(destructive)]
pub(crate) async fn delete_note(
    /// The number of the note
    id: i64,
    ctx: Context,
    State(store): State<Store>,
) -> Result<String, ToolError> {
    let note = store.note(id)?;
    ctx.ask::<()>("delete", format!("Delete “{}”?", note.title))
        .await?;
    store.delete(id)?;
    Ok(format!("Note {id} is deleted."))
}

/// Shows the picture of a note.
#[tool(read_only)]
pub(crate) fn picture(
    /// The number of the note
    id: i64,
    State(store): State<Store>,
) -> Result<Image, NoteError> {
    Ok(Image::png(store.picture(id)?))
}
