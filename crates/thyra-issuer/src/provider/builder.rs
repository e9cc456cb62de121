//! How an [`Issuer`] is set up: the setters that all of them share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thyra_auth::{AuthProvider, Principal, Protection, ProviderError};
use thyra_oauth::{Clock, Fetcher, ScopeRules, ScopeSet, Secret};
use thyra_store::Store;

use super::Issuer;
use super::settings::IssuerSettings;
use crate::assertion::IdentityAssertion;
use crate::client::{IssuerClient, RedirectPatterns, RegistrationPolicy};
use crate::server::{Consent, ScopePolicy, SignIn};

/// Sets up an [`Issuer`]. What follows are the settings that all authorization servers share; those
/// of an identity provider, and those of the vendor, stand in blocks of their own.
///
/// It is a provider already, whose settings are checked when a server asks for its protection.
/// [`build`](Self::build) checks them at once.
#[derive(Clone, Debug)]
#[must_use = "a provider protects nothing by itself"]
pub struct IssuerBuilder<V: 'static> {
    pub(crate) vendor: V,
    pub(super) settings: IssuerSettings,
    kind: &'static Kind<V>,
}

/// What tells one authorization server from another: data, and how people sign in.
pub(crate) struct Kind<V: 'static> {
    /// For the log and the start-up message.
    pub(crate) name: &'static str,
    /// Who is asked next who the person is, as the consent page says it.
    pub(crate) next: Option<&'static str>,
    /// What every request to the resource needs, unless it is set.
    pub(crate) required_scopes: &'static [&'static str],
    /// What whoever starts the server must be told.
    pub(crate) warnings: &'static [&'static str],
    /// How people sign in. The vendor's own settings are checked here.
    pub(crate) sign_in: fn(&V, &IssuerSettings, &ScopePolicy) -> Result<SignIn, ProviderError>,
}

impl<V> IssuerBuilder<V> {
    pub(crate) fn of(vendor: V, kind: &'static Kind<V>) -> Self {
        Self {
            vendor,
            settings: IssuerSettings::default(),
            kind,
        }
    }

    /// The public URL of this server, as clients and browsers reach it: `https`, or `http` for a
    /// loopback host. The endpoints are below it, and it identifies the authorization server unless
    /// [`issuer_url`](Self::issuer_url) is set.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.base_url = Some(url.into());
        self
    }

    /// The public URL under which clients know the resource, where it is not the base URL: behind a
    /// gateway, for example. It identifies the resource in metadata, challenges and audiences; the
    /// endpoints stay with the base URL.
    pub fn resource_base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.resource_base_url = Some(url.into());
        self
    }

    /// The URL that identifies the authorization server, where it is not the base URL. It is
    /// published byte for byte. Clients look for its metadata at the well-known paths of this URL,
    /// so they must lead here.
    pub fn issuer_url(mut self, url: impl Into<String>) -> Self {
        self.settings.issuer_url = Some(url.into());
        self
    }

    /// The path of the endpoint that [`Issuer::protect`] protects; `/mcp` by default. A server that
    /// asks for its [`protection`](AuthProvider::protection) names the path itself.
    pub fn endpoint_path(mut self, path: impl Into<String>) -> Self {
        self.settings.endpoint_path = path.into();
        self
    }

    /// The scopes that every request needs, which every login therefore grants. By default they are
    /// those of the vendor.
    pub fn required_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.settings.required_scopes = Some(scopes.into());
        self
    }

    /// The scopes that clients may ask for, besides those that are required. Others are left out of
    /// what they ask for.
    pub fn valid_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.settings.valid_scopes = Some(scopes.into());
        self
    }

    /// What a scope allows, in the words of the consent page.
    pub fn scope_description(
        mut self,
        scope: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        let descriptions = &mut self.settings.scope_descriptions;
        descriptions.insert(scope.into(), description.into());
        self
    }

    /// Which scopes imply narrower ones; none by default.
    pub fn scope_rules(mut self, rules: ScopeRules) -> Self {
        self.settings.scope_rules = rules;
        self
    }

    /// The server's name for people, on its pages and in the metadata; the host of the base URL by
    /// default.
    pub fn resource_name(mut self, name: impl Into<String>) -> Self {
        self.settings.resource_name = Some(name.into());
        self
    }

    /// The URL of a page for developers about the resource, in its metadata.
    pub fn resource_documentation(mut self, url: impl Into<String>) -> Self {
        self.settings.resource_documentation = Some(url.into());
        self
    }

    /// The URL of a page for developers about the authorization server, in its metadata.
    pub fn service_documentation_url(mut self, url: impl Into<String>) -> Self {
        self.settings.service_documentation_url = Some(url.into());
        self
    }

    /// Which redirect URIs clients may use at all, whatever they register. By default it is any
    /// that is safe.
    pub fn allowed_client_redirect_uris(mut self, patterns: RedirectPatterns) -> Self {
        self.settings.redirect_patterns = Some(patterns);
        self
    }

    /// How clients may register themselves (RFC 7591).
    pub fn registration(mut self, policy: RegistrationPolicy) -> Self {
        self.settings.registration = policy;
        self
    }

    /// Whether a client may be the `https` URL of a document about itself (OAuth Client ID Metadata
    /// Document); on by default.
    pub fn client_metadata_documents(mut self, on: bool) -> Self {
        self.settings.client_metadata_documents = on;
        self
    }

    /// Reads metadata documents on this machine, too, and by `http`, which no client of others can
    /// have. It is for tests: whoever names a client makes the server ask what listens here.
    pub fn insecure_loopback_metadata_documents(mut self) -> Self {
        self.settings.insecure_loopback_metadata_documents = true;
        self
    }

    /// A client that needs no registration. Call it again for further ones.
    pub fn client(mut self, client: IssuerClient) -> Self {
        self.settings.clients.push(client);
        self
    }

    /// The content security policy of the pages on which people decide, in place of ours, which
    /// loads nothing. An empty one leaves the header out.
    pub fn consent_csp_policy(mut self, policy: impl Into<String>) -> Self {
        self.settings.consent_csp_policy = Some(policy.into());
        self
    }

    /// How long an access token lives; an hour by default. It never outlives what it rests on.
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.lifetimes.access_token = lifetime;
        self
    }

    /// How long a login lives after its last refresh, where the identity provider does not say how
    /// long its own does; 30 days by default.
    pub fn fallback_refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.lifetimes.fallback_refresh_token = lifetime;
        self
    }

    /// For how long after a refresh the tokens before it may still be used, so that a client that
    /// asks twice keeps its login; 30 seconds by default. After that, a refresh token that comes
    /// again is a stolen one, and the login ends.
    pub fn refresh_grace(mut self, time: Duration) -> Self {
        self.settings.lifetimes.grace = time;
        self
    }

    /// How long an authorization code lives; five minutes by default, ten at most.
    pub fn code_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.code_lifetime = lifetime;
        self
    }

    /// The private keys that tokens are signed with (ES256), in PEM (PKCS #8): the first one signs,
    /// and all of them verify. By default they are made, kept in the store, and rotated.
    pub fn signing_keys(mut self, keys: impl IntoIterator<Item = Secret>) -> Self {
        self.settings.signing_keys = keys.into_iter().collect();
        self
    }

    /// Takes what an enterprise's identity provider asserts about a person in place of a login
    /// (ID-JAG, SEP-990). Off by default.
    pub fn identity_assertion(mut self, settings: IdentityAssertion) -> Self {
        self.settings.identity_assertion = Some(settings);
        self
    }

    /// Whether clients that you set up with a secret or keys ([`client`](Self::client)) may
    /// exchange an access token that they were called with for one of their own, with the same
    /// subject and the same scopes or fewer (RFC 8693); off by default.
    pub fn token_exchange(mut self, on: bool) -> Self {
        self.settings.token_exchange = on;
        self
    }

    /// Refuses callers by what is known of them: a person who left, a tenant that did not pay. The
    /// hook is called for every request, and for open streams before each message and every few
    /// seconds, so it must not block.
    pub fn deny_caller(
        mut self,
        hook: impl Fn(&Principal) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.deny_caller = Some(Arc::new(hook));
        self
    }

    /// Where clients, logins and tokens are kept. By default it is the memory of this process: all
    /// logins end with it, and other replicas do not know them.
    pub fn store(mut self, store: Store) -> Self {
        self.settings.store = store;
        self
    }

    /// What fetches documents of clients, and asks the identity provider.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.settings.fetcher = fetcher;
        self
    }

    /// What times are taken from, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.settings.clock = clock;
        self
    }

    pub(super) fn consent(mut self, consent: Consent) -> Self {
        self.settings.consent = consent;
        self
    }

    /// Checks the settings and makes the provider. Nothing is fetched, and nothing is stored.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] names the setting that is missing or cannot be used, and says where the
    /// right value is found.
    pub fn build(self) -> Result<Issuer<V>, ProviderError> {
        let checked = self.settings.check(&self.vendor, self.kind)?;
        Ok(Issuer::new(self.vendor, self.settings, checked, self.kind))
    }
}

impl<V: Clone + fmt::Debug + Send + Sync> AuthProvider for IssuerBuilder<V> {
    fn protection(&self, endpoint_path: &str) -> Result<Protection, ProviderError> {
        self.clone().build()?.protection(endpoint_path)
    }
}

impl<V> fmt::Debug for Kind<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kind").field(&self.name).finish()
    }
}
