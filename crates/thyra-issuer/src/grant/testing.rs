//! Grants for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, json};
use thyra_auth::{ManualClock, ScopeSet, Secret};
use thyra_oauth::unguessable;
use thyra_store::Store;

use super::{GrantSettings, Grants, Lifetimes, Renew, RenewError};
use crate::code::Redeemed;
use crate::record::{Grant, SignedIn, UpstreamTokens};
use crate::token_key::TokenKeys;

pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const RESOURCE: &str = "https://issuer.example/mcp";

/// A grant of nobody.
pub(crate) fn grant() -> Grant {
    Grant {
        client_id: "client".to_owned(),
        subject: "ada".to_owned(),
        claims: Map::new(),
        scopes: ScopeSet::default(),
        resource: RESOURCE.to_owned(),
        upstream: None,
        refresh_key: unguessable::<32>().unwrap(),
        generation: 0,
        rotated_at: START,
        renewed_at: START,
        created_at: START,
        expires_at: START + 3600,
    }
}

/// What a code stood for.
pub(crate) fn redeemed(tokens: Option<UpstreamTokens>) -> Redeemed {
    let mut claims = Map::new();
    claims.insert("email".to_owned(), json!("ada@example.com"));
    Redeemed {
        client_id: "client".to_owned(),
        redirect_uri: "http://127.0.0.1/callback".to_owned(),
        challenge: "challenge".to_owned(),
        scopes: ScopeSet::parse("read write"),
        resource: RESOURCE.to_owned(),
        grant_id: unguessable::<16>().unwrap().expose().clone(),
        signed_in: SignedIn {
            subject: "ada".to_owned(),
            claims,
            scopes: None,
            tokens,
        },
    }
}

/// Upstream tokens number `n`, of which the access token ends at this time.
pub(crate) fn upstream(n: u32, expires_at: Option<u64>) -> UpstreamTokens {
    UpstreamTokens {
        access_token: Secret::new(format!("access {n}")),
        refresh_token: Some(Secret::new(format!("refresh {n}"))),
        id_token: None,
        expires_at,
        refresh_expires_at: None,
    }
}

/// An identity provider that answers as it is told, and else says that nothing has changed.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    state: Mutex<Script>,
}

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Result<SignedIn, RenewError>>,
    delay: Duration,
    renewed: Vec<Option<String>>,
    ended: Vec<Option<String>>,
}

impl Scripted {
    pub(crate) fn will(&self, answer: Result<SignedIn, RenewError>) {
        self.lock().answers.push_back(answer);
    }

    /// How long each answer takes.
    pub(crate) fn takes(&self, delay: Duration) {
        self.lock().delay = delay;
    }

    /// The refresh tokens that were used, in order.
    pub(crate) fn renewed(&self) -> Vec<Option<String>> {
        self.lock().renewed.clone()
    }

    /// The refresh tokens of logins that were ended.
    pub(crate) fn ended(&self) -> Vec<Option<String>> {
        self.lock().ended.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Script> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refresh_token(grant: &Grant) -> Option<String> {
    let token = grant.upstream.as_ref()?.refresh_token.as_ref()?;
    Some(token.expose().clone())
}

impl Renew for Scripted {
    fn renew<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<SignedIn, RenewError>> {
        async move {
            let (answer, delay) = {
                let mut script = self.lock();
                script.renewed.push(refresh_token(grant));
                (script.answers.pop_front(), script.delay)
            };
            tokio::time::sleep(delay).await;
            answer.unwrap_or_else(|| {
                Ok(SignedIn {
                    subject: grant.subject.clone(),
                    claims: grant.claims.clone(),
                    scopes: None,
                    tokens: None,
                })
            })
        }
        .boxed()
    }

    fn end<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, ()> {
        self.lock().ended.push(refresh_token(grant));
        async {}.boxed()
    }
}

/// Grants in a store, with a clock and an identity provider that do as they are told.
pub(crate) struct Rig {
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    pub(crate) provider: Arc<Scripted>,
    pub(crate) grants: Arc<Grants>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::on(Store::memory())
    }

    pub(crate) fn on(store: Store) -> Self {
        let clock = ManualClock::new(Duration::from_secs(START));
        let provider = Arc::new(Scripted::default());
        let grants = grants_on(ISSUER, &store, &clock, &provider);
        Self {
            store,
            clock,
            provider,
            grants,
        }
    }

    /// Another process on the same store.
    pub(crate) fn replica(&self) -> Arc<Grants> {
        grants_on(ISSUER, &self.store, &self.clock, &self.provider)
    }

    /// Another authorization server on the same store.
    pub(crate) fn stranger(&self) -> Arc<Grants> {
        let issuer = "https://other.example";
        grants_on(issuer, &self.store, &self.clock, &self.provider)
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn grants_on(
    issuer: &str,
    store: &Store,
    clock: &ManualClock,
    provider: &Arc<Scripted>,
) -> Arc<Grants> {
    let clock = Arc::new(clock.clone());
    let keys = TokenKeys::kept(store.clone(), clock.clone(), Duration::from_hours(1));
    let settings = GrantSettings {
        issuer: issuer.to_owned(),
        required_scopes: ScopeSet::parse("read"),
        lifetimes: Lifetimes::default(),
    };
    let renew: Arc<dyn Renew> = provider.clone();
    let keys = Arc::new(keys);
    Arc::new(Grants::new(store.clone(), clock, keys, renew, settings))
}
