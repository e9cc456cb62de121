//! Any authorization server that answers about its tokens.

use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{ResourceUrl, Secret};

use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{
    MakeVerifier, Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, Vendor,
    issuer_url,
};
use crate::verify::{
    AudienceDemand, AudienceUnchecked, ClaimNames, Discovery, Introspection, IntrospectionBuilder,
    IntrospectionClient, IntrospectionError, Jwks, LookupVerifier, TokenVerifier, claim_setters,
};

const ISSUER: VendorSetting = VendorSetting::new(
    "issuer (INTROSPECTION_ISSUER)",
    "Set it to the issuer identifier of the authorization server, byte for byte as its metadata has \
     it, such as https://login.example.com.",
);
const ENDPOINT: VendorSetting = VendorSetting::new(
    "endpoint (INTROSPECTION_ENDPOINT)",
    "Set it to the `introspection_endpoint` of the authorization server's metadata, or remove it to \
     have it found there.",
);
const CLIENT_ID: VendorSetting = VendorSetting::new(
    "client_id (INTROSPECTION_CLIENT_ID)",
    "Register this server at the authorization server as a client that may introspect tokens, and \
     copy its client ID.",
);
const CLIENT_SECRET: VendorSetting = VendorSetting::new(
    "client_secret (INTROSPECTION_CLIENT_SECRET)",
    "Set it to the secret that the authorization server gave out with the client ID.",
);
const METHOD: VendorSetting = VendorSetting::new(
    "client_auth_method (INTROSPECTION_CLIENT_AUTH_METHOD)",
    "Set it to client_secret_basic or client_secret_post, or remove it: the first is the default.",
);
const AUDIENCE: VendorSetting = VendorSetting::new(
    "audience (INTROSPECTION_AUDIENCE)",
    "Set it to what the authorization server answers as `aud`, or remove it: the default is the URL \
     of this server.",
);

/// Protects a resource with tokens that say nothing themselves: the authorization server is asked
/// about each, at its introspection endpoint (RFC 7662).
///
/// The endpoint is found through the issuer's metadata with the first token, unless it is set. The
/// answer's `aud` must hold the URL of this server, unless another
/// [audience](IntrospectionAuthBuilder::audience) is set. What else is checked, [`Introspection`]
/// says, and what is remembered, [`LookupVerifier`].
///
/// ```
/// use thyra_auth::{AuthProvider, IntrospectionAuth, Secret};
///
/// let provider = IntrospectionAuth::builder()
///     .issuer("https://login.example.com")
///     .client_id("notes-api")
///     .client_secret(Secret::new("hunter2".to_owned()))
///     .base_url("https://mcp.example.com")
///     .build()?;
/// let protection = provider.protection("/mcp")?;
/// assert_eq!(protection.summary().audience, ["https://mcp.example.com/mcp"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type IntrospectionAuth = Provider<IntrospectedIssuer>;

/// Sets up an [`IntrospectionAuth`]; made by [`IntrospectionAuth::builder`].
pub type IntrospectionAuthBuilder = ProviderBuilder<IntrospectedIssuer>;

/// An authorization server that is asked about tokens; see [`IntrospectionAuth`].
#[derive(Clone, Debug, Default)]
pub struct IntrospectedIssuer {
    issuer: Option<String>,
    endpoint: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    client_auth_method: Option<String>,
    /// In place of the three texts.
    client: Option<IntrospectionClient>,
    audience: Option<String>,
    unchecked: Option<AudienceUnchecked>,
    is_signed: bool,
    claims: ClaimNames,
    keeping: Keeping,
}

/// How long answers count, and questions may take; the verifier's own defaults when not set.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keeping {
    pub(super) keep: Option<Duration>,
    pub(super) time_limit: Option<Duration>,
}

impl IntrospectionAuthBuilder {
    /// This server, as the authorization server knows it, in place of id, secret and method: with a
    /// key that signs assertions, for example.
    pub fn client(mut self, client: IntrospectionClient) -> Self {
        self.vendor.client = Some(client);
        self
    }

    /// Accepts every active token of the issuer, whomever it was issued for; see
    /// [`AudienceUnchecked`] for what that means.
    pub fn audience_unchecked(mut self, unchecked: AudienceUnchecked) -> Self {
        self.vendor.unchecked = Some(unchecked);
        self
    }

    /// Demands answers that the issuer has signed (RFC 9701), with the keys that its metadata
    /// names.
    pub fn signed_answers(mut self) -> Self {
        self.vendor.is_signed = true;
        self
    }

    /// How long an answer counts; a minute by default. It is also how long a token goes on working
    /// after it was revoked.
    pub fn keep(mut self, time: Duration) -> Self {
        self.vendor.keeping.keep = Some(time);
        self
    }

    /// How long a question may take; five seconds by default.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.vendor.keeping.time_limit = Some(limit);
        self
    }

    claim_setters!(vendor.claims);
}

impl IntrospectedIssuer {
    fn client(&self) -> Result<IntrospectionClient, ProviderError> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let id = CLIENT_ID.required(self.client_id.as_deref())?;
        let secret = CLIENT_SECRET.secret(self.client_secret.as_ref())?;
        match METHOD.optional(self.client_auth_method.as_deref())? {
            None | Some("client_secret_basic") => Ok(IntrospectionClient::secret_basic(id, secret)),
            Some("client_secret_post") => Ok(IntrospectionClient::secret_post(id, secret)),
            Some(_) => Err(METHOD.invalid("it is no method that is known here")),
        }
    }

    /// The issuer's keys, if answers must be signed.
    fn keys(
        &self,
        issuer: &str,
        settings: &ProviderSettings,
    ) -> Result<Option<Jwks>, ProviderError> {
        if !self.is_signed {
            return Ok(None);
        }
        let found = Discovery::new(issuer, settings.fetcher.clone());
        let found = found.map_err(|error| ISSUER.invalid(&error.to_string()))?;
        let keys = Jwks::builder(found).fetcher(settings.fetcher.clone());
        Ok(Some(keys.build()))
    }
}

/// What makes verifiers that ask about tokens. `lookup` begins to ask with an audience.
pub(super) fn asking(
    lookup: impl Fn(AudienceDemand) -> IntrospectionBuilder + Send + Sync + 'static,
    settings: &ProviderSettings,
    keeping: Keeping,
    endpoint: VendorSetting,
) -> Result<MakeVerifier, ProviderError> {
    let settings = settings.clone();
    let make = move |audience: AudienceDemand| {
        let lookup = lookup(audience).fetcher(settings.fetcher.clone()).build();
        let lookup = lookup.map_err(|error| match error {
            IntrospectionError::Endpoint(refused) => endpoint.invalid(refused.reason()),
            error => endpoint.invalid(&error.to_string()),
        })?;
        let mut verifier = LookupVerifier::builder(lookup)
            .leeway(settings.leeway)
            .clock(Arc::clone(&settings.clock));
        if let Some(time) = keeping.keep {
            verifier = verifier.keep(time);
        }
        if let Some(limit) = keeping.time_limit {
            verifier = verifier.time_limit(limit);
        }
        if let Some(bytes) = settings.token_cache_bytes {
            verifier = verifier.cache_bytes(bytes);
        }
        Ok(Arc::new(verifier.build()) as Arc<dyn TokenVerifier>)
    };
    // What is wrong with the settings is said now.
    make(AudienceUnchecked.into())?;
    Ok(MakeVerifier::new(make))
}

impl Vendor for IntrospectedIssuer {
    const NAME: &'static str = "introspection";
    const VARIABLES: Option<&'static str> = Some("INTROSPECTION");

    fn tokens(&self, settings: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let issuer = ISSUER.required(self.issuer.as_deref())?.to_owned();
        issuer_url::parse(&issuer).map_err(|problem| ISSUER.invalid(problem))?;
        let endpoint = ENDPOINT
            .optional(self.endpoint.as_deref())?
            .map(str::to_owned);
        let (client, keys) = (self.client()?, self.keys(&issuer, settings)?);
        let (claims, named) = (self.claims.clone(), issuer.clone());
        let lookup = move |audience| {
            let mut lookup = Introspection::builder(&*named, client.clone(), audience);
            lookup = lookup.claim_names(claims.clone());
            if let Some(url) = &endpoint {
                lookup = lookup.endpoint(url);
            }
            match &keys {
                Some(keys) => lookup.signed_answers(keys.clone()),
                None => lookup,
            }
        };
        Ok(TokenKind::OtherFor {
            make: asking(lookup, settings, self.keeping, ENDPOINT)?,
            authorization_servers: vec![issuer],
        })
    }

    fn audience(&self, resource: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        match self.unchecked {
            Some(unchecked) => Ok(unchecked.into()),
            None => AUDIENCE.audience(self.audience.as_deref(), resource),
        }
    }
}

provider_settings! {
    /// The settings of an [`IntrospectionAuth`], before anything is checked.
    pub struct IntrospectionAuthSettings for IntrospectedIssuer {
        /// The issuer identifier of the authorization server, byte for byte as its metadata has it.
        issuer,
        /// The URL of the introspection endpoint; by default the issuer's metadata says it.
        endpoint,
        /// What the authorization server knows this server by.
        client_id,
        /// `client_secret_basic`, which is the default, or `client_secret_post`.
        client_auth_method,
        /// What `aud` must hold, where the authorization server knows this server by something else
        /// than its URL.
        audience,
    }
    secret {
        /// The secret that goes with the client id.
        client_secret,
    }
}

#[cfg(test)]
mod tests;
