//! Which issuer tokens name, and how they spell their scopes.

use serde::{Deserialize, Serialize};

/// The `iss` of tokens for an MCP server.
///
/// Scalekit moves from the first form to the second; a resource server must accept both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerMode {
    /// The two forms in turn, token by token, beginning with the environment.
    Alternate,
    /// The environment URL.
    #[default]
    #[serde(rename = "env", alias = "environment")]
    Environment,
    /// The environment URL followed by `/resources/{resource}`.
    Resource,
}

/// The claim in which tokens name their scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScopeShape {
    /// Both claims.
    Both,
    /// `scope`, a string with spaces, as in tokens of users.
    #[default]
    Scope,
    /// `scopes`, an array, as in tokens of organisation clients.
    Scopes,
}
