//! Who the program is to an authorization server: set up, described by a document, or registered.

use std::sync::Arc;

use idp_emulator::Client as EmulatedClient;
use serde_json::json;
use thyra_login::{
    AuthorizationError, Challenge, Client, ClientError, LoginError, LoginStage, MemoryStore, Need,
    OAuth, Obtained, ScopeSet, Secret, SigningKey, Tokens,
};
use tokio::net::TcpListener;

use crate::world::World;

const DOCUMENT: &str = "https://app.example.com/oauth/client.json";
const REDIRECT: &str = "http://127.0.0.1/callback";

async fn log_in(world: &World, oauth: OAuth) -> Result<Arc<Tokens>, LoginError> {
    let login = world.login(oauth);
    login.obtain(Need::Token(None), None).await?;
    Ok(login.tokens().await?.unwrap())
}

/// A world that knows one client, and registers others.
async fn with_client(change: impl FnOnce(EmulatedClient) -> EmulatedClient) -> World {
    let client = EmulatedClient::new("m2m_known")
        .redirect_uris([REDIRECT])
        .resource("res_1");
    let scopes = ["files:read", "offline_access"];
    World::build(
        |resource| resource.scopes(scopes),
        |builder| builder.client(change(client)),
    )
    .await
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn a_client_that_is_set_up_is_used_in_place_of_a_registration() {
    // Characters that the header must not hold as they are.
    let text = "s/1 :%\u{e9}";
    let public = with_client(|client| client).await;
    let confidential = with_client(|client| client.secret(text)).await;
    let key = SigningKey::generate().unwrap();
    let signing = with_client(|client| client.key(key.public_jwk())).await;
    let own = |world: &World| Client::new(world.issuer(), "m2m_known");
    for (world, client) in [
        (&public, own(&public)),
        (&confidential, own(&confidential).secret(secret(text))),
        (&signing, own(&signing).key(key)),
    ] {
        let store = MemoryStore::new();
        let oauth = world.oauth().client(client).store(store);
        let tokens = log_in(world, oauth.clone()).await.unwrap();
        assert!(tokens.is_renewable());
        assert_eq!(world.requests(":register"), 0);

        // The next program proves itself again when it renews them.
        world.advance(280);
        let renewed = world.login(oauth.clone()).tokens().await.unwrap().unwrap();
        assert_ne!(renewed.access().expose(), tokens.access().expose());
        // Tokens of one client are not those of another.
        let other = oauth.client(Client::new(world.issuer(), "m2m_other"));
        assert!(world.login(other).tokens().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_client_of_another_authorization_server_is_shown_to_nobody() {
    let world = with_client(|client| client.secret("hush")).await;
    let client = Client::new("https://login.example.org", "m2m_known").secret(secret("hush"));
    let error = log_in(&world, world.oauth().client(client))
        .await
        .unwrap_err();
    assert!(
        matches!(error, LoginError::Client(ClientError::OtherIssuer { .. })),
        "{error}"
    );
    for path in [":register", "/authorize", "/token"] {
        assert_eq!(world.requests(path), 0, "{path}");
    }
}

#[tokio::test]
async fn a_client_is_used_at_its_own_server_among_several() {
    let (world, other) = (with_client(|client| client).await, World::new().await);
    world.trust_first(&other);
    let client = Client::new(world.issuer(), "m2m_known");
    let tokens = log_in(&world, world.oauth().client(client)).await.unwrap();
    assert_eq!(tokens.issuer(), world.issuer());
    assert_eq!(other.emulator.journal().len(), 0);
}

#[tokio::test]
async fn an_authorization_server_that_is_not_reached_is_passed_over_without_a_client_of_its_own() {
    let world = with_client(|client| client).await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    world.name_first(dead.clone());
    let tokens = log_in(&world, world.oauth()).await.unwrap();
    assert_eq!(tokens.issuer(), world.issuer());

    let client = Client::new(dead, "m2m_known").secret(secret("hush"));
    let error = log_in(&world, world.oauth().client(client))
        .await
        .unwrap_err();
    let stage = LoginStage::AuthorizationServerMetadata;
    assert!(
        matches!(error, LoginError::Fetch { stage: found, .. } if found == stage),
        "{error}"
    );
}

#[tokio::test]
async fn scopes_that_are_not_granted_are_asked_for_once_a_minute() {
    let world = World::new().await;
    let login = world.login(world.oauth());
    login.obtain(Need::Token(None), None).await.unwrap();
    let scopes = ScopeSet::parse("files:burn");
    let challenge = Challenge::new().error("insufficient_scope").scope(&scopes);
    let step_up = async || {
        let tokens = login.tokens().await.unwrap().unwrap();
        let obtained = login.obtain(Need::Scopes(&challenge), Some(&tokens)).await;
        obtained.map_err(|error| error.to_string())
    };
    assert_eq!(step_up().await, Ok(Obtained::Anew));
    assert_eq!(world.requests("/authorize"), 2);
    let refused = step_up().await.unwrap_err();
    assert!(
        refused.contains("the scopes files:burn were asked for a moment ago"),
        "{refused}"
    );
    assert_eq!(world.requests("/authorize"), 2);
    world.advance(60);
    assert_eq!(step_up().await, Ok(Obtained::Anew));
    assert_eq!(world.requests("/authorize"), 3);

    // Another login may be another person's.
    let tokens = login.tokens().await.unwrap().unwrap();
    login
        .obtain(Need::Token(None), Some(&tokens))
        .await
        .unwrap();
    assert_eq!(step_up().await, Ok(Obtained::Anew));
}

#[tokio::test]
async fn a_person_is_asked_once_a_minute_for_scopes_that_nobody_names() {
    let world = World::new().await;
    let login = world.login(world.oauth());
    login.obtain(Need::Token(None), None).await.unwrap();
    let challenge = Challenge::new().error("insufficient_scope");
    let step_up = async || {
        let tokens = login.tokens().await.unwrap().unwrap();
        login.obtain(Need::Scopes(&challenge), Some(&tokens)).await
    };
    assert_eq!(step_up().await.unwrap(), Obtained::Anew);
    assert_eq!(world.requests("/authorize"), 2);
    let refused = step_up().await.unwrap_err();
    assert!(
        matches!(refused, LoginError::ScopesAskedAlready { .. }),
        "{refused}"
    );
    assert_eq!(world.requests("/authorize"), 2);
    world.advance(60);
    assert_eq!(step_up().await.unwrap(), Obtained::Anew);
}

#[tokio::test]
async fn a_wrong_secret_is_the_end_and_not_a_reason_to_register() {
    let world = with_client(|client| client.secret("right")).await;
    let client = Client::new(world.issuer(), "m2m_known").secret(secret("wrong"));
    let error = log_in(&world, world.oauth().client(client))
        .await
        .unwrap_err();
    assert_eq!(error.stage(), LoginStage::Token);
    assert!(!error.to_string().contains("wrong\""));
    assert_eq!(world.requests(":register"), 0);
}

async fn with_document(is_read: bool) -> World {
    let document = json!({
        "client_id": DOCUMENT,
        "client_name": "App",
        "redirect_uris": [REDIRECT],
    });
    World::build(
        |resource| resource.client_metadata_documents(is_read),
        |builder| builder.client_metadata(DOCUMENT, document),
    )
    .await
}

#[tokio::test]
async fn a_metadata_document_goes_before_a_registration_where_it_is_read() {
    for is_read in [true, false] {
        let world = with_document(is_read).await;
        let oauth = world.oauth().client_metadata_url(DOCUMENT);
        log_in(&world, oauth).await.unwrap();
        assert_eq!(world.requests(":register"), usize::from(!is_read));
    }
}

#[tokio::test]
async fn a_url_that_cannot_identify_a_client_is_refused() {
    let world = with_document(true).await;
    for url in [
        "https://app.example.com",
        "https://app.example.com/",
        "http://app.example.com/client.json",
        "https://app.example.com/a/../client.json",
        "https://app.example.com:443/client.json",
        "https://APP.example.com/client.json",
        "https://app.example.com/client.json#a",
        "https://a:b@app.example.com/client.json",
        "javascript:alert(1)",
        "client.json",
    ] {
        let error = log_in(&world, world.oauth().client_metadata_url(url))
            .await
            .unwrap_err();
        let is_url = matches!(error, LoginError::Client(ClientError::MetadataUrl(_)));
        assert!(is_url, "{url} {error}");
    }
    assert_eq!(world.requests("/authorize"), 0);
}

#[tokio::test]
async fn a_port_that_is_set_is_used_or_it_is_an_error() {
    let world = World::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let oauth = world.oauth().callback_port(port);
    let error = log_in(&world, oauth.clone()).await.unwrap_err();
    assert!(
        matches!(
            error,
            LoginError::Authorization(AuthorizationError::Listen(_))
        ),
        "{error}"
    );
    drop(taken);
    log_in(&world, oauth).await.unwrap();
}

#[tokio::test]
async fn scopes_that_are_set_are_asked_for() {
    let world = World::new().await;
    let oauth = world.oauth().scopes(["files:write"].into_iter().collect());
    let tokens = log_in(&world, oauth).await.unwrap();
    assert_eq!(tokens.scopes().unwrap().to_string(), "files:write");
    let login = world.login(world.oauth());
    let obtained = login.obtain(Need::Token(None), None).await.unwrap();
    assert_eq!(obtained, Obtained::Anew);
}
