//! Stytch Connected Apps as the authorization server.

use thyra_oauth::ResourceUrl;

use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::verify::{Algorithm, Audience, AudienceDemand};

const DOMAIN: VendorSetting = VendorSetting::new(
    "domain (STYTCH_DOMAIN)",
    "Copy the project domain, or your custom domain, from Stytch's dashboard, Project settings; it \
     looks like https://word-word-1234.customers.stytch.dev.",
);
const PROJECT_ID: VendorSetting = VendorSetting::new(
    "project_id (STYTCH_PROJECT_ID)",
    "Copy the Project ID from Stytch's dashboard, Project settings; it looks like \
     project-live-c60c0abe-c25a-4472-a9ed-320c6667d317.",
);
const AUDIENCE: VendorSetting = VendorSetting::new(
    "audience (STYTCH_AUDIENCE)",
    "Set it to the custom audience of your Connected Apps, or remove it: the default is the project \
     ID.",
);

/// Protects a resource with access tokens of Stytch's Connected Apps, for consumers and for
/// businesses.
///
/// A token is accepted when it is signed with RS256 by a key of `{domain}/.well-known/jwks.json`,
/// its `iss` is the domain or `stytch.com/{project id}`, its `aud` holds the project ID, and it
/// names a `client_id`. Stytch's session tokens have the same keys, issuer and audience, and no
/// client, so they are refused.
///
/// The audience of all Connected Apps of a project is the same, so their tokens are good at every
/// server of the project. Give the apps a custom audience of this server's, and set
/// [`audience`](StytchProviderBuilder::audience), to tell them apart.
///
/// ```
/// use thyra_auth::{AuthProvider, StytchProvider};
///
/// let provider = StytchProvider::builder()
///     .domain("https://login.example.com")
///     .project_id("project-live-123")
///     .base_url("https://mcp.example.com")
///     .build()?;
/// assert_eq!(provider.authorization_servers(), ["https://login.example.com"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type StytchProvider = Provider<Stytch>;

/// Sets up a [`StytchProvider`]; made by [`StytchProvider::builder`].
pub type StytchProviderBuilder = ProviderBuilder<Stytch>;

/// What is special about Stytch; see [`StytchProvider`].
#[derive(Clone, Debug, Default)]
pub struct Stytch {
    domain: Option<String>,
    project_id: Option<String>,
    audience: Option<String>,
}

impl Vendor for Stytch {
    const NAME: &'static str = "Stytch";
    const VARIABLES: Option<&'static str> = Some("STYTCH");
    const FORWARDS_METADATA: bool = true;

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let domain = DOMAIN.domain(DOMAIN.required(self.domain.as_deref())?)?;
        let project = PROJECT_ID.required(self.project_id.as_deref())?;
        let project = PROJECT_ID.identifier(project)?;
        let profile = TokenProfile::new(&*domain)
            .issuers([domain.clone(), format!("stytch.com/{project}")])
            .keys_url(format!("{domain}/.well-known/jwks.json"))
            .algorithms([Algorithm::Rs256])
            .require_client();
        Ok(profile.into())
    }

    fn audience(&self, _: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        let audience = match AUDIENCE.optional(self.audience.as_deref())? {
            Some(audience) => audience,
            None => PROJECT_ID.required(self.project_id.as_deref())?,
        };
        Ok(Audience::any_of([audience])?.into())
    }
}

provider_settings! {
    /// The settings of a [`StytchProvider`], before anything is checked.
    pub struct StytchProviderSettings for Stytch {
        /// The domain of the project, such as `https://word-word-1234.customers.stytch.dev`, or its
        /// custom domain. `https://` before it and slashes behind it may be left away.
        domain,
        /// The ID of the project, such as `project-live-...`.
        project_id,
        /// What `aud` must hold instead of the project ID: a custom audience of the Connected Apps.
        audience,
    }
}

#[cfg(test)]
pub(super) mod tests;
