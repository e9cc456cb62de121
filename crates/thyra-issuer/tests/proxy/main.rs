//! Whole logins through the proxy, and attacks on them.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod attacks;
mod authorize;
mod consent;
mod identity;
mod log;
mod login;
mod metadata;
mod prefix;
mod presets;
mod redirects;
mod store;
mod support;
mod upstream;
