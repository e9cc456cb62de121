//! The caller, as a verified token describes it.

mod confirmation;
mod id;
mod identity;
mod retirement;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use thyra_oauth::ScopeSet;

pub use self::confirmation::{Confirmation, ConfirmationError, Thumbprint};
pub use self::id::{PrincipalId, SubjectId};
pub use self::identity::{ClaimPath, IdentityClaims};
pub(crate) use self::retirement::Retirement;

/// Who calls, and what they may do. It is made from a token after everything about the token was
/// checked, and never holds the token itself. Clones are cheap: they share what they hold.
///
/// `Debug` shows the names of the claims but not their values. `Serialize` writes what a `whoami`
/// operation would answer: `subject`, `client_id`, `org_id`, `scopes`, `kind` and `issuer`.
#[derive(Clone)]
pub struct Principal {
    facts: Arc<Facts>,
    /// Apart from the facts, so that naming the source copies none of them.
    source: Option<Arc<str>>,
    id: PrincipalId,
}

#[derive(Clone)]
struct Facts {
    issuer: Box<str>,
    subject: Box<str>,
    kind: PrincipalKind,
    client_id: Option<Box<str>>,
    organization: Option<Box<str>>,
    scopes: ScopeSet,
    expires_at: Option<Duration>,
    token_id: Option<Box<str>>,
    confirmation: Option<Confirmation>,
    claims: ClaimSet,
    /// Which of the claims hold what.
    identity: Arc<IdentityClaims>,
    /// Ends what was let in with the token before the token's end: of the key that signed it, or of
    /// the token itself, if somebody is asked about it.
    key: Option<Retirement>,
}

impl Principal {
    /// Begins a principal. `issuer` and `subject` together identify it.
    pub fn builder(issuer: impl Into<Box<str>>, subject: impl Into<Box<str>>) -> PrincipalBuilder {
        let facts = Facts {
            issuer: issuer.into(),
            subject: subject.into(),
            kind: PrincipalKind::User,
            client_id: None,
            organization: None,
            scopes: ScopeSet::default(),
            expires_at: None,
            token_id: None,
            confirmation: None,
            claims: ClaimSet::default(),
            identity: IdentityClaims::standard(),
            key: None,
        };
        PrincipalBuilder {
            facts,
            source: None,
        }
    }

    /// The subject (`sub`): unique at its issuer, and not at any other.
    pub fn subject(&self) -> &str {
        &self.facts.subject
    }

    /// Whether the token stands for a person or for the client itself.
    pub fn kind(&self) -> PrincipalKind {
        self.facts.kind
    }

    /// The client that the token was issued to (`client_id`, or `azp` where there is none).
    pub fn client_id(&self) -> Option<&str> {
        self.facts.client_id.as_deref()
    }

    /// The authorization server that vouches for it (`iss`), byte for byte.
    pub fn issuer(&self) -> &str {
        &self.facts.issuer
    }

    /// The organisation (tenant) of the caller, if the verifier knows which claim holds it.
    pub fn organization(&self) -> Option<&str> {
        self.facts.organization.as_deref()
    }

    /// What the token may do.
    pub fn scopes(&self) -> &ScopeSet {
        &self.facts.scopes
    }

    /// Whether the token carries exactly this scope; [`ScopeRules`](crate::ScopeRules) are not
    /// considered.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.facts.scopes.contains(scope)
    }

    /// When the token expires, as the time since 1970.
    pub fn expires_at(&self) -> Option<Duration> {
        self.facts.expires_at
    }

    /// The token's identifier (`jti`).
    pub fn token_id(&self) -> Option<&str> {
        self.facts.token_id.as_deref()
    }

    /// What the token is bound to (`cnf`); `None` for a plain bearer token.
    pub fn confirmation(&self) -> Option<&Confirmation> {
        self.facts.confirmation.as_ref()
    }

    /// All claims of the token.
    pub fn claims(&self) -> &ClaimSet {
        &self.facts.claims
    }

    /// One claim of the token.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.facts.claims.get(name)
    }

    /// The name of the verifier that vouches for the caller, if the server has several; those
    /// within others are named from the outside in, with slashes between them. Callers of
    /// different sources have different ids, even if all else is the same.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// What sessions, tasks and caches are keyed by. Quotas count its
    /// [`subject`](PrincipalId::subject).
    pub fn id(&self) -> PrincipalId {
        self.id
    }

    /// The same caller, as the source of this name admits it.
    pub(crate) fn admitted_by(&self, name: &Arc<str>) -> Self {
        match &self.source {
            None => Self {
                facts: Arc::clone(&self.facts),
                source: Some(Arc::clone(name)),
                id: self.id.at(name),
            },
            Some(inner) => self.with_source(Some(format!("{name}/{inner}").into())),
        }
    }

    /// The caller as it was before [`admitted_by`](Self::admitted_by), if that named this source.
    pub(crate) fn known_to(&self, name: &str) -> Option<Self> {
        let rest = self.source.as_deref()?.strip_prefix(name)?;
        if rest.is_empty() {
            return Some(self.with_source(None));
        }
        let inner = rest.strip_prefix('/')?;
        Some(self.with_source(Some(inner.into())))
    }

    fn with_source(&self, source: Option<Arc<str>>) -> Self {
        let id = PrincipalId::of(self.issuer(), self.subject(), self.client_id());
        Self {
            facts: Arc::clone(&self.facts),
            id: source.as_deref().map_or(id, |source| id.at(source)),
            source,
        }
    }

    /// What ends the token early; `None` if nothing does.
    pub(crate) fn key(&self) -> Option<&Retirement> {
        self.facts.key.as_ref()
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let text = self.issuer().len()
            + self.subject().len()
            + self.client_id().map_or(0, str::len)
            + self.organization().map_or(0, str::len)
            + self.token_id().map_or(0, str::len)
            + self
                .scopes()
                .iter()
                .map(|scope| scope.len() + 16)
                .sum::<usize>();
        size_of::<Self>() + size_of::<Facts>() + text + object_weight(&self.facts.claims.0)
    }
}

fn object_weight(members: &Map<String, Value>) -> usize {
    let members = members
        .iter()
        .map(|(name, value)| name.len() + value_weight(value) + 64);
    members.sum()
}

fn value_weight(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(value_weight).sum(),
            Value::Object(members) => object_weight(members),
        }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.facts.fmt(f)
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("subject", &self.subject)
            .field("kind", &self.kind)
            .field("client_id", &self.client_id)
            .field("issuer", &self.issuer)
            .field("scopes", &self.scopes)
            .field("confirmation", &self.confirmation)
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whoami<'a> {
            subject: &'a str,
            client_id: Option<&'a str>,
            org_id: Option<&'a str>,
            scopes: &'a ScopeSet,
            kind: PrincipalKind,
            issuer: &'a str,
        }
        Whoami {
            subject: self.subject(),
            client_id: self.client_id(),
            org_id: self.organization(),
            scopes: self.scopes(),
            kind: self.kind(),
            issuer: self.issuer(),
        }
        .serialize(serializer)
    }
}

/// Whom a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PrincipalKind {
    /// A person, on whose behalf a client acts.
    User,
    /// The client itself, as with the client credentials grant.
    Machine,
}

/// Makes a [`Principal`]; made by [`Principal::builder`].
#[derive(Clone, Debug)]
#[must_use = "there is no principal before `build`"]
pub struct PrincipalBuilder {
    facts: Facts,
    source: Option<Arc<str>>,
}

impl PrincipalBuilder {
    /// Whom the token stands for; [`PrincipalKind::User`] by default.
    pub fn kind(mut self, kind: PrincipalKind) -> Self {
        self.facts.kind = kind;
        self
    }

    /// The client that the token was issued to.
    pub fn client_id(mut self, client_id: impl Into<Box<str>>) -> Self {
        self.facts.client_id = Some(client_id.into());
        self
    }

    /// The organisation of the caller.
    pub fn organization(mut self, organization: impl Into<Box<str>>) -> Self {
        self.facts.organization = Some(organization.into());
        self
    }

    /// What the token may do; nothing by default.
    pub fn scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.facts.scopes = scopes.into();
        self
    }

    /// When the token expires, as the time since 1970.
    pub fn expires_at(mut self, expires_at: Duration) -> Self {
        self.facts.expires_at = Some(expires_at);
        self
    }

    /// The token's identifier.
    pub fn token_id(mut self, token_id: impl Into<Box<str>>) -> Self {
        self.facts.token_id = Some(token_id.into());
        self
    }

    /// What the token is bound to. By default the claim `cnf` says it, if [`claims`](Self::claims)
    /// has one, so that no verifier can forget it.
    pub fn confirmation(mut self, confirmation: Confirmation) -> Self {
        self.facts.confirmation = Some(confirmation);
        self
    }

    /// All claims of the token.
    pub fn claims(mut self, claims: impl Into<ClaimSet>) -> Self {
        self.facts.claims = claims.into();
        self
    }

    /// The name of the verifier that vouches for the caller, where a server has several that may
    /// know callers of the same issuer, subject and client; see
    /// [`Principal::source`]. [`AnyOf`](crate::AnyOf) sets it.
    pub fn source(mut self, name: impl Into<Arc<str>>) -> Self {
        self.source = Some(name.into());
        self
    }

    /// Which claims hold e-mail address, name, groups, roles and tenant; those of `OpenID` Connect
    /// by default.
    pub fn identity(mut self, claims: impl Into<Arc<IdentityClaims>>) -> Self {
        self.facts.identity = claims.into();
        self
    }

    /// When the token expires, as far as it was set.
    pub(crate) fn end(&self) -> Option<Duration> {
        self.facts.expires_at
    }

    /// What ends the token early.
    pub(crate) fn key(mut self, key: Retirement) -> Self {
        self.facts.key = Some(key);
        self
    }

    /// Makes the principal.
    pub fn build(self) -> Principal {
        let Self { mut facts, source } = self;
        if let (None, Some(cnf)) = (&facts.confirmation, facts.claims.get("cnf")) {
            // What cannot be read cannot be proved.
            let read = Confirmation::read(cnf).unwrap_or(Confirmation::unknown());
            facts.confirmation = Some(read);
        }
        let id = PrincipalId::of(&facts.issuer, &facts.subject, facts.client_id.as_deref());
        Principal {
            id: source.as_deref().map_or(id, |source| id.at(source)),
            facts: Arc::new(facts),
            source,
        }
    }
}

/// The claims of a token. `Debug` shows their names only.
#[derive(Clone, Default, PartialEq)]
pub struct ClaimSet(Map<String, Value>);

impl ClaimSet {
    /// One claim.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All claims, with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// All claims as a type of your own.
    ///
    /// # Errors
    ///
    /// When a claim is missing or does not fit the type.
    pub fn decode<'de, T: Deserialize<'de>>(&'de self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.0)
    }
}

impl From<Map<String, Value>> for ClaimSet {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}

impl fmt::Debug for ClaimSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn principal() -> Principal {
        let Value::Object(claims) = json!({ "sub": "usr_1", "email": "ada@example.com" }) else {
            panic!("an object")
        };
        Principal::builder("https://issuer", "usr_1")
            .client_id("m2m_1")
            .organization("org_1")
            .scopes(ScopeSet::parse("read write"))
            .expires_at(Duration::from_secs(9))
            .token_id("tkn_1")
            .claims(claims)
            .build()
    }

    #[test]
    fn clones_share_what_they_hold() {
        let principal = principal();
        assert!(Arc::ptr_eq(&principal.facts, &principal.clone().facts));
    }

    #[test]
    fn debug_shows_names_of_claims_only() {
        let shown = format!("{:?}", principal());
        assert!(
            shown.contains("email") && shown.contains("usr_1"),
            "{shown}"
        );
        assert!(!shown.contains("ada@example.com"), "{shown}");
    }

    #[test]
    fn a_claim_binds_it_whether_the_verifier_looks_or_not() {
        let bound = |claims: Value| {
            let Value::Object(claims) = claims else {
                panic!("an object")
            };
            let principal = Principal::builder("i", "s").claims(claims).build();
            principal.confirmation().cloned()
        };
        assert_eq!(bound(json!({ "sub": "s" })), None);
        let jkt = Thumbprint::of(b"key");
        let cnf = json!({ "cnf": { "jkt": jkt.to_string() } });
        assert_eq!(bound(cnf), Some(Confirmation::key(jkt)));
        for malformed in [json!({ "cnf": null }), json!({ "cnf": { "jkt": "x" } })] {
            assert_eq!(bound(malformed), Some(Confirmation::unknown()));
        }
    }

    #[test]
    fn serialized_it_answers_whoami() {
        assert_eq!(
            serde_json::to_string(&principal()).unwrap(),
            r#"{"subject":"usr_1","client_id":"m2m_1","org_id":"org_1","scopes":["read","write"],"kind":"user","issuer":"https://issuer"}"#
        );
    }

    #[test]
    fn claims_decode_into_a_type() {
        #[derive(Deserialize)]
        struct Mail {
            email: String,
        }
        let principal = principal();
        assert_eq!(
            principal.claims().decode::<Mail>().unwrap().email,
            "ada@example.com"
        );
        assert_eq!(principal.claim("email"), Some(&json!("ada@example.com")));
        assert_eq!(principal.claim("name"), None);
    }

    #[test]
    fn a_source_is_put_on_and_taken_off() {
        let principal = principal();
        let [inner, outer] = ["inner", "outer"].map(Arc::from);
        let named = principal.admitted_by(&inner);
        assert_eq!(named.source(), Some("inner"));
        let twice = named.admitted_by(&outer);
        assert_eq!(twice.source(), Some("outer/inner"));
        assert_eq!(twice.subject(), principal.subject());
        assert!(principal.id() != named.id() && named.id() != twice.id());

        assert_eq!(twice.known_to("outer").unwrap().id(), named.id());
        let plain = named.known_to("inner").unwrap();
        assert_eq!((plain.source(), plain.id()), (None, principal.id()));
        for other in ["", "oute", "outer/inner/", "inner", "outer/i"] {
            assert!(twice.known_to(other).is_none(), "{other}");
        }
        assert!(principal.known_to("inner").is_none());
        let built = Principal::builder("https://issuer", "usr_1").client_id("m2m_1");
        assert_eq!(built.source("inner").build().id(), named.id());
    }
}
