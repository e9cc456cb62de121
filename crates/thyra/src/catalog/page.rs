//! Cursors: where the next page of a list begins (MCP "Pagination").
//!
//! A cursor names the last entry of the previous page, so that entries which come and go elsewhere
//! do not shift it. It also counts the entries so far, for when that entry is gone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::selector::Kind;

/// Where a page begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The entry that the page comes after.
    pub(super) key: String,
    /// The number of entries on all pages before this one.
    pub(super) position: usize,
}

impl Cursor {
    pub(super) fn write(&self, kind: Kind) -> String {
        let Self { key, position } = self;
        URL_SAFE_NO_PAD.encode(format!("{} {position} {key}", letter(kind)))
    }

    /// Reads what [`Cursor::write`] wrote. `None` for any other text, and for a cursor of another
    /// list.
    pub(super) fn read(cursor: &str, kind: Kind) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let rest = text.strip_prefix(letter(kind))?.strip_prefix(' ')?;
        let (position, key) = rest.split_once(' ')?;
        Some(Self {
            key: key.to_owned(),
            position: position.parse().ok()?,
        })
    }
}

fn letter(kind: Kind) -> char {
    match kind {
        Kind::Tool => 't',
        Kind::Prompt => 'p',
        Kind::Resource => 'r',
        Kind::ResourceTemplate => 'u',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        let cursor = Cursor {
            key: "notes://a b/{c}".to_owned(),
            position: 50,
        };
        let written = cursor.write(Kind::Resource);
        assert_eq!(Cursor::read(&written, Kind::Resource), Some(cursor));
        assert_eq!(Cursor::read(&written, Kind::Tool), None);
        for text in ["", "r", "r 5", "r -1 a", "r x a", "x 1 a"] {
            let other = URL_SAFE_NO_PAD.encode(text);
            assert_eq!(Cursor::read(&other, Kind::Resource), None, "{text}");
        }
        assert_eq!(Cursor::read("%", Kind::Resource), None);
    }
}
