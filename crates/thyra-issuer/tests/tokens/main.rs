//! Several processes that share one Redis, as replicas of a server do.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod replica;
mod replicas;
