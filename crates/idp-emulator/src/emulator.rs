//! The running emulator.

mod builder;

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use self::builder::{Builder, StartError};

use crate::clock::ClockChange;
use crate::environment::{Environment, Shared};
use crate::faults::{Faults, MAX_SLOW_MS};
use crate::issuer::IssuerMode;
use crate::journal::JournalEntry;
use crate::keyring::{KeySummary, RotateError, Rotation};
use crate::mint::{Mint, MintError};
use crate::user::User;
use crate::variables::variables;
use crate::vendor::Vendor;
use crate::{keyring, routes, serve};

/// A running environment of a [`Vendor`]. It stops when this handle is dropped.
///
/// The methods do what the control plane under `/__emu/` does, without HTTP.
pub struct Emulator {
    address: SocketAddr,
    environment: Shared,
    /// Dropping the set aborts the server.
    server: JoinSet<()>,
}

impl Emulator {
    /// Begins to set up an emulator of Scalekit.
    pub fn builder() -> Builder {
        Self::of(Vendor::Scalekit)
    }

    /// Begins to set up an emulator of a vendor.
    pub fn of(vendor: Vendor) -> Builder {
        Builder::new(vendor)
    }

    fn serve_on(listener: TcpListener, address: SocketAddr, environment: Environment) -> Self {
        let environment = Arc::new(environment);
        let mut server = JoinSet::new();
        server.spawn(serve::serve(
            listener,
            routes::router(Arc::clone(&environment)),
        ));
        Self {
            address,
            environment,
            server,
        }
    }

    /// Keeps the emulator running until `until` is ready.
    pub async fn serve(mut self, until: impl Future<Output = ()>) {
        tokio::select! {
            () = until => {}
            _ = self.server.join_next() => {}
        }
    }

    /// The environment URL, without a slash at the end: `http://127.0.0.1:PORT` unless set up
    /// otherwise.
    pub fn url(&self) -> &str {
        &self.environment.url
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The issuer that the metadata of a resource names: `{environment}/resources/{resource}` of
    /// Scalekit, and whatever else other vendors make of tenant and resource.
    pub fn resource_issuer(&self, resource: &str) -> String {
        self.environment.resource_issuer(resource)
    }

    /// Where people find the control plane's page.
    pub fn control_url(&self) -> String {
        format!("http://{}/__emu/", self.address)
    }

    /// The time of the environment, in seconds since 1970.
    pub fn now(&self) -> u64 {
        self.environment.now()
    }

    /// Makes a token.
    ///
    /// # Errors
    ///
    /// [`MintError`] when the order names a resource or a key that does not exist.
    pub fn mint(&self, order: &Mint) -> Result<String, MintError> {
        self.environment.mint(order)
    }

    /// Takes a step of key rotation. Making a key takes some tens of milliseconds.
    ///
    /// # Errors
    ///
    /// [`RotateError`] when the step does not follow from the one before.
    pub fn rotate(&self, rotation: Rotation) -> Result<KeySummary, RotateError> {
        let mut keys = self.environment.keys();
        keys.rotate(rotation)?;
        Ok(keys.summary())
    }

    /// The identifiers of the keys.
    pub fn keys(&self) -> KeySummary {
        self.environment.keys().summary()
    }

    /// The key set as it is published, faults aside (RFC 7517 section 5).
    pub fn jwks(&self) -> Value {
        keyring::key_set(&self.environment.keys().jwks())
    }

    /// Sets what is wrong with the environment; `Faults::default()` heals it.
    pub fn faults(&self, faults: Faults) {
        let slow_ms = faults.slow_ms.min(MAX_SLOW_MS);
        self.environment.state().faults = Faults { slow_ms, ..faults };
    }

    /// Sets which issuer the next tokens name.
    pub fn issuer(&self, mode: IssuerMode) {
        let mut state = self.environment.state();
        state.issuer_mode = mode;
        state.resource_issuer_next = false;
    }

    /// Moves the clock, and returns the new time in seconds since 1970.
    pub fn clock(&self, change: ClockChange) -> u64 {
        let mut state = self.environment.state();
        state.clock.change(change);
        state.clock.now()
    }

    /// Sets where the application of an OAuth proxy is sent codes, and makes it if it was not
    /// there; see [`Builder::application`].
    ///
    /// # Errors
    ///
    /// [`StartError::Client`] when a redirect URI cannot be one.
    pub fn application<I, S>(&self, redirect_uris: I) -> Result<(), StartError>
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let uris = redirect_uris.into_iter().map(Into::into).collect();
        let refused = |problem| StartError::Client {
            client: self.environment.application.clone(),
            problem,
        };
        self.environment
            .set_application(uris)
            .map_err(refused)
            .map(drop)
    }

    /// How often the token endpoint was asked for a grant, such as `refresh_token`, by a client
    /// that it knows.
    pub fn grants(&self, grant_type: &str) -> u64 {
        self.environment.journal().grants(grant_type)
    }

    /// How often a path was asked for, with any method. The control plane is not counted.
    pub fn requests(&self, path: &str) -> u64 {
        self.environment.journal().count(path)
    }

    /// The last 1000 requests, the oldest first.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.environment.journal().entries().cloned().collect()
    }

    /// Forgets the requests so far.
    pub fn clear_journal(&self) {
        self.environment.journal().clear();
    }

    /// Puts a user in the place of the one with the same subject, or beside the others; tokens and
    /// user info from now on say what is new. False when there are 1000 already.
    pub fn set_user(&self, user: User) -> bool {
        self.environment.set_user(user)
    }

    /// Removes a user, whose tokens are refused from now on, as far as they are asked about here.
    /// Says whether there was one.
    pub fn remove_user(&self, subject: &str) -> bool {
        self.environment.remove_user(subject)
    }

    /// Back to the state after the start: users, what clients registered, what users granted, the
    /// journal, faults, issuer mode and clock. The key of the start is the only one again; the
    /// identifiers of later keys are not used a second time.
    pub fn reset(&self) {
        self.environment.reset();
    }

    /// The variables that an MCP server protected by the first resource reads, with their values.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        variables(&self.environment)
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What the environment holds are codes and tokens.
        f.debug_struct("Emulator")
            .field("address", &self.address)
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
