//! What is kept of tokens and clients, as text.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thyra_oauth::{
    ClientAuthentication, ClientCredentials, ScopeSet, Secret, SigningKey, TokenType, learned_url,
};
use url::Url;

use super::registration::Registration;
use crate::client::{Client, Identity, Method};
use crate::dpop::Binding;
use crate::store::MAX_VALUE;
use crate::tokens::{Life, Moment, Origin, Tokens};

/// The form of the texts. What has another form is not read.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct TokenRecord {
    version: u8,
    issuer: String,
    resource: String,
    token_endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revocation_endpoint: Option<String>,
    client: ClientRecord,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    life: Option<LifeRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpop: Option<DpopRecord>,
}

/// What tokens are bound to.
#[derive(Serialize, Deserialize)]
struct DpopRecord {
    /// The private key, in PEM.
    key: String,
    /// Whether the access token is bound to it, and not the refresh token alone.
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
    let origin = tokens.origin();
    let dpop = match &origin.binding {
        Some(binding) => Some(DpopRecord {
            key: binding.key.to_pem().ok()?.expose().clone(),
            access: tokens.is_bound(),
        }),
        None => None,
    };
    write(&TokenRecord {
        version: VERSION,
        issuer: origin.issuer.clone(),
        resource: origin.resource.clone(),
        token_endpoint: origin.token_endpoint.as_str().to_owned(),
        revocation_endpoint: origin.revocation_endpoint.as_ref().map(ToString::to_string),
        client: ClientRecord::of(&origin.client)?,
        access_token: tokens.access().expose().clone(),
        refresh_token: tokens.refresh().map(|token| token.expose().clone()),
        scope: tokens.scopes().map(ToString::to_string),
        life: tokens.life().and_then(|life| {
            Some(LifeRecord {
                length: u64::try_from(life.length.as_millis()).ok()?,
                end: u64::try_from(life.unix_end.as_millis()).ok()?,
            })
        }),
        dpop,
    })
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
    let (binding, kind) = match record.dpop {
        Some(DpopRecord { key, access }) => {
            let key = SigningKey::from_pem(&Secret::new(key)).ok()?;
            let binding = Binding {
                key: Arc::new(key),
                is_required: access,
            };
            let kind = if access {
                TokenType::Dpop
            } else {
                TokenType::Bearer
            };
            (Some(binding), kind)
        }
        None => (None, TokenType::Bearer),
    };
    let origin = Origin {
        // Whoever can write to the store must not be able to send tokens anywhere.
        token_endpoint: learned_url(&record.token_endpoint, server).ok()?,
        revocation_endpoint: record
            .revocation_endpoint
            .and_then(|text| learned_url(&text, server).ok()),
        client: record.client.identity(&record.issuer, given)?,
        issuer: record.issuer,
        resource: record.resource,
        binding,
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
    write(&RegistrationRecord {
        version: VERSION,
        issuer: registration.issuer.clone(),
        port: registration.port,
        client: ClientRecord::own(&registration.credentials)?,
    })
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
            port: record.port,
        }),
        Identity::Given { .. } => None,
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

fn write(record: &impl Serialize) -> Option<Secret> {
    let text = Secret::new(serde_json::to_string(record).ok()?);
    (text.expose().len() <= MAX_VALUE).then_some(text)
}

fn read<'a, T: Deserialize<'a>>(text: &'a Secret) -> Option<T> {
    // What serde says about a wrong value may repeat the value.
    serde_json::from_str(text.expose()).ok()
}
