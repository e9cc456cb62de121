//! Credentials that outlive a login, and that many programs share.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use idp_emulator::{Client as EmulatedClient, Faults, TokenFault};
use thyra_login::{
    Client, FileStore, Login, LoginError, LoginStage, MemoryStore, Need, Obtained, StoreError,
    StoreKey, StoreLock, TokenStore, Tokens,
};
use thyra_oauth::Secret;
use tokio::sync::Semaphore;

use crate::world::World;

async fn logged_in(login: &Login) -> Arc<Tokens> {
    let obtained = login.obtain(Need::Token(None), None).await.unwrap();
    assert_eq!(obtained, Obtained::Anew);
    login.tokens().await.unwrap().unwrap()
}

fn same(one: &Tokens, other: &Tokens) -> bool {
    one.access().expose() == other.access().expose()
}

#[tokio::test]
async fn the_next_program_needs_no_login() {
    let world = World::renewable().await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path()).sealed([7; 32]);
    let tokens = logged_in(&world.login(world.oauth().store(store.clone()))).await;

    world.emulator.clear_journal();
    let next = world.login(world.oauth().store(store));
    let found = next.tokens().await.unwrap().unwrap();
    assert!(same(&tokens, &found));
    assert_eq!(found.scopes(), tokens.scopes());
    assert_eq!(found.expires_in(), tokens.expires_in());
    assert_eq!(found.issuer(), world.emulator.resource_issuer("res_1"));
    assert_eq!(world.emulator.journal().len(), 0);

    // Time has passed for kept tokens, too.
    world.advance(280);
    let renewed = next.tokens().await.unwrap().unwrap();
    assert!(!same(&renewed, &found));
    assert_eq!(world.requests("/token"), 1);
    assert_eq!(world.requests("/authorize"), 0);
}

#[tokio::test]
async fn accounts_do_not_share_tokens_but_the_client() {
    let world = World::renewable().await;
    let store = MemoryStore::new();
    let account = |name| world.login(world.oauth().store(store.clone()).account(name));
    let ada = logged_in(&account("ada")).await;
    assert!(account("bob").tokens().await.unwrap().is_none());
    let bob = logged_in(&account("bob")).await;
    assert!(!same(&ada, &bob));
    assert!(same(&account("ada").tokens().await.unwrap().unwrap(), &ada));
    assert_eq!(world.requests(":register"), 1);
}

#[tokio::test]
async fn two_programs_use_a_refresh_token_once() {
    let world = World::renewable().await;
    let folder = tempfile::tempdir().unwrap();
    let program = || world.login(world.oauth().store(FileStore::new(folder.path())));
    let (one, two) = (program(), program());
    let old = logged_in(&one).await;
    assert!(same(&two.tokens().await.unwrap().unwrap(), &old));

    for round in 1..=2 {
        world.advance(280);
        let (one, two) = tokio::join!(one.tokens(), two.tokens());
        let (one, two) = (one.unwrap().unwrap(), two.unwrap().unwrap());
        assert!(same(&one, &two));
        // The code, and one renewal in each round: the emulator would end the login at a second.
        assert_eq!(world.requests("/token"), 1 + round);
    }
}

#[tokio::test]
async fn what_another_program_has_got_is_used_in_place_of_a_refused_token() {
    let world = World::renewable().await;
    let store = MemoryStore::new();
    let program = || world.login(world.oauth().store(store.clone()));
    let (one, two) = (program(), program());
    let old = logged_in(&one).await;
    two.tokens().await.unwrap();
    one.obtain(Need::Token(None), Some(&old)).await.unwrap();
    world.emulator.clear_journal();
    let obtained = two.obtain(Need::Token(None), Some(&old)).await.unwrap();
    assert_eq!(obtained, Obtained::Shared);
    assert_eq!(world.emulator.journal().len(), 0);
}

#[tokio::test]
async fn an_outage_costs_no_login() {
    for token in [TokenFault::Status500, TokenFault::Page] {
        let world = World::renewable().await;
        let login = world.login(world.oauth());
        let old = logged_in(&login).await;
        let faults = Faults {
            token,
            ..Faults::default()
        };
        world.emulator.faults(faults);
        // It should be renewed, and still works.
        world.advance(280);
        assert!(same(&login.tokens().await.unwrap().unwrap(), &old));
        // It no longer works.
        world.advance(30);
        let error = login.tokens().await.unwrap_err();
        assert_eq!(error.stage(), LoginStage::Token, "{error}");

        world.emulator.faults(Faults::default());
        let renewed = login.tokens().await.unwrap().unwrap();
        assert!(!same(&renewed, &old));
        assert_eq!(world.requests("/authorize"), 1);
    }
}

/// A laptop that was asleep: the time of day has gone on, and the other clock has not.
#[tokio::test]
async fn a_token_that_ended_while_the_machine_slept_is_renewed() {
    let world = World::renewable().await;
    let login = world.login(world.oauth());
    let old = logged_in(&login).await;
    world.sleep(100);
    assert!(same(&login.tokens().await.unwrap().unwrap(), &old));
    world.sleep(180);
    let renewed = login.tokens().await.unwrap().unwrap();
    assert!(!same(&renewed, &old));
    assert_eq!(world.requests("/token"), 2);
}

#[tokio::test]
async fn a_refused_refresh_token_is_forgotten_everywhere() {
    let world = World::renewable().await;
    let store = MemoryStore::new();
    let login = world.login(world.oauth().store(store.clone()));
    logged_in(&login).await;
    world.advance(60 * 24 * 3600);
    assert!(login.tokens().await.unwrap().is_none());
    let next = world.login(world.oauth().store(store));
    assert!(next.tokens().await.unwrap().is_none());
    // The client is still registered, and only the person is asked again.
    logged_in(&next).await;
    assert_eq!(world.requests(":register"), 1);
}

#[tokio::test]
async fn a_server_that_has_forgotten_its_clients_is_met_with_a_new_one() {
    let world = World::renewable().await;
    let store = MemoryStore::new();
    let program = || world.login(world.oauth().store(store.clone()).account("ada"));
    let other = || world.login(world.oauth().store(store.clone()).account("bob"));
    logged_in(&program()).await;
    // It starts anew, and nothing is left of what it gave.
    world.emulator.reset();
    logged_in(&other()).await;
    assert_eq!(world.requests(":register"), 1);
    // One look at the page, and one login.
    assert_eq!(world.requests("/authorize"), 2);
    // The tokens of before end with the client.
    world.advance(280);
    assert!(program().tokens().await.unwrap().is_none());
    let again = program();
    logged_in(&again).await;
    assert_eq!(world.requests(":register"), 1);
}

/// A world that revokes tokens, and a login there with a client that has `secret`.
async fn revoking(secret: Option<&str>, store: Gate) -> (World, Login) {
    let client = EmulatedClient::new("m2m_known")
        .redirect_uris(["http://127.0.0.1/callback"])
        .resource("res_1");
    let client = match secret {
        Some(secret) => client.secret(secret),
        None => client,
    };
    let scopes = ["files:read", "offline_access"];
    let world = World::build(
        |resource| resource.scopes(scopes).revocation(true),
        |builder| builder.client(client),
    )
    .await;
    let own = Client::new(world.issuer(), "m2m_known");
    let own = match secret {
        Some(secret) => own.secret(Secret::new(secret.to_owned())),
        None => own,
    };
    let login = world.login(world.oauth().client(own).store(store));
    (world, login)
}

#[tokio::test]
async fn whoever_logs_out_leaves_no_token_that_is_good() {
    let store = Gate::default();
    let (world, login) = revoking(Some("s"), store.clone()).await;
    logged_in(&login).await;
    let text = store.text().await;
    assert!(login.log_out().await.unwrap());
    assert_eq!(world.requests("/revoke"), 1);
    assert!(login.tokens().await.unwrap().is_none());
    // Somebody has a copy of what was kept.
    store.spoil(&text).await;
    login.obtain(Need::Token(None), None).await.unwrap();
    world.advance(280);
    assert!(login.tokens().await.unwrap().is_none());
    // There is nothing left to revoke.
    assert!(!login.log_out().await.unwrap());
    assert_eq!(world.requests("/revoke"), 1);
}

#[tokio::test]
async fn tokens_that_are_not_revoked_are_forgotten_all_the_same() {
    // The emulator lets no public client revoke.
    let (world, login) = revoking(None, Gate::default()).await;
    logged_in(&login).await;
    let error = login.log_out().await.unwrap_err();
    assert!(matches!(error, LoginError::NotRevoked(_)), "{error}");
    assert_eq!(error.stage(), LoginStage::Revocation);
    assert_eq!(world.requests("/revoke"), 1);
    assert!(login.tokens().await.unwrap().is_none());
}

#[tokio::test]
async fn a_login_that_has_ended_is_not_found_again() {
    let world = World::renewable().await;
    let store = MemoryStore::new();
    let program = || world.login(world.oauth().store(store.clone()));
    let login = program();
    logged_in(&login).await;
    login.log_out().await.unwrap();
    assert!(login.tokens().await.unwrap().is_none());
    assert!(program().tokens().await.unwrap().is_none());
    assert_eq!(world.requests("/revoke"), 0);
}

#[tokio::test]
async fn tokens_of_one_authorization_server_are_not_taken_to_another() {
    let (world, other) = (World::renewable().await, World::renewable().await);
    let login = world.login(world.oauth());
    let old = logged_in(&login).await;
    world.trust(&other);
    world.emulator.clear_journal();
    let obtained = login.obtain(Need::Token(None), Some(&old)).await.unwrap();
    assert_eq!(obtained, Obtained::Anew);
    assert_eq!(world.emulator.journal().len(), 0);
    assert_eq!(other.requests(":register"), 1);
    let new = login.tokens().await.unwrap().unwrap();
    assert_eq!(new.issuer(), other.emulator.resource_issuer("res_1"));
}

#[tokio::test]
async fn a_value_of_something_else_is_no_login() {
    let world = World::renewable().await;
    let store = Gate::default();
    let login = world.login(world.oauth().store(store.clone()));
    logged_in(&login).await;
    store.spoil("{\"version\":2}").await;
    let next = world.login(world.oauth().store(store));
    assert!(next.tokens().await.unwrap().is_none());
    logged_in(&next).await;
}

#[tokio::test]
async fn a_token_endpoint_that_a_store_names_must_be_one_to_send_secrets_to() {
    let world = World::renewable().await;
    let store = Gate::default();
    logged_in(&world.login(world.oauth().store(store.clone()))).await;
    let text = store.text().await;
    let endpoint = format!("{}/oauth/token", world.emulator.resource_issuer("res_1"));
    assert!(text.contains(&endpoint), "{text}");
    store
        .spoil(&text.replace(&endpoint, "http://192.0.2.1/token"))
        .await;
    let next = world.login(world.oauth().store(store));
    assert!(next.tokens().await.unwrap().is_none());
}

#[tokio::test]
async fn a_renewal_goes_on_when_its_caller_leaves() {
    let world = World::renewable().await;
    let store = Gate::default();
    let login = world.login(world.oauth().store(store.clone()));
    let old = logged_in(&login).await;
    world.advance(280);
    store.close();
    tokio::select! {
        _ = login.tokens() => unreachable!("the store keeps nothing yet"),
        () = store.is_waited_for() => {}
    }
    // The authorization server has taken the refresh token.
    assert_eq!(world.requests("/token"), 2);
    store.open();
    let new = login.tokens().await.unwrap().unwrap();
    assert!(!same(&new, &old));
    assert_eq!(world.requests("/token"), 2);
}

#[tokio::test]
async fn a_renewal_that_was_left_behind_is_not_taken_for_the_next_one() {
    let world = World::renewable().await;
    let store = Gate::default();
    let login = world.login(world.oauth().store(store.clone()));
    logged_in(&login).await;
    world.advance(280);
    store.close();
    tokio::select! {
        _ = login.tokens() => unreachable!("the store keeps nothing yet"),
        () = store.is_waited_for() => {}
    }
    store.open();
    store.has_kept().await;
    // It has nothing more to wait for, so it ends before this task goes on.
    tokio::task::yield_now().await;
    let second = login.tokens().await.unwrap().unwrap();
    assert_eq!(world.requests("/token"), 2);

    world.advance(280);
    let third = login.tokens().await.unwrap().unwrap();
    assert!(!same(&second, &third));
    assert_eq!(world.requests("/token"), 3);
}

#[tokio::test]
async fn a_store_that_cannot_be_used_is_named() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a_file");
    std::fs::write(&file, "").unwrap();
    let login = world.login(world.oauth().store(FileStore::new(file)));
    let error = login.obtain(Need::Token(None), None).await.unwrap_err();
    assert_eq!(error.stage(), LoginStage::Store);
    assert!(matches!(error, LoginError::Store(StoreError::Io { .. })));
    assert!(error.to_string().contains("a_file"), "{error}");
}

/// A store that keeps nothing while it is closed.
#[derive(Clone, Debug)]
struct Gate {
    store: MemoryStore,
    key: Arc<std::sync::Mutex<Option<StoreKey>>>,
    open: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// What was kept after a wait.
    kept: Arc<Semaphore>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            store: MemoryStore::new(),
            key: Arc::default(),
            open: Arc::new(Semaphore::new(100)),
            waiting: Arc::new(Semaphore::new(0)),
            kept: Arc::new(Semaphore::new(0)),
        }
    }
}

impl Gate {
    fn close(&self) {
        self.open.forget_permits(100);
    }

    fn open(&self) {
        self.open.add_permits(100);
    }

    async fn is_waited_for(&self) {
        self.waiting.acquire().await.unwrap().forget();
    }

    async fn has_kept(&self) {
        self.kept.acquire().await.unwrap().forget();
    }

    /// The key of the tokens, which are kept last.
    fn key(&self) -> StoreKey {
        self.key.lock().unwrap().clone().unwrap()
    }

    async fn text(&self) -> String {
        let text = self.store.load(&self.key()).await.unwrap();
        text.unwrap().expose().clone()
    }

    async fn spoil(&self, text: &str) {
        let text = Secret::new(text.to_owned());
        self.store.save(&self.key(), &text).await.unwrap();
    }
}

impl TokenStore for Gate {
    fn load<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Secret>, StoreError>> {
        self.store.load(key)
    }

    fn save<'a>(
        &'a self,
        key: &'a StoreKey,
        value: &'a Secret,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            *self.key.lock().unwrap() = Some(key.clone());
            let must_wait = self.open.available_permits() == 0;
            if must_wait {
                self.waiting.add_permits(1);
            }
            drop(self.open.acquire().await.unwrap());
            let saved = self.store.save(key, value).await;
            if must_wait {
                self.kept.add_permits(1);
            }
            saved
        }
        .boxed()
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.remove(key)
    }

    fn lock<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<StoreLock, StoreError>> {
        self.store.lock(key)
    }
}
