//! Identity providers that register no MCP clients, each with what is special about it: a file of
//! data, and how an [`UpstreamSettings`](crate::upstream::UpstreamSettings) comes of it.

mod auth0;
mod clerk;
mod cognito;
mod discord;
mod entra;
mod github;
mod google;
mod hugging_face;
mod oci;
#[cfg(test)]
mod tests;
mod work_os;

use thyra_auth::{ProviderError, Variables};
use thyra_oauth::ScopeSet;
use thyra_store::{OpenError, Store};

use crate::provider::{Behind, IssuerBuilder};

pub use self::auth0::{Auth0Proxy, Auth0ProxyBuilder, Auth0Upstream};
pub use self::clerk::{ClerkProxy, ClerkProxyBuilder, ClerkUpstream};
pub use self::cognito::{CognitoProxy, CognitoProxyBuilder, CognitoUpstream};
pub use self::discord::{DiscordProxy, DiscordProxyBuilder, DiscordUpstream};
pub use self::entra::{EntraProxy, EntraProxyBuilder, EntraUpstream};
pub use self::github::{GitHubProxy, GitHubProxyBuilder, GitHubUpstream};
pub use self::google::{GoogleProxy, GoogleProxyBuilder, GoogleUpstream};
pub use self::hugging_face::{HuggingFaceProxy, HuggingFaceProxyBuilder, HuggingFaceUpstream};
pub use self::oci::{OciProxy, OciProxyBuilder, OciUpstream};
pub use self::work_os::{WorkOsProxy, WorkOsProxyBuilder, WorkOsUpstream};

/// Writes what every vendor has: the type with its settings, the names of its proxy and of the
/// builder, a setter for each setting, and the ways to read them from variables.
macro_rules! preset {
    (
        $(#[$docs:meta])*
        pub type $Proxy:ident, $Builder:ident for $Vendor:ident {
            $($(#[$field_docs:meta])* $field:ident,)*
        }
        $name:literal, $prefix:literal, $scopes:expr
    ) => {
        $(#[$docs])*
        pub type $Proxy = crate::provider::Issuer<crate::provider::Behind<$Vendor>>;

        #[doc = concat!("Sets up a [`", stringify!($Proxy), "`].")]
        pub type $Builder = crate::provider::IssuerBuilder<crate::provider::Behind<$Vendor>>;

        #[doc = concat!("What is special about ", $name, "; see [`", stringify!($Proxy), "`].")]
        #[derive(Clone, Debug, Default)]
        pub struct $Vendor {
            $($field: Option<String>,)*
        }

        const KIND: crate::provider::Kind<crate::provider::Behind<$Vendor>> =
            crate::provider::Kind {
                name: concat!($name, " proxy"),
                next: Some($name),
                required_scopes: $scopes,
                warnings: &[],
                sign_in: crate::provider::Behind::sign_in,
            };

        impl crate::provider::Issuer<crate::provider::Behind<$Vendor>> {
            /// Begins to set up a proxy.
            pub fn builder() -> $Builder {
                let vendor = <$Vendor>::default();
                crate::provider::IssuerBuilder::behind(vendor, <$Vendor>::settings, &KIND)
                    .variables($prefix)
            }

            #[doc = concat!(
                "A proxy set up by environment variables; see [`from_vars`](",
                stringify!($Builder), "::from_vars). Where logins are kept is said by \
                 `THYRA_STORE` and `THYRA_STORE_KEYS`, as \
                 [`Store::from_env`](thyra_store::Store::from_env) reads them."
            )]
            ///
            /// # Errors
            ///
            /// [`ProviderError`](thyra_auth::ProviderError) when a variable is missing or cannot be
            /// used.
            pub fn from_env() -> Result<Self, thyra_auth::ProviderError> {
                let builder = <$Builder>::from_vars(std::env::vars_os())?;
                crate::preset::kept(builder, thyra_store::Store::from_env())?.build()
            }
        }

        impl crate::provider::IssuerBuilder<crate::provider::Behind<$Vendor>> {
            $($(#[$field_docs])*
            pub fn $field(mut self, value: impl Into<String>) -> Self {
                self.vendor.vendor.$field = Some(value.into());
                self
            })*

            #[doc = concat!(
                "Begins to set up a proxy with variables from anywhere: `", $prefix,
                "_CLIENT_ID`, `", $prefix, "_CLIENT_SECRET`, `", $prefix,
                "_REQUIRED_SCOPES`, and in the same way those that are named after the setters of \
                 this vendor. The base URL is `THYRA_BASE_URL`, else `MCP_URL`. Where one is not \
                 set, the one that FastMCP 2 read counts: the same with `FASTMCP_SERVER_AUTH_` \
                 before it."
            )]
            ///
            /// # Errors
            ///
            /// [`ProviderError::Invalid`](thyra_auth::ProviderError::Invalid) when one of them is
            /// not Unicode, or holds blank scopes.
            pub fn from_vars<N, T>(
                vars: impl IntoIterator<Item = (N, T)>,
            ) -> Result<Self, thyra_auth::ProviderError>
            where
                N: Into<std::ffi::OsString>,
                T: Into<std::ffi::OsString>,
            {
                let vars = vars.into_iter().map(|(name, value)| (name.into(), value.into()));
                let variables = thyra_auth::Variables::of_proxy($prefix, vars);
                let mut builder = <$Proxy>::builder();
                $(builder.vendor.vendor.$field = variables.text(stringify!($field))?;)*
                crate::preset::shared(builder, &variables)
            }
        }
    };
}

use preset;

/// The variables that all vendors have.
fn shared<U>(
    mut builder: IssuerBuilder<Behind<U>>,
    variables: &Variables,
) -> Result<IssuerBuilder<Behind<U>>, ProviderError> {
    if let Some(id) = variables.text("client_id")? {
        builder = builder.client_id(id);
    }
    if let Some(secret) = variables.text("client_secret")? {
        builder = builder.client_secret(secret);
    }
    if let Some(scopes) = variables.scopes("required_scopes")? {
        builder = builder.required_scopes(scopes);
    }
    if let Some(url) = variables.base_url()? {
        builder = builder.base_url(url);
    }
    Ok(builder)
}

/// Keeps logins in the store that the environment describes.
fn kept<U>(
    builder: IssuerBuilder<Behind<U>>,
    store: Result<Store, OpenError>,
) -> Result<IssuerBuilder<Behind<U>>, ProviderError> {
    const HELP: &str = "Without THYRA_STORE, logins are kept in the memory of this process.";
    let invalid =
        |error: OpenError| ProviderError::invalid("store (THYRA_STORE)", error.to_string(), HELP);
    Ok(builder.store(store.map_err(invalid)?))
}

/// Asks for these as well, without which the vendor gives less than is needed.
fn also(further: &ScopeSet, scopes: &[&str]) -> ScopeSet {
    further.union(&scopes.iter().collect())
}
