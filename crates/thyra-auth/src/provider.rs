//! Providers: from a few settings to a [`Protection`].

mod builder;
mod checked;
mod issuer_url;
mod multi;
mod settings;
#[cfg(test)]
mod testing;
mod variables;
mod vendor;
mod vendor_setting;

// The vendors, a file each.
mod auth0;
mod authkit;
mod clerk;
mod cognito;
mod debug;
mod descope;
mod entra;
mod fixed;
mod introspection;
mod keycloak;
mod okta;
mod propelauth;
mod remote;
mod scalekit;
mod stytch;
mod supabase;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;
use thyra_oauth::ResourceUrlError;

use crate::layer::{Protection, ProtectionError};
use crate::verify::{AnyOfError, VerifierError};

pub use self::variables::Variables;
pub use self::vendor_setting::VendorSetting;
pub use auth0::{Auth0, Auth0Provider, Auth0ProviderBuilder, Auth0ProviderSettings};
pub use authkit::{AuthKit, AuthKitProvider, AuthKitProviderBuilder, AuthKitProviderSettings};
pub use builder::ProviderBuilder;
pub use checked::Provider;
pub use clerk::{Clerk, ClerkProvider, ClerkProviderBuilder, ClerkProviderSettings};
pub use cognito::{Cognito, CognitoProvider, CognitoProviderBuilder, CognitoProviderSettings};
pub use debug::DebugAuth;
pub use descope::{
    Descope, DescopeAudience, DescopeIssuers, DescopeProvider, DescopeProviderBuilder,
    DescopeProviderSettings,
};
pub use entra::{
    Entra, EntraDirectory, EntraProvider, EntraProviderBuilder, EntraProviderSettings,
};
pub use fixed::StaticAuth;
pub use introspection::{
    IntrospectedIssuer, IntrospectionAuth, IntrospectionAuthBuilder, IntrospectionAuthSettings,
};
pub use keycloak::{Keycloak, KeycloakProvider, KeycloakProviderBuilder, KeycloakProviderSettings};
pub use multi::MultiAuth;
pub use okta::{Okta, OktaProvider, OktaProviderBuilder, OktaProviderSettings};
pub use propelauth::{
    PropelAuth, PropelAuthProvider, PropelAuthProviderBuilder, PropelAuthProviderSettings,
};
pub use remote::{RemoteAuth, RemoteAuthBuilder, RemoteIssuer};
pub use scalekit::{
    Scalekit, ScalekitAudience, ScalekitIssuers, ScalekitProvider, ScalekitProviderBuilder,
    ScalekitProviderSettings,
};
pub use settings::ProviderSettings;
pub use stytch::{Stytch, StytchProvider, StytchProviderBuilder, StytchProviderSettings};
pub use supabase::{Supabase, SupabaseProvider, SupabaseProviderBuilder, SupabaseProviderSettings};
pub use vendor::{MakeVerifier, TokenKind, TokenProfile, Vendor};

/// Knows an identity provider, and makes what a resource protected by it needs.
///
/// It is object-safe, and it does no I/O: whatever has to be fetched is fetched with the first
/// token. Most providers are a [`Provider`] of some [`Vendor`]; implement this trait yourself when
/// that does not fit, and make the protection with [`Protection::builder`].
pub trait AuthProvider: fmt::Debug + Send + Sync {
    /// The protection of the resource that is served at `endpoint_path`, such as `/mcp`.
    ///
    /// The public URL of the resource is the provider's base URL with `endpoint_path`, see
    /// [`ResourceUrl::new`](crate::ResourceUrl::new).
    ///
    /// # Errors
    ///
    /// [`ProviderError`] when the settings cannot work; it names the setting and says what to do.
    fn protection(&self, endpoint_path: &str) -> Result<Protection, ProviderError>;
}

impl<P: AuthProvider + ?Sized> AuthProvider for Arc<P> {
    fn protection(&self, endpoint_path: &str) -> Result<Protection, ProviderError> {
        (**self).protection(endpoint_path)
    }
}

impl<P: AuthProvider + ?Sized> AuthProvider for Box<P> {
    fn protection(&self, endpoint_path: &str) -> Result<Protection, ProviderError> {
        (**self).protection(endpoint_path)
    }
}

/// Why a provider cannot work as it is set up. The message names the setting and says what to do.
/// It never repeats a value, which may be a secret that was put in the wrong place.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The path of the endpoint is not a path.
    #[error("the endpoint's path `{path}` cannot be used: {source}")]
    EndpointPath {
        /// The path.
        path: String,
        /// What is wrong with it.
        source: ResourceUrlError,
    },
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
        setting: String,
        /// What is wrong with the value.
        problem: String,
        /// Where the right value is found.
        help: &'static str,
    },
    /// A setting that is needed has no value.
    #[error("{setting} is not set. {help}")]
    Missing {
        /// The setting's name.
        setting: String,
        /// Where the value is found.
        help: &'static str,
    },
    /// The resource cannot be protected with these settings.
    #[error(transparent)]
    Protection(#[from] ProtectionError),
    /// The sources of a [`MultiAuth`] cannot be told apart by their names.
    #[error(transparent)]
    Sources(#[from] AnyOfError),
    /// The verifier of tokens cannot be made from these settings.
    #[error("tokens cannot be verified with these settings")]
    Verifier(#[from] VerifierError),
}

impl ProviderError {
    /// A setting of this name has a value that cannot work.
    pub fn invalid(
        setting: impl Into<String>,
        problem: impl Into<String>,
        help: &'static str,
    ) -> Self {
        Self::Invalid {
            setting: setting.into(),
            problem: problem.into(),
            help,
        }
    }

    /// A setting of this name is needed and has no value.
    pub fn missing(setting: impl Into<String>, help: &'static str) -> Self {
        Self::Missing {
            setting: setting.into(),
            help,
        }
    }
}

#[cfg(test)]
mod tests;
