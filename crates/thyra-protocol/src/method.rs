//! The method names that this crate has types for (MCP `basic`, `server/tools`, `server/discover`).

/// Opens a session in the handshake era.
pub const INITIALIZE: &str = "initialize";
/// Says that the client has read the answer to [`INITIALIZE`].
pub const INITIALIZED: &str = "notifications/initialized";
/// Asks a sessionless server what it supports.
pub const DISCOVER: &str = "server/discover";
/// Asks whether the peer is alive; handshake era only.
pub const PING: &str = "ping";
/// Lists tools, page by page.
pub const TOOLS_LIST: &str = "tools/list";
/// Calls one tool.
pub const TOOLS_CALL: &str = "tools/call";
/// Sets the least level of log messages; handshake era only.
pub const SET_LEVEL: &str = "logging/setLevel";
/// Withdraws a request.
pub const CANCELLED: &str = "notifications/cancelled";
/// Reports how far a request has come.
pub const PROGRESS: &str = "notifications/progress";
/// Carries one log message.
pub const MESSAGE: &str = "notifications/message";
/// Says that the list of tools has changed.
pub const TOOLS_LIST_CHANGED: &str = "notifications/tools/list_changed";
