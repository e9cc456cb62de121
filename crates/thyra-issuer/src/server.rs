//! The authorization server: all its parts in one value, which the endpoints work with.

mod approval_key;
mod consent;
mod renewal;
mod scopes;
mod sign_in;
mod urls;

use std::collections::BTreeMap;
use std::sync::Arc;

use thyra_oauth::{Clock, ResourceUrl};
use thyra_store::Store;
use url::Url;

use crate::assertion::Assertions;
use crate::client::{Clients, GrantType};
use crate::code::Codes;
use crate::cookie::CookiePolicy;
use crate::grant::Grants;
use crate::login::Logins;
use crate::page::PagePolicy;
use crate::token_key::TokenKeys;

pub(crate) use approval_key::ApprovalKeys;
pub use consent::Consent;
pub(crate) use scopes::ScopePolicy;
pub(crate) use sign_in::{Directory, NotSignedIn, SignIn};
pub(crate) use urls::{AUTHORIZE, CONSENT, JWKS, REGISTER, REVOKE, TOKEN, Urls};

/// The authorization server of one resource.
#[derive(Debug)]
pub(crate) struct AuthorizationServer {
    pub(crate) parts: Arc<Parts>,
    pub(crate) resource: ResourceUrl,
}

/// What does not depend on the resource.
#[derive(Debug)]
pub(crate) struct Parts {
    /// What people call the server.
    pub(crate) name: String,
    pub(crate) urls: Urls,
    pub(crate) service_documentation: Option<String>,
    pub(crate) scopes: ScopePolicy,
    /// What scopes allow, in words.
    pub(crate) scope_descriptions: BTreeMap<String, String>,
    pub(crate) consent: Consent,
    /// Who is asked next who the person is, on the consent page.
    pub(crate) next: Option<&'static str>,
    pub(crate) page_policy: PagePolicy,
    pub(crate) cookies: CookiePolicy,
    pub(crate) approval_keys: ApprovalKeys,
    pub(crate) clients: Clients,
    pub(crate) sign_in: SignIn,
    /// What judges ID-JAGs, if they are taken for a login.
    pub(crate) assertions: Option<Assertions>,
    /// Whether tokens are exchanged for clients that act for people.
    pub(crate) token_exchange: bool,
    pub(crate) logins: Logins,
    pub(crate) codes: Codes,
    pub(crate) grants: Arc<Grants>,
    pub(crate) token_keys: Arc<TokenKeys>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
}

impl AuthorizationServer {
    /// Whether a client means the resource of this server (RFC 8707 section 2). Scheme, host and
    /// path are compared as URLs are, and a slash at the end makes no difference: clients differ in
    /// all of these. The resource has no query, so the client's own does not count.
    pub(crate) fn is_named_by(&self, named: &str) -> bool {
        let (Ok(named), Ok(ours)) = (Url::parse(named), Url::parse(self.resource.as_str())) else {
            return false;
        };
        named.origin() == ours.origin()
            && named.origin().is_tuple()
            && named.username().is_empty()
            && named.password().is_none()
            && named.fragment().is_none()
            && named.path().trim_end_matches('/') == ours.path().trim_end_matches('/')
    }
}

/// What the profile of ID-JAGs is called in metadata (SEP-990).
const ID_JAG: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

/// The grant of token exchange (RFC 8693 section 2.1).
pub(crate) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

impl Parts {
    /// The grants that the token endpoint takes, by their names.
    pub(crate) fn grant_types(&self) -> impl Iterator<Item = &'static str> {
        let grants = [GrantType::AuthorizationCode, GrantType::RefreshToken];
        let asserted = self.assertions.as_ref().map(|_| GrantType::JwtBearer);
        let grants = grants.into_iter().chain(asserted).map(GrantType::as_str);
        grants.chain(self.token_exchange.then_some(TOKEN_EXCHANGE))
    }

    /// The profiles of those grants.
    pub(crate) fn grant_profiles(&self) -> Vec<&'static str> {
        self.assertions.iter().map(|_| ID_JAG).collect()
    }

    /// Whether a person decides on a page of ours.
    pub(crate) fn has_page(&self) -> bool {
        match self.sign_in {
            SignIn::Local(_) => true,
            SignIn::Upstream(_) => self.consent.has_page(),
        }
    }
}
