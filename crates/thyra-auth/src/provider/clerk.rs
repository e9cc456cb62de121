//! Clerk as the authorization server.

mod either;

use std::sync::Arc;

use thyra_oauth::{ResourceUrl, Secret};

use super::introspection::{Keeping, asking};
use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{
    MakeVerifier, Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, Vendor,
};
use crate::verify::{
    Algorithm, Audience, AudienceDemand, AudienceUnchecked, Introspection, IntrospectionClient,
    Issuers, Jwks, JwtVerifier, KeySetUrl, TokenVerifier,
};
use either::Either;

const DOMAIN: VendorSetting = VendorSetting::new(
    "domain (CLERK_DOMAIN)",
    "Copy the Frontend API URL from the Clerk dashboard, Configure > API keys; it looks like \
     https://verb-noun-00.clerk.accounts.dev or https://clerk.example.com.",
);
const CLIENT_ID: VendorSetting = VendorSetting::new(
    "client_id (CLERK_CLIENT_ID)",
    "Create an OAuth application in the Clerk dashboard, Configure > OAuth applications, and copy \
     its Client ID; or remove the secret, if all tokens are JWTs.",
);
const CLIENT_SECRET: VendorSetting = VendorSetting::new(
    "client_secret (CLERK_CLIENT_SECRET)",
    "Set it to the secret of the OAuth application whose Client ID is set, or remove both, if all \
     tokens are JWTs.",
);
const ACCEPTED_CLIENTS: VendorSetting = VendorSetting::new(
    "accepted_clients (CLERK_ACCEPTED_CLIENTS)",
    "Clerk's tokens do not say which server they are for. Set it to the Client IDs of the OAuth \
     applications whose tokens are accepted; or accept those of every application of the instance \
     with `.audience_unchecked(AudienceUnchecked)`.",
);

/// Protects a resource with access tokens of a Clerk instance.
///
/// Clerk issues opaque tokens, and JWTs where the instance is set so. Both work: a JWT is verified
/// with the keys of `{domain}/.well-known/jwks.json`, and about any other token Clerk is asked at
/// `{domain}/oauth/token_info`, which needs the credentials of an OAuth application. Without them
/// only JWTs are accepted. Session tokens, which Clerk signs with the same keys, are refused.
///
/// Neither kind of token names an audience. What stands in for it is the client that a token was
/// issued to: [`accepted_clients`](ClerkProviderBuilder::accepted_clients), or nothing at all with
/// [`audience_unchecked`](ClerkProviderBuilder::audience_unchecked).
///
/// ```
/// use thyra_auth::{AuthProvider, ClerkProvider, Secret};
///
/// let provider = ClerkProvider::builder()
///     .domain("verb-noun-00.clerk.accounts.dev")
///     .client_id("c1")
///     .client_secret(Secret::new("hunter2".to_owned()))
///     .accepted_clients("c2 c3")
///     .base_url("https://mcp.example.com")
///     .build()?;
/// assert_eq!(provider.issuers(), ["https://verb-noun-00.clerk.accounts.dev"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type ClerkProvider = Provider<Clerk>;

/// Sets up a [`ClerkProvider`]; made by [`ClerkProvider::builder`].
pub type ClerkProviderBuilder = ProviderBuilder<Clerk>;

/// What is special about Clerk; see [`ClerkProvider`].
#[derive(Clone, Debug, Default)]
pub struct Clerk {
    domain: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    accepted_clients: Option<String>,
    unchecked: Option<AudienceUnchecked>,
}

impl ClerkProviderBuilder {
    /// Accepts the tokens of every OAuth application of the instance, those that registered
    /// themselves included; see [`AudienceUnchecked`] for what that means.
    pub fn audience_unchecked(mut self, unchecked: AudienceUnchecked) -> Self {
        self.vendor.unchecked = Some(unchecked);
        self
    }
}

impl Clerk {
    /// Who asks about opaque tokens, if anybody does.
    fn client(&self) -> Result<Option<IntrospectionClient>, ProviderError> {
        let id = CLIENT_ID.optional(self.client_id.as_deref())?;
        if id.is_none() && self.client_secret.is_none() {
            return Ok(None);
        }
        let id = CLIENT_ID.required(id)?;
        let secret = CLIENT_SECRET.secret(self.client_secret.as_ref())?;
        Ok(Some(IntrospectionClient::secret_basic(id, secret)))
    }
}

impl Vendor for Clerk {
    const NAME: &'static str = "Clerk";
    const VARIABLES: Option<&'static str> = Some("CLERK");

    fn tokens(&self, settings: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let issuer = DOMAIN.domain(DOMAIN.required(self.domain.as_deref())?)?;
        let keys = KeySetUrl::configured(&format!("{issuer}/.well-known/jwks.json"));
        let keys = keys.map_err(|error| DOMAIN.invalid(&error.to_string()))?;
        let mut keys = Jwks::builder(keys).fetcher(settings.fetcher.clone());
        if let Some(max_stale) = settings.keys_max_stale {
            keys = keys.max_stale(max_stale);
        }
        let signed = signed(keys.build(), Issuers::any_of([&issuer])?, settings);
        let opaque = match self.client()? {
            Some(client) => {
                let named = issuer.clone();
                let lookup = move |audience| {
                    Introspection::builder(&*named, client.clone(), audience)
                        .endpoint(format!("{named}/oauth/token_info"))
                        .audience_claim("client_id")
                };
                Some(asking(lookup, settings, Keeping::default(), DOMAIN)?)
            }
            None => None,
        };
        let make = move |audience: AudienceDemand| -> Result<Arc<dyn TokenVerifier>, _> {
            let jwt = signed(audience.clone())?;
            Ok(match &opaque {
                Some(opaque) => Arc::new(Either::new(jwt, opaque.make(audience)?)),
                None => Arc::new(jwt),
            })
        };
        Ok(TokenKind::OtherFor {
            make: MakeVerifier::new(make),
            authorization_servers: vec![issuer],
        })
    }

    fn audience(&self, _: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        if let Some(unchecked) = self.unchecked {
            return Ok(unchecked.into());
        }
        let clients = ACCEPTED_CLIENTS.required(self.accepted_clients.as_deref())?;
        let clients = ACCEPTED_CLIENTS.list(Some(clients))?;
        Ok(Audience::any_of(clients)?.into())
    }
}

/// What makes verifiers of Clerk's JWTs.
fn signed(
    keys: Jwks,
    issuers: Issuers,
    settings: &ProviderSettings,
) -> impl Fn(AudienceDemand) -> Result<JwtVerifier, ProviderError> + use<> {
    let settings = settings.clone();
    move |audience| {
        let mut verifier = JwtVerifier::builder(keys.clone(), issuers.clone(), audience)
            .algorithms([Algorithm::Rs256])
            // A session token is a `JWT`.
            .types(["at+jwt", "application/at+jwt"])
            .audience_claim("client_id")
            .leeway(settings.leeway)
            .clock(Arc::clone(&settings.clock));
        if let Some(bytes) = settings.token_cache_bytes {
            verifier = verifier.cache_bytes(bytes);
        }
        Ok(verifier.build()?)
    }
}

provider_settings! {
    /// The settings of a [`ClerkProvider`], before anything is checked.
    pub struct ClerkProviderSettings for Clerk {
        /// The Frontend API URL of the instance, with or without `https://`.
        domain,
        /// The id of the OAuth application that asks about opaque tokens.
        client_id,
        /// The ids of the OAuth applications whose tokens are accepted, with spaces or commas
        /// between them.
        accepted_clients,
    }
    secret {
        /// The secret of the OAuth application that asks about opaque tokens.
        client_secret,
    }
}

#[cfg(test)]
mod tests;
