//! What is kept of tokens, clients and logins, as text.

mod pending;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thyra_oauth::{
    ClientAuthentication, ClientCredentials, ScopeSet, Secret, SigningKey, TokenType, learned_url,
};
use url::Url;

pub(super) use self::pending::Pending;
use super::registration::{Place, Registration};
use crate::client::{Client, Identity, Method};
use crate::dpop::Binding;
use crate::store::MAX_VALUE;
use crate::tokens::{Life, Moment, Origin, Tokens};

/// The form of the texts. What has another form is not read.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct TokenRecord {
    version: u8,
    #[serde(flatten)]
    origin: OriginRecord,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    life: Option<LifeRecord>,
}

/// What tokens come from, or will.
#[derive(Serialize, Deserialize)]
struct OriginRecord {
    issuer: String,
    resource: String,
    token_endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revocation_endpoint: Option<String>,
    client: ClientRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpop: Option<DpopRecord>,
}

/// What tokens are bound to.
#[derive(Serialize, Deserialize)]
struct DpopRecord {
    /// The private key, in PEM.
    key: String,
    /// Whether the access token is bound to it, and not the refresh token alone; before there is
    /// one, whether it must be.
    access: bool,
}

#[derive(Serialize, Deserialize)]
struct LifeRecord {
    /// Its whole length, in milliseconds.
    length: u64,
    /// When it ends, in milliseconds since 1970.
    end: u64,
}

#[derive(Serialize, Deserialize)]
struct RegistrationRecord {
    version: u8,
    issuer: String,
    /// None for logins on another device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    /// That of a web application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
    client: ClientRecord,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClientRecord {
    /// The program is set up with it, so its secret is not kept a second time.
    Given { id: String, method: Method },
    Own {
        id: String,
        method: Method,
        #[serde(skip_serializing_if = "Option::is_none")]
        secret: Option<String>,
    },
}

/// `tokens` as text. `None` when they cannot be kept.
pub(super) fn write_tokens(tokens: &Tokens) -> Option<Secret> {
    let record = TokenRecord {
        version: VERSION,
        origin: OriginRecord::of(tokens.origin(), tokens.is_bound())?,
        access_token: tokens.access().expose().clone(),
        refresh_token: tokens.refresh().map(|token| token.expose().clone()),
        scope: tokens.scopes().map(ToString::to_string),
        life: tokens.life().and_then(|life| {
            Some(LifeRecord {
                length: u64::try_from(life.length.as_millis()).ok()?,
                end: u64::try_from(life.unix_end.as_millis()).ok()?,
            })
        }),
    };
    write(&record, MAX_VALUE)
}

/// Tokens from text that a login at `server` wrote. `None` when it is something else, and when they
/// were given to another client than the one that the program is set up with, if there is one.
pub(super) fn read_tokens(
    text: &Secret,
    server: &Url,
    given: Option<&Client>,
    now: Moment,
) -> Option<Tokens> {
    let record: TokenRecord = read(text)?;
    if record.version != VERSION {
        return None;
    }
    let life = record.life.and_then(|life| {
        let (length, end) = (
            Duration::from_millis(life.length),
            Duration::from_millis(life.end),
        );
        Life::ending(now, length, end)
    });
    let origin = record.origin.origin(server, given)?;
    let is_bound = matches!(&origin.binding, Some(binding) if binding.is_required);
    let kind = if is_bound {
        TokenType::Dpop
    } else {
        TokenType::Bearer
    };
    Some(Tokens::kept(
        Secret::new(record.access_token),
        kind,
        record.refresh_token.map(Secret::new),
        record.scope.as_deref().map(ScopeSet::parse),
        life,
        origin,
    ))
}

/// `registration` as text. `None` when it cannot be kept.
pub(super) fn write_registration(registration: &Registration) -> Option<Secret> {
    let (port, redirect_uri) = match &registration.place {
        Place::Device => (None, None),
        Place::Port(port) => (Some(*port), None),
        Place::Web(redirect_uri) => (None, Some(redirect_uri.clone())),
    };
    let record = RegistrationRecord {
        version: VERSION,
        issuer: registration.issuer.clone(),
        port,
        redirect_uri,
        client: ClientRecord::own(&registration.credentials)?,
    };
    write(&record, MAX_VALUE)
}

/// The client that `issuer` registered, from text that a login wrote. `None` when it is something
/// else.
pub(super) fn read_registration(text: &Secret, issuer: &str) -> Option<Registration> {
    let record: RegistrationRecord = read(text)?;
    if record.version != VERSION || record.issuer != issuer {
        return None;
    }
    match record.client.identity(issuer, None)? {
        Identity::Own(credentials) => Some(Registration {
            issuer: record.issuer,
            credentials,
            place: match (record.port, record.redirect_uri) {
                (Some(port), None) => Place::Port(port),
                (None, Some(redirect_uri)) => Place::Web(redirect_uri),
                (None, None) => Place::Device,
                (Some(_), Some(_)) => return None,
            },
        }),
        Identity::Given { .. } => None,
    }
}

impl OriginRecord {
    /// `None` when it cannot be kept. `is_bound` is for [`DpopRecord::access`].
    fn of(origin: &Origin, is_bound: bool) -> Option<Self> {
        let dpop = match &origin.binding {
            Some(binding) => Some(DpopRecord {
                key: binding.key.to_pem().ok()?.expose().clone(),
                access: is_bound,
            }),
            None => None,
        };
        Some(Self {
            issuer: origin.issuer.clone(),
            resource: origin.resource.clone(),
            token_endpoint: origin.token_endpoint.as_str().to_owned(),
            revocation_endpoint: origin.revocation_endpoint.as_ref().map(ToString::to_string),
            client: ClientRecord::of(&origin.client)?,
            login: origin.login.clone(),
            dpop,
        })
    }

    fn origin(self, server: &Url, given: Option<&Client>) -> Option<Origin> {
        let binding = match self.dpop {
            Some(DpopRecord { key, access }) => Some(Binding {
                key: Arc::new(SigningKey::from_pem(&Secret::new(key)).ok()?),
                is_required: access,
            }),
            None => None,
        };
        Some(Origin {
            // Whoever can write to the store must not be able to send tokens anywhere.
            token_endpoint: learned_url(&self.token_endpoint, server).ok()?,
            revocation_endpoint: self
                .revocation_endpoint
                .and_then(|text| learned_url(&text, server).ok()),
            client: self.client.identity(&self.issuer, given)?,
            issuer: self.issuer,
            resource: self.resource,
            login: self.login,
            binding,
        })
    }
}

impl ClientRecord {
    fn of(identity: &Identity) -> Option<Self> {
        match identity {
            Identity::Given { client, method } => Some(Self::Given {
                id: client.id().to_owned(),
                method: *method,
            }),
            Identity::Own(credentials) => Self::own(credentials),
        }
    }

    /// `None` for a method that needs more than a text.
    fn own(credentials: &ClientCredentials) -> Option<Self> {
        let (method, secret) = match &credentials.authentication {
            ClientAuthentication::None => (Method::None, None),
            ClientAuthentication::Basic(secret) => (Method::Basic, Some(secret)),
            ClientAuthentication::Post(secret) => (Method::Post, Some(secret)),
            _ => return None,
        };
        Some(Self::Own {
            id: credentials.client_id.clone(),
            method,
            secret: secret.map(|secret| secret.expose().clone()),
        })
    }

    fn identity(self, issuer: &str, given: Option<&Client>) -> Option<Identity> {
        match (self, given) {
            (Self::Given { id, method }, Some(client)) => {
                let fits = client.id() == id && client.is_of(issuer);
                fits.then(|| Identity::Given {
                    client: client.clone(),
                    method,
                })
            }
            (Self::Own { id, method, secret }, None) => {
                let authentication = match (method, secret.map(Secret::new)) {
                    (Method::None, None) => ClientAuthentication::None,
                    (Method::Basic, Some(secret)) => ClientAuthentication::Basic(secret),
                    (Method::Post, Some(secret)) => ClientAuthentication::Post(secret),
                    _ => return None,
                };
                Some(Identity::Own(ClientCredentials {
                    client_id: id,
                    authentication,
                }))
            }
            (Self::Given { .. }, None) | (Self::Own { .. }, Some(_)) => None,
        }
    }
}

/// `record` as text of at most `most` bytes.
fn write(record: &impl Serialize, most: usize) -> Option<Secret> {
    let text = Secret::new(serde_json::to_string(record).ok()?);
    (text.expose().len() <= most).then_some(text)
}

fn read<'a, T: Deserialize<'a>>(text: &'a Secret) -> Option<T> {
    // What serde says about a wrong value may repeat the value.
    serde_json::from_str(text.expose()).ok()
}
