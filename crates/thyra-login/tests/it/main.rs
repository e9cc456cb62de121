//! Logins at a resource that knows nothing of MCP, and an authorization server that knows nothing
//! of this crate.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod bound;
mod clients;
mod device;
mod dpop;
mod hostile;
mod kept;
mod log_in;
mod machines;
mod processes;
mod web;
mod world;
