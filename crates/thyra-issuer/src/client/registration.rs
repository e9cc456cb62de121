//! Clients that register themselves (RFC 7591).
//!
//! Nobody knows who registers, so a registration is short until a person has logged in with it, and
//! only so many are made: what strangers can leave behind is bounded, however many come.

mod policy;
mod record;
mod refused;

use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};
use thyra_oauth::{Clock, unguessable};
use thyra_store::{Key, Store, StoreError};

pub use self::policy::RegistrationPolicy;
use self::record::Registration;
pub(crate) use self::refused::RegistrationRefused;

use super::configured::Credential;
use super::metadata::{Metadata, MetadataRefused, Offered};
use super::redirect_pattern::RedirectPatterns;
use super::{Client, ClientKind, RedirectRefused};
use crate::digest::Digest;
use crate::rate::Rate;

/// Where registrations are kept, by the issuer and the client's identifier.
const COLLECTION: &str = "clients";
/// The largest request, in bytes.
pub(super) const MAX_BODY: usize = 16 * 1024;
/// How many characters an identifier has: 16 random bytes in base64url.
const ID_LENGTH: usize = 22;

/// The clients that registered themselves.
pub(super) struct Registrations {
    /// Clients of another server that shares the store are none of this one's.
    issuer: String,
    policy: RegistrationPolicy,
    offered: Arc<Offered>,
    rate: Rate,
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Registrations {
    pub(super) fn new(
        issuer: impl Into<String>,
        policy: RegistrationPolicy,
        offered: Arc<Offered>,
        store: Store,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            rate: Rate::new(policy.per_second, policy.burst, Arc::clone(&clock)),
            policy,
            offered,
            store,
            clock,
        }
    }

    pub(super) fn are_open(&self) -> bool {
        self.policy.is_open
    }

    pub(super) async fn find(&self, client_id: &str) -> Result<Option<Client>, StoreError> {
        // Who closes registration trusts none of those that came before.
        if !self.policy.is_open {
            return Ok(None);
        }
        let Some(key) = self.key(client_id)? else {
            return Ok(None);
        };
        let Some(entry) = self.store.get(&key).await? else {
            return Ok(None);
        };
        // One that cannot be read is of no use to anybody; its client registers again.
        let registration = Registration::read(entry.value.expose());
        Ok(registration.map(|registration| self.client(client_id.to_owned(), registration)))
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
        if body.len() > MAX_BODY {
            return Err(RegistrationRefused::TooLarge);
        }
        let metadata = Metadata::read(body)?;
        // A client that asks for a secret learns from the answer that it needs none. One that has
        // keys would not want to be let in without them.
        if metadata.authentication_method.as_deref() == Some("private_key_jwt") {
            Err(MetadataRefused::Member(
                "`private_key_jwt` is for clients with a metadata document; publish one, or register with `none`",
            ))?;
        }
        for (at, uri) in metadata.redirect_uris.iter().enumerate() {
            if patterns.is_some_and(|patterns| !patterns.allow(uri)) {
                let reason = RedirectRefused::NotAllowed;
                Err(MetadataRefused::RedirectUri { at, reason })?;
            }
        }
        let registration = self.registration(metadata);
        self.rate.take().map_err(too_many)?;
        let id = unguessable::<16>()?;
        let id = id.expose();
        if let Some(key) = self.key(id)? {
            let lifetime = self.policy.unconfirmed_lifetime;
            self.store
                .put(&key, &registration.write(), lifetime)
                .await?;
        }
        Ok(information(id, &registration))
    }

    /// Where the registration of a client is; `None` if there cannot be one, which saves asking.
    fn key(&self, client_id: &str) -> Result<Option<Key>, StoreError> {
        let is_of_ids = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if client_id.len() != ID_LENGTH || !client_id.bytes().all(is_of_ids) {
            return Ok(None);
        }
        // All identifiers are of one length, so no pair reads as another.
        let name = Digest::of(&format!("{client_id}{}", self.issuer));
        Key::new(COLLECTION, name.as_str()).map(Some)
    }

    fn client(&self, id: String, registration: Registration) -> Client {
        let is_stale = registration.is_stale(self.clock.unix());
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
            use_must_be_noted: registration.is_confirmed && is_stale,
        }
    }

    fn registration(&self, metadata: Metadata) -> Registration {
        let now = self.clock.unix().as_secs();
        Registration {
            client_name: metadata.name,
            redirect_uris: metadata.redirect_uris,
            application_type: metadata.application_type,
            grant_types: self.offered.grant_types(metadata.grant_types),
            scope: self.offered.scopes(metadata.scopes.as_ref()),
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
        let Some(key) = self.key(client_id)? else {
            return Ok(());
        };
        let Some(entry) = self.store.get(&key).await? else {
            return Ok(());
        };
        let Some(mut registration) = Registration::read(entry.value.expose()) else {
            return Ok(());
        };
        let now = self.clock.unix();
        let is_noted = registration.is_confirmed && !registration.is_stale(now);
        if is_noted || !(registration.is_confirmed || confirms) {
            return Ok(());
        }
        registration.is_confirmed = true;
        registration.used_at = now.as_secs();
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
            .field("offered", &self.offered)
            .finish_non_exhaustive()
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
