//! `AuthKit`, by `WorkOS`, as the authorization server.

use thyra_oauth::ResourceUrl;

use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::verify::{Algorithm, Audience, AudienceDemand};

const DOMAIN: VendorSetting = VendorSetting::new(
    "domain (AUTHKIT_DOMAIN)",
    "Copy the AuthKit domain from the WorkOS dashboard, Domains; it looks like \
     acme.authkit.app.",
);
const ENVIRONMENT_CLIENT_ID: VendorSetting = VendorSetting::new(
    "environment_client_id (AUTHKIT_ENVIRONMENT_CLIENT_ID)",
    "Copy the client ID of the environment from the WorkOS dashboard, API Keys; it looks like \
     client_01HXYZ. Remove it if no machines call.",
);

/// Protects a resource with access tokens of `WorkOS` `AuthKit`, as a resource server only: clients
/// register at `AuthKit` and log in there.
///
/// A token is accepted when it is signed with RS256 by a key of `https://{domain}/oauth2/jwks`, its
/// `iss` is `https://{domain}`, without a slash, and its `aud` holds the URL of this server, which
/// has to be one of the environment's resource indicators.
///
/// Tokens of machines (the client credentials grant) are issued for the whole environment. They are
/// accepted when
/// [`environment_client_id`](AuthKitProviderBuilder::environment_client_id) is set.
///
/// ```
/// use thyra_auth::{AuthKitProvider, AuthProvider};
///
/// let provider = AuthKitProvider::builder()
///     .domain("acme.authkit.app")
///     .base_url("https://mcp.example.com")
///     .build()?;
/// assert_eq!(provider.issuers(), ["https://acme.authkit.app"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type AuthKitProvider = Provider<AuthKit>;

/// Sets up an [`AuthKitProvider`]; made by [`AuthKitProvider::builder`].
pub type AuthKitProviderBuilder = ProviderBuilder<AuthKit>;

/// What is special about `AuthKit`; see [`AuthKitProvider`].
#[derive(Clone, Debug, Default)]
pub struct AuthKit {
    domain: Option<String>,
    environment_client_id: Option<String>,
}

impl Vendor for AuthKit {
    const NAME: &'static str = "AuthKit";
    const VARIABLES: Option<&'static str> = Some("AUTHKIT");
    const FORWARDS_METADATA: bool = true;

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let domain = DOMAIN.domain(DOMAIN.required(self.domain.as_deref())?)?;
        let profile = TokenProfile::new(&domain)
            .keys_url(format!("{domain}/oauth2/jwks"))
            .algorithms([Algorithm::Rs256])
            .organization_claims(["org_id"]);
        Ok(profile.into())
    }

    fn audience(&self, resource: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        let environment = ENVIRONMENT_CLIENT_ID.optional(self.environment_client_id.as_deref())?;
        let audience = [resource.as_str()].into_iter().chain(environment);
        Ok(Audience::any_of(audience)?.into())
    }
}

provider_settings! {
    /// The settings of an [`AuthKitProvider`], before anything is checked.
    pub struct AuthKitProviderSettings for AuthKit {
        /// The `AuthKit` domain, such as `acme.authkit.app`, or your own. `https://` before it and
        /// slashes behind it are ignored.
        domain,
        /// The client ID of the `WorkOS` environment, `client_...`. With it, tokens are accepted
        /// that were issued for the environment and not for one resource: those of machines, and
        /// those of users whose client named no resource.
        environment_client_id,
    }
}

#[cfg(test)]
pub(super) mod tests;
