//! Errors of a server that is used within its own process.

use thyra_client::ClientError;

use crate::server::Error;

/// Why [`Server::call_tool`](crate::Server::call_tool), or another use of a server without a
/// client, failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InProcessError {
    /// The server was built, and the operation failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The server cannot be built.
    #[error("the server cannot be built: {0}")]
    Server(#[source] Error),
}
