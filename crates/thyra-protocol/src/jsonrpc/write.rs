//! Appends one whole message to a buffer.

use serde::Serialize;

use crate::error::ErrorObject;
use crate::jsonrpc::RequestId;

/// Appends the answer to request `id`. `result` must serialise as a JSON object.
///
/// # Errors
///
/// When `result` does not serialise; the buffer is then unchanged.
pub fn write_result<T: Serialize + ?Sized>(
    buf: &mut Vec<u8>,
    id: &RequestId,
    result: &T,
) -> serde_json::Result<()> {
    whole(buf, |buf| {
        buf.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        serde_json::to_writer(&mut *buf, id)?;
        buf.extend_from_slice(br#","result":"#);
        serde_json::to_writer(&mut *buf, result)
    })
}

/// Appends an error as the answer to request `id`. Pass `None` if the id could not be read; `id` is
/// then left out. The MCP schemas allow that from 2025-11-25, and none of them allows `null`.
pub fn write_error(buf: &mut Vec<u8>, id: Option<&RequestId>, error: &ErrorObject) {
    let written = whole(buf, |buf| {
        buf.extend_from_slice(br#"{"jsonrpc":"2.0""#);
        if let Some(id) = id {
            buf.extend_from_slice(br#","id":"#);
            serde_json::to_writer(&mut *buf, id)?;
        }
        buf.extend_from_slice(br#","error":"#);
        serde_json::to_writer(&mut *buf, error)
    });
    #[expect(
        clippy::expect_used,
        reason = "an error is an integer, a string and JSON that is valid by its type; a Vec takes all writes"
    )]
    written.expect("an error object serialises");
}

/// Appends a request. `params` must serialise as a JSON object.
///
/// # Errors
///
/// When `params` does not serialise; the buffer is then unchanged.
pub fn write_request<T: Serialize + ?Sized>(
    buf: &mut Vec<u8>,
    id: &RequestId,
    method: &str,
    params: &T,
) -> serde_json::Result<()> {
    whole(buf, |buf| {
        buf.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        serde_json::to_writer(&mut *buf, id)?;
        write_call(buf, method, params)
    })
}

/// Appends a notification. `params` must serialise as a JSON object.
///
/// # Errors
///
/// When `params` does not serialise; the buffer is then unchanged.
pub fn write_notification<T: Serialize + ?Sized>(
    buf: &mut Vec<u8>,
    method: &str,
    params: &T,
) -> serde_json::Result<()> {
    whole(buf, |buf| {
        buf.extend_from_slice(br#"{"jsonrpc":"2.0""#);
        write_call(buf, method, params)
    })
}

fn write_call<T: Serialize + ?Sized>(
    buf: &mut Vec<u8>,
    method: &str,
    params: &T,
) -> serde_json::Result<()> {
    buf.extend_from_slice(br#","method":"#);
    serde_json::to_writer(&mut *buf, method)?;
    buf.extend_from_slice(br#","params":"#);
    serde_json::to_writer(&mut *buf, params)
}

/// Appends what `members` writes and the closing brace, or nothing.
fn whole(
    buf: &mut Vec<u8>,
    members: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
) -> serde_json::Result<()> {
    let start = buf.len();
    match members(buf) {
        Ok(()) => {
            buf.push(b'}');
            keep_to_one_line(buf.get_mut(start..).unwrap_or_default());
            Ok(())
        }
        Err(error) => {
            buf.truncate(start);
            Err(error)
        }
    }
}

/// JSON that is passed on verbatim may have line breaks between its tokens, and both transports end
/// a message at a line break. A JSON string cannot contain one, so each can be replaced by a space.
fn keep_to_one_line(message: &mut [u8]) {
    for byte in message {
        if matches!(*byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}
