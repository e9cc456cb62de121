//! Logins of the users of a web application, which keeps what it needs while their browsers are
//! away.

use std::time::Duration;

use http::header::LOCATION;
use idp_emulator::Client as EmulatedClient;
use thyra_login::{
    AuthorizationError, Challenge, Client, Dpop, FileStore, FollowRedirects, Login, LoginError,
    LoginPage, MemoryStore, Need, OAuth, Obtained, ScopeSet, Secret, TokenStore,
};
use thyra_oauth::{Fetcher, Trust};
use url::Url;

use crate::bound::{BoundWorld, Rules};
use crate::world::World;

const CALLBACK: &str = "https://app.example.com/callback";

fn user(world: &World, name: &str, store: impl TokenStore + 'static) -> Login {
    let oauth = OAuth::web(name, CALLBACK).unwrap();
    world.login(oauth.clock(world.clock.clone()).store(store))
}

/// What the browser of a user who agrees brings back to the application: the query.
async fn agree(page: &str) -> String {
    let mut url = Url::parse(page).unwrap();
    let fetcher = Fetcher::new();
    for _ in 0..10 {
        if url.as_str().starts_with(CALLBACK) {
            return url.query().unwrap().to_owned();
        }
        let answer = fetcher.get_streamed(&url, Trust::Configured).await.unwrap();
        let to = answer.headers()[LOCATION].to_str().unwrap();
        url = url.join(to).unwrap();
    }
    unreachable!("the login page does not lead back");
}

async fn logged_in(login: &Login) {
    let page = login.begin().await.unwrap();
    let query = agree(&page.url).await;
    login.finish(&page.pending, &query).await.unwrap();
}

fn authorization(error: LoginError) -> AuthorizationError {
    match error {
        LoginError::Authorization(error) => error,
        other => unreachable!("{other:?}"),
    }
}

/// The query with another value, or none, for one parameter.
fn with(query: &str, name: &str, value: Option<&str>) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(one, _)| one != name);
    let mut changed = url::form_urlencoded::Serializer::new(String::new());
    changed.extend_pairs(pairs);
    if let Some(value) = value {
        changed.append_pair(name, value);
    }
    changed.finish()
}

#[tokio::test]
async fn users_log_in_and_share_a_client_but_no_tokens() {
    let world = World::renewable().await;
    let store = MemoryStore::new();
    let ada = user(&world, "ada", store.clone());
    let refused = ada.obtain(Need::Token(None), None).await.unwrap_err();
    assert!(matches!(refused, LoginError::LoginRequired), "{refused}");
    logged_in(&ada).await;
    let tokens = ada.tokens().await.unwrap().unwrap();

    let bob = user(&world, "bob", store.clone());
    assert!(bob.tokens().await.unwrap().is_none());
    let refused = bob.obtain(Need::Token(None), None).await.unwrap_err();
    assert!(matches!(refused, LoginError::LoginRequired), "{refused}");
    logged_in(&bob).await;
    let others = bob.tokens().await.unwrap().unwrap();
    assert_ne!(tokens.access().expose(), others.access().expose());
    assert_eq!(world.requests(":register"), 1);

    // Neither needs the browser again while the tokens can be renewed.
    world.advance(280);
    let renewed = user(&world, "ada", store).tokens().await.unwrap().unwrap();
    assert_ne!(renewed.access().expose(), tokens.access().expose());
}

#[tokio::test]
async fn many_users_who_come_at_once_are_one_client() {
    let world = World::new().await;
    let store = MemoryStore::new();
    let logins = ["ada", "bob", "eve", "joe"].map(|name| user(&world, name, store.clone()));
    let begun = logins.iter().map(Login::begin);
    futures_util::future::try_join_all(begun).await.unwrap();
    assert_eq!(world.requests(":register"), 1);
}

#[tokio::test]
async fn another_replica_finishes_what_one_has_begun() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let replica = || {
        let store = FileStore::new(folder.path()).sealed([7; 32]);
        user(&world, "ada", store)
    };
    let page = replica().begin().await.unwrap();
    let query = agree(&page.url).await;
    assert_eq!(LoginPage::id_in(&query), Some(page.id.clone()));
    let other = replica();
    other.finish(&page.pending, &query).await.unwrap();
    assert!(other.tokens().await.unwrap().is_some());
    // One that was there before hears of it when the resource refuses its request.
    let third = replica();
    let obtained = third.obtain(Need::Token(None), None).await.unwrap();
    assert_eq!(obtained, Obtained::Shared);
}

#[tokio::test]
async fn a_code_that_comes_twice_is_exchanged_once() {
    let world = World::renewable().await;
    let store = MemoryStore::new();
    let login = user(&world, "ada", store.clone());
    let page = login.begin().await.unwrap();
    let query = agree(&page.url).await;
    login.finish(&page.pending, &query).await.unwrap();
    let exchanged = world.requests("/oauth/token");
    for replica in [&login, &user(&world, "ada", store.clone())] {
        let error = replica.finish(&page.pending, &query).await.unwrap_err();
        let error = authorization(error);
        assert!(matches!(error, AuthorizationError::Finished), "{error}");
    }
    // It is remembered when the tokens are others.
    world.advance(280);
    let renewed = login.tokens().await.unwrap().unwrap();
    let error = login.finish(&page.pending, &query).await.unwrap_err();
    assert!(matches!(
        authorization(error),
        AuthorizationError::Finished | AuthorizationError::CameLate { .. }
    ));
    assert_eq!(world.requests("/oauth/token"), exchanged + 1);
    let held = login.tokens().await.unwrap().unwrap();
    assert_eq!(held.access().expose(), renewed.access().expose());
}

#[tokio::test]
async fn the_answer_to_another_login_is_not_used() {
    let world = World::new().await;
    let store = MemoryStore::new();
    let ada = user(&world, "ada", store.clone());
    let (page, tab) = (ada.begin().await.unwrap(), ada.begin().await.unwrap());
    let query = agree(&page.url).await;
    // The other tab's state; no state; one that nobody sent.
    let other = agree(&tab.url).await;
    for query in [
        other.clone(),
        with(&query, "state", None),
        with(&query, "state", Some("x")),
    ] {
        let error = ada.finish(&page.pending, &query).await.unwrap_err();
        let error = authorization(error);
        assert!(matches!(error, AuthorizationError::OtherState), "{error}");
    }
    for query in [
        String::new() + &query + "&state=x",
        with(&query, "code", None),
        with(&query, "code", Some("\u{1b}[2J")),
        format!("{query}&x={}", "x".repeat(20_000)),
    ] {
        let error = ada.finish(&page.pending, &query).await.unwrap_err();
        let error = authorization(error);
        let wanted = matches!(error, AuthorizationError::NoAnswer);
        assert!(wanted, "{error}");
    }
    assert_eq!(world.requests("/oauth/token"), 0);

    // Eve lures Ada's browser to the end of a login of Eve's, and the other way round.
    let eve = user(&world, "eve", store.clone());
    let hers = eve.begin().await.unwrap();
    let answer = agree(&hers.url).await;
    for (login, pending, query) in [
        (&ada, &hers.pending, &answer),
        (&eve, &page.pending, &query),
    ] {
        let error = authorization(login.finish(pending, query).await.unwrap_err());
        assert!(matches!(error, AuthorizationError::OtherUser), "{error}");
    }
    let other_world = World::new().await;
    let elsewhere = user(&other_world, "ada", store);
    let error = elsewhere.finish(&page.pending, &query).await.unwrap_err();
    let error = authorization(error);
    assert!(matches!(error, AuthorizationError::OtherUser), "{error}");
    assert_eq!(world.requests("/oauth/token"), 0);
    // Both tabs end well.
    ada.finish(&page.pending, &query).await.unwrap();
    ada.finish(&tab.pending, &other).await.unwrap();
}

#[tokio::test]
async fn what_another_authorization_server_answers_is_not_used() {
    let world = World::new().await;
    let login = user(&world, "ada", MemoryStore::new());
    let page = login.begin().await.unwrap();
    let query = agree(&page.url).await;
    for issuer in ["https://evil.example".to_owned(), world.issuer() + "/"] {
        let mixed_up = with(&query, "iss", Some(&issuer));
        let error = login.finish(&page.pending, &mixed_up).await.unwrap_err();
        let error = authorization(error);
        let wanted = matches!(error, AuthorizationError::IssuerMismatch);
        assert!(wanted, "{error}");
    }
    assert_eq!(world.requests("/oauth/token"), 0);
    login.finish(&page.pending, &query).await.unwrap();
}

#[tokio::test]
async fn a_login_is_good_for_its_time() {
    let world = World::new().await;
    let login = user(&world, "ada", MemoryStore::new());
    let page = login.begin().await.unwrap();
    world.advance(299);
    let query = agree(&page.url).await;
    world.advance(1);
    let error = authorization(login.finish(&page.pending, &query).await.unwrap_err());
    let limit = Duration::from_mins(5);
    let late = matches!(error, AuthorizationError::CameLate { limit: found } if found == limit);
    assert!(late, "{error}");
    assert_eq!(world.requests("/oauth/token"), 0);
    let page = login.begin().await.unwrap();
    world.advance(299);
    let query = agree(&page.url).await;
    login.finish(&page.pending, &query).await.unwrap();
}

#[tokio::test]
async fn what_was_kept_must_be_what_a_login_gave() {
    let world = World::new().await;
    let login = user(&world, "ada", MemoryStore::new());
    let page = login.begin().await.unwrap();
    let query = agree(&page.url).await;
    let text = page.pending.expose();
    let elsewhere = |endpoint: &str| {
        let mut record: serde_json::Value = serde_json::from_str(text).unwrap();
        record["token_endpoint"] = endpoint.into();
        record.to_string()
    };
    for changed in [
        String::new(),
        "{}".to_owned(),
        text[..text.len() - 1].to_owned(),
        format!("{text}{}", " ".repeat(20_000)),
        text.replacen("\"version\":1", "\"version\":2", 1),
        elsewhere("http://login.example.org/token"),
        elsewhere("javascript:alert(1)"),
    ] {
        let error = login
            .finish(&Secret::new(changed), &query)
            .await
            .unwrap_err();
        let error = authorization(error);
        let wanted = matches!(error, AuthorizationError::PendingUnreadable);
        assert!(wanted, "{error}");
    }
    assert_eq!(world.requests("/oauth/token"), 0);
}

#[tokio::test]
async fn no_formatter_shows_the_secrets_and_those_of_the_client_are_not_kept() {
    let client = EmulatedClient::new("m2m_known")
        .redirect_uris([CALLBACK])
        .resource("res_1")
        .secret("hush");
    let world = World::build(|resource| resource, |builder| builder.client(client)).await;
    let client = Client::new(world.issuer(), "m2m_known").secret(Secret::new("hush".to_owned()));
    let oauth = OAuth::web("ada", CALLBACK).unwrap().client(client);
    let login = world.login(oauth.clock(world.clock.clone()));
    let page = login.begin().await.unwrap();
    let query = agree(&page.url).await;
    let state = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state");
    let state = state.unwrap().1.into_owned();
    assert!(page.pending.expose().contains(&state));
    assert!(!format!("{page:?}").contains(&state));
    assert!(!page.id.contains(&state));
    assert!(!page.pending.expose().contains("hush"));
    login.finish(&page.pending, &query).await.unwrap();
    assert_eq!(world.requests(":register"), 0);
}

#[tokio::test]
async fn missing_scopes_are_asked_for_once_a_minute() {
    let world = World::new().await;
    let login = user(&world, "ada", MemoryStore::new());
    let first = Challenge::new().scope(&ScopeSet::parse("files:read"));
    let refused = login.obtain(Need::Token(Some(&first)), None).await;
    assert!(matches!(refused, Err(LoginError::LoginRequired)));
    logged_in(&login).await;
    let tokens = login.tokens().await.unwrap().unwrap();
    assert_eq!(tokens.scopes().unwrap().to_string(), "files:read");

    let challenge = Challenge::new()
        .error("insufficient_scope")
        .scope(&ScopeSet::parse("files:write"));
    let need = || Need::Scopes(&challenge);
    let refused = login.obtain(need(), Some(&tokens)).await;
    assert!(matches!(refused, Err(LoginError::LoginRequired)));
    logged_in(&login).await;
    let tokens = login.tokens().await.unwrap().unwrap();
    let granted = tokens.scopes().unwrap().to_string();
    assert_eq!(granted, "files:read files:write");
    // The resource still demands it, and the browser is not sent round in circles.
    let refused = login.obtain(need(), Some(&tokens)).await;
    assert!(matches!(
        refused,
        Err(LoginError::ScopesAskedAlready { .. })
    ));
}

#[tokio::test]
async fn a_refusal_of_the_user_is_told() {
    let world = World::new().await;
    let login = user(&world, "ada", MemoryStore::new());
    let page = login.begin().await.unwrap();
    let query = with(&agree(&page.url).await, "code", None) + "&error=access_denied";
    let error = authorization(login.finish(&page.pending, &query).await.unwrap_err());
    assert!(
        matches!(error, AuthorizationError::Denied { .. }),
        "{error}"
    );
    assert!(login.tokens().await.unwrap().is_none());
}

#[tokio::test]
async fn a_server_that_has_forgotten_the_application_is_met_with_a_new_client() {
    let world = World::new().await;
    let store = MemoryStore::new();
    logged_in(&user(&world, "ada", store.clone())).await;
    world.emulator.reset();
    logged_in(&user(&world, "bob", store)).await;
    assert_eq!(world.requests(":register"), 1);
}

#[tokio::test]
async fn tokens_are_bound_to_the_key_that_the_login_began_with() {
    let world = BoundWorld::new(Rules::default()).await;
    let store = MemoryStore::new();
    let replica = || {
        let oauth = OAuth::web("ada", CALLBACK).unwrap().dpop(Dpop::Always);
        world.login(oauth.clock(world.clock.clone()).store(store.clone()))
    };
    let page = replica().begin().await.unwrap();
    let query = agree(&page.url).await;
    let login = replica();
    login.finish(&page.pending, &query).await.unwrap();
    assert!(login.tokens().await.unwrap().unwrap().is_bound());
    let came = world.came();
    assert!(world.authorized().is_some());
    assert_eq!(came[0].key, world.authorized());
}

#[tokio::test]
async fn only_a_web_application_has_a_place_to_come_back_to() {
    let world = World::new().await;
    let login = world.login(OAuth::new(FollowRedirects::new()));
    let error = login.begin().await.unwrap_err();
    assert!(matches!(error, LoginError::NoRedirectUri), "{error}");
    for uri in [
        "http://app.example.com/callback",
        "https://ada:hush@app.example.com/callback",
        "https://app.example.com/callback#here",
        "javascript:alert(1)",
        "/callback",
    ] {
        assert!(OAuth::web("ada", uri).is_err(), "{uri}");
    }
}
