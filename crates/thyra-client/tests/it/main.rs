//! The client, against servers that answer what a test makes them answer.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod answered;
mod authorization;
mod batches;
mod bound_tokens;
mod cache;
mod calls;
mod dpop;
mod group;
mod handshake;
mod header_arguments;
mod headers;
mod hostile;
mod http_sse;
mod lists;
mod mock;
#[cfg(feature = "output-validation")]
mod output;
mod outward;
mod raw;
mod recovery;
mod requests;
mod resumption;
mod retries;
#[cfg(all(feature = "anthropic", feature = "google", feature = "openai"))]
mod sampling;
mod scripted;
mod skills;
#[cfg(unix)]
mod stdio;
mod subscriptions;
mod tasks;
mod tasks_of_2025;
mod transport;
mod visits;
mod wire;
