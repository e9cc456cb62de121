//! A custom authorization server of Okta.

use thyra_oauth::ResourceUrl;

use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::verify::{Algorithm, AudienceDemand};

const ISSUER: VendorSetting = VendorSetting::new(
    "issuer (OKTA_ISSUER)",
    "Copy the Issuer URI from Okta's Admin Console, Security > API > Authorization Servers; it \
     looks like https://acme.okta.com/oauth2/default.",
);
const AUDIENCE: VendorSetting = VendorSetting::new(
    "audience (OKTA_AUDIENCE)",
    "Set it to the Audience of the authorization server in Okta, such as api://default, or remove \
     it: the default is the URL of this server.",
);

/// Protects a resource with access tokens of a custom authorization server of Okta (its API Access
/// Management), such as the one named `default`.
///
/// A token is accepted when it is signed with RS256 by a key of `{issuer}/v1/keys`, its `iss` is
/// the issuer, and its `aud` holds the URL of this server (or the
/// [audience](OktaProviderBuilder::audience) set instead). Its scopes are in `scp`, and its client
/// in `cid`.
///
/// Tokens of the org authorization server, whose issuer is the bare domain, are for Okta itself:
/// Okta says that nobody else should validate them, so such an issuer is an error.
///
/// ```
/// use thyra_auth::{AuthProvider, OktaProvider};
///
/// let provider = OktaProvider::builder()
///     .issuer("https://acme.okta.com/oauth2/default")
///     .base_url("https://mcp.example.com")
///     .required_scopes(["notes.read"])
///     .build()?;
/// assert_eq!(provider.keys_url(), Some("https://acme.okta.com/oauth2/default/v1/keys"));
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type OktaProvider = Provider<Okta>;

/// Sets up an [`OktaProvider`]; made by [`OktaProvider::builder`].
pub type OktaProviderBuilder = ProviderBuilder<Okta>;

/// What is special about Okta; see [`OktaProvider`].
#[derive(Clone, Debug, Default)]
pub struct Okta {
    issuer: Option<String>,
    audience: Option<String>,
}

impl Vendor for Okta {
    const NAME: &'static str = "Okta";
    const VARIABLES: Option<&'static str> = Some("OKTA");

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let issuer = ISSUER.url(ISSUER.required(self.issuer.as_deref())?)?;
        let is_custom = issuer
            .rsplit_once("/oauth2/")
            .is_some_and(|(_, id)| !id.is_empty() && !id.contains('/'));
        if !is_custom {
            return Err(ISSUER.invalid(
                "it is not that of a custom authorization server, which ends with \
                 `/oauth2/` and its ID; tokens of Okta's org authorization server are for Okta \
                 alone",
            ));
        }
        let profile = TokenProfile::new(&*issuer)
            .keys_url(format!("{issuer}/v1/keys"))
            .algorithms([Algorithm::Rs256])
            .client_id_claims(["cid"]);
        Ok(profile.into())
    }

    fn audience(&self, resource: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        AUDIENCE.audience(self.audience.as_deref(), resource)
    }
}

provider_settings! {
    /// The settings of an [`OktaProvider`], before anything is checked.
    pub struct OktaProviderSettings for Okta {
        /// The Issuer URI of the custom authorization server, such as
        /// `https://acme.okta.com/oauth2/default`.
        issuer,
        /// What `aud` must hold: the Audience of the authorization server, where that is not the
        /// URL of this server.
        audience,
    }
}

#[cfg(test)]
pub(super) mod tests;
