//! Tokens to order, the hostile ones included.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::environment::Environment;
use crate::grant::Grant;
use crate::jwt;
use crate::jwt::Signature;
use crate::key::{CryptoError, KeyKind, RsaAlgorithm, SigningKey};
use crate::vendor::ResourceChoice;

/// Keys that no emulator ever publishes. One of a kind for the whole process: making one costs
/// time.
static FOREIGN_P256: LazyLock<Result<SigningKey, CryptoError>> =
    LazyLock::new(|| SigningKey::generate("foreign".to_owned(), KeyKind::P256));
static FOREIGN_RSA: LazyLock<Result<SigningKey, CryptoError>> =
    LazyLock::new(|| SigningKey::generate("foreign".to_owned(), KeyKind::Rsa));

/// An order for one token: a good user token unless told otherwise.
///
/// Where access tokens are opaque, so is a minted one, unless its header, key or raw parts are
/// ordered: then it is a JWT.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mint {
    claims: Map<String, Value>,
    header: Map<String, Value>,
    key: MintKey,
    resource: Option<String>,
    bare: bool,
    raw_claims: Option<String>,
    raw_header: Option<String>,
}

/// How a minted token is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MintKey {
    /// By the key that signs at the moment.
    #[default]
    Active,
    /// By a key that is in no key set, under the `kid` of the active key.
    Foreign,
    /// HS256 with the PEM of the active public key as the secret.
    Hs256Public,
    /// Not at all: `alg` is `none` and the signature is empty.
    None,
    /// By the key that stopped signing last.
    Retired,
}

/// Why a token could not be minted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MintError {
    /// Signing failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// No key has stopped signing yet.
    #[error("no key is retired yet; rotate the keys first")]
    NoRetiredKey,
    /// The environment has no such resource.
    #[error("the environment has no resource `{0}`; name one that the emulator was started with")]
    UnknownResource(String),
}

impl Mint {
    /// A good token of the first user, for the first resource, with all its scopes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a claim; the value null removes it.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Removes a claim.
    #[must_use]
    pub fn without(self, name: impl Into<String>) -> Self {
        self.claim(name, Value::Null)
    }

    /// Sets claims, as [`Mint::claim`] does.
    #[must_use]
    pub fn claims(mut self, claims: Map<String, Value>) -> Self {
        self.claims.extend(claims);
        self
    }

    /// Sets a header parameter; the value null removes it. The RSA algorithms of RFC 7518 in `alg`
    /// are really used; any other `alg` is written down, and the signature stays RS256.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.header.insert(name.into(), value.into());
        self
    }

    /// How to sign.
    #[must_use]
    pub fn key(mut self, key: MintKey) -> Self {
        self.key = key;
        self
    }

    /// For which resource, by its identifier; the first one by default.
    #[must_use]
    pub fn resource(mut self, id: impl Into<String>) -> Self {
        self.resource = Some(id.into());
        self
    }

    /// Only the claims that were set here, and no others.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// The payload, character by character, instead of claims: repeated names, or no JSON at all.
    #[must_use]
    pub fn raw_claims(mut self, payload: impl Into<String>) -> Self {
        self.raw_claims = Some(payload.into());
        self
    }

    /// The header, character by character. The signature is then as [`Mint::key`] and `alg` in
    /// [`Mint::header`] say.
    #[must_use]
    pub fn raw_header(mut self, header: impl Into<String>) -> Self {
        self.raw_header = Some(header.into());
        self
    }
}

impl Mint {
    /// Whether the order is about claims only: where tokens are opaque, nothing else applies.
    fn is_plain(&self) -> bool {
        self.header.is_empty()
            && self.key == MintKey::Active
            && self.raw_claims.is_none()
            && self.raw_header.is_none()
    }
}

impl Environment {
    pub(crate) fn mint(&self, order: &Mint) -> Result<String, MintError> {
        if self.opaque && order.is_plain() {
            return Ok(self.access_token(self.mint_claims(order)?, true)?);
        }
        let (active, retired) = {
            let keys = self.keys();
            (keys.active().clone(), keys.last_retired().cloned())
        };
        let retired = || retired.as_deref().ok_or(MintError::NoRetiredKey);

        let (algorithm, kid) = match order.key {
            MintKey::Active | MintKey::Foreign => (active.kind().algorithm(), active.id()),
            MintKey::Hs256Public => ("HS256", active.id()),
            MintKey::None => ("none", active.id()),
            MintKey::Retired => (retired()?.kind().algorithm(), retired()?.id()),
        };
        let mut header = Map::new();
        header.insert("alg".to_owned(), json!(algorithm));
        header.insert("kid".to_owned(), json!(kid));
        if let Some(kind) = self.vendor.tokens.header_type {
            header.insert("typ".to_owned(), json!(kind));
        }
        merge(&mut header, &order.header);
        let rsa = header
            .get("alg")
            .and_then(Value::as_str)
            .and_then(RsaAlgorithm::named)
            .unwrap_or(RsaAlgorithm::Rs256);

        let header = order
            .raw_header
            .clone()
            .unwrap_or_else(|| Value::Object(header).to_string());
        let payload = match &order.raw_claims {
            Some(raw) => raw.clone(),
            None => Value::Object(self.mint_claims(order)?).to_string(),
        };
        let pem;
        let signature = match order.key {
            MintKey::Active => Signature::Key(&active, rsa),
            MintKey::Foreign => {
                let foreign = match active.kind() {
                    KeyKind::P256 => &FOREIGN_P256,
                    KeyKind::Rsa => &FOREIGN_RSA,
                };
                Signature::Key(foreign.as_ref().map_err(|error| *error)?, rsa)
            }
            MintKey::Hs256Public => {
                pem = active.public_pem()?;
                Signature::Hmac(pem.as_bytes())
            }
            MintKey::None => Signature::None,
            MintKey::Retired => Signature::Key(retired()?, rsa),
        };
        Ok(jwt::encode(
            header.as_bytes(),
            payload.as_bytes(),
            &signature,
        )?)
    }

    fn mint_claims(&self, order: &Mint) -> Result<Map<String, Value>, MintError> {
        let resource = match &order.resource {
            Some(id) => self.resource(id),
            None => self.resources.first(),
        };
        let unknown = || MintError::UnknownResource(order.resource.clone().unwrap_or_default());
        let resource = resource.ok_or_else(unknown)?;
        let mut claims = Map::new();
        if !order.bare
            && let Some(user) = self.users().first()
        {
            let session = self.state().next_id(self.vendor.ids.session);
            let mut grant = Grant {
                client: format!("{}mint", self.vendor.ids.client),
                user: user.subject.clone(),
                tenant: self.tenant_of(resource).to_owned(),
                resource: Some(resource.id.clone()),
                bound: false,
                scopes: resource.scopes.clone(),
                session,
                offline: false,
                key: None,
            };
            if self.vendor.resources == ResourceChoice::Nothing && self.vendor.applications_only {
                let scopes = self.vendor.first.application_scopes.iter().copied();
                grant.client.clone_from(&self.application);
                grant.resource = None;
                grant.scopes = scopes.map(str::to_owned).collect();
            }
            claims = self.user_claims(user, &grant).0;
        }
        merge(&mut claims, &order.claims);
        Ok(claims)
    }
}

/// Lays `changes` over `target`; null removes.
fn merge(target: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (name, value) in changes {
        if value.is_null() {
            target.remove(name);
        } else {
            target.insert(name.clone(), value.clone());
        }
    }
}
