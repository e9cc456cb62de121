//! Clients that register themselves (RFC 7591).
//!
//! Nobody knows who registers, so a registration is short until a person has logged in with it, and
//! only so many are made: what strangers can leave behind is bounded, however many come.

mod policy;
mod record;
mod refused;
mod request;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use thyra_oauth::{Clock, ScopeSet, unguessable};
use thyra_store::{Key, Store, StoreError};

pub use self::policy::RegistrationPolicy;
use self::record::Registration;
pub(crate) use self::refused::RegistrationRefused;
use self::request::Request;

use super::configured::Credential;
use super::redirect_pattern::RedirectPatterns;
use super::{Client, ClientKind, GrantType, RedirectRefused};
use crate::rate::Rate;

/// Where registrations are kept, by the client's identifier.
const COLLECTION: &str = "clients";
/// The largest request, in bytes.
pub(super) const MAX_BODY: usize = 16 * 1024;
/// How many characters an identifier has: 16 random bytes in base64url.
const ID_LENGTH: usize = 22;
/// How long a use of a registration counts before it is noted again.
const NOTED_FOR: Duration = Duration::from_hours(24);

/// The clients that registered themselves.
pub(super) struct Registrations {
    policy: RegistrationPolicy,
    identity_assertion: bool,
    valid_scopes: ScopeSet,
    rate: Rate,
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Registrations {
    pub(super) fn new(
        policy: RegistrationPolicy,
        identity_assertion: bool,
        valid_scopes: ScopeSet,
        store: Store,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            rate: Rate::new(policy.per_second, policy.burst, Arc::clone(&clock)),
            policy,
            identity_assertion,
            valid_scopes,
            store,
            clock,
        }
    }

    pub(super) fn are_open(&self) -> bool {
        self.policy.is_open
    }

    pub(super) async fn find(&self, client_id: &str) -> Result<Option<Client>, StoreError> {
        let Some(key) = key(client_id)? else {
            return Ok(None);
        };
        let Some(entry) = self.store.get(&key).await? else {
            return Ok(None);
        };
        // One that cannot be read is of no use to anybody; its client registers again.
        let registration = Registration::read(entry.value.expose());
        Ok(registration.map(|registration| client(client_id.to_owned(), registration)))
    }

    pub(super) async fn register(
        &self,
        body: &[u8],
        patterns: Option<&RedirectPatterns>,
    ) -> Result<Value, RegistrationRefused> {
        if !self.policy.is_open {
            return Err(RegistrationRefused::Closed);
        }
        let too_many = |retry_after| RegistrationRefused::TooMany { retry_after };
        // A flood is not even read, and what is refused for itself costs nobody a place.
        self.rate.check().map_err(too_many)?;
        let request = Request::read(body)?;
        for (at, uri) in request.redirect_uris.iter().enumerate() {
            if patterns.is_some_and(|patterns| !patterns.allow(uri)) {
                let reason = RedirectRefused::NotAllowed;
                return Err(RegistrationRefused::RedirectUri { at, reason });
            }
        }
        let registration = self.registration(request);
        self.rate.take().map_err(too_many)?;
        let id = unguessable::<16>()?;
        let id = id.expose();
        if let Some(key) = key(id)? {
            let lifetime = self.policy.unconfirmed_lifetime;
            self.store
                .put(&key, &registration.write(), lifetime)
                .await?;
        }
        Ok(information(id, &registration))
    }

    /// What counts of a request.
    fn registration(&self, request: Request) -> Registration {
        // Scopes that are not known here would only be asked for in vain. A client that knows none
        // of them asks for what it needs when it comes (RFC 7591 section 2).
        let known = |scopes: ScopeSet| -> ScopeSet {
            let scopes = scopes.iter();
            scopes
                .filter(|scope| self.valid_scopes.contains(scope))
                .collect()
        };
        let scopes = request.scopes.map(known);
        let grant_types = if self.identity_assertion {
            request.grant_types.with(GrantType::JwtBearer)
        } else {
            request.grant_types.without(GrantType::JwtBearer)
        };
        let now = self.clock.unix().as_secs();
        Registration {
            client_name: request.name,
            redirect_uris: request.redirect_uris,
            application_type: request.application_type,
            grant_types,
            scope: scopes.filter(|scopes| !scopes.is_empty()),
            issued_at: now,
            used_at: now,
            is_confirmed: false,
        }
    }

    /// A login has succeeded.
    pub(super) async fn confirm(&self, client_id: &str) {
        let outcome = self.note_use(client_id, true).await;
        if let Err(error) = outcome {
            tracing::debug!("a use of a registration could not be noted: {error}");
        }
    }

    /// The client has come back for tokens. One that nobody has logged in with lives no longer for
    /// it.
    pub(super) async fn touch(&self, client_id: &str) {
        let outcome = self.note_use(client_id, false).await;
        if let Err(error) = outcome {
            tracing::debug!("a use of a registration could not be noted: {error}");
        }
    }

    async fn note_use(&self, client_id: &str, confirms: bool) -> Result<(), StoreError> {
        let Some(key) = key(client_id)? else {
            return Ok(());
        };
        let Some(entry) = self.store.get(&key).await? else {
            return Ok(());
        };
        let Some(mut registration) = Registration::read(entry.value.expose()) else {
            return Ok(());
        };
        let now = self.clock.unix().as_secs();
        let is_recent = now.saturating_sub(registration.used_at) < NOTED_FOR.as_secs();
        let is_noted = registration.is_confirmed && is_recent;
        if is_noted || !(registration.is_confirmed || confirms) {
            return Ok(());
        }
        registration.is_confirmed = true;
        registration.used_at = now;
        // If somebody else changed it meanwhile, they noted the same.
        let value = registration.write();
        let (version, lifetime) = (Some(&entry.version), self.policy.lifetime);
        self.store
            .compare_and_swap(&key, version, &value, lifetime)
            .await?;
        Ok(())
    }
}

impl fmt::Debug for Registrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registrations")
            .field("policy", &self.policy)
            .field("identity_assertion", &self.identity_assertion)
            .field("valid_scopes", &self.valid_scopes)
            .finish_non_exhaustive()
    }
}

/// Where the registration of a client is; `None` if there cannot be one, which saves asking.
fn key(client_id: &str) -> Result<Option<Key>, StoreError> {
    let is_of_ids = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if client_id.len() != ID_LENGTH || !client_id.bytes().all(is_of_ids) {
        return Ok(None);
    }
    Key::new(COLLECTION, client_id).map(Some)
}

fn client(id: String, registration: Registration) -> Client {
    Client {
        id,
        name: registration.client_name,
        kind: ClientKind::Registered,
        application_type: registration.application_type,
        scopes: registration.scope,
        grant_types: registration.grant_types,
        redirect_uris: registration.redirect_uris.into(),
        redirect_patterns: None,
        credential: Credential::None,
    }
}

/// What counts, for the client (RFC 7591 section 3.2.1).
fn information(client_id: &str, registration: &Registration) -> Value {
    let mut information = json!({
        "client_id": client_id,
        "client_id_issued_at": registration.issued_at,
        "redirect_uris": registration.redirect_uris,
        "grant_types": registration.grant_types,
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": registration.application_type,
    });
    if let Some(name) = &registration.client_name {
        information["client_name"] = name.as_str().into();
    }
    if let Some(scope) = &registration.scope {
        information["scope"] = scope.to_string().into();
    }
    information
}

#[cfg(test)]
mod tests;
