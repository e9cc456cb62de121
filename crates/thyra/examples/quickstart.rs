//! A server in ten lines. On stdio by default; `-- --http 127.0.0.1:8000` serves it over HTTP.

use thyra::prelude::*;

/// Add two numbers.
#[tool]
async fn add(
    /// The first number
    a: i64,
    /// The second number
    b: i64,
) -> i64 {
    a + b
}

/// Greet somebody.
#[tool]
async fn greet(
    /// Whom to greet
    name: String,
) -> String {
    format!("Hello, {name}!")
}

#[tokio::main]
async fn main() -> thyra::Result<()> {
    Server::new("Quickstart")
        .version(env!("CARGO_PKG_VERSION"))
        .tool(add)
        .tool(greet)
        .run()
        .await
}
