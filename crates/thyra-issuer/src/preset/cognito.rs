//! Amazon Cognito.

use thyra_auth::{ProviderError, VendorSetting};

use super::preset;
use crate::provider::{IssuerSettings, OidcUpstream, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::UpstreamSettings;

const USER_POOL_ID: VendorSetting = VendorSetting::new(
    "user_pool_id (COGNITO_USER_POOL_ID)",
    "Copy the User pool ID from the overview of the pool in the Amazon Cognito console; it looks \
     like eu-central-1_AbCdEfGhI.",
);
const ENDPOINT: VendorSetting = VendorSetting::new(
    "endpoint (COGNITO_ENDPOINT)",
    "Set it to the part of `iss` before the User pool ID, or remove it.",
);

preset! {
    /// An authorization server in front of an app client of an Amazon Cognito user pool.
    ///
    /// The ID token says who has signed in; its claims hold `cognito:groups`. The region is part of
    /// the ID of the pool. Refresh tokens always come, so no scope is needed for them.
    pub type CognitoProxy, CognitoProxyBuilder for CognitoUpstream {
        /// The ID of the user pool, such as `eu-central-1_AbCdEfGhI`.
        user_pool_id,
        /// What stands before the ID of the pool in `iss`, where that is not
        /// `https://cognito-idp.{region}.amazonaws.com`.
        endpoint,
    }
    "Amazon Cognito", "COGNITO", &["openid"]
}

impl CognitoUpstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        scopes: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let pool = USER_POOL_ID.required(self.user_pool_id.as_deref())?;
        let pool = USER_POOL_ID.identifier(pool)?;
        let Some((region, _)) = pool.split_once('_') else {
            return Err(USER_POOL_ID.invalid("it has no region before an `_`"));
        };
        let endpoint = match ENDPOINT.optional(self.endpoint.as_deref())? {
            Some(url) => ENDPOINT.url(url)?,
            None if region.starts_with("cn-") => {
                format!("https://cognito-idp.{region}.amazonaws.com.cn")
            }
            None => format!("https://cognito-idp.{region}.amazonaws.com"),
        };
        let oidc = OidcUpstream {
            issuer: Some(format!("{endpoint}/{pool}")),
            ..OidcUpstream::default()
        };
        oidc.settings(options, settings, scopes)
    }
}
