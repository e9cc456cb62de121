//! What can go wrong between `Server::new` and the first request.

use std::fmt;
use std::io;

use thyra_auth::ProviderError;

use crate::catalog::Kind;

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
    /// A component cannot be described to clients.
    #[error("the {kind} `{name}` cannot be offered: {reason}")]
    Component {
        /// What kind of component it is.
        kind: Kind,
        /// Its name; a resource's is its URI.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two components of one kind have one name, or one of them has a version and the other none.
    #[error(
        "there are two {kind}s `{name}`; give one another name, or each a version of its own with version = \"...\""
    )]
    Duplicate {
        /// What kind of component it is.
        kind: Kind,
        /// The name; a resource's is its URI.
        name: String,
    },
    /// An extension cannot be announced under its identifier.
    #[error("`{identifier}` cannot be the identifier of an extension: {reason}")]
    ExtensionIdentifier {
        /// What it calls itself.
        identifier: String,
        /// What is wrong with that, and what to write.
        reason: &'static str,
    },
    /// An extension wants to answer a method that somebody else answers.
    #[error("the extension `{identifier}` cannot answer `{method}`: {reason}")]
    ExtensionMethod {
        /// The extension.
        identifier: String,
        /// The method.
        method: String,
        /// Whose method it is, and what to do about it.
        reason: String,
    },
    /// A component asks for state that the server does not hold.
    #[error("the {kind} `{name}` asks for State<{state}>; give the server one with .state(...)")]
    MissingState {
        /// What kind of component it is.
        kind: Kind,
        /// Its name.
        name: String,
        /// The type it asks for.
        state: &'static str,
    },
    /// `--http` is the last argument, or an empty one follows it.
    #[error("--http needs an address to listen on: host and port, as in --http 127.0.0.1:8000")]
    NoAddress,
    /// The endpoint's path is not an absolute path.
    #[error(
        "`{path}` cannot be the path of the endpoint; write an absolute path without query, as in /mcp"
    )]
    Path {
        /// What was given.
        path: String,
    },
    /// A component needs scopes, and nobody checks them.
    #[error(
        "the {kind} `{name}` needs scopes, and over HTTP nothing checks them; protect the server with .auth(...)"
    )]
    ScopesWithoutAuth {
        /// What kind of component it is.
        kind: Kind,
        /// Its name.
        name: String,
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
