//! What a login has: in memory, and behind it in the store.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thyra_oauth::{Clock, printable_url};
use url::Url;

use super::record;
use super::registration::{Place, Registration};
use crate::client::Client;
use crate::dpop::Dpop;
use crate::oauth::OAuth;
use crate::store::{StoreError, StoreKey, StoreLock, TokenStore};
use crate::tokens::{Moment, Tokens};

/// The tokens of one login, and the clients that its authorization servers registered. Clones share
/// them.
#[derive(Clone, Debug)]
pub(super) struct Keeper {
    store: Arc<dyn TokenStore>,
    key: StoreKey,
    server: Url,
    client: Option<Client>,
    /// Where browsers come back to a web application.
    redirect_uri: Option<String>,
    dpop: Dpop,
    pub(super) clock: Arc<dyn Clock>,
    held: Arc<Mutex<Held>>,
}

/// The tokens in memory.
#[derive(Clone, Debug, Default)]
pub(super) enum Held {
    /// There are none, in the store neither.
    Nothing,
    Tokens(Arc<Tokens>),
    /// Nobody has looked into the store yet.
    #[default]
    Unread,
}

impl Keeper {
    pub(super) fn new(oauth: &OAuth, server: Url) -> Self {
        Self {
            store: Arc::clone(&oauth.store),
            key: StoreKey::tokens(server.as_str(), oauth.account.as_deref()),
            server,
            client: oauth.given_client().cloned(),
            redirect_uri: oauth.redirect_uri().map(ToString::to_string),
            dpop: oauth.dpop,
            clock: Arc::clone(&oauth.clock),
            held: Arc::default(),
        }
    }

    /// What is in memory.
    pub(super) fn held(&self) -> Held {
        self.memory().clone()
    }

    /// The tokens, from the store if they are not in memory.
    pub(super) async fn tokens(&self) -> Result<Option<Arc<Tokens>>, StoreError> {
        match self.held() {
            Held::Nothing => Ok(None),
            Held::Tokens(tokens) => Ok(Some(tokens)),
            Held::Unread => self.read().await,
        }
    }

    /// The tokens of the store, which another program may have put there. They are then in memory,
    /// too.
    pub(super) async fn read(&self) -> Result<Option<Arc<Tokens>>, StoreError> {
        let text = self.store.load(&self.key).await?;
        let now = Moment::now(&*self.clock);
        let read = text
            .and_then(|text| {
                let read = record::read_tokens(&text, &self.server, self.client.as_ref(), now);
                if read.is_none() {
                    let server = printable_url(self.server.as_str());
                    tracing::warn!(%server, "kept tokens cannot be read");
                }
                read.filter(|tokens| self.dpop.allows(tokens.is_bound()))
            })
            .map(Arc::new);
        let mut memory = self.memory();
        if let (Held::Tokens(held), Some(read)) = (&*memory, &read)
            && held.is_same(read)
        {
            return Ok(Some(Arc::clone(held)));
        }
        *memory = read.clone().map_or(Held::Nothing, Held::Tokens);
        Ok(read)
    }

    /// Keeps `tokens`. If the store fails, they are in memory all the same.
    pub(super) async fn keep(&self, tokens: Tokens) -> Result<Arc<Tokens>, StoreError> {
        let tokens = Arc::new(tokens);
        *self.memory() = Held::Tokens(Arc::clone(&tokens));
        if let Some(text) = record::write_tokens(&tokens) {
            self.store.save(&self.key, &text).await?;
        }
        Ok(tokens)
    }

    pub(super) async fn forget(&self) -> Result<(), StoreError> {
        *self.memory() = Held::Nothing;
        self.store.remove(&self.key).await
    }

    /// Waits until no other program renews these tokens.
    pub(super) async fn lock(&self) -> Result<StoreLock, StoreError> {
        self.store.lock(&self.key).await
    }

    /// The client that `issuer` registered.
    pub(super) async fn registration(
        &self,
        issuer: &str,
    ) -> Result<Option<Registration>, StoreError> {
        self.registration_at(&StoreKey::client(issuer), issuer)
            .await
    }

    /// The client that `issuer` registered for logins on another device.
    pub(super) async fn device_registration(
        &self,
        issuer: &str,
    ) -> Result<Option<Registration>, StoreError> {
        self.registration_at(&StoreKey::device_client(issuer), issuer)
            .await
    }

    /// The client that `issuer` registered for a web application.
    pub(super) async fn web_registration(
        &self,
        issuer: &str,
        redirect_uri: &str,
    ) -> Result<Option<Registration>, StoreError> {
        self.registration_at(&StoreKey::web_client(issuer, redirect_uri), issuer)
            .await
    }

    /// Waits until nobody else registers a web application at `issuer`.
    pub(super) async fn lock_web_registration(
        &self,
        issuer: &str,
        redirect_uri: &str,
    ) -> Result<StoreLock, StoreError> {
        self.store
            .lock(&StoreKey::web_client(issuer, redirect_uri))
            .await
    }

    async fn registration_at(
        &self,
        key: &StoreKey,
        issuer: &str,
    ) -> Result<Option<Registration>, StoreError> {
        let text = self.store.load(key).await?;
        Ok(text.and_then(|text| record::read_registration(&text, issuer)))
    }

    pub(super) async fn keep_registration(
        &self,
        registration: &Registration,
    ) -> Result<(), StoreError> {
        let issuer = &registration.issuer;
        let key = match &registration.place {
            Place::Device => StoreKey::device_client(issuer),
            Place::Port(_) => StoreKey::client(issuer),
            Place::Web(redirect_uri) => StoreKey::web_client(issuer, redirect_uri),
        };
        match record::write_registration(registration) {
            Some(text) => self.store.save(&key, &text).await,
            None => Ok(()),
        }
    }

    /// Forgets the clients that `issuer` registered.
    pub(super) async fn forget_registration(&self, issuer: &str) -> Result<(), StoreError> {
        self.store.remove(&StoreKey::client(issuer)).await?;
        if let Some(redirect_uri) = &self.redirect_uri {
            let key = StoreKey::web_client(issuer, redirect_uri);
            self.store.remove(&key).await?;
        }
        self.store.remove(&StoreKey::device_client(issuer)).await
    }

    fn memory(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
