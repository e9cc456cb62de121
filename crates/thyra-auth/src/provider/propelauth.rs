//! `PropelAuth` as the authorization server.

use thyra_oauth::Secret;

use super::introspection::{Keeping, asking};
use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, Vendor};
use crate::verify::{Introspection, IntrospectionClient};

const AUTH_URL: VendorSetting = VendorSetting::new(
    "auth_url (PROPELAUTH_AUTH_URL)",
    "Copy the Auth URL from the PropelAuth dashboard, Backend Integration; it looks like \
     https://auth.example.com.",
);
const CLIENT_ID: VendorSetting = VendorSetting::new(
    "introspection_client_id (PROPELAUTH_INTROSPECTION_CLIENT_ID)",
    "Copy the Client ID of the request validation credentials from the PropelAuth dashboard, MCP.",
);
const CLIENT_SECRET: VendorSetting = VendorSetting::new(
    "introspection_client_secret (PROPELAUTH_INTROSPECTION_CLIENT_SECRET)",
    "Copy the secret of the request validation credentials from the PropelAuth dashboard, MCP.",
);

/// Protects a resource with access tokens of `PropelAuth`.
///
/// The tokens are opaque: `PropelAuth` is asked about each at `{auth URL}/oauth/2.1/introspect`. A
/// token is accepted when it is active and its `aud` holds the URL of this server. Clients are sent
/// to `{auth URL}/oauth/2.1`.
///
/// ```
/// use thyra_auth::{AuthProvider, PropelAuthProvider, Secret};
///
/// let provider = PropelAuthProvider::builder()
///     .auth_url("https://auth.example.com")
///     .introspection_client_id("c1")
///     .introspection_client_secret(Secret::new("hunter2".to_owned()))
///     .base_url("https://mcp.example.com")
///     .build()?;
/// assert_eq!(provider.issuers(), ["https://auth.example.com/oauth/2.1"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type PropelAuthProvider = Provider<PropelAuth>;

/// Sets up a [`PropelAuthProvider`]; made by [`PropelAuthProvider::builder`].
pub type PropelAuthProviderBuilder = ProviderBuilder<PropelAuth>;

/// What is special about `PropelAuth`; see [`PropelAuthProvider`].
#[derive(Clone, Debug, Default)]
pub struct PropelAuth {
    auth_url: Option<String>,
    introspection_client_id: Option<String>,
    introspection_client_secret: Option<Secret>,
}

impl Vendor for PropelAuth {
    const NAME: &'static str = "PropelAuth";
    const VARIABLES: Option<&'static str> = Some("PROPELAUTH");
    const FORWARDS_METADATA: bool = true;

    fn tokens(&self, settings: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let issuer = AUTH_URL.origin(AUTH_URL.required(self.auth_url.as_deref())?)?;
        let issuer = format!("{issuer}/oauth/2.1");
        let id = CLIENT_ID.required(self.introspection_client_id.as_deref())?;
        let secret = CLIENT_SECRET.secret(self.introspection_client_secret.as_ref())?;
        let client = IntrospectionClient::secret_basic(id, secret);
        let named = issuer.clone();
        let lookup = move |audience| {
            Introspection::builder(&*named, client.clone(), audience)
                .endpoint(format!("{named}/introspect"))
        };
        Ok(TokenKind::OtherFor {
            make: asking(lookup, settings, Keeping::default(), AUTH_URL)?,
            authorization_servers: vec![issuer],
        })
    }
}

provider_settings! {
    /// The settings of a [`PropelAuthProvider`], before anything is checked.
    pub struct PropelAuthProviderSettings for PropelAuth {
        /// The Auth URL of the `PropelAuth` environment, such as `https://auth.example.com`.
        auth_url,
        /// The client id of the credentials that validate requests.
        introspection_client_id,
    }
    secret {
        /// The secret that goes with the client id.
        introspection_client_secret,
    }
}

#[cfg(test)]
mod tests;
