//! Why an operation of a group failed.

use std::sync::Arc;

use thyra_oauth::printable;

use crate::error::ClientError;
use crate::mcp_servers::EntryError;

/// Why an operation of a [`ClientGroup`](crate::ClientGroup) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// No server can be used.
    #[error("none of the servers can be used: {}", listed(.failures))]
    AllFailed {
        /// What each of them said.
        failures: Vec<Arc<Failure>>,
    },
    /// The server that owns the name failed, or one that might own it cannot be asked.
    #[error("the server `{}`: {source}", printable(.server))]
    Client {
        /// The server.
        server: String,
        /// What went wrong.
        source: ClientError,
    },
    /// A server cannot have this name.
    #[error("`{}` cannot be the name of a server in the group: {problem}", printable(.name))]
    Name {
        /// The name.
        name: String,
        /// Why not.
        problem: &'static str,
    },
    /// There are no servers.
    #[error("there are no servers to be used as one; name one, or turn one on")]
    NoServers,
    /// No server has it.
    #[error("no server has the {kind} `{}`; the servers are {}", printable(.name), printable(.servers))]
    Unknown {
        /// What it was taken for: `tool`, `prompt`, `resource`, `resource
        /// template` or `task`.
        kind: &'static str,
        /// The name or the URI.
        name: String,
        /// The names of the servers.
        servers: String,
    },
}

/// Why one server of a group is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Its client failed, or cannot be built.
    #[error("the server `{}` failed: {source}", printable(.server))]
    Client {
        /// The server.
        server: String,
        /// What went wrong.
        source: ClientError,
    },
    /// The file describes it badly.
    #[error(transparent)]
    Entry(EntryError),
}

impl Failure {
    pub(super) fn client(server: &str, source: ClientError) -> Self {
        Self::Client {
            server: server.to_owned(),
            source,
        }
    }
}

fn listed(failures: &[Arc<Failure>]) -> String {
    let failures: Vec<_> = failures.iter().map(ToString::to_string).collect();
    failures.join("; ")
}
