//! Auth0 as the authorization server (Auth for MCP).

use thyra_oauth::ResourceUrl;

use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::principal::IdentityClaims;
use crate::verify::{Algorithm, AudienceDemand};

const DOMAIN: VendorSetting = VendorSetting::new(
    "domain (AUTH0_DOMAIN)",
    "Set it to the domain of the tenant, such as acme.eu.auth0.com, or to the custom domain that \
     tokens carry in `iss`.",
);
const AUDIENCE: VendorSetting = VendorSetting::new(
    "audience (AUTH0_AUDIENCE)",
    "Set it to the identifier of the API in Auth0, or remove it: the default is the URL of this \
     server.",
);
const CLAIMS_NAMESPACE: VendorSetting = VendorSetting::new(
    "claims_namespace (AUTH0_CLAIMS_NAMESPACE)",
    "Set it to what your Action puts before the names of its claims, such as \
     https://acme.example/, or remove it.",
);

/// Protects a resource with access tokens of an Auth0 tenant, as a resource server only: clients
/// register at Auth0 and log in there (Auth0's "Auth for MCP").
///
/// A token is accepted when it is signed with RS256 or PS256 by a key of
/// `https://{domain}/.well-known/jwks.json`, its `iss` is `https://{domain}/`, with the slash, and
/// its `aud` holds the URL of this server, or the [audience](Auth0ProviderBuilder::audience) set
/// instead. Both of Auth0's token profiles are understood. Permissions of Auth0's role-based access
/// control (`permissions`) count as scopes.
///
/// Auth0 puts no e-mail address, name or roles into access tokens by itself, and an Action can only
/// add claims whose names begin with a namespace of your own; name it with
/// [`claims_namespace`](Auth0ProviderBuilder::claims_namespace).
///
/// ```
/// use thyra_auth::{AuthProvider, Auth0Provider};
///
/// let provider = Auth0Provider::builder()
///     .domain("acme.eu.auth0.com")
///     .base_url("https://mcp.example.com")
///     .build()?;
/// assert_eq!(provider.issuers(), ["https://acme.eu.auth0.com/"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type Auth0Provider = Provider<Auth0>;

/// Sets up an [`Auth0Provider`]; made by [`Auth0Provider::builder`].
pub type Auth0ProviderBuilder = ProviderBuilder<Auth0>;

/// What is special about Auth0; see [`Auth0Provider`].
#[derive(Clone, Debug, Default)]
pub struct Auth0 {
    domain: Option<String>,
    audience: Option<String>,
    claims_namespace: Option<String>,
}

impl Vendor for Auth0 {
    const NAME: &'static str = "Auth0";
    const VARIABLES: Option<&'static str> = Some("AUTH0");
    const FORWARDS_METADATA: bool = true;

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let domain = DOMAIN.domain(DOMAIN.required(self.domain.as_deref())?)?;
        let identity = IdentityClaims::default();
        let identity = match CLAIMS_NAMESPACE.optional(self.claims_namespace.as_deref())? {
            Some(namespace) => {
                let name = |claim: &str| format!("{namespace}{claim}");
                identity
                    .email(name("email"))
                    .email_verified(name("email_verified"))
                    .name(name("name"))
                    .groups(name("groups"))
                    .roles(name("roles"))
            }
            None => identity,
        };
        let profile = TokenProfile::new(format!("{domain}/"))
            .keys_url(format!("{domain}/.well-known/jwks.json"))
            .algorithms([Algorithm::Rs256, Algorithm::Ps256])
            .scope_claims(["permissions"])
            .organization_claims(["org_id"])
            .machine_claim("gty", "client-credentials")
            .identity(identity);
        Ok(profile.into())
    }

    fn audience(&self, resource: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        AUDIENCE.audience(self.audience.as_deref(), resource)
    }
}

provider_settings! {
    /// The settings of an [`Auth0Provider`], before anything is checked.
    pub struct Auth0ProviderSettings for Auth0 {
        /// The domain of the tenant, such as `acme.eu.auth0.com`, or its custom domain. `https://`
        /// before it and slashes behind it are ignored.
        domain,
        /// What `aud` must hold: the identifier of the API in Auth0, where that is not the URL of
        /// this server.
        audience,
        /// What stands before the names of the claims that an Action adds, such as
        /// `https://acme.example/`: `email`, `email_verified`, `name`, `groups` and `roles` are
        /// then looked for behind it.
        claims_namespace,
    }
}

#[cfg(test)]
pub(super) mod tests;
