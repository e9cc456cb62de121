//! Tokens that are bound to a key or a certificate, from outside: what is let in, and what each
//! attack meets.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod attacks;
mod certificates;
mod challenges;
mod proofs;
mod replicas;
mod support;
