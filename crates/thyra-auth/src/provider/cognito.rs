//! A user pool of Amazon Cognito as the authorization server.

use thyra_oauth::ResourceUrl;

use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::principal::IdentityClaims;
use crate::verify::{Algorithm, Audience, AudienceDemand};

const USER_POOL_ID: VendorSetting = VendorSetting::new(
    "user_pool_id (COGNITO_USER_POOL_ID)",
    "Copy the User pool ID from the overview of the pool; it looks like eu-central-1_AbCdEfGhI.",
);
const CLIENT_IDS: VendorSetting = VendorSetting::new(
    "client_ids (COGNITO_CLIENT_IDS)",
    "Set it to the IDs of the app clients that may call this server, or remove it: tokens must then \
     name the URL of this server as their audience.",
);
const ENDPOINT: VendorSetting = VendorSetting::new(
    "endpoint (COGNITO_ENDPOINT)",
    "Set it to the part of the issuer before the ID of the pool, or remove it: the default is that \
     of the pool's region.",
);

/// Protects a resource with access tokens of a user pool of Amazon Cognito.
///
/// A token is accepted when it is signed with RS256 by a key of the pool, its `iss` is the pool,
/// and its `token_use` is `access`, so that no identity token is taken for one. Then there are two
/// kinds of tokens:
/// - Clients that ask for a token with a `resource` (Cognito calls it resource binding) get it in
///   `aud`. By default that must be the URL of this server.
/// - Other tokens of Cognito have no `aud`. Name the app clients whose tokens are accepted with
///   [`client_ids`](CognitoProviderBuilder::client_ids); they are compared with the claim
///   `client_id`, and `aud` is not looked at. Such a token is good at every server that accepts its
///   client.
///
/// [`Principal::groups`](crate::Principal::groups) are those of `cognito:groups`.
///
/// ```
/// use thyra_auth::{AuthProvider, CognitoProvider};
///
/// let provider = CognitoProvider::builder()
///     .user_pool_id("eu-central-1_AbCdEfGhI")
///     .client_ids("1example23456789 2example23456789")
///     .base_url("https://mcp.example.com")
///     .required_scopes(["notes/read"])
///     .build()?;
/// assert_eq!(
///     provider.issuers(),
///     ["https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI"]
/// );
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type CognitoProvider = Provider<Cognito>;

/// Sets up a [`CognitoProvider`]; made by [`CognitoProvider::builder`].
pub type CognitoProviderBuilder = ProviderBuilder<Cognito>;

/// What is special about Cognito; see [`CognitoProvider`].
#[derive(Clone, Debug, Default)]
pub struct Cognito {
    user_pool_id: Option<String>,
    client_ids: Option<String>,
    endpoint: Option<String>,
}

impl Vendor for Cognito {
    const NAME: &'static str = "Cognito";
    const VARIABLES: Option<&'static str> = Some("COGNITO");

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let pool = USER_POOL_ID.required(self.user_pool_id.as_deref())?;
        let pool = USER_POOL_ID.identifier(pool)?;
        let Some((region, id)) = pool.split_once('_') else {
            return Err(USER_POOL_ID.invalid("it has no region before an `_`"));
        };
        if region.is_empty() || id.is_empty() {
            return Err(USER_POOL_ID.invalid("its region or its name is missing"));
        }
        let endpoint = match ENDPOINT.optional(self.endpoint.as_deref())? {
            Some(url) => ENDPOINT.url(url)?,
            None if region.starts_with("cn-") => {
                format!("https://cognito-idp.{region}.amazonaws.com.cn")
            }
            None => format!("https://cognito-idp.{region}.amazonaws.com"),
        };
        let issuer = format!("{endpoint}/{pool}");
        let profile = TokenProfile::new(&*issuer)
            .keys_url(format!("{issuer}/.well-known/jwks.json"))
            .algorithms([Algorithm::Rs256])
            .required_claim("token_use", "access")
            .identity(IdentityClaims::default().groups("cognito:groups"));
        Ok(if self.client_ids.is_some() {
            profile.audience_claim("client_id").into()
        } else {
            profile.into()
        })
    }

    fn audience(&self, resource: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        let clients = CLIENT_IDS.list(self.client_ids.as_deref())?;
        let audience = match &*clients {
            [] => Audience::any_of([resource.as_str()])?,
            clients => Audience::any_of(clients)?,
        };
        Ok(audience.into())
    }
}

provider_settings! {
    /// The settings of a [`CognitoProvider`], before anything is checked.
    pub struct CognitoProviderSettings for Cognito {
        /// The ID of the user pool, such as `eu-central-1_AbCdEfGhI`.
        user_pool_id,
        /// The app clients whose tokens are accepted whatever their `aud`, with spaces or commas
        /// between them. When not set, `aud` must hold the URL of this server.
        client_ids,
        /// What stands before the ID of the pool in `iss`, where that is not
        /// `https://cognito-idp.{region}.amazonaws.com`.
        endpoint,
    }
}

#[cfg(test)]
pub(super) mod tests;
