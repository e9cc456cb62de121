//! The settings that all authorization servers share, and how the server is made of them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thyra_auth::{Principal, ProviderError, SigningKey};
use thyra_oauth::{
    Clock, Fetcher, ResourceUrl, ResourceUrlError, ScopeRules, ScopeSet, Secret, SystemClock,
    is_scope_token,
};
use thyra_store::Store;
use url::Url;

use super::builder::Kind;
use crate::assertion::IdentityAssertion;
use crate::client::{
    ClientRules, Clients, DocumentReach, IssuerClient, RedirectPatterns, RegistrationPolicy,
};
use crate::code::Codes;
use crate::cookie::CookiePolicy;
use crate::grant::{GrantSettings, Grants, Lifetimes, Renew};
use crate::login::Logins;
use crate::page::PagePolicy;
use crate::server::{
    AUTHORIZE, ApprovalKeys, CONSENT, Consent, JWKS, Parts, REGISTER, REVOKE, ScopePolicy, SignIn,
    TOKEN, Urls,
};
use crate::token_key::TokenKeys;

const BASE_URL_HELP: &str = "Set it to the URL at which clients and browsers reach this server, \
     such as https://mcp.example.com; for development, http://localhost:8000. `from_env` of a known \
     vendor reads it from THYRA_BASE_URL.";
const LIFETIME_HELP: &str = "Set it to more than no time.";

/// The longest life of an authorization code (OAuth 2.1 section 4.1.2 recommends ten minutes at
/// most).
const LONGEST_CODE: Duration = Duration::from_mins(10);

/// How long a refresh token may be good after it was used: a thief has as long.
const LONGEST_GRACE: Duration = Duration::from_mins(5);

pub(super) type DenyCaller = dyn Fn(&Principal) -> bool + Send + Sync;

/// The settings that all authorization servers share.
#[derive(Clone)]
pub(crate) struct IssuerSettings {
    pub(super) base_url: Option<String>,
    /// The base URL when not set.
    pub(super) resource_base_url: Option<String>,
    /// The base URL when not set.
    pub(super) issuer_url: Option<String>,
    pub(super) redirect_path: String,
    pub(super) endpoint_path: String,
    /// The vendor's own when not set.
    pub(super) required_scopes: Option<ScopeSet>,
    /// The required ones when not set.
    pub(super) valid_scopes: Option<ScopeSet>,
    pub(super) scope_descriptions: BTreeMap<String, String>,
    pub(super) scope_rules: ScopeRules,
    pub(super) resource_name: Option<String>,
    pub(super) resource_documentation: Option<String>,
    pub(super) service_documentation_url: Option<String>,
    pub(super) redirect_patterns: Option<RedirectPatterns>,
    pub(super) registration: RegistrationPolicy,
    pub(super) client_metadata_documents: bool,
    pub(super) insecure_loopback_metadata_documents: bool,
    pub(super) clients: Vec<IssuerClient>,
    pub(super) consent: Consent,
    pub(super) consent_csp_policy: Option<String>,
    pub(super) lifetimes: Lifetimes,
    pub(super) code_lifetime: Duration,
    pub(super) signing_keys: Vec<Secret>,
    pub(super) identity_assertion: Option<IdentityAssertion>,
    pub(super) token_exchange: bool,
    pub(super) deny_caller: Option<Arc<DenyCaller>>,
    pub(super) store: Store,
    pub(super) fetcher: Fetcher,
    pub(super) clock: Arc<dyn Clock>,
}

/// What became of settings that can work.
pub(super) struct Checked {
    pub(super) base_url: ResourceUrl,
    pub(super) parts: Arc<Parts>,
    pub(super) warnings: Vec<String>,
}

impl IssuerSettings {
    /// What the vendors' files may read.
    pub(crate) fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The URL that the identity provider sends browsers back to.
    pub(crate) fn callback_url(&self) -> Result<String, ProviderError> {
        let base_url = self.base_url()?;
        let path = base_url.path().trim_end_matches('/');
        Ok(format!(
            "{}{path}{}",
            base_url.origin(),
            self.redirect_path()?
        ))
    }

    pub(crate) fn base_url(&self) -> Result<ResourceUrl, ProviderError> {
        let text = self.base_url.as_deref().map(str::trim);
        let text = text.ok_or_else(|| ProviderError::missing("base_url", BASE_URL_HELP))?;
        resource("base_url", text, "")
    }

    fn redirect_path(&self) -> Result<String, ProviderError> {
        const HELP: &str = "Set it to a path below the base URL, such as /auth/callback, and set \
             the same URL up at the identity provider.";
        let invalid = |problem| ProviderError::invalid("redirect_path", problem, HELP);
        let text = self.redirect_path.trim();
        let path = format!("/{}", text.trim_start_matches('/'));
        if path.len() == 1 || ResourceUrl::new("https://h", &path).is_err() {
            return Err(invalid("it is not a path"));
        }
        if [AUTHORIZE, CONSENT, JWKS, REGISTER, REVOKE, TOKEN].contains(&&*path) {
            return Err(invalid("another endpoint of this server has it"));
        }
        Ok(path)
    }

    fn issuer(&self, base_url: &ResourceUrl) -> Result<String, ProviderError> {
        let Some(issuer) = &self.issuer_url else {
            return Ok(base_url.as_str().to_owned());
        };
        let issuer = issuer.trim();
        let invalid = |problem: ResourceUrlError| {
            let help = "Set it to the URL that identifies this authorization server, or leave it \
                        out: it is the base URL then.";
            ProviderError::invalid("issuer_url", problem.to_string(), help)
        };
        // RFC 8414 section 2 asks of an issuer what is asked of a resource here.
        ResourceUrl::new(issuer, "").map_err(invalid)?;
        Ok(issuer.to_owned())
    }

    fn scopes<V>(&self, kind: &Kind<V>) -> Result<ScopePolicy, ProviderError> {
        let default = || kind.required_scopes.iter().collect();
        let required = self.required_scopes.clone().unwrap_or_else(default);
        let valid = self.valid_scopes.clone();
        let none = ScopeSet::default();
        for (name, scopes) in [
            ("required_scopes", &required),
            ("valid_scopes", valid.as_ref().unwrap_or(&none)),
        ] {
            if !scopes.iter().all(is_scope_token) {
                return Err(ProviderError::invalid(
                    name,
                    "a scope holds quotes, backslashes or characters other than ASCII",
                    "Write the scopes as the identity provider's documentation does.",
                ));
            }
        }
        Ok(ScopePolicy::new(required, valid))
    }

    fn page_policy(&self) -> Result<PagePolicy, ProviderError> {
        let Some(policy) = &self.consent_csp_policy else {
            return Ok(PagePolicy::default());
        };
        PagePolicy::configured(policy).map_err(|problem| {
            let help = "Write the policy in one line, leave it empty to send none, or leave the \
                        setting out.";
            ProviderError::invalid("consent_csp_policy", problem.to_string(), help)
        })
    }

    fn check_lifetimes(&self) -> Result<(), ProviderError> {
        for (name, lifetime) in [
            ("access_token_lifetime", self.lifetimes.access_token),
            (
                "fallback_refresh_token_lifetime",
                self.lifetimes.fallback_refresh_token,
            ),
            ("code_lifetime", self.code_lifetime),
        ] {
            if lifetime < Duration::from_secs(1) {
                let problem = "it is shorter than a second";
                return Err(ProviderError::invalid(name, problem, LIFETIME_HELP));
            }
        }
        if self.code_lifetime > LONGEST_CODE {
            let help = "A program redeems its code at once; five minutes are plenty.";
            let problem = "it is longer than ten minutes";
            return Err(ProviderError::invalid("code_lifetime", problem, help));
        }
        if self.lifetimes.grace > LONGEST_GRACE {
            let help = "It is for a client that asks twice because an answer got lost; half a \
                        minute is plenty.";
            let problem = "it is longer than five minutes";
            return Err(ProviderError::invalid("refresh_grace", problem, help));
        }
        Ok(())
    }

    fn check_documentation(&self) -> Result<(), ProviderError> {
        for (name, url) in [
            ("resource_documentation", &self.resource_documentation),
            ("service_documentation_url", &self.service_documentation_url),
        ] {
            let is_page = |url: &String| {
                Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
            };
            if !url.as_ref().is_none_or(is_page) {
                let help = "Set it to the URL of a page for developers, or remove it.";
                return Err(ProviderError::invalid(
                    name,
                    "it is not an absolute URL",
                    help,
                ));
            }
        }
        Ok(())
    }

    fn token_keys(&self) -> Result<TokenKeys, ProviderError> {
        if self.signing_keys.is_empty() {
            let (store, clock) = (self.store.clone(), Arc::clone(&self.clock));
            return Ok(TokenKeys::kept(store, clock, self.lifetimes.access_token));
        }
        let invalid = |problem: String| {
            let help = "Give private keys of P-256 in PEM, each once; `openssl genpkey -algorithm \
                        EC -pkeyopt ec_paramgen_curve:P-256` makes one.";
            ProviderError::invalid("signing_keys", problem, help)
        };
        let keys = self.signing_keys.iter().map(SigningKey::from_pem);
        let keys: Vec<_> = keys
            .collect::<Result<_, _>>()
            .map_err(|e| invalid(e.to_string()))?;
        TokenKeys::given(keys, Arc::clone(&self.clock)).map_err(|e| invalid(e.to_string()))
    }

    fn clients(&self, scopes: &ScopePolicy, urls: &Urls) -> Result<Clients, ProviderError> {
        let rules = ClientRules {
            configured: self.clients.clone(),
            redirect_patterns: self.redirect_patterns.clone(),
            registration: self.registration.clone(),
            identity_assertion: self.identity_assertion.is_some(),
            valid_scopes: scopes.valid().clone(),
            documents: self.metadata_documents(),
            issuer: urls.issuer().to_owned(),
            token_endpoint: urls.url(TOKEN),
        };
        let (store, fetcher) = (self.store.clone(), self.fetcher.clone());
        let clients = Clients::new(rules, store, fetcher, Arc::clone(&self.clock));
        clients.map_err(|problem| {
            let help = "Correct the client that is given to `client`.";
            ProviderError::invalid("client", problem.to_string(), help)
        })
    }

    fn metadata_documents(&self) -> DocumentReach {
        match (
            self.client_metadata_documents,
            self.insecure_loopback_metadata_documents,
        ) {
            (false, _) => DocumentReach::None,
            (true, false) => DocumentReach::Public,
            (true, true) => DocumentReach::PublicAndLoopback,
        }
    }

    /// What people call the server, on its pages.
    fn name(&self, base_url: &ResourceUrl) -> String {
        let name = self.resource_name.as_deref().map(str::trim);
        let host = || base_url.origin().split("://").nth(1).unwrap_or_default();
        name.filter(|name| !name.is_empty())
            .unwrap_or_else(host)
            .to_owned()
    }

    fn warnings<V>(&self, kind: &Kind<V>, sign_in: &SignIn) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.store.is_lasting() {
            warnings.push(
                "all logins end with this process, and other replicas do not know them; give the \
                 provider a store with `store`"
                    .to_owned(),
            );
        }
        let has_upstream = matches!(sign_in, SignIn::Upstream(_));
        match self.consent {
            Consent::Off if has_upstream => warnings.push(
                "nobody is asked whether a client may act for them: a link is enough to let a \
                 stranger's client do it; set the consent to `Consent::Always`"
                    .to_owned(),
            ),
            Consent::External if has_upstream => warnings.push(
                "nobody is asked here whether a client may act for them; the identity provider must \
                 ask at each login, and name the client"
                    .to_owned(),
            ),
            _ => {}
        }
        if let SignIn::Upstream(upstream) = sign_in
            && upstream.takes_codes_of_others()
        {
            warnings.push(
                "nothing ties a code of the identity provider to the login that it is for, so a \
                 stolen one lets a stranger in; leave `forward_pkce` on if the identity provider \
                 takes it, or let its ID token say who has signed in"
                    .to_owned(),
            );
        }
        if self
            .redirect_patterns
            .as_ref()
            .is_some_and(RedirectPatterns::is_empty)
        {
            warnings.push(
                "`allowed_client_redirect_uris` is empty, so no client can log in".to_owned(),
            );
        }
        warnings.extend(kind.warnings.iter().map(|&warning| warning.to_owned()));
        warnings
    }

    /// Checks everything, and makes the server. Nothing is fetched, and nothing is stored.
    pub(super) fn check<V>(&self, vendor: &V, kind: &Kind<V>) -> Result<Checked, ProviderError> {
        let base_url = self.base_url()?;
        let redirect_path = self.redirect_path()?;
        let issuer = self.issuer(&base_url)?;
        self.check_lifetimes()?;
        self.check_documentation()?;
        let scopes = self.scopes(kind)?;
        let page_policy = self.page_policy()?;
        if let Some(url) = &self.resource_base_url {
            resource("resource_base_url", url.trim(), "")?;
        }
        let sign_in = (kind.sign_in)(vendor, self, &scopes)?;
        let warnings = self.warnings(kind, &sign_in);
        let urls = Urls::new(base_url.clone(), issuer.clone(), redirect_path);
        let clients = self.clients(&scopes, &urls)?;
        let token_keys = Arc::new(self.token_keys()?);
        let (store, clock) = (&self.store, &self.clock);
        let assertions = self.identity_assertion.clone();
        let assertions = assertions
            .map(|assertions| assertions.build(&issuer, store.clone(), clock, &self.fetcher));
        let assertions = assertions.transpose()?;
        let renew: Arc<dyn Renew> = Arc::new(sign_in.clone());
        let grants = Arc::new(Grants::new(
            store.clone(),
            Arc::clone(clock),
            Arc::clone(&token_keys),
            renew,
            GrantSettings {
                issuer: issuer.clone(),
                required_scopes: scopes.required().clone(),
                lifetimes: self.lifetimes,
            },
        ));
        // A base URL has been parsed as a URL above.
        let cookies = Url::parse(base_url.as_str()).map(|url| CookiePolicy::of(&url));
        let cookies = cookies.map_err(|_| ProviderError::missing("base_url", BASE_URL_HELP))?;
        let parts = Parts {
            name: self.name(&base_url),
            urls,
            service_documentation: self.service_documentation_url.clone(),
            scopes,
            scope_descriptions: self.scope_descriptions.clone(),
            consent: self.consent,
            next: kind.next,
            page_policy,
            cookies,
            approval_keys: ApprovalKeys::default(),
            clients,
            sign_in,
            assertions,
            token_exchange: self.token_exchange,
            logins: Logins::new(store.clone(), Arc::clone(clock), issuer),
            codes: Codes::new(store.clone(), Arc::clone(clock), self.code_lifetime),
            grants,
            token_keys,
            store: store.clone(),
            clock: Arc::clone(clock),
        };
        Ok(Checked {
            base_url,
            parts: Arc::new(parts),
            warnings,
        })
    }
}

impl Default for IssuerSettings {
    fn default() -> Self {
        Self {
            base_url: None,
            resource_base_url: None,
            issuer_url: None,
            redirect_path: "/auth/callback".to_owned(),
            // Servers built with Thyra listen here unless they choose another path.
            endpoint_path: "/mcp".to_owned(),
            required_scopes: None,
            valid_scopes: None,
            scope_descriptions: BTreeMap::new(),
            scope_rules: ScopeRules::default(),
            resource_name: None,
            resource_documentation: None,
            service_documentation_url: None,
            redirect_patterns: None,
            registration: RegistrationPolicy::default(),
            client_metadata_documents: true,
            insecure_loopback_metadata_documents: false,
            clients: Vec::new(),
            consent: Consent::default(),
            consent_csp_policy: None,
            lifetimes: Lifetimes::default(),
            code_lifetime: Duration::from_mins(5),
            signing_keys: Vec::new(),
            identity_assertion: None,
            token_exchange: false,
            deny_caller: None,
            store: Store::memory(),
            fetcher: Fetcher::new(),
            clock: Arc::new(SystemClock),
        }
    }
}

impl fmt::Debug for IssuerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerSettings")
            .field("base_url", &self.base_url)
            .field("required_scopes", &self.required_scopes)
            .field("consent", &self.consent)
            .finish_non_exhaustive()
    }
}

/// The resource at `endpoint_path`, or what is wrong with the setting that holds its base URL.
pub(super) fn resource(
    setting: &'static str,
    base_url: &str,
    endpoint_path: &str,
) -> Result<ResourceUrl, ProviderError> {
    ResourceUrl::new(base_url, endpoint_path).map_err(|problem| match problem {
        ResourceUrlError::EndpointPath => ProviderError::EndpointPath {
            path: endpoint_path.to_owned(),
            source: problem,
        },
        problem => ProviderError::invalid(setting, problem.to_string(), BASE_URL_HELP),
    })
}
