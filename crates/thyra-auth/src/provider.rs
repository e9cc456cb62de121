//! Providers: from a few settings to a [`Protection`].

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;
use thyra_oauth::{ResourceUrlError, ScopeSet, is_scope_token};

use crate::layer::Protection;
use crate::verify::VerifierError;

pub(crate) mod fixed;
mod issuer_url;
pub(crate) mod remote;
pub(crate) mod scalekit;

/// Knows an identity provider, and makes what a resource protected by it needs.
///
/// It is object-safe, and it does no I/O: what has to be fetched is fetched with the first token.
pub trait AuthProvider: fmt::Debug + Send + Sync {
    /// The protection of the resource that is served at `mcp_path`, such as `/mcp`.
    ///
    /// The public URL of the resource is the provider's base URL with `mcp_path`, see
    /// [`ResourceUrl::new`](crate::ResourceUrl::new).
    ///
    /// # Errors
    ///
    /// [`ProviderError`] when the settings cannot work; it names the setting and says what to do.
    fn protection(&self, mcp_path: &str) -> Result<Protection, ProviderError>;
}

impl<P: AuthProvider + ?Sized> AuthProvider for Arc<P> {
    fn protection(&self, mcp_path: &str) -> Result<Protection, ProviderError> {
        (**self).protection(mcp_path)
    }
}

impl<P: AuthProvider + ?Sized> AuthProvider for Box<P> {
    fn protection(&self, mcp_path: &str) -> Result<Protection, ProviderError> {
        (**self).protection(mcp_path)
    }
}

/// Why a provider cannot work as it is set up. The message names the setting and says what to do;
/// it never repeats a value, which may be a secret that was put in the wrong place.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The `.env` file could not be read.
    #[error(
        "cannot read the environment file {}: check that it exists and that every line is \
         `NAME=value`",
        path.display()
    )]
    EnvironmentFile {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A setting has a value that cannot work.
    #[error("{setting} cannot be used: {problem}. {help}")]
    Invalid {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong with the value.
        problem: String,
        /// Where the right value is found.
        help: &'static str,
    },
    /// The path of the endpoint is not a path.
    #[error("the endpoint's path `{path}` cannot be used: {source}")]
    McpPath {
        /// The path.
        path: String,
        /// What is wrong with it.
        source: ResourceUrlError,
    },
    /// A setting that is needed has no value.
    #[error("{setting} is not set. {help}")]
    Missing {
        /// The setting's name.
        setting: &'static str,
        /// Where the value is found.
        help: &'static str,
    },
    /// `offline_access` was made a required scope.
    #[error(
        "`offline_access` cannot be a required scope: it asks the authorization server for a \
         refresh token, and a resource server does not ask for it. Remove it from the required \
         scopes; clients that want refresh tokens ask for it themselves"
    )]
    OfflineAccessRequired,
    /// The verifier of tokens cannot be made from these settings.
    #[error("tokens cannot be verified with these settings")]
    Verifier(#[from] VerifierError),
}

impl ProviderError {
    /// A URL that cannot identify the resource is the fault of the base URL, or of the path that the
    /// server put behind it.
    pub(crate) fn resource(
        setting: &'static str,
        help: &'static str,
        mcp_path: &str,
        source: ResourceUrlError,
    ) -> Self {
        match source {
            ResourceUrlError::McpPath => Self::McpPath {
                path: mcp_path.to_owned(),
                source,
            },
            problem => Self::Invalid {
                setting,
                problem: problem.to_string(),
                help,
            },
        }
    }
}

/// Scopes that were configured must be scopes, or no token could ever carry them (RFC 6749
/// section 3.3).
fn check_scopes(setting: &'static str, scopes: &ScopeSet) -> Result<(), ProviderError> {
    if scopes.iter().all(is_scope_token) {
        return Ok(());
    }
    Err(ProviderError::Invalid {
        setting,
        problem: "a scope holds quotes, backslashes or characters other than ASCII".to_owned(),
        help: "Write the scopes with spaces or commas between them, or as a JSON array of strings.",
    })
}
