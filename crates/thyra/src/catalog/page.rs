//! Cursors: where the next page of a list begins (MCP "Pagination").
//!
//! A cursor names the last entry of the page before, so that what is added or removed elsewhere shifts nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The cursor of the page after the entry `key`.
pub(super) fn after(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The entry that the page comes after; `None` when the cursor is none of ours.
pub(super) fn key(cursor: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    String::from_utf8(bytes).ok()
}
