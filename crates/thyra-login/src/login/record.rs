//! What is kept of tokens and clients, as text.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thyra_oauth::{ClientAuthentication, ClientCredentials, ScopeSet, Secret, learned_url};
use url::Url;

use super::registration::Registration;
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
    client: ClientRecord,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    life: Option<LifeRecord>,
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
    port: u16,
    client: ClientRecord,
}

#[derive(Serialize, Deserialize)]
struct ClientRecord {
    id: String,
    #[serde(flatten)]
    authentication: AuthenticationRecord,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "method", content = "secret", rename_all = "snake_case")]
enum AuthenticationRecord {
    None,
    ClientSecretBasic(String),
    ClientSecretPost(String),
}

/// `tokens` as text. `None` when they cannot be kept.
pub(super) fn write_tokens(tokens: &Tokens) -> Option<Secret> {
    let origin = tokens.origin();
    write(&TokenRecord {
        version: VERSION,
        issuer: origin.issuer.clone(),
        resource: origin.resource.clone(),
        token_endpoint: origin.token_endpoint.as_str().to_owned(),
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
    })
}

/// Tokens from text that a login at `server` wrote. `None` when it is something else.
pub(super) fn read_tokens(text: &Secret, server: &Url, now: Moment) -> Option<Tokens> {
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
    let origin = Origin {
        // Whoever can write to the store must not be able to send tokens anywhere.
        token_endpoint: learned_url(&record.token_endpoint, server).ok()?,
        issuer: record.issuer,
        resource: record.resource,
        client: record.client.credentials(),
    };
    Some(Tokens::kept(
        Secret::new(record.access_token),
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
        client: ClientRecord::of(&registration.credentials)?,
    })
}

/// The client that `issuer` registered, from text that a login wrote. `None` when it is something
/// else.
pub(super) fn read_registration(text: &Secret, issuer: &str) -> Option<Registration> {
    let record: RegistrationRecord = read(text)?;
    let fits = record.version == VERSION && record.issuer == issuer;
    fits.then(|| Registration {
        issuer: record.issuer,
        credentials: record.client.credentials(),
        port: record.port,
    })
}

impl ClientRecord {
    /// `None` for a method that needs more than a text.
    fn of(credentials: &ClientCredentials) -> Option<Self> {
        let authentication = match &credentials.authentication {
            ClientAuthentication::None => AuthenticationRecord::None,
            ClientAuthentication::Basic(secret) => {
                AuthenticationRecord::ClientSecretBasic(secret.expose().clone())
            }
            ClientAuthentication::Post(secret) => {
                AuthenticationRecord::ClientSecretPost(secret.expose().clone())
            }
            _ => return None,
        };
        Some(Self {
            id: credentials.client_id.clone(),
            authentication,
        })
    }

    fn credentials(self) -> ClientCredentials {
        ClientCredentials {
            client_id: self.id,
            authentication: match self.authentication {
                AuthenticationRecord::None => ClientAuthentication::None,
                AuthenticationRecord::ClientSecretBasic(secret) => {
                    ClientAuthentication::Basic(Secret::new(secret))
                }
                AuthenticationRecord::ClientSecretPost(secret) => {
                    ClientAuthentication::Post(Secret::new(secret))
                }
            },
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
