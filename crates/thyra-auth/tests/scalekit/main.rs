//! A service protected by `ScalekitProvider`, against a Scalekit environment: every verdict, seen
//! from outside.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod hostile;
mod metadata;
mod outage;
mod remote;
mod scopes;
mod support;
mod tokens;
