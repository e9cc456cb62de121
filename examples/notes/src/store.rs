//! The notes in their SQLite database.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::NoteError;

/// One note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Its number, which never changes.
    pub id: i64,
    /// What it is about, in a few words.
    pub title: String,
    /// What it says.
    pub text: String,
    /// How urgent it is.
    pub priority: Priority,
    /// When it was written.
    pub written: Timestamp,
}

/// How urgent a note is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Whenever there is time.
    Low,
    /// As everything else.
    #[default]
    Normal,
    /// Before anything else.
    High,
}

/// The database. SQLite allows one writer at a time, so one connection is enough.
#[derive(Debug)]
pub struct Store(Mutex<Connection>);

impl Store {
    /// Opens the database at `path`, and makes it if there is none.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or is no database of ours.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, rusqlite::Error> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS notes (
                id INTEGER PRIMARY KEY,
                title TEXT NOT NULL,
                text TEXT NOT NULL,
                priority TEXT NOT NULL,
                written TEXT NOT NULL
            );
            CREATE TABLE IF NOT EXISTS pictures (
                note INTEGER PRIMARY KEY REFERENCES notes (id),
                png BLOB NOT NULL
            );",
        )?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Writes a note down.
    ///
    /// # Errors
    ///
    /// The text is too long, or the database fails.
    pub fn add(
        &self,
        title: &str,
        text: &str,
        priority: Priority,
        now: Timestamp,
    ) -> Result<Note, NoteError> {
        if text.chars().count() > MOST_CHARACTERS {
            return Err(NoteError::TooLong);
        }
        let connection = self.connection();
        connection.execute(
            "INSERT INTO notes (title, text, priority, written) VALUES (?1, ?2, ?3, ?4)",
            params![title, text, priority.name(), now.to_string()],
        )?;
        Ok(Note {
            id: connection.last_insert_rowid(),
            title: title.to_owned(),
            text: text.to_owned(),
            priority,
            written: now,
        })
    }

    /// The note with this number.
    ///
    /// # Errors
    ///
    /// There is no such note, or the database fails.
    pub fn note(&self, id: i64) -> Result<Note, NoteError> {
        self.connection()
            .query_row("SELECT * FROM notes WHERE id = ?1", [id], note)
            .optional()?
            .ok_or(NoteError::Missing(id))
    }

    /// The newest notes that have `words` in their title or text.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn search(&self, words: &str, at_most: u32) -> Result<Vec<Note>, NoteError> {
        let connection = self.connection();
        let mut query = connection.prepare(
            "SELECT * FROM notes WHERE instr(lower(title || ' ' || text), lower(?1)) > 0 ORDER BY id DESC LIMIT ?2",
        )?;
        let notes = query.query_map(params![words, at_most], note)?;
        Ok(notes.collect::<Result<_, _>>()?)
    }

    /// Deletes a note and its picture.
    ///
    /// # Errors
    ///
    /// There is no such note, or the database fails.
    pub fn delete(&self, id: i64) -> Result<(), NoteError> {
        let connection = self.connection();
        connection.execute("DELETE FROM pictures WHERE note = ?1", [id])?;
        match connection.execute("DELETE FROM notes WHERE id = ?1", [id])? {
            0 => Err(NoteError::Missing(id)),
            _ => Ok(()),
        }
    }

    /// Puts a picture to a note, in place of the one it had.
    ///
    /// # Errors
    ///
    /// There is no such note, or the database fails.
    pub fn put_picture(&self, id: i64, png: &[u8]) -> Result<(), NoteError> {
        self.note(id)?;
        self.connection().execute(
            "INSERT OR REPLACE INTO pictures (note, png) VALUES (?1, ?2)",
            params![id, png],
        )?;
        Ok(())
    }

    /// The picture of a note.
    ///
    /// # Errors
    ///
    /// The note has no picture, or the database fails.
    pub fn picture(&self, id: i64) -> Result<Vec<u8>, NoteError> {
        self.connection()
            .query_row("SELECT png FROM pictures WHERE note = ?1", [id], |row| {
                row.get(0)
            })
            .optional()?
            .ok_or(NoteError::NoPicture(id))
    }

    /// The numbers of notes that begin with these digits.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn ids(&self, digits: &str) -> Result<Vec<String>, NoteError> {
        let connection = self.connection();
        let mut query = connection.prepare(
            "SELECT id FROM notes WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 100",
        )?;
        let ids = query.query_map([digits], |row| row.get::<_, i64>(0))?;
        Ok(ids
            .map(|id| id.map(|id| id.to_string()))
            .collect::<Result<_, _>>()?)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while it was locked left no transaction open: each statement stands for itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MOST_CHARACTERS: usize = 10_000;

impl Priority {
    fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

fn note(row: &Row<'_>) -> Result<Note, rusqlite::Error> {
    let priority: String = row.get("priority")?;
    let written: String = row.get("written")?;
    let foreign = |error: jiff::Error| {
        rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Text, Box::new(error))
    };
    Ok(Note {
        id: row.get("id")?,
        title: row.get("title")?,
        text: row.get("text")?,
        priority: match priority.as_str() {
            "low" => Priority::Low,
            "high" => Priority::High,
            _ => Priority::Normal,
        },
        written: written.parse().map_err(foreign)?,
    })
}
