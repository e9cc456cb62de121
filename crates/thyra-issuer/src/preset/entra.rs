//! Microsoft Entra ID and Azure AD B2C.

use std::sync::Arc;

use thyra_auth::{
    Algorithm, EntraDirectory, EntraProviderSettings, Jwks, KeySetUrl, ProviderError,
};

use super::{also, preset};
use crate::provider::{IssuerSettings, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::{
    Endpoints, Exchange, IdTokenRules, IdTokens, Identity, Naming, UpstreamSettings,
};

/// Scopes that the token endpoint grants without saying so.
const UNNAMED: &[&str] = &["openid", "profile", "email", "offline_access"];

preset! {
    /// An authorization server in front of an app registration of Microsoft Entra ID (Azure AD), or
    /// of Azure AD B2C.
    ///
    /// The ID token says who has signed in; it is of version 2, whatever the app's manifest says of
    /// access tokens. The scopes of the app are written in their short form, `Notes.Read`: Entra
    /// gets them behind the Application ID URI, and clients never see that. Scopes of other APIs,
    /// which go into
    /// [`additional_authorize_scopes`](EntraProxyBuilder::additional_authorize_scopes), are agreed
    /// to at the login; their tokens are had on behalf of the person with
    /// [`UpstreamAccess::exchange`](crate::UpstreamAccess::exchange), which needs a scope of the
    /// app itself among the required ones. `prompt=select_account` is sent, unless there is any
    /// other extra parameter.
    pub type EntraProxy, EntraProxyBuilder for EntraUpstream {
        /// The ID of the tenant, a GUID; or `organizations`, `consumers` or `common`, together with
        /// the allowed tenants.
        tenant_id,
        /// The Application ID URI of the app registration. By default it is `api://{client id}`,
        /// and in B2C `https://{tenant name}.onmicrosoft.com/{client id}`.
        identifier_uri,
        /// The tenants whose users may log in, with spaces or commas between their IDs; `*` for
        /// all. Only where `tenant_id` is not a single tenant.
        allowed_tenants,
        /// The host of the login; `https://login.microsoftonline.com` by default. National clouds
        /// and external tenants have others.
        authority,
        /// The user flow of Azure AD B2C, together with the authority
        /// `https://{tenant name}.b2clogin.com`.
        user_flow,
    }
    "Microsoft Entra", "AZURE", &[]
}

impl EntraUpstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        _: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let directory = self.directory(options)?;
        let below = |path: &str| format!("{}{path}", directory.endpoint);
        let unusable = |problem: &dyn std::fmt::Display| {
            let help = "Set it to the host of the login, or remove it.";
            ProviderError::invalid("authority (AZURE_AUTHORITY)", problem.to_string(), help)
        };
        let keys = KeySetUrl::configured(&below("/discovery/v2.0/keys"));
        let keys = keys.map_err(|problem| unusable(&problem))?;
        let keys = Jwks::builder(keys)
            .fetcher(settings.fetcher().clone())
            .clock(Arc::clone(settings.clock()))
            .build();
        let id_tokens = IdTokens::new(IdTokenRules {
            keys: keys.into(),
            issuers: directory.issuers.clone(),
            client_id: directory.client_id.clone(),
            algorithms: vec![Algorithm::Rs256],
            clock: Arc::clone(settings.clock()),
        })?;
        let (authorize, token) = (below("/oauth2/v2.0/authorize"), below("/oauth2/v2.0/token"));
        let endpoints = Endpoints::given(&authorize, &token, None);
        let endpoints = endpoints.map_err(|problem| unusable(&problem))?;
        let mut upstream = options.settings(settings, endpoints, Identity::IdToken(id_tokens))?;
        let asked = ["openid", "profile", "offline_access"];
        upstream.scopes.further = also(&upstream.scopes.further, &asked);
        upstream.scopes.at_token_endpoint = true;
        upstream.scopes.unnamed = UNNAMED;
        upstream.scopes.naming = Naming::Prefix(directory.identifier_uri);
        upstream.exchange = Exchange::OnBehalfOf;
        if upstream.extra_authorize_params.is_empty() && self.user_flow.is_none() {
            let prompt = ("prompt".to_owned(), "select_account".to_owned());
            upstream.extra_authorize_params.push(prompt);
        }
        Ok(upstream)
    }

    fn directory(&self, options: &UpstreamOptions) -> Result<EntraDirectory, ProviderError> {
        let client_id = options.client_id()?;
        let mut settings = EntraProviderSettings::default();
        settings.tenant_id.clone_from(&self.tenant_id);
        settings.client_id = Some(client_id.to_owned());
        settings.identifier_uri.clone_from(&self.identifier_uri);
        settings.allowed_tenants.clone_from(&self.allowed_tenants);
        settings.authority.clone_from(&self.authority);
        settings.user_flow.clone_from(&self.user_flow);
        let name = self.authority.as_deref().unwrap_or_default().trim();
        let name = name.strip_prefix("https://").unwrap_or(name);
        let name = name.trim_end_matches('/').strip_suffix(".b2clogin.com");
        if let (None, Some(name)) = (&self.identifier_uri, name) {
            settings.identifier_uri = Some(format!("https://{name}.onmicrosoft.com/{client_id}"));
        }
        settings.directory()
    }
}
