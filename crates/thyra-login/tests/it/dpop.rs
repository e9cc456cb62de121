//! Tokens that are bound to a key of the program (RFC 9449).

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use thyra_login::{
    Challenge, Client, Dpop, DpopError, FileStore, Login, LoginError, MemoryStore, Need, OAuth,
    Tokens,
};
use thyra_oauth::{Fetched, Fetcher, Secret, Trust};

use crate::bound::{BoundWorld, Rules};

/// Gets the resource, as a program does: with what there is, and once more if a nonce is wanted.
async fn visit(login: &Login, url: &str) -> (StatusCode, HeaderMap, Option<Arc<Tokens>>) {
    let tokens = login.tokens().await.unwrap();
    for is_last in [false, true] {
        let presented = tokens
            .as_ref()
            .map(|tokens| login.present(tokens, &Method::GET, url).unwrap());
        let headers = presented.as_ref().map(|shown| shown.headers().clone());
        let answer = get(url, headers.unwrap_or_default()).await;
        let again = presented.is_some_and(|shown| shown.answered(&answer.headers));
        if is_last || !again {
            return (answer.status, answer.headers, tokens);
        }
    }
    unreachable!()
}

async fn get(url: &str, headers: HeaderMap) -> Fetched {
    let url = url::Url::parse(url).unwrap();
    let answer = Fetcher::new()
        .send_streamed(Method::GET, &url, headers, Trust::Configured)
        .await
        .unwrap();
    answer.read(1000).await.unwrap()
}

/// Visits, logs in as the resource wants it, and visits again.
async fn log_in(login: &Login, url: &str) -> Result<StatusCode, LoginError> {
    let (_, headers, tokens) = visit(login, url).await;
    let challenge = Challenge::from_headers(&headers);
    let need = Need::Token(challenge.as_ref());
    login.obtain(need, tokens.as_ref()).await?;
    Ok(visit(login, url).await.0)
}

fn what(world: &BoundWorld) -> Vec<String> {
    world.came().into_iter().map(|came| came.what).collect()
}

#[tokio::test]
async fn a_resource_that_wants_bound_tokens_gets_them() {
    let world = BoundWorld::new(Rules::default()).await;
    let login = world.login(world.oauth());
    assert_eq!(log_in(&login, &world.url).await.unwrap(), StatusCode::OK);
    assert!(login.tokens().await.unwrap().unwrap().is_bound());
    visit(&login, &world.url).await;
    let came = world.came();
    let what: Vec<_> = came.iter().map(|came| came.what.as_str()).collect();
    assert_eq!(what, ["authorization_code", "bound", "bound"]);
    let key = came[0].key.clone();
    assert!(key.is_some() && came.iter().all(|came| came.key == key));
    assert_eq!(world.authorized(), key);

    // Its renewal is bound to the same key.
    world.clock.advance(Duration::from_secs(280));
    assert_eq!(visit(&login, &world.url).await.0, StatusCode::OK);
    let came = world.came();
    assert_eq!(came[0].what, "refresh_token");
    assert!(came.iter().all(|came| came.key == key));
}

#[tokio::test]
async fn each_server_gets_its_nonce_and_one_repetition() {
    let world = BoundWorld::new(Rules {
        nonces: true,
        ..Rules::default()
    })
    .await;
    let login = world.login(world.oauth());
    assert_eq!(log_in(&login, &world.url).await.unwrap(), StatusCode::OK);
    visit(&login, &world.url).await;
    assert_eq!(
        what(&world),
        [
            "use_dpop_nonce",
            "authorization_code",
            "use_dpop_nonce",
            "bound",
            "bound"
        ]
    );
    // A renewal knows the nonce already.
    world.clock.advance(Duration::from_secs(280));
    visit(&login, &world.url).await;
    assert_eq!(what(&world), ["refresh_token", "bound"]);
}

#[tokio::test]
async fn a_server_that_takes_no_nonce_is_asked_twice_only() {
    let world = BoundWorld::new(Rules {
        nonces: true,
        refuses_nonces: true,
        ..Rules::default()
    })
    .await;
    let login = world.login(world.oauth());
    let error = log_in(&login, &world.url).await.unwrap_err();
    assert!(
        matches!(error, LoginError::Dpop(DpopError::Nonces)),
        "{error}"
    );
    assert_eq!(what(&world), ["use_dpop_nonce", "use_dpop_nonce"]);
}

#[tokio::test]
async fn the_key_is_kept_with_the_tokens() {
    let world = BoundWorld::new(Rules::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path()).sealed([7; 32]);
    let login = world.login(world.oauth().store(store.clone()));
    log_in(&login, &world.url).await.unwrap();
    let key = world.came()[0].key.clone();
    drop(login);

    for (seconds, wanted) in [(0, &["bound"][..]), (280, &["refresh_token", "bound"])] {
        world.clock.advance(Duration::from_secs(seconds));
        let next = world.login(world.oauth().store(store.clone()));
        assert_eq!(visit(&next, &world.url).await.0, StatusCode::OK);
        let came = world.came();
        assert!(came.iter().all(|came| came.key == key));
        let what: Vec<_> = came.iter().map(|came| came.what.as_str()).collect();
        assert_eq!(what, wanted);
    }
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(11).any(|part| part == b"PRIVATE KEY"));
    }
}

#[tokio::test]
async fn a_program_without_a_person_gets_bound_tokens_too() {
    let world = BoundWorld::new(Rules {
        nonces: true,
        ..Rules::default()
    })
    .await;
    let client = Client::new(world.issuer(), "m2m_1").secret(Secret::new("hush".to_owned()));
    let login = world.login(OAuth::client_credentials(client).clock(world.clock.clone()));
    assert_eq!(log_in(&login, &world.url).await.unwrap(), StatusCode::OK);
    assert_eq!(
        what(&world),
        [
            "use_dpop_nonce",
            "client_credentials",
            "use_dpop_nonce",
            "bound"
        ]
    );
}

#[tokio::test]
async fn bearer_tokens_are_used_where_nobody_wants_more() {
    let bearer = Rules {
        challenge: "Bearer",
        ..Rules::default()
    };
    let world = BoundWorld::new(bearer).await;
    let login = world.login(world.oauth());
    assert_eq!(log_in(&login, &world.url).await.unwrap(), StatusCode::OK);
    assert_eq!(world.authorized(), None);
    assert_eq!(what(&world), ["authorization_code", "bearer"]);

    // The program may want more than the resource.
    let login = world.login(world.oauth().dpop(Dpop::Always));
    assert_eq!(log_in(&login, &world.url).await.unwrap(), StatusCode::OK);
    assert_eq!(what(&world), ["authorization_code", "bound"]);
}

#[tokio::test]
async fn a_bearer_token_in_place_of_a_bound_one_is_used_only_where_it_will_do() {
    let world = BoundWorld::new(Rules {
        challenge: "Bearer, DPoP",
        token_type: Some("Bearer"),
        ..Rules::default()
    })
    .await;
    let login = world.login(world.oauth());
    assert_eq!(log_in(&login, &world.url).await.unwrap(), StatusCode::OK);
    assert!(!login.tokens().await.unwrap().unwrap().is_bound());
    assert_eq!(what(&world), ["authorization_code", "bearer"]);
    // The refresh token is bound all the same (RFC 9449 section 5).
    world.clock.advance(Duration::from_secs(280));
    assert_eq!(visit(&login, &world.url).await.0, StatusCode::OK);
    assert_eq!(what(&world), ["refresh_token", "bearer"]);

    let login = world.login(world.oauth().dpop(Dpop::Always));
    let error = log_in(&login, &world.url).await.unwrap_err();
    assert!(
        matches!(error, LoginError::Dpop(DpopError::NotBound { .. })),
        "{error}"
    );
    assert!(login.tokens().await.unwrap().is_none());
}

#[tokio::test]
async fn a_renewal_does_not_turn_a_bound_token_into_a_bearer_token() {
    let world = BoundWorld::new(Rules {
        challenge: "Bearer, DPoP",
        ..Rules::default()
    })
    .await;
    let login = world.login(world.oauth());
    log_in(&login, &world.url).await.unwrap();
    world.change(|rules| rules.token_type = Some("Bearer"));
    world.clock.advance(Duration::from_secs(301));
    let error = login.tokens().await.unwrap_err();
    assert!(
        matches!(error, LoginError::Dpop(DpopError::NotBound { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn a_bound_token_that_nobody_asked_for_is_refused() {
    let world = BoundWorld::new(Rules {
        challenge: "Bearer",
        token_type: Some("DPoP"),
        ..Rules::default()
    })
    .await;
    let login = world.login(world.oauth());
    let error = log_in(&login, &world.url).await.unwrap_err();
    assert!(
        matches!(error, LoginError::Dpop(DpopError::Unasked { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn a_resource_that_turns_to_the_other_kind_gets_a_new_login() {
    const BOUND: &str = "DPoP algs=\"ES256\"";
    for (before, then) in [("Bearer", BOUND), (BOUND, "Bearer")] {
        let world = BoundWorld::new(Rules {
            challenge: before,
            ..Rules::default()
        })
        .await;
        let login = world.login(world.oauth());
        log_in(&login, &world.url).await.unwrap();
        let refused = login.tokens().await.unwrap().unwrap();
        world.came();
        world.change(|rules| rules.challenge = then);
        // The first refusal takes a login, and the next one a renewal.
        for wanted in ["authorization_code", "refresh_token"] {
            let answer = get(&world.url, HeaderMap::new()).await;
            let challenge = Challenge::from_headers(&answer.headers);
            let need = Need::Token(challenge.as_ref());
            let refused = login.tokens().await.unwrap().unwrap();
            login.obtain(need, Some(&refused)).await.unwrap();
            assert_eq!(what(&world), [wanted]);
        }
        let tokens = login.tokens().await.unwrap().unwrap();
        assert_ne!(tokens.is_bound(), refused.is_bound(), "{then}");
    }
}

#[tokio::test]
async fn kept_tokens_of_the_other_kind_are_not_used() {
    let world = BoundWorld::new(Rules {
        challenge: "Bearer, DPoP",
        ..Rules::default()
    })
    .await;
    for (first, then) in [(Dpop::WhenAsked, Dpop::Never), (Dpop::Never, Dpop::Always)] {
        let store = MemoryStore::new();
        let with = |dpop| world.login(world.oauth().store(store.clone()).dpop(dpop));
        let login = with(first);
        log_in(&login, &world.url).await.unwrap();
        assert!(login.tokens().await.unwrap().is_some());
        assert!(with(then).tokens().await.unwrap().is_none(), "{then:?}");
    }
}

#[tokio::test]
async fn a_proof_that_is_refused_says_nothing_about_the_refresh_token() {
    let world = BoundWorld::new(Rules::default()).await;
    let login = world.login(world.oauth());
    log_in(&login, &world.url).await.unwrap();
    world.change(|rules| rules.refresh_error = Some("invalid_dpop_proof"));
    world.clock.advance(Duration::from_secs(301));
    let error = login.tokens().await.unwrap_err();
    assert!(error.to_string().contains("invalid_dpop_proof"), "{error}");
    world.change(|rules| rules.refresh_error = None);
    assert_eq!(visit(&login, &world.url).await.0, StatusCode::OK);
}
