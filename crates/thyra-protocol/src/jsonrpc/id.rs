//! Request ids.

use crate::string_or_integer::string_or_integer;

string_or_integer! {
    /// What ties an answer to its request: a string or an integer, never `null` and never a
    /// fraction (MCP `basic`, requests).
    RequestId, "a request id"
}
