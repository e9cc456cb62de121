//! A server that does everything a server can do: `cargo run -p thyra --example everything --
//! --http 127.0.0.1:8000`.
//!
//! The official conformance suite and the SDKs of other languages are run against it. Its parts:
//! tools that answer, tools that ask, tools that go on as tasks, resources, prompts.

#[path = "everything/asking.rs"]
mod asking;
#[path = "everything/prompts.rs"]
mod prompts;
#[path = "everything/resources.rs"]
mod resources;
#[path = "everything/tasks.rs"]
mod tasks;
#[path = "everything/tools.rs"]
mod tools;

use thyra::prelude::*;

/// A red dot: a PNG of one pixel.
const RED_DOT: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 12, b'I', b'D', b'A', b'T', 8,
    0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, b'I', b'E',
    b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

#[tokio::main]
async fn main() -> thyra::Result<()> {
    let server = Server::new("Everything")
        .version(env!("CARGO_PKG_VERSION"))
        .title("Everything that a server can do")
        .instructions("A server for trying clients. Nothing that its tools do lasts.");
    let server = tools::add_to(server);
    let server = asking::add_to(server);
    let server = tasks::add_to(server);
    let server = resources::add_to(server);
    prompts::add_to(server).run().await
}
