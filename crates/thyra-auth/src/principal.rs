//! The caller, as a verified token describes it.

mod retirement;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use thyra_oauth::ScopeSet;

pub(crate) use self::retirement::Retirement;

/// Who calls, and what they may do. It is made from a token after everything about the token was
/// checked, and never holds the token itself. Clones are cheap: they share what they hold.
///
/// `Debug` shows the names of the claims but not their values. `Serialize` writes what a `whoami`
/// operation would answer: `subject`, `client_id`, `org_id`, `scopes`, `kind` and `issuer`.
#[derive(Clone)]
pub struct Principal(Arc<Facts>);

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
    claims: ClaimSet,
    /// Of the key that signed the token, if an issuer can withdraw it.
    key: Option<Retirement>,
    id: PrincipalId,
}

impl Principal {
    /// Begins a principal. `issuer` and `subject` together identify it.
    pub fn builder(issuer: impl Into<Box<str>>, subject: impl Into<Box<str>>) -> PrincipalBuilder {
        PrincipalBuilder(Facts {
            issuer: issuer.into(),
            subject: subject.into(),
            kind: PrincipalKind::User,
            client_id: None,
            organization: None,
            scopes: ScopeSet::default(),
            expires_at: None,
            token_id: None,
            claims: ClaimSet::default(),
            key: None,
            id: PrincipalId([0; 32]),
        })
    }

    /// The subject (`sub`): unique at its issuer, and not at any other.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Whether the token stands for a person or for the client itself.
    pub fn kind(&self) -> PrincipalKind {
        self.0.kind
    }

    /// The client that the token was issued to (`client_id`, or `azp` where there is none).
    pub fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// The authorization server that vouches for it (`iss`), byte for byte.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The organisation (tenant) of the caller, if the verifier knows which claim holds it.
    pub fn organization(&self) -> Option<&str> {
        self.0.organization.as_deref()
    }

    /// What the token may do.
    pub fn scopes(&self) -> &ScopeSet {
        &self.0.scopes
    }

    /// Whether the token carries exactly this scope; [`ScopeRules`](crate::ScopeRules) are not
    /// considered.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.0.scopes.contains(scope)
    }

    /// When the token expires, as the time since 1970.
    pub fn expires_at(&self) -> Option<Duration> {
        self.0.expires_at
    }

    /// The token's identifier (`jti`).
    pub fn token_id(&self) -> Option<&str> {
        self.0.token_id.as_deref()
    }

    /// All claims of the token.
    pub fn claims(&self) -> &ClaimSet {
        &self.0.claims
    }

    /// One claim of the token.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.claims.get(name)
    }

    /// What sessions, tasks and caches are keyed by. Quotas count its
    /// [`subject`](PrincipalId::subject).
    pub fn id(&self) -> PrincipalId {
        self.0.id
    }

    /// Of the key that signed the token; `None` if no key of an issuer did.
    pub(crate) fn key(&self) -> Option<&Retirement> {
        self.0.key.as_ref()
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
        size_of::<Self>() + size_of::<Facts>() + text + object_weight(&self.0.claims.0)
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
        self.0.fmt(f)
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
pub struct PrincipalBuilder(Facts);

impl PrincipalBuilder {
    /// Whom the token stands for; [`PrincipalKind::User`] by default.
    pub fn kind(mut self, kind: PrincipalKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The client that the token was issued to.
    pub fn client_id(mut self, client_id: impl Into<Box<str>>) -> Self {
        self.0.client_id = Some(client_id.into());
        self
    }

    /// The organisation of the caller.
    pub fn organization(mut self, organization: impl Into<Box<str>>) -> Self {
        self.0.organization = Some(organization.into());
        self
    }

    /// What the token may do; nothing by default.
    pub fn scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.0.scopes = scopes.into();
        self
    }

    /// When the token expires, as the time since 1970.
    pub fn expires_at(mut self, expires_at: Duration) -> Self {
        self.0.expires_at = Some(expires_at);
        self
    }

    /// The token's identifier.
    pub fn token_id(mut self, token_id: impl Into<Box<str>>) -> Self {
        self.0.token_id = Some(token_id.into());
        self
    }

    /// All claims of the token.
    pub fn claims(mut self, claims: impl Into<ClaimSet>) -> Self {
        self.0.claims = claims.into();
        self
    }

    /// The key that signed the token.
    pub(crate) fn key(mut self, key: Retirement) -> Self {
        self.0.key = Some(key);
        self
    }

    /// Makes the principal.
    pub fn build(mut self) -> Principal {
        let facts = &mut self.0;
        facts.id = PrincipalId::of(&facts.issuer, &facts.subject, facts.client_id.as_deref());
        Principal(Arc::new(self.0))
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

/// Identifies a principal. The same issuer, subject and client give the same value in every process
/// and on every machine, and different ones give different values. It is a hash, so it does not
/// reveal whom it identifies. Serde writes it as `Display` does, in 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalId([u8; 32]);

/// Identifies a subject: the same person, or the same machine, whichever client it uses. What
/// belongs to a caller is kept under a [`PrincipalId`]; how much a caller may take is counted under
/// a `SubjectId`, because one person can register as many clients as they like.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId([u8; 16]);

impl PrincipalId {
    /// The first half stands for the subject, and the second for all three parts. So whoever has
    /// the id knows whose quota counts.
    fn of(issuer: &str, subject: &str, client_id: Option<&str>) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        // The lengths keep two different triples from giving the same bytes.
        for part in [issuer, subject] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let of_subject = hash.clone().finish();
        if let Some(client_id) = client_id {
            hash.update(client_id.as_bytes());
            hash.update(&[1]);
        }
        let mut id = [0; 32];
        id.copy_from_slice(hash.finish().as_ref());
        id[..16].copy_from_slice(&of_subject.as_ref()[..16]);
        Self(id)
    }

    /// The subject of the principal, whichever client it uses.
    pub fn subject(&self) -> SubjectId {
        let mut id = [0; 16];
        id.copy_from_slice(&self.0[..16]);
        SubjectId(id)
    }

    /// The value as bytes, for use as a key elsewhere.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrincipalId({self})")
    }
}

impl Serialize for PrincipalId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PrincipalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = read_hex(&text).ok_or_else(|| {
            D::Error::custom("the id of a principal has 64 hexadecimal digits, in lower case")
        })?;
        Ok(Self(id))
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectId({self})")
    }
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Reads what [`write_hex`] writes.
fn read_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    bytes.collect::<Option<Vec<_>>>()?.try_into().ok()
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
        assert!(Arc::ptr_eq(&principal.0, &principal.clone().0));
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
    fn a_subject_is_the_same_whichever_client_it_uses() {
        let subject = |issuer: &str, subject: &str, client: Option<&str>| {
            PrincipalId::of(issuer, subject, client).subject()
        };
        let ada = subject("i", "ada", None);
        for client in ["", "a", "b"] {
            assert_eq!(subject("i", "ada", Some(client)), ada);
        }
        assert_ne!(subject("i", "bob", None), ada);
        assert_ne!(subject("j", "ada", None), ada);
        assert_ne!(subject("ia", "da", None), ada);
        assert_eq!(ada.to_string().len(), 32);
    }

    #[test]
    fn an_id_is_read_as_it_is_written_and_nothing_else_is() {
        let id = principal().id();
        let text = id.to_string();
        assert_eq!(serde_json::to_value(id).unwrap(), json!(text));
        assert_eq!(
            serde_json::from_value::<PrincipalId>(json!(text)).unwrap(),
            id
        );
        for wrong in [
            String::new(),
            text[1..].to_owned(),
            text[2..].to_owned(),
            format!("{text}00"),
            text.replacen(|_| true, "g", 1),
            "é".repeat(32),
            "A".repeat(64),
        ] {
            assert!(
                serde_json::from_value::<PrincipalId>(json!(wrong)).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn ids_differ_whenever_issuer_subject_or_client_do() {
        let id = |issuer: &str, subject: &str, client: Option<&str>| {
            let builder = Principal::builder(issuer, subject);
            match client {
                Some(client) => builder.client_id(client),
                None => builder,
            }
            .build()
            .id()
        };
        let ids = [
            id("i", "s", None),
            id("i", "s", Some("")),
            id("i", "s", Some("c")),
            id("is", "", None),
            id("", "is", None),
            id("i", "sc", None),
            id("i2", "s", None),
        ];
        for (index, one) in ids.iter().enumerate() {
            assert!(
                ids.iter().skip(index + 1).all(|other| other != one),
                "{index}"
            );
        }
        assert_eq!(id("i", "s", Some("c")), id("i", "s", Some("c")));
    }
}
