//! A server as its clients see it: over HTTP, over stdio, well-behaved and not.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod authority;
mod bad_input;
mod both_ways;
mod client_changes;
mod client_eras;
mod client_tasks;
mod features;
mod fixture;
mod in_axum;
mod in_process;
mod lifespan;
mod program;
mod protect_anything;
mod refusals;
mod rmcp_client;
mod rmcp_everything;
mod sessions;
mod sockets;
mod stdio;
mod streamable_http;
mod support;
mod token_matrix;
