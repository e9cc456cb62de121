//! A store as programs use it, over each backend.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod broken;
mod encrypted;
mod faults;
mod file;
mod memory;
#[cfg(unix)]
mod redis;
#[cfg(unix)]
mod redis_tls;
