//! What may go wrong, and who is told.

use thyra::prelude::*;

/// What may go wrong with notes.
#[derive(Debug, thiserror::Error, CallerError)]
pub enum NoteError {
    /// There is no such note.
    #[error("there is no note {0}")]
    #[caller(not_found)]
    Missing(i64),
    /// The note is there, and has no picture.
    #[error("note {0} has no picture")]
    #[caller(not_found)]
    NoPicture(i64),
    /// The text of a note is too long.
    #[error("a note has at most 10,000 characters: write two notes")]
    #[caller(shown)]
    TooLong,
    /// The database failed. Only the log reads why.
    #[error("the database of the notes failed")]
    Database(#[from] rusqlite::Error),
}
