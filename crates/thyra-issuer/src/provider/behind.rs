//! An identity provider behind the authorization server: the settings that all of them share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thyra_auth::{ProviderError, SigningKey};
use thyra_oauth::{ScopeSet, Secret};

use super::builder::{IssuerBuilder, Kind};
use super::settings::IssuerSettings;
use super::{Issuer, UpstreamAccess};
use crate::server::{Consent, ScopePolicy, SignIn};
use crate::upstream::{ClientProof, Endpoints, Identity, Parameters, Upstream, UpstreamSettings};

const CLIENT_ID_HELP: &str = "Set this server up as an application (client) at the identity \
     provider, and copy the identifier that it gets there.";

const CLIENT_SECRET_HELP: &str = "Copy it from the application at the identity provider.";

/// People sign in at an identity provider, which knows this server as one application. `U` is what
/// is special about it.
#[derive(Clone)]
pub struct Behind<U> {
    pub(crate) vendor: U,
    pub(super) options: UpstreamOptions,
    make: MakeUpstream<U>,
}

/// From the settings to what the identity provider is asked with.
pub(crate) type MakeUpstream<U> = fn(
    &U,
    &UpstreamOptions,
    &IssuerSettings,
    &ScopePolicy,
) -> Result<UpstreamSettings, ProviderError>;

/// How this server proves to the identity provider which application it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TokenEndpointAuth {
    /// `client_secret_basic`: the secret in the header `Authorization`. The default.
    Basic,
    /// `client_secret_post`: the secret in the body.
    Post,
    /// `private_key_jwt` (RFC 7523): a signature with this key.
    PrivateKey(Arc<SigningKey>),
}

/// What can be set about any identity provider.
#[derive(Clone, Debug)]
pub(crate) struct UpstreamOptions {
    /// What the names of the vendor's variables begin with, such as `GITHUB`.
    variables: Option<&'static str>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Secret>,
    /// The vendor's own when not set.
    pub(crate) token_endpoint_auth: Option<TokenEndpointAuth>,
    pub(crate) forward_pkce: bool,
    /// The vendor's own when not set.
    pub(crate) forward_resource: Option<bool>,
    /// By the identity provider's names.
    pub(crate) additional_authorize_scopes: ScopeSet,
    pub(crate) extra_authorize_params: Vec<(String, String)>,
    pub(crate) extra_token_params: Parameters,
    pub(crate) timeout: Option<Duration>,
}

impl UpstreamOptions {
    /// The client identifier, which has no default.
    pub(crate) fn client_id(&self) -> Result<&str, ProviderError> {
        let id = self
            .client_id
            .as_deref()
            .map(str::trim)
            .filter(|id| !id.is_empty());
        id.ok_or_else(|| ProviderError::missing(self.named("client_id"), CLIENT_ID_HELP))
    }

    /// The secret, where the identity provider demands one.
    pub(crate) fn needed_secret(&self) -> Result<Secret, ProviderError> {
        let secret = self.client_secret.clone();
        let missing = || ProviderError::missing(self.named("client_secret"), CLIENT_SECRET_HELP);
        secret.ok_or_else(missing)
    }

    /// The name of a setting, with its variable if it has one.
    fn named(&self, setting: &str) -> String {
        match self.variables {
            Some(prefix) => format!("{setting} ({prefix}_{})", setting.to_ascii_uppercase()),
            None => setting.to_owned(),
        }
    }

    /// The settings that an identity provider with these endpoints, and this way to know people,
    /// has with these options. What is the vendor's own can be changed in them.
    pub(crate) fn settings(
        &self,
        issuer: &IssuerSettings,
        endpoints: Endpoints,
        identity: Identity,
    ) -> Result<UpstreamSettings, ProviderError> {
        let client_id = self.client_id()?;
        let proof = self.proof()?;
        let redirect_uri = issuer.callback_url()?;
        let mut settings =
            UpstreamSettings::new(endpoints, client_id, proof, redirect_uri, identity);
        settings.scopes.further = self.additional_authorize_scopes.clone();
        settings.forward_pkce = self.forward_pkce;
        settings.forward_resource = self.forward_resource.unwrap_or(false);
        settings
            .extra_authorize_params
            .clone_from(&self.extra_authorize_params);
        settings
            .extra_token_params
            .clone_from(&self.extra_token_params);
        settings.fetcher = issuer.fetcher().clone();
        settings.clock = Arc::clone(issuer.clock());
        if let Some(timeout) = self.timeout {
            settings.timeout = timeout;
        }
        Ok(settings)
    }

    fn proof(&self) -> Result<ClientProof, ProviderError> {
        let secret = self.client_secret.clone();
        match (&self.token_endpoint_auth, secret) {
            (Some(TokenEndpointAuth::PrivateKey(key)), None) => {
                Ok(ClientProof::PrivateKey(Arc::clone(key)))
            }
            (Some(TokenEndpointAuth::PrivateKey(_)), Some(_)) => Err(ProviderError::invalid(
                "client_secret",
                "there is a key to prove the same with",
                "Leave either the secret or the key out.",
            )),
            (Some(TokenEndpointAuth::Post), Some(secret)) => Ok(ClientProof::Post(secret)),
            (Some(TokenEndpointAuth::Basic) | None, Some(secret)) => Ok(ClientProof::Basic(secret)),
            (Some(TokenEndpointAuth::Basic | TokenEndpointAuth::Post), None) => {
                Err(ProviderError::missing(
                    self.named("client_secret"),
                    "Copy it from the application at the identity provider, or leave \
                     `token_endpoint_auth_method` out for one without a secret.",
                ))
            }
            (None, None) => Ok(ClientProof::None),
        }
    }
}

impl Default for UpstreamOptions {
    fn default() -> Self {
        Self {
            variables: None,
            client_id: None,
            client_secret: None,
            token_endpoint_auth: None,
            forward_pkce: true,
            forward_resource: None,
            additional_authorize_scopes: ScopeSet::default(),
            extra_authorize_params: Vec::new(),
            extra_token_params: Parameters::default(),
            timeout: None,
        }
    }
}

impl<U> Behind<U> {
    /// How people sign in, for the `sign_in` of a [`Kind`].
    pub(crate) fn sign_in(
        &self,
        settings: &IssuerSettings,
        scopes: &ScopePolicy,
    ) -> Result<SignIn, ProviderError> {
        let upstream = (self.make)(&self.vendor, &self.options, settings, scopes)?;
        let upstream = Upstream::new(upstream).map_err(|problem| {
            let help = "Correct the settings of the identity provider.";
            ProviderError::invalid("the identity provider", problem.to_string(), help)
        })?;
        Ok(SignIn::Upstream(Arc::new(upstream)))
    }
}

impl<U> IssuerBuilder<Behind<U>> {
    /// Begins to set up a proxy of this vendor.
    pub(crate) fn behind(vendor: U, make: MakeUpstream<U>, kind: &'static Kind<Behind<U>>) -> Self {
        let behind = Behind {
            vendor,
            options: UpstreamOptions::default(),
            make,
        };
        Self::of(behind, kind)
    }

    /// Says what the names of the vendor's variables begin with.
    pub(crate) fn variables(mut self, prefix: &'static str) -> Self {
        self.vendor.options.variables = Some(prefix);
        self
    }

    /// The identifier of the application that this server is at the identity provider.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.vendor.options.client_id = Some(id.into());
        self
    }

    /// The secret of that application. Without one it is a public client, whose codes PKCE alone
    /// protects.
    pub fn client_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.vendor.options.client_secret = Some(secret.into());
        self
    }

    /// How this server proves to the identity provider which application it is.
    pub fn token_endpoint_auth_method(mut self, method: TokenEndpointAuth) -> Self {
        self.vendor.options.token_endpoint_auth = Some(method);
        self
    }

    /// The path that the identity provider sends browsers back to, below the base URL;
    /// `/auth/callback` by default. Set the whole URL up at the identity provider.
    pub fn redirect_path(mut self, path: impl Into<String>) -> Self {
        self.settings.redirect_path = path.into();
        self
    }

    /// When people are asked whether a client may act for them; at each login by default.
    pub fn require_authorization_consent(self, consent: Consent) -> Self {
        self.consent(consent)
    }

    /// Whether requests to the identity provider have a challenge of their own (PKCE, RFC 7636); on
    /// by default. What clients must send does not depend on it.
    pub fn forward_pkce(mut self, on: bool) -> Self {
        self.vendor.options.forward_pkce = on;
        self
    }

    /// Whether requests to the identity provider name the resource (RFC 8707). By default it is so
    /// for vendors that are known to understand it; many others refuse such a request.
    pub fn forward_resource(mut self, on: bool) -> Self {
        self.vendor.options.forward_resource = Some(on);
        self
    }

    /// Scopes that the identity provider is asked for beside those of the client, by its own names,
    /// such as `offline_access`, without which many give no refresh token. Clients do not see them.
    pub fn additional_authorize_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.vendor.options.additional_authorize_scopes = scopes.into();
        self
    }

    /// A further parameter of requests to the authorization endpoint of the identity provider. Call
    /// it again for more.
    pub fn extra_authorize_param(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        let parameters = &mut self.vendor.options.extra_authorize_params;
        parameters.push((name.into(), value.into()));
        self
    }

    /// A further parameter of requests to the token endpoint of the identity provider, when a code
    /// is exchanged and when tokens are refreshed. Call it again for more.
    pub fn extra_token_param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let parameters = &mut self.vendor.options.extra_token_params;
        parameters.push(name.into(), value.into());
        self
    }

    /// How long one request to the identity provider may take; ten seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.vendor.options.timeout = Some(timeout);
        self
    }

    /// How long before its end the identity provider's access token is renewed; not before its end
    /// by default. For tools that use it, so that it lasts as long as they need.
    pub fn token_expiry_threshold(mut self, time: Duration) -> Self {
        self.settings.lifetimes.expiry_threshold = time;
        self
    }
}

#[cfg(test)]
impl<U> IssuerBuilder<Behind<U>> {
    /// What the identity provider is asked with.
    pub(crate) fn upstream_settings(&self) -> Result<UpstreamSettings, ProviderError> {
        let Behind {
            vendor,
            options,
            make,
        } = &self.vendor;
        make(vendor, options, &self.settings, &ScopePolicy::default())
    }
}

impl<U> Issuer<Behind<U>> {
    /// The identity provider's tokens, for tools that call its APIs for the person.
    pub fn upstream(&self) -> UpstreamAccess {
        UpstreamAccess::new(Arc::clone(&self.parts))
    }
}

impl<U: fmt::Debug> fmt::Debug for Behind<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Behind")
            .field("vendor", &self.vendor)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
