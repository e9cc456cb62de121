//! What can go wrong between `Server::new` and the first request.

use std::fmt;
use std::io;

use thyra_auth::ProviderError;

use crate::catalog::CatalogError;
use crate::extension::ExtensionError;

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
    /// A component cannot be offered.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// An extension cannot be installed.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
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
