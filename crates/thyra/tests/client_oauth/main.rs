//! The client against a real server and a Scalekit environment.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod attacks;
mod hosted;
mod nested;
mod vendors;
mod way;
mod world;
