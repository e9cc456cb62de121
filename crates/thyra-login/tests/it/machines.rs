//! Tokens that need no person.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use idp_emulator::{Client as EmulatedClient, Emulator, Mint};
use serde_json::{Value, json};
use thyra_login::{
    AssertionError, AssertionFile, AssertionRequest, AssertionSource, Challenge, Client,
    ClientError, GrantKind, IdentityProvider, Login, LoginError, LoginHop, LoginStage, Need, OAuth,
    ScopeSet, Secret, SigningKey,
};
use thyra_oauth::{Clock as _, ManualClock};

use crate::world::World;

async fn with_client(change: impl FnOnce(EmulatedClient) -> EmulatedClient) -> World {
    let client = change(EmulatedClient::new("m2m_known").resource("res_1"));
    World::build(|resource| resource, |builder| builder.client(client)).await
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn known(world: &World) -> Client {
    Client::new(world.issuer(), "m2m_known")
}

fn login(world: &World, oauth: OAuth) -> (Login, Arc<Mutex<Vec<GrantKind>>>) {
    let kinds = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&kinds);
    let login = world.login(oauth.clock(world.clock.clone()));
    let login = login.observer(move |hop: &LoginHop<'_>| {
        if let LoginHop::TokenIssued { grant, .. } = hop {
            noted.lock().unwrap().push(*grant);
        }
    });
    (login, kinds)
}

/// What a token says, without a check.
fn claims(token: &Secret) -> Value {
    use base64::Engine as _;
    let payload = token.expose().split('.').nth(1).unwrap();
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    serde_json::from_slice(&engine.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_client_asks_for_itself_and_again_before_the_token_ends() {
    let with_secret = with_client(|client| client.secret("s/1 :")).await;
    let key = SigningKey::generate().unwrap();
    let with_key = with_client(|client| client.key(key.public_jwk())).await;
    for (world, client) in [
        (&with_secret, known(&with_secret).secret(secret("s/1 :"))),
        (&with_key, known(&with_key).key(key)),
    ] {
        let (login, kinds) = login(world, OAuth::client_credentials(client));
        login.obtain(Need::Token(None), None).await.unwrap();
        let first = login.tokens().await.unwrap().unwrap();
        assert_eq!(
            first.scopes().unwrap().to_string(),
            "files:read files:write"
        );
        assert_eq!(claims(first.access())["sub"], "m2m_known");
        assert_eq!(claims(first.access())["aud"], json!(["res_1", world.url]));

        world.advance(3550);
        let second = login.tokens().await.unwrap().unwrap();
        assert_ne!(first.access().expose(), second.access().expose());
        assert_eq!(*kinds.lock().unwrap(), [GrantKind::ClientCredentials; 2]);
        for path in [":register", "/authorize"] {
            assert_eq!(world.requests(path), 0, "{path}");
        }
    }
}

#[tokio::test]
async fn a_client_without_a_person_gets_the_scopes_that_are_demanded() {
    let world = with_client(|client| client.secret("hush")).await;
    let client = known(&world).secret(secret("hush"));
    let first = ScopeSet::parse("files:read");
    let (login, kinds) = login(&world, OAuth::client_credentials(client).scopes(first));
    login.obtain(Need::Token(None), None).await.unwrap();
    let tokens = login.tokens().await.unwrap().unwrap();
    assert_eq!(tokens.scopes().unwrap().to_string(), "files:read");
    let demanded = ScopeSet::parse("files:write");
    let challenge = Challenge::new()
        .error("insufficient_scope")
        .scope(&demanded);
    let need = Need::Scopes(&challenge);
    login.obtain(need, Some(&tokens)).await.unwrap();
    let tokens = login.tokens().await.unwrap().unwrap();
    assert_eq!(
        tokens.scopes().unwrap().to_string(),
        "files:read files:write"
    );
    assert_eq!(*kinds.lock().unwrap(), [GrantKind::ClientCredentials; 2]);
}

#[tokio::test]
async fn a_client_without_a_person_is_bound_to_its_authorization_server() {
    let world = with_client(|client| client.secret("hush")).await;
    let client = Client::new("https://login.example.org", "m2m_known").secret(secret("hush"));
    let (login, _) = login(&world, OAuth::client_credentials(client));
    let error = login.obtain(Need::Token(None), None).await.unwrap_err();
    assert!(
        matches!(error, LoginError::Client(ClientError::OtherIssuer { .. })),
        "{error}"
    );
    assert_eq!(world.requests("/token"), 0);
}

/// The identity provider of a company, with the person `usr_1` signed in.
struct Company {
    provider: Emulator,
    id_token: Secret,
}

impl Company {
    async fn new() -> Self {
        let client = EmulatedClient::new("at_company")
            .secret("company")
            .redirect_uris(["http://127.0.0.1/callback"])
            .elsewhere("m2m_known");
        let provider = Emulator::builder().client(client).start().await.unwrap();
        let claims = Mint::new()
            .claim("aud", json!(["at_company"]))
            .claim("sub", "usr_1");
        let id_token = secret(&provider.mint(&claims).unwrap());
        Self { provider, id_token }
    }

    fn keys(&self) -> Vec<Value> {
        self.provider.jwks()["keys"].as_array().unwrap().clone()
    }

    fn identity_provider(&self) -> IdentityProvider {
        let url = self.provider.url();
        let client = Client::new(url, "at_company").secret(secret("company"));
        let endpoint = format!("{url}/oauth/token");
        IdentityProvider::new(&endpoint, client, self.id_token.clone()).unwrap()
    }
}

/// A world that trusts a company.
async fn trusting(company: &Company) -> World {
    let client = EmulatedClient::new("m2m_known")
        .resource("res_1")
        .secret("known");
    let (url, keys) = (company.provider.url().to_owned(), company.keys());
    World::build(
        |resource| resource,
        |builder| builder.client(client).trusted_issuer(url, keys),
    )
    .await
}

#[tokio::test]
async fn the_identity_provider_of_a_company_lets_its_people_in() {
    let company = Company::new().await;
    let world = trusting(&company).await;
    let client = known(&world).secret(secret("known"));
    let (login, kinds) = login(
        &world,
        OAuth::enterprise(client, company.identity_provider()),
    );
    login.obtain(Need::Token(None), None).await.unwrap();
    let tokens = login.tokens().await.unwrap().unwrap();
    assert_eq!(claims(tokens.access())["sub"], "usr_1");
    assert_eq!(*kinds.lock().unwrap(), [GrantKind::JwtBearer]);
    assert_eq!(company.provider.requests("/oauth/token"), 1);
}

#[tokio::test]
async fn a_sign_in_at_another_provider_gives_no_assertion() {
    let company = Company::new().await;
    let world = trusting(&company).await;
    let stranger = Company {
        provider: Emulator::builder()
            .client(EmulatedClient::new("at_company").secret("company"))
            .start()
            .await
            .unwrap(),
        id_token: company.id_token.clone(),
    };
    let client = known(&world).secret(secret("known"));
    let (login, _) = login(
        &world,
        OAuth::enterprise(client, stranger.identity_provider()),
    );
    let error = login.obtain(Need::Token(None), None).await.unwrap_err();
    assert!(
        matches!(error, LoginError::Assertion(AssertionError::Token(_))),
        "{error}"
    );
    assert_eq!(error.stage(), LoginStage::Token);
    assert_eq!(world.requests("/token"), 0);
}

/// Signs what the program is, as the identity provider of a cloud does.
#[derive(Debug)]
struct Cloud {
    emulator: Emulator,
    clock: ManualClock,
    audience: Option<&'static str>,
    given: Arc<Mutex<u32>>,
}

impl AssertionSource for Cloud {
    fn assertion<'a>(
        &'a self,
        wanted: AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<Secret, AssertionError>> {
        *self.given.lock().unwrap() += 1;
        let end = self.clock.unix().as_secs() + 60;
        let claims = Mint::new()
            .claim("sub", "workload")
            .claim("aud", self.audience.unwrap_or(wanted.audience))
            .claim("exp", end);
        let token = self.emulator.mint(&claims);
        async move {
            token
                .map(Secret::new)
                .map_err(|e| AssertionError::Other(e.to_string()))
        }
        .boxed()
    }
}

async fn cloud(audience: Option<&'static str>) -> (World, Cloud) {
    let emulator = Emulator::builder().start().await.unwrap();
    let keys = emulator.jwks()["keys"].as_array().unwrap().clone();
    let url = emulator.url().to_owned();
    let client = EmulatedClient::new("m2m_known").resource("res_1");
    let world = World::build(
        |resource| resource,
        |builder| builder.client(client).trusted_issuer(url, keys),
    )
    .await;
    let cloud = Cloud {
        emulator,
        clock: world.clock.clone(),
        audience,
        given: Arc::default(),
    };
    (world, cloud)
}

#[tokio::test]
async fn a_workload_shows_the_identity_that_its_cloud_gave_it() {
    let (world, cloud) = cloud(None).await;
    let given = Arc::clone(&cloud.given);
    let (login, kinds) = login(&world, OAuth::jwt_bearer(known(&world), cloud));
    login.obtain(Need::Token(None), None).await.unwrap();
    let tokens = login.tokens().await.unwrap().unwrap();
    assert_eq!(claims(tokens.access())["sub"], "workload");
    world.advance(3550);
    login.tokens().await.unwrap().unwrap();
    assert_eq!(*kinds.lock().unwrap(), [GrantKind::JwtBearer; 2]);
    // Each token has an assertion of its own.
    assert_eq!(*given.lock().unwrap(), 2);
}

#[tokio::test]
async fn a_refused_assertion_is_not_sent_twice_and_no_other_way_is_tried() {
    let (world, cloud) = cloud(Some("https://somebody.example")).await;
    let (login, _) = login(&world, OAuth::jwt_bearer(known(&world), cloud));
    let error = login.obtain(Need::Token(None), None).await.unwrap_err();
    assert!(error.to_string().contains("invalid_grant"), "{error}");
    assert_eq!(world.requests("/token"), 1);
    for path in [":register", "/authorize"] {
        assert_eq!(world.requests(path), 0, "{path}");
    }
}

#[tokio::test]
async fn an_assertion_in_a_file_is_read_for_each_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let world = World::new().await;
    let (login, _) = login(
        &world,
        OAuth::jwt_bearer(known(&world), AssertionFile::new(&file)),
    );
    for text in [
        None,
        Some(" \n".to_owned()),
        Some("x".repeat(16 * 1024 + 1)),
    ] {
        if let Some(text) = &text {
            std::fs::write(&file, text).unwrap();
        }
        let error = login.obtain(Need::Token(None), None).await.unwrap_err();
        assert!(
            matches!(error, LoginError::Assertion(AssertionError::File { .. })),
            "{error}"
        );
    }
    // What is in it now is sent; the emulator knows neither the client nor who signed it.
    std::fs::write(&file, "signed\n").unwrap();
    let error = login.obtain(Need::Token(None), None).await.unwrap_err();
    assert!(matches!(error, LoginError::Token(_)), "{error}");
    assert!(!error.to_string().contains("signed"));
}

#[tokio::test]
async fn a_token_is_exchanged_for_one_of_the_resource() {
    let world = with_client(|client| client.secret("known")).await;
    let claims_of_other = Mint::new()
        .claim("aud", json!(["m2m_known"]))
        .claim("sub", "usr_9");
    let other = secret(&world.emulator.mint(&claims_of_other).unwrap());
    let client = known(&world).secret(secret("known"));
    let kind = "urn:ietf:params:oauth:token-type:access_token";
    let (login, kinds) = login(&world, OAuth::token_exchange(client, other, kind));
    login.obtain(Need::Token(None), None).await.unwrap();
    let tokens = login.tokens().await.unwrap().unwrap();
    assert_eq!(claims(tokens.access())["sub"], "usr_9");
    assert_eq!(*kinds.lock().unwrap(), [GrantKind::TokenExchange]);
}
