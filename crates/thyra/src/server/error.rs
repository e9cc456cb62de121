//! What can go wrong between `Server::new` and the first request.

use std::fmt;
use std::io;

use thyra_auth::ProviderError;

/// Why a server could not be built or served. The text says what to change.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `--http` or `THYRA_HTTP` holds something that is no address.
    #[error(
        "`{value}` is no address to listen on; write host and port, as in {source_name}127.0.0.1:8000"
    )]
    Address {
        /// What was given.
        value: String,
        /// Where: `--http` or `THYRA_HTTP`.
        source_name: &'static str,
    },
    /// The auth provider cannot protect this server.
    #[error(transparent)]
    Auth(#[from] ProviderError),
    /// The address is taken, or not ours to take.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address asked for.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// Two tools have one name.
    #[error("two tools are called `{name}`; give one another name with #[tool(name = \"...\")]")]
    DuplicateTool {
        /// The name.
        name: String,
    },
    /// A tool asks for state that the server does not hold.
    #[error("the tool `{tool}` asks for State<{state}>; give the server one with .state(...)")]
    MissingState {
        /// The tool.
        tool: String,
        /// The type it asks for.
        state: &'static str,
    },
    /// The endpoint's path is not an absolute path.
    #[error(
        "`{path}` cannot be the path of the endpoint; write an absolute path without query, as in /mcp"
    )]
    Path {
        /// What was given.
        path: String,
    },
    /// A tool needs scopes, and nobody checks them.
    #[error(
        "the tool `{tool}` needs scopes, and over HTTP nothing checks them; protect the server with .auth(...)"
    )]
    ScopesWithoutAuth {
        /// The tool.
        tool: String,
    },
    /// A tool cannot be described to clients.
    #[error("the tool `{tool}` cannot be described: {reason}")]
    Tool {
        /// The tool.
        tool: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Reading, writing or accepting failed for good.
    #[error("the transport failed: {0}")]
    Transport(#[source] io::Error),
}

/// The result of building or serving a server.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The same text as `Display`: it is what a person reads when `main` returns the error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
