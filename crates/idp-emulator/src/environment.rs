//! The environment: what was configured, and what has happened since.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use crate::bounded::BoundedMap;
use crate::cimd::MetadataDocument;
use crate::client::Client;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::grant::{Code, Grant, Login, RefreshToken};
use crate::issuer::{IssuerMode, ScopeShape};
use crate::journal::{EntryNumber, Journal};
use crate::keyring::KeyRing;
use crate::redirect;
use crate::resource::Resource;
use crate::user::User;
use crate::vendor::{Offer, Row, fill};

const MAX_ASSERTIONS: usize = 8_000;
const MAX_CLIENTS: usize = 1_000;
const MAX_LOGINS: usize = 200;
const MAX_CODES: usize = 1_000;
const MAX_OPAQUE_TOKENS: usize = 8_000;
const MAX_FAMILIES: usize = 2_000;
const MAX_REFRESH_TOKENS: usize = 8_000;
const MAX_USERS: usize = 1_000;

/// What the routes share.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) vendor: &'static Row,
    /// The environment URL, without a slash at the end.
    pub(crate) url: String,
    /// Never empty.
    pub(crate) resources: Vec<Resource>,
    /// Those of the start. Never empty.
    first_users: Vec<User>,
    pub(crate) clients: Vec<Client>,
    pub(crate) metadata_documents: HashMap<String, MetadataDocument>,
    /// Issuers whose assertions lead to tokens, and their public keys.
    pub(crate) trusted_issuers: Vec<(String, Vec<Value>)>,
    pub(crate) initial_issuer_mode: IssuerMode,
    pub(crate) scope_shape: ScopeShape,
    pub(crate) auto_consent: bool,
    /// Access tokens are opaque.
    pub(crate) opaque: bool,
    /// Access tokens end.
    pub(crate) expiring: bool,
    /// The identifier of an OAuth proxy's application.
    pub(crate) application: String,
    keys: Mutex<KeyRing>,
    state: Mutex<State>,
    journal: Mutex<Journal>,
}

/// What changes while the environment runs.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    users: Vec<User>,
    pub(crate) issuer_mode: IssuerMode,
    /// In [`IssuerMode::Alternate`]: whether the next token names the resource's issuer.
    pub(crate) resource_issuer_next: bool,
    pub(crate) clients: BoundedMap<Client>,
    pub(crate) logins: BoundedMap<Login>,
    pub(crate) codes: BoundedMap<Code>,
    /// Grants with a refresh token; a family that is gone is revoked.
    pub(crate) families: BoundedMap<Grant>,
    pub(crate) refresh_tokens: BoundedMap<RefreshToken>,
    /// The identifiers of client assertions that were used.
    pub(crate) assertions: BoundedMap<()>,
    /// What opaque access tokens stand for.
    pub(crate) opaque_tokens: BoundedMap<Map<String, Value>>,
    /// The identifiers of access tokens that were revoked before their time.
    pub(crate) revoked: BoundedMap<()>,
    counters: HashMap<&'static str, u64>,
}

impl State {
    fn new(issuer_mode: IssuerMode, users: Vec<User>) -> Self {
        Self {
            clock: Clock::default(),
            faults: Faults::default(),
            users,
            issuer_mode,
            resource_issuer_next: false,
            clients: BoundedMap::new(MAX_CLIENTS),
            logins: BoundedMap::new(MAX_LOGINS),
            codes: BoundedMap::new(MAX_CODES),
            families: BoundedMap::new(MAX_FAMILIES),
            refresh_tokens: BoundedMap::new(MAX_REFRESH_TOKENS),
            assertions: BoundedMap::new(MAX_ASSERTIONS),
            opaque_tokens: BoundedMap::new(MAX_OPAQUE_TOKENS),
            revoked: BoundedMap::new(MAX_OPAQUE_TOKENS),
            counters: HashMap::new(),
        }
    }

    /// The next identifier of a kind: `prefix` and a number that counts from 1.
    pub(crate) fn next_id(&mut self, prefix: &'static str) -> String {
        let count = self.counters.entry(prefix).or_insert(0);
        *count += 1;
        format!("{prefix}{count}")
    }
}

/// What an [`Environment`] is made of.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) vendor: &'static Row,
    pub(crate) url: String,
    pub(crate) resources: Vec<Resource>,
    pub(crate) users: Vec<User>,
    pub(crate) clients: Vec<Client>,
    pub(crate) metadata_documents: HashMap<String, MetadataDocument>,
    /// Issuers whose assertions lead to tokens, and their public keys.
    pub(crate) trusted_issuers: Vec<(String, Vec<Value>)>,
    pub(crate) issuer_mode: IssuerMode,
    pub(crate) scope_shape: ScopeShape,
    pub(crate) auto_consent: bool,
    pub(crate) opaque: bool,
    pub(crate) expiring: bool,
    pub(crate) application: String,
}

impl Environment {
    pub(crate) fn new(configuration: Configuration, keys: KeyRing) -> Self {
        let Configuration {
            vendor,
            url,
            resources,
            users,
            clients,
            metadata_documents,
            trusted_issuers,
            issuer_mode,
            scope_shape,
            auto_consent,
            opaque,
            expiring,
            application,
        } = configuration;
        Self {
            vendor,
            url,
            resources,
            state: Mutex::new(State::new(issuer_mode, users.clone())),
            first_users: users,
            clients,
            metadata_documents,
            trusted_issuers,
            initial_issuer_mode: issuer_mode,
            scope_shape,
            auto_consent,
            opaque,
            expiring,
            application,
            keys: Mutex::new(keys),
            journal: Mutex::new(Journal::default()),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, KeyRing> {
        locked(&self.keys)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        locked(&self.journal)
    }

    pub(crate) fn now(&self) -> u64 {
        self.state().clock.now()
    }

    pub(crate) fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// The application of an OAuth proxy, if there is one.
    pub(crate) fn application(&self) -> Option<Client> {
        let set = self.state().clients.get(&self.application).cloned();
        set.or_else(|| {
            let given = |client: &&Client| client.id == self.application;
            self.clients.iter().find(given).cloned()
        })
    }

    /// Sets where the application is sent codes, and makes it if need be.
    pub(crate) fn set_application(&self, redirect_uris: Vec<String>) -> Result<Client, String> {
        for uri in &redirect_uris {
            redirect::check(uri)?;
        }
        let held = self.application();
        let client = held.unwrap_or_else(|| Client::application(&self.application));
        let client = client.redirect_uris(redirect_uris);
        let mut state = self.state();
        state.clients.insert(client.id.clone(), client.clone());
        Ok(client)
    }

    /// Whether a client may do without PKCE (RFC 7636): public ones never.
    pub(crate) fn may_leave_pkce_out(&self, client: &Client) -> bool {
        self.vendor.offers(Offer::PkceOptional) && !client.is_public()
    }

    pub(crate) fn users(&self) -> Vec<User> {
        self.state().users.clone()
    }

    pub(crate) fn user(&self, subject: &str) -> Option<User> {
        let state = self.state();
        let mut users = state.users.iter();
        users.find(|user| user.subject == subject).cloned()
    }

    /// Puts a user in the place of the one with the same subject, or beside the others. False when
    /// there are too many.
    pub(crate) fn set_user(&self, user: User) -> bool {
        let mut state = self.state();
        let users = &mut state.users;
        let full = users.len() >= MAX_USERS;
        match users.iter_mut().find(|held| held.subject == user.subject) {
            Some(held) => *held = user,
            None if full => return false,
            None => users.push(user),
        }
        true
    }

    /// Removes a user; says whether there was one.
    pub(crate) fn remove_user(&self, subject: &str) -> bool {
        let mut state = self.state();
        let before = state.users.len();
        state.users.retain(|user| user.subject != subject);
        state.users.len() < before
    }

    /// The tenants, the first one first. Never empty.
    pub(crate) fn tenants(&self) -> impl Iterator<Item = &str> {
        self.resources
            .iter()
            .map(|resource| self.tenant_of(resource))
    }

    pub(crate) fn tenant_of<'a>(&'a self, resource: &'a Resource) -> &'a str {
        resource
            .tenant
            .as_deref()
            .unwrap_or(self.vendor.first.tenant)
    }

    /// The resources of a tenant.
    pub(crate) fn resources_of<'a>(
        &'a self,
        tenant: &'a str,
    ) -> impl Iterator<Item = &'a Resource> + Clone {
        let of_tenant = move |resource: &&Resource| self.tenant_of(resource) == tenant;
        self.resources.iter().filter(of_tenant)
    }

    /// The issuer that a resource's metadata names.
    pub(crate) fn resource_issuer(&self, id: &str) -> String {
        let tenant = self
            .resource(id)
            .map_or(self.vendor.first.tenant, |resource| {
                self.tenant_of(resource)
            });
        let path = fill(self.vendor.paths.issuer, tenant, id);
        format!("{}{path}", self.url)
    }

    /// Remarks in the journal that the `resource` parameter (RFC 8707) is not the Server URL.
    /// Whether Scalekit refuses such a request is not documented; the emulator serves it.
    pub(crate) fn note_resource_parameter(
        &self,
        entry: EntryNumber,
        resource: Option<&Resource>,
        sent: &[&str],
    ) {
        let registered = resource.and_then(|resource| resource.uri.as_deref());
        if let Some(other) = sent.iter().find(|uri| Some(**uri) != registered) {
            let other: String = other.chars().take(200).collect();
            let registered = registered.unwrap_or("not set");
            let note = format!(
                "`resource` is {other:?}, but the Server URL is {registered}; served anyway"
            );
            self.journal().annotate(entry, note);
        }
    }

    /// Back to the state after the start: registered clients, codes, tokens, journal, faults,
    /// issuer mode and clock are as they were, and the key of the start is the only one. Key
    /// identifiers go on counting, because verifiers remember them.
    pub(crate) fn reset(&self) {
        *self.state() = State::new(self.initial_issuer_mode, self.first_users.clone());
        self.journal().clear();
        self.keys().reset();
    }
}

/// The environment as the routes hold it.
pub(crate) type Shared = Arc<Environment>;

/// A panic in another thread cannot leave these values half-written: each change is one assignment.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
