//! A server as its clients see it: over HTTP, over stdio, well-behaved and not.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod fixture;
mod streamable_http;
mod support;
